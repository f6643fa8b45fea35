"""Forecasts and their intervals: nothing of the future is used, and intervals keep what they promise."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.typing import NDArray

from touyan.packs.environment.air_index import PM25
from touyan.packs.environment.conformal import DailyIntervals, Interval
from touyan.packs.environment.features import features
from touyan.packs.environment.forecasting import Seen, Span, judge
from touyan.packs.environment.hours import COLUMNS, AirHours

STATIONS, LEARNED, HOURS = 3, 24 * 48, 24 * 72


def made_hours(seed: int = 0, count: int = HOURS) -> AirHours:
    """Air that persists for some hours, peaks at noon, and differs a little between stations."""
    random = np.random.default_rng(seed)
    city = np.zeros(count)
    for hour in range(1, count):
        city[hour] = 0.93 * city[hour - 1] + 0.37 * random.normal()
    day = 15.0 * np.sin(np.arange(count) * 2 * np.pi / 24)
    columns = {name: random.uniform(1, 50, (STATIONS, count)) for name in COLUMNS.values()}
    own = random.normal(0, 3, (STATIONS, count))
    columns[PM25] = np.maximum(60 + 20 * city + day + own + np.arange(STATIONS)[:, None] * 4, 1.0)
    columns[PM25][0, 50:60] = np.nan
    return AirHours(("A", "B", "C"), 1456761600, ZoneInfo("Asia/Shanghai"), columns)


def test_features_of_an_hour_do_not_change_when_the_future_does() -> None:
    """A single value of the future in the features would make every figure of the benchmark a lie."""
    hours, now = made_hours(count=600), 400
    _, before = features(hours)
    for column in hours.columns.values():
        column[:, now + 1 :] = np.random.default_rng(1).uniform(0, 900, column[:, now + 1 :].shape)
    _, after = features(hours)
    np.testing.assert_array_equal(before[:, : now + 1], after[:, : now + 1])
    assert (before[:, now + 1 :] != after[:, now + 1 :]).any()


def test_targets_do_not_reach_out_of_their_span() -> None:
    """The last hours of the training span have their targets in the test span, and must not be learned."""
    seen = Seen.of(made_hours(count=400))
    good = seen.rows(6, [Span(0, 200)])
    assert good[1, :194].all()
    assert not good[:, 194:].any()
    assert not good[0, 50:60].any()
    np.testing.assert_array_equal(seen.target(6)[1, :100], seen.fine[1, 6:106])


def test_forecasts_beat_persistence_and_intervals_cover_what_they_promise() -> None:
    """On a year nobody has seen, in small: the only two things that a forecast is for."""
    hours = made_hours()
    judged = judge(Seen.of(hours), 6, Span(0, LEARNED), Span(LEARNED, HOURS))
    known = ~np.isnan(judged.forecast) & ~np.isnan(judged.happened)
    error = np.abs(judged.forecast - judged.happened)[known].mean()
    persistence = np.abs(hours.columns[PM25][:, LEARNED:] - judged.happened)[known].mean()
    assert error < 0.85 * persistence
    inside = (judged.happened >= judged.interval.low) & (judged.happened <= judged.interval.high)
    assert 0.82 < inside[known].mean() < 0.97


def test_what_happens_later_does_not_change_earlier_intervals() -> None:
    """Intervals adapt to errors; only to those whose hours have passed."""
    hours = made_hours()
    test = Span(LEARNED, LEARNED + 24 * 12)
    first = judge(Seen.of(hours), 24, Span(0, LEARNED), test).interval
    hours.columns[PM25][:, LEARNED + 24 * 6 + 1 :] *= 3
    second = judge(Seen.of(hours), 24, Span(0, LEARNED), test).interval
    same = slice(0, 24 * 6)
    np.testing.assert_array_equal(first.low[:, same], second.low[:, same])
    np.testing.assert_array_equal(first.high[:, same], second.high[:, same])


def covered(coverage: float, size: NDArray[np.float64]) -> float:
    """The share covered over days whose errors have the sizes given."""
    random, intervals, hits = np.random.default_rng(0), DailyIntervals(coverage), []
    for day, deviation in enumerate(size):
        forecast = np.full((4, 24), 50.0)
        happened = forecast + random.normal(0, deviation, forecast.shape)
        interval = intervals.around(forecast) if day else Interval(forecast - 1e9, forecast + 1e9)
        hits.append(((happened >= interval.low) & (happened <= interval.high)).mean())
        intervals.learn(forecast, happened, interval if day else None)
    return float(np.mean(hits[30:]))


@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_intervals_follow_the_times(coverage: float) -> None:
    """Winter's errors are three times summer's, and in both the promise must hold."""
    size = np.interp(np.arange(300), [0, 120, 180, 300], [5.0, 5.0, 15.0, 15.0])
    assert covered(coverage, size) == pytest.approx(coverage, abs=0.03)


def test_an_interval_before_any_error_is_refused() -> None:
    """Nothing is known then, and a width of zero would be taken for certainty."""
    with pytest.raises(ValueError, match="no day was learned"):
        DailyIntervals().around(np.zeros(3))
