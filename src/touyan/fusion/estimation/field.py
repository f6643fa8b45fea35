"""A field: quantities of many places that depend on one another, so that what is seen tells of what is not.

x(t) = level(t) + moment(t)     moment: what is only now, independent from step to step
level(t) = usual + memory · (level(t−1) − usual) + change,   Var(level) = spread

A Kalman filter with full covariance. Cost of a step: places² × measurements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]


class Prior(NamedTuple):
    """What is known of a field before any measurement: mean, covariance between places, memory of one step."""

    usual: Vector
    spread: Matrix
    memory: float


class Sensing(NamedTuple):
    """Measurements of one step: each is a row's sum of the field, with a variance."""

    rows: Matrix
    values: Vector
    variances: Vector

    @classmethod
    def joined(cls, parts: Iterable[Sensing]) -> Sensing:
        """Several kinds of measurement as one."""
        rows, values, variances = zip(*parts, strict=True)
        return cls(np.vstack(rows), np.concatenate(values), np.concatenate(variances))


class Belief(NamedTuple):
    """A mean and a covariance between places."""

    mean: Vector
    covariance: Matrix

    @property
    def variance(self) -> Vector:
        """Of each place alone."""
        return np.diag(self.covariance)


class FieldFilter:
    """Follows a field step by step."""

    def __init__(self, prior: Prior) -> None:
        self._prior = prior
        self.level = Belief(prior.usual.copy(), prior.spread.copy())
        self._begun = False

    def step(self, moment: Callable[[Vector], Vector], sense: Callable[[Vector], Sensing]) -> Belief:
        """One step on; returns the field now, momentary part included.

        `moment` gives the variance of the momentary part, `sense` the measurements with their variances, both for
        the level that is expected.
        """
        expected = self._expected()
        now = expected.covariance.copy()
        now[np.diag_indices(len(now))] += moment(expected.mean)
        rows, values, variances = sense(expected.mean)
        surprise = values - rows @ expected.mean
        doubt = _doubt(rows @ now @ rows.T, variances, surprise)
        expected, now = Belief(expected.mean, doubt * expected.covariance), doubt * now
        level_gain, now_gain = expected.covariance @ rows.T, now @ rows.T
        inverse = np.linalg.inv(rows @ now_gain + np.diag(variances))
        weights = inverse @ surprise
        self.level = Belief(
            expected.mean + level_gain @ weights, expected.covariance - level_gain @ inverse @ level_gain.T
        )
        self._begun = True
        return Belief(expected.mean + now_gain @ weights, now - now_gain @ inverse @ now_gain.T)

    def _expected(self) -> Belief:
        if not self._begun:
            return self.level
        usual, spread, memory = self._prior
        mean = usual + memory * (self.level.mean - usual)
        return Belief(mean, memory**2 * self.level.covariance + (1 - memory**2) * spread)


def _doubt(variance: Matrix, noise: Vector, surprise: Vector) -> float:
    """By how much the field was believed too firmly, at least 1: measurements lie further off than they should."""
    total = variance + np.diag(noise)
    return max(1.0, float(surprise @ np.linalg.solve(total, surprise)) / len(surprise))


def draws(belief: Belief, count: int, random: np.random.Generator) -> Matrix:
    """Possible fields, shape (count, places), by which anything made of a field gets its uncertainty."""
    size = len(belief.mean)
    root = np.linalg.cholesky(belief.covariance + 1e-9 * max(1.0, belief.variance.max()) * np.eye(size))
    drawn: Matrix = belief.mean + random.standard_normal((count, size)) @ root.T
    return drawn


def log_score(belief: Belief, places: NDArray[np.intp], values: Vector, variances: Vector) -> float:
    """How well measurements that were left out are foretold; higher is better, NaN values do not count."""
    said = ~np.isnan(values)
    variance = np.maximum(belief.variance[places], 1e-9) + variances
    score = -0.5 * ((values - belief.mean[places]) ** 2 / variance + np.log(variance))
    return float(score[said].sum())
