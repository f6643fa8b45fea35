"""Green times of a fixed cycle (Webster, Traffic signal settings, Road Research Technical Paper 39, 1958)."""

from __future__ import annotations

import numpy as np

from .network import Flags, Floats

_FULL = 0.95
"""Of the capacity: nearer to it, and beyond, the formula has no sensible cycle."""


def webster_greens(
    flow: Floats, served: Flags, *, saturation: float, lost_s: float, least_green_s: float, longest_cycle_s: float
) -> Floats:
    """Green time (s) of each phase of one signal, from the flow (vehicles/s) of each lane.

    `served[p, l]` says whether lane l has green in phase p; a lane counts in the first phase that serves it. The
    cycle is (1.5 L + 5) / (1 - Y) with lost time L and the sum Y of the phases' critical ratios of flow to saturation.
    """
    first = served & (np.cumsum(served, axis=0) == 1)
    ratio = np.where(first, flow / saturation, 0.0).max(axis=1, initial=0.0)
    lost, load = lost_s * len(served), min(float(ratio.sum()), _FULL)
    cycle = min((1.5 * lost + 5.0) / (1.0 - load), longest_cycle_s)
    share = ratio / ratio.sum() if ratio.sum() > 0 else np.full(len(ratio), 1.0 / len(ratio))
    greens: Floats = np.maximum(share * (cycle - lost), least_green_s)
    return greens
