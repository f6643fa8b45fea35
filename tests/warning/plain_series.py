"""What the novelty kernel says, told slowly from a list of all readings."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def smoothed(values: Values, length: float) -> Values:
    """An exponential mean whose first readings count fully."""
    told, mean = [], 0.0
    for seen, value in enumerate(values):
        mean += max(1.0 / length, 1.0 / (seen + 1)) * (value - mean)
        told.append(mean)
    return np.array(told)


def changed(values: Values, ago: int) -> Values:
    """The change since some readings ago; NaN where there is none."""
    return np.concatenate([np.full(ago, np.nan), values[ago:] - values[:-ago]])


def swung(values: Values, rate: float) -> Values:
    """The mean size of changes."""
    told, mean = [math.nan], 0.0
    for known, change in enumerate(np.abs(np.diff(values)), 1):
        mean += max(rate, 1.0 / known) * (change - mean)
        told.append(mean)
    return np.array(told)


def views(values: Values) -> dict[int, Values]:
    """The views that need no season and no shapes, by their number."""
    means = {length: smoothed(values, length) for length in (3.0, 8.0, 24.0, 96.0)}
    return {
        0: values,
        1: means[3.0],
        2: means[24.0],
        3: means[3.0] - means[24.0],
        4: means[8.0] - means[96.0],
        5: changed(values, 1),
        6: changed(values, 4),
        7: changed(values, 24),
        9: swung(values, 0.25),
        10: swung(values, 0.0625),
    }


def excesses(view: Values) -> Values:
    """How far each reading of a view leaves the range of those before, in widths, as the kernel counts it."""
    low, high, keep = math.inf, -math.inf, 0.5 ** (1 / 30_000)
    told = np.zeros(len(view))
    for seen, shown in enumerate(view, 1):
        if math.isnan(shown):
            continue
        excess = max(shown - high, low - shown)
        if excess > 0 and seen > 20 and high >= low:
            told[seen - 1] = excess / max(high - low, excess / 10) * seen / (seen + 1000)
        if high > low:
            middle, half = (low + high) / 2, (high - low) / 2 * keep
            low, high = middle - half, middle + half
        low, high = min(low, shown), max(high, shown)
    return told
