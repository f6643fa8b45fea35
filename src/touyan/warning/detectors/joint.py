"""Quantities that belong together: how far they are from how they go together (Hotelling's T²)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from touyan.core.observations import Column

from .series import Rows

Matrix = NDArray[np.float64]

_WARM_UP = 30.0
_SLOW = 1.0 / 5_000.0
_RIDGE = 1e-3
"""Share of its own variance that each quantity is given as noise, so that copies of one another do no harm."""
_LIMIT = 4.0
"""A reading further off teaches no more than one at this distance, in standard deviations per quantity."""
_BINS, _BINS_A_DECADE = 64, 16.0
_PRIOR_READINGS, _PRIOR_POWER = 30.0, 2.5
_MEMORY = 40_000.0


class Joint:
    """How several quantities of many things go together, learned on line.

    Mean and covariance forget slowly; the surprise of a distance is -log10 of the share of readings as far off.
    """

    def __init__(self, count: int, quantities: int) -> None:
        self._mean = np.zeros((count, quantities))
        self._covariance = np.zeros((count, quantities, quantities))
        self._seen = np.zeros(count)
        self._counts = np.zeros((count, _BINS), np.float32)
        self._tallied = np.zeros(count)

    def observe(self, rows: Rows, values: Matrix) -> tuple[Column, Matrix]:
        """Surprise of each reading, and what share of it each quantity has; then learns.

        `values` is (readings, quantities), at most one reading of each thing; where one is not finite, or too few were
        seen, the surprise is NaN.
        """
        surprise, shares = np.full(len(rows), np.nan), np.full(values.shape, np.nan)
        whole = np.flatnonzero(np.isfinite(values).all(axis=1))
        own, off = rows[whole], values[whole] - self._mean[rows[whole]]
        distance, parts = self._distance(own, off)
        ready = self._seen[own] >= _WARM_UP
        judged = whole[ready]
        surprise[judged] = self._surprise(own[ready], distance[ready])
        shares[judged] = parts[ready] / np.maximum(distance[ready, None], 1e-12)
        self._learn(own, off, distance)
        return surprise, shares

    def expected(self, rows: Rows) -> tuple[Matrix, Matrix]:
        """Mean and standard deviation of each quantity."""
        return self._mean[rows], np.sqrt(np.diagonal(self._covariance[rows], axis1=1, axis2=2))

    def _distance(self, rows: Rows, off: Matrix) -> tuple[Column, Matrix]:
        """T² and the part of each quantity in it."""
        covariance = self._covariance[rows]
        variance = np.diagonal(covariance, axis1=1, axis2=2)
        ridge = np.maximum(_RIDGE * variance, 1e-12)
        solved = np.linalg.solve(covariance + ridge[..., None] * np.eye(off.shape[1]), off[..., None])[..., 0]
        parts = off * solved
        return parts.sum(axis=1), parts

    def _surprise(self, rows: Rows, distance: Column) -> Column:
        places = _places(distance)
        later = np.arange(_BINS) >= places.astype(int)[:, None]
        within = np.take_along_axis(self._counts[rows], places.astype(int)[:, None], axis=1)[:, 0] * (places % 1.0)
        seen = np.where(later, self._counts[rows], 0.0).sum(axis=1) - within
        believed = (1.0 + distance / self._mean.shape[1]) ** -_PRIOR_POWER
        share = (seen + _PRIOR_READINGS * believed) / (self._tallied[rows] + _PRIOR_READINGS)
        told: Column = -np.log10(np.minimum(share, 1.0)) + 0.0
        return told

    def _learn(self, rows: Rows, off: Matrix, distance: Column) -> None:
        """Tally the distance; mean and covariance follow, outliers pulled in."""
        ready = self._seen[rows] >= _WARM_UP
        self._counts[rows[ready], _places(distance[ready]).astype(int)] += 1.0
        self._tallied[rows[ready]] += 1.0
        full = rows[self._tallied[rows] >= _MEMORY]
        self._counts[full] *= 0.5
        self._tallied[full] *= 0.5
        furthest = _LIMIT**2 * off.shape[1]
        pull = np.where(ready, np.sqrt(np.minimum(1.0, furthest / np.maximum(distance, 1e-12))), 1.0)
        off = off * pull[:, None]
        rate = np.maximum(1.0 / (self._seen[rows] + 1.0), _SLOW)[:, None]
        self._mean[rows] += rate * off
        outer = off[:, :, None] * off[:, None, :] * (1.0 - rate[..., None])
        self._covariance[rows] += rate[..., None] * (outer - self._covariance[rows])
        self._seen[rows] += 1.0

    def grow(self, count: int) -> None:
        """Make room for more things behind the others."""
        new = Joint(count, self._mean.shape[1])
        for name, column in vars(new).items():
            setattr(self, name, np.concatenate([getattr(self, name), column]))


def _places(distance: Column) -> Column:
    """Where T² stands in the tally: sixteen bins a decade from 0.1 on."""
    decades = np.log10(np.maximum(distance, 0.1)) + 1.0
    return np.minimum(decades * _BINS_A_DECADE, _BINS - 1e-6)
