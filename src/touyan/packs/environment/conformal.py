"""Intervals from past errors that follow the times: conformal prediction, adapted day by day.

Errors are divided by how large they should be at such a value, and both ends of the interval are quantiles of the
errors of the last days (Lei et al., JASA 113 (2018), normalised scores). Quantiles are moved after each day by what
the day's coverage was, as Gibbs and Candès (NeurIPS 2021) do. An error counts only once its hour has passed.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]

_DAYS = 45
"""Past days whose errors are remembered: long enough for quantiles, short enough to follow the season."""
_STEP = 0.02
_LEAST = 10.0
"""Scale (µg/m³) of errors in clean air."""


class Interval(NamedTuple):
    """Both ends, of the shape of the forecast."""

    low: Column
    high: Column


def scale(forecast: Column) -> Column:
    """How large errors should be at a forecast value; only ratios matter."""
    return _LEAST + np.maximum(forecast, 0.0)


class DailyIntervals:
    """Intervals that learn from each day's errors.

    `coverage` is what they aim at.
    """

    def __init__(self, coverage: float = 0.9, days: int = _DAYS) -> None:
        self._aim = (1 - coverage) / 2
        self._tails = [self._aim, self._aim]
        self._days: deque[Column] = deque(maxlen=days)

    def learn(self, forecast: Column, happened: Column, interval: Interval | None = None) -> None:
        """Take note of a day whose hours have all passed, and of the interval that it was given."""
        known = ~np.isnan(forecast) & ~np.isnan(happened)
        if not known.any():
            return
        self._days.append(((happened - forecast) / scale(forecast))[known])
        if interval is not None:
            missed = (happened < interval.low)[known].mean(), (happened > interval.high)[known].mean()
            self._tails = [
                float(np.clip(tail + _STEP * (self._aim - miss), 0.005, 0.25))
                for tail, miss in zip(self._tails, missed, strict=True)
            ]

    def around(self, forecast: Column) -> Interval:
        """The interval of each forecast; raises ValueError before anything was learned."""
        if not self._days:
            raise ValueError("no day was learned yet")
        errors = np.concatenate(self._days)
        low, high = np.quantile(errors, [self._tails[0], 1 - self._tails[1]])
        size = scale(forecast)
        return Interval(np.maximum(forecast + low * size, 0.0), forecast + high * size)
