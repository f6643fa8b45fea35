"""Forecasts of PM2.5 at each station: trained on the past, with intervals that follow the times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .air_index import CO, NO2, O3, PM10, PM25, SO2
from .conformal import DailyIntervals, Interval
from .features import features
from .hours import AirHours
from .learners import Rows, SmoothCurve, Table, Trees

Column = NDArray[np.float64]

_CURVE_STRIDE = 4
"""Every how many rows the smooth curve learns from; neighbouring hours say nearly the same."""
_PARTICLES = ("pm_", "city_", "mean_", "least_", "most_", "at_", PM10, SO2, NO2, CO, O3)


class Span(NamedTuple):
    """Hours from `begin` up to, not including, `end`."""

    begin: int
    end: int


@dataclass
class Seen:
    """Features and readings of all hours, made once for all horizons."""

    names: list[str]
    cube: Table
    fine: Column

    @classmethod
    def of(cls, hours: AirHours) -> Seen:
        """All that can be looked at."""
        names, cube = features(hours)
        return cls(names, cube, hours.columns[PM25])

    def rows(self, horizon: int, spans: list[Span]) -> NDArray[np.bool_]:
        """Stations and hours at which a forecast can be judged.

        The target lies in the same span.
        """
        good = np.zeros(self.fine.shape, bool)
        for begin, end in spans:
            good[:, begin : end - horizon] = True
        return good & ~np.isnan(self.fine) & ~np.isnan(self.target(horizon))

    def target(self, horizon: int) -> Column:
        """What comes after the horizon."""
        found = np.full_like(self.fine, np.nan)
        found[:, :-horizon] = self.fine[:, horizon:]
        return found


class Forecaster:
    """A forecast some hours ahead, learned from spans of the past.

    It learns what is left after the part of the present value that persists, which the past itself tells.
    """

    def __init__(self, seen: Seen, horizon: int, spans: list[Span], apart: Span | None = None, trees: int = 0) -> None:
        self.horizon = horizon
        self._names = seen.names
        good, target = seen.rows(horizon, spans), seen.target(horizon)
        now = seen.fine[good]
        self._persists = float(np.cov(now, target[good])[0, 1] / np.var(now))
        train = self._rows(seen, good, target)
        judged = self._rows(seen, seen.rows(horizon, [apart]), target) if apart else None
        self._trees = Trees(train, judged, **({"count": trees} if trees else {}))
        thin = Rows(train.features[::_CURVE_STRIDE], train.target[::_CURVE_STRIDE])
        compress = [place for place, name in enumerate(seen.names) if name.startswith(_PARTICLES)]
        self._curve = SmoothCurve(thin, compress, seen.names.index("hour"), seen.names.index("station"))

    @property
    def trees(self) -> int:
        """How many trees were grown."""
        return self._trees.count

    def forecast(self, seen: Seen, span: Span) -> Column:
        """What is expected after the horizon, for each hour of a span.

        NaN where the present is unknown.
        """
        now = seen.fine[:, span.begin : span.end]
        known = ~np.isnan(now)
        table = seen.cube[:, span.begin : span.end][known]
        found = np.full(now.shape, np.nan)
        both = self._trees.predict(table) + self._curve.predict(table)
        found[known] = np.maximum(self._persists * now[known] + both / 2, 0.0)
        return found

    def _rows(self, seen: Seen, good: NDArray[np.bool_], target: Column) -> Rows:
        return Rows(seen.cube[good], target[good] - self._persists * seen.fine[good])


class Judged(NamedTuple):
    """Forecasts of a test span beside what happened; shape (stations, hours)."""

    forecast: Column
    happened: Column
    interval: Interval


def judge(seen: Seen, horizon: int, train: Span, test: Span, coverage: float = 0.9) -> Judged:
    """Learn on one span and forecast a later one.

    The last third of the training span says how many trees to grow, and gives the intervals their first errors, from
    a forecaster that has not seen it; then all of the span is learned. In the test each day's intervals come from
    errors whose hours have passed by its first hour.
    """
    apart = Span(train.begin + (train.end - train.begin) * 2 // 3, train.end)
    first = Forecaster(seen, horizon, [Span(train.begin, apart.begin)], apart)
    intervals = DailyIntervals(coverage)
    happened = seen.target(horizon)
    _teach(intervals, first.forecast(seen, apart), happened[:, apart.begin : apart.end], apart, horizon)
    forecast = Forecaster(seen, horizon, [train], trees=first.trees).forecast(seen, test)
    true = happened[:, test.begin : test.end]
    return Judged(forecast, true, _daily(intervals, forecast, true, horizon))


def _teach(intervals: DailyIntervals, forecast: Column, happened: Column, span: Span, horizon: int) -> None:
    """Give the intervals the days of a span, but for those whose hours end after it."""
    for begin in range(0, span.end - span.begin - horizon - 24 + 1, 24):
        day = slice(begin, begin + 24)
        intervals.learn(forecast[:, day], happened[:, day])


def _daily(intervals: DailyIntervals, forecast: Column, happened: Column, horizon: int) -> Interval:
    """Intervals of each day, each learned from the days whose last target has passed."""
    low, high = np.full_like(forecast, np.nan), np.full_like(forecast, np.nan)
    behind = 1 + (horizon + 22) // 24  # whole days until the last hour of a day has its target
    for begin in range(0, forecast.shape[1], 24):
        past = slice(begin - 24 * behind, begin - 24 * (behind - 1))
        if past.start >= 0:
            intervals.learn(forecast[:, past], happened[:, past], Interval(low[:, past], high[:, past]))
        day = slice(begin, begin + 24)
        low[:, day], high[:, day] = intervals.around(forecast[:, day])
    return Interval(low, high)
