"""The concentration that Gaussian puffs make at points."""

from __future__ import annotations

from math import exp, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from touyan.kernels.compiled import compiled

Floats = NDArray[np.float64]

X, Y, MASS, ACROSS, UPWARD, HEIGHT = range(6)
"""Columns of a puff: middle (m), kg, spread across the wind and upward (m), height of its middle (m)."""
COLUMNS = 6

_SCALE = 1.0 / sqrt((2.0 * pi) ** 3)
_FAR = 16.0
"""Squared distance over twice the squared spread, past which a puff adds less than 2e-7 of its middle."""


@compiled
def concentrations(puffs: Floats, points: Floats, found: Floats) -> None:
    """Add to `found` the kg/m³ at each point from all puffs.

    The ground reflects.

    A puff is a row of COLUMNS, a point a row x, y, z; puffs are round seen from above.
    C = m / ((2π)^1.5 σy² σz) exp(-r²/2σy²) (exp(-(z-H)²/2σz²) + exp(-(z+H)²/2σz²)).
    """
    for point in range(points.shape[0]):
        x, y, z = points[point, 0], points[point, 1], points[point, 2]
        total = 0.0
        for puff in range(puffs.shape[0]):
            across, upward, height = puffs[puff, ACROSS], puffs[puff, UPWARD], puffs[puff, HEIGHT]
            away = ((x - puffs[puff, X]) ** 2 + (y - puffs[puff, Y]) ** 2) / (2.0 * across * across)
            if away > _FAR:
                continue
            high = 2.0 * upward * upward
            mirrored = exp(-((z - height) ** 2) / high) + exp(-((z + height) ** 2) / high)
            total += puffs[puff, MASS] / (across * across * upward) * exp(-away) * mirrored
        found[point] += total * _SCALE
