"""Silent and stuck series: judged by how long each of them ever was so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from touyan.warning.detectors.runs import RunTally, Silence, Stuck

ONE = np.zeros(1, np.intp)


def heard(silence: Silence, times: NDArray[np.floating[Any]]) -> None:
    """Let one series be heard at each of the times."""
    for at in times:
        silence.hear(ONE, np.array([at]))


def test_a_regular_series_is_missed_soon_and_an_irregular_one_later() -> None:
    """Ten minutes of silence say much of a detector that reports each minute, little of one that often pauses."""
    rng = np.random.default_rng(0)
    regular, irregular = Silence(1), Silence(1)
    heard(regular, 60.0 * np.arange(500))
    pauses = rng.choice([20.0, 60.0, 600.0], p=[0.5, 0.45, 0.05], size=500)
    heard(irregular, np.cumsum(pauses))
    assert regular.surprise(60.0 * 499 + 600)[0] > 3
    assert irregular.surprise(float(pauses.sum()) + 600)[0] < 2


def test_silence_grows_more_surprising_and_ends_with_a_reading() -> None:
    """A dead sensor must not come to look normal by being dead for long."""
    silence = Silence(1)
    heard(silence, 60.0 * np.arange(200))
    waits = [float(silence.surprise(60.0 * 199 + wait)[0]) for wait in (60, 300, 3600, 86_400)]
    assert waits == sorted(waits)
    silence.hear(ONE, np.array([200_000.0]))
    assert silence.surprise(200_030.0)[0] == 0


def test_a_series_heard_less_than_twice_says_nothing() -> None:
    """Without an interval there is no lateness."""
    silence = Silence(2)
    silence.hear(ONE, np.array([5.0]))
    assert np.isnan(silence.surprise(1e6)).all()
    silence.hear(ONE, np.array([5.0]))
    assert np.isnan(silence.interval).all(), "a repeat is no second reading"


def test_a_frozen_sensor_is_found_and_a_counter_that_often_rests_is_not() -> None:
    """Zero cars for an hour at night is usual; the same temperature to the last digit for an hour is not."""
    rng = np.random.default_rng(1)
    stuck = Stuck(2)
    for number in range(3000):
        night = number % 300 < 60
        stuck.observe(np.arange(2), np.array([rng.normal(), 0.0 if night else rng.integers(1, 9)]))
    for _ in range(12):
        stuck.observe(np.arange(2), np.array([20.5, 0.0]))
    frozen, resting = stuck.surprise()
    assert frozen > 3
    assert resting < 2.6
    assert stuck.length.tolist() == [12, 12]


def test_missing_values_neither_end_nor_lengthen_a_run() -> None:
    """NaN is no value that could be the same or another."""
    stuck = Stuck(1)
    for value in (1.0, np.nan, 1.0, np.inf):
        stuck.observe(ONE, np.array([value]))
    assert stuck.length[0] == 2


@given(st.lists(st.floats(1, 1e6), min_size=1, max_size=50))
def test_longer_runs_are_never_less_surprising(lengths: list[float]) -> None:
    """A surprise that fell with length would let go of the worst first."""
    tally = RunTally(1)
    for length in lengths:
        tally.end(ONE, np.array([length]))
    asked = np.sort(np.array([*lengths, 1.0, 1e9]))
    told = tally.surprise(np.zeros(len(asked), np.intp), asked)
    assert (np.diff(told) >= 0).all()
    assert told[0] == pytest.approx(0, abs=0.01)


def test_old_runs_fade() -> None:
    """What a sensor did years ago must not excuse it now."""
    tally = RunTally(1)
    tally.end(ONE, np.array([1000.0]))
    before = tally.surprise(ONE, np.array([1000.0]))[0]
    for _ in range(100):
        tally.go_on(np.zeros(3000, np.intp))
        tally.end(ONE, np.ones(1))
    assert tally.surprise(ONE, np.array([1000.0]))[0] > before + 1
