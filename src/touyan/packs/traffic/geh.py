"""How well modelled traffic volumes agree with counted ones: the GEH statistic."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .demand import Floats

GOOD = 5.0
"""A volume below it counts as well modelled."""


def geh(modelled: Floats, counted: Floats, hours: Floats | float = 1.0) -> Floats:
    """The GEH statistic of modelled and counted vehicles.

    It is sqrt(2 (M − C)² / (M + C)) of volumes an hour, 0 where both are 0; `hours` is how long was counted. Source:
    Design Manual for Roads and Bridges, volume 12, section 2, part 1 (Highways Agency, 1996), which asks for GEH < 5
    in more than 85 % of cases.
    """
    model, count = np.asarray(modelled, float) / hours, np.asarray(counted, float) / hours
    both = np.where(model + count > 0, model + count, 1.0)
    statistic: Floats = np.sqrt(2 * (model - count) ** 2 / both)
    return statistic


class Agreement(NamedTuple):
    """Modelled against counted volumes in two figures."""

    mean: float
    """Mean GEH."""
    share_good: float
    """Share of counts with GEH below 5."""

    @classmethod
    def of(cls, statistic: Floats) -> Agreement:
        """The two figures of many GEH values."""
        return cls(float(statistic.mean()), float((statistic < GOOD).mean()))
