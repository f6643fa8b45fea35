"""What a kilogram a second from each possible source would make each reading."""

from __future__ import annotations

from math import exp, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from touyan.kernels.compiled import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

EAST, NORTH, ACROSS, UPWARD = range(4)
"""Columns of a drift: how far a puff has come (m) and how wide it is (m)."""

_SCALE = 1.0 / sqrt((2.0 * pi) ** 3)
_FAR = 16.0


@compiled
def footprints(
    sources: Floats, points: Floats, drift: Floats, born: Integers, window: Integers, height: float, found: Floats
) -> None:
    """Fill `found` for puffs of one kilogram a birth.

    Rows of `found` are [source, moment * points + point, window].

    `drift[moment, birth]` is a row EAST, NORTH, ACROSS, UPWARD; `born[moment]` births have come by then; `window` says
    to which window of time a birth belongs. The same formula as in `puffs.concentrations`.
    """
    count = points.shape[0]
    for source in range(sources.shape[0]):
        for moment in range(drift.shape[0]):
            for point in range(count):
                row = moment * count + point
                x, y = points[point, 0] - sources[source, 0], points[point, 1] - sources[source, 1]
                z = points[point, 2]
                for birth in range(born[moment]):
                    across = drift[moment, birth, ACROSS]
                    east, north = x - drift[moment, birth, EAST], y - drift[moment, birth, NORTH]
                    away = (east * east + north * north) / (2.0 * across * across)
                    if away > _FAR:
                        continue
                    upward = drift[moment, birth, UPWARD]
                    high = 2.0 * upward * upward
                    mirrored = exp(-((z - height) ** 2) / high) + exp(-((z + height) ** 2) / high)
                    share = _SCALE / (across * across * upward) * exp(-away) * mirrored
                    found[source, row, window[birth]] += share
