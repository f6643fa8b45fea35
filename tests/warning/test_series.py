"""What is new in series: what it finds, what it says of it, and what bad readings cannot do to it."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from touyan.kernels.warning import memory as words
from touyan.kernels.warning import novelty
from touyan.kernels.warning.memory import new_memory
from touyan.warning.detectors.series import VIEWS, Series

from .plain_series import excesses, views

Values = NDArray[np.float64]

START = 1_700_000_000.0
STEP_S = 300.0


def fed(series: Series, values: Values, row: int = 0, first: int = 0) -> Values:
    """The surprises of readings of one series, five minutes apart."""
    at = START + STEP_S * np.arange(first, first + len(values))
    return series.observe(np.full(len(values), row), at, values)


def noise(count: int, seed: int = 0) -> Values:
    """White noise around 50."""
    return 50 + np.random.default_rng(seed).normal(size=count)


def test_every_view_leaves_its_range_as_the_slow_twin_says() -> None:
    """The kernel keeps a few words of each view; they must tell what the whole list of readings tells."""
    values = np.concatenate([noise(300), noise(40, 1) + 6, 3 * noise(60, 2) - 100]).astype(np.float32).astype(float)
    memory = new_memory(1)
    told: dict[int, list[float]] = {view: [] for view in views(values)}
    fresh = np.zeros(1)
    for number, value in enumerate(values):
        own = memory.words[0].astype(float)
        ranges = {view: (own[words.LOW + view], own[words.HIGH + view]) for view in told}
        at = np.array([START + STEP_S * number])
        novelty.observe(memory, np.zeros(1, np.intp), at, np.array([value]), 0.0, fresh)
        now = memory.words[0].astype(float)
        for view, (low, high) in ranges.items():
            grown = max(now[words.HIGH + view] - high, low - now[words.LOW + view]) if number >= 30 else 0.0
            told[view].append(
                grown / max(high - low, grown / 10) * (number + 1) / (number + 1001) if grown > 0 else 0.0
            )
    for view, plain in views(values).items():
        expected = excesses(plain)
        assert np.flatnonzero(expected > 1e-3).tolist(), f"the readings try nothing of {VIEWS[view].en}"
        close = np.isclose(told[view], expected, atol=2e-3, rtol=2e-2) | (expected == 0)
        assert close[30:].all(), f"{VIEWS[view].en} at {np.flatnonzero(~close)}"


@pytest.mark.slow
def test_plain_python_gives_what_the_compiled_kernel_gives() -> None:
    """A kernel that only works compiled could not be trusted, or followed with a debugger."""
    script = (
        "import numpy as np; from touyan.warning.detectors.series import Series; s = Series(1); "
        "x = np.sin(np.arange(400) / 9) + np.where(np.arange(400) == 350, 9, 0); "
        "f = s.observe(np.zeros(400, int), 1.7e9 + 60.0 * np.arange(400), x); v = s.verdict(); "
        "print(np.flatnonzero(f > 0).tolist(), f.sum().round(2), v.unrest.round(3), v.expected.round(2))"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "NUMBA_DISABLE_JIT": disabled},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for disabled in ("0", "1")
    ]
    assert said[0] == said[1]
    assert "350" in said[0]


def test_a_reading_beyond_all_before_is_told_with_what_was_expected() -> None:
    """An operator must see what was seen, what was expected, and how far around that is normal."""
    series = Series(1)
    calm = fed(series, noise(3000))
    alarm = fed(series, np.array([80.0]), first=3000)[0]
    verdict = series.verdict()
    assert alarm > calm.max() + 1
    assert verdict.surprise[0] == pytest.approx(alarm)
    seen, expected, spread = verdict.seen[0], verdict.expected[0], verdict.spread[0]
    assert abs(seen - expected) > 2 * spread > 0
    assert (VIEWS[verdict.view[0]].en, seen) == ("level", pytest.approx(80, abs=0.01))
    assert expected == pytest.approx(50, abs=1)


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        ("step", noise(60, 1) + 9),
        ("drift", noise(300, 1) + np.linspace(0, 12, 300)),
        ("wild", 50 + 6 * (noise(100, 1) - 50)),
        ("spike", np.array([70.0])),
    ],
)
def test_each_kind_of_change_is_found(kind: str, after: Values) -> None:
    """Jumps, slow drifts and a change of swing are incidents as much as single spikes are."""
    series = Series(1)
    fed(series, noise(3000))
    assert fed(series, after, first=3000).max() > 3, kind


def test_a_usual_value_at_an_unusual_hour_is_found() -> None:
    """A street as empty at noon as it is at night is news, though no value is new."""
    hours = np.arange(5 * 168)
    day = 50 + 40 * np.sin(2 * np.pi * hours / 24) + np.random.default_rng(0).normal(size=len(hours))
    series = Series(1)
    rows = np.zeros(len(hours), np.intp)
    series.observe(rows, START + 3600.0 * hours, day)
    noon = START + 3600.0 * (hours[-1] + 6 + (6 - (hours[-1] % 24)) % 24)
    assert series.observe(rows[:1], np.array([noon]), np.array([11.0]))[0] > 2.5
    assert VIEWS[series.verdict().view[0]].en == "hour of the week"


def test_nothing_is_said_before_enough_was_seen() -> None:
    """Twenty readings know no range: whatever comes among them is no alarm."""
    series = Series(1)
    assert fed(series, np.array([0.0, 1e9] * 10)).max() == 0


def test_a_constant_that_changes_is_an_alarm() -> None:
    """A flag that was never raised has no range to leave, and its first change must not be lost in a division."""
    series = Series(1)
    assert fed(series, np.zeros(1000)).max() == 0
    assert fed(series, np.ones(1), first=1000)[0] > 3


def test_one_event_is_one_alarm_and_a_larger_one_is_told_again() -> None:
    """Within the refractory time only what is stronger than the alarm before is news."""
    series = Series(1)
    fed(series, noise(2000))
    surprises = fed(series, np.array([60.0, 60.0, 59.0, 90.0, 60.0]), first=2000)
    assert surprises[0] > 3
    assert surprises[3] > surprises[0]
    assert surprises[[2, 4]].max() == 0


def test_an_alarm_is_held_and_then_let_go() -> None:
    """A rule clears an alert when the score falls; a single spike must not hold it for ever."""
    series = Series(1)
    fed(series, np.append(noise(2000), 90.0))
    fed(series, noise(100, 1), first=2001)
    held = series.verdict().surprise[0]
    fed(series, noise(1, 2), first=2101)
    assert held > 3 > series.verdict().surprise[0]


def test_after_a_confirmed_incident_the_next_one_is_as_new() -> None:
    """What people confirmed must not become normal; what they called false must become less of a surprise."""
    again = {}
    for label in (None, True, False):
        series = Series(1)
        first = fed(series, np.append(noise(3000), 90.0))[-1]
        fed(series, noise(150, 1), first=3001)
        if label is not None:
            series.learn(0, label)
        fed(series, noise(150, 2), first=3151)
        again[label] = fed(series, np.array([90.0]), first=3301)[0]
        assert first > 5
    assert again[True] > again[None] + 1
    assert again[None] >= again[False]


def test_false_alarms_make_others_of_their_size_less_surprising() -> None:
    """Feedback is what lets a detector fit a place: ten false alarms in a series raise its bar."""
    quiet, blamed = Series(1), Series(1)
    for series in (quiet, blamed):
        fed(series, np.append(noise(3000), 90.0))
    blamed.learn(0, is_incident=False)
    assert fed(blamed, np.array([130.0]), first=3300)[0] < fed(quiet, np.array([130.0]), first=3300)[0]


def test_what_is_unusual_for_long_raises_unrest() -> None:
    """Single readings of a shaking pump are all usual; many of them are not."""
    series = Series(1)
    fed(series, noise(5000))
    calm = series.verdict().unrest_surprise[0]
    fed(series, 50 + 2.5 * (noise(200, 1) - 50), first=5000)
    assert calm < 2 < series.verdict().unrest_surprise[0]


def test_a_change_across_a_gap_is_no_change_since_the_reading_before() -> None:
    """After a night without power the first reading may differ from the last of the day before."""
    wave = 50 + 20 * np.sin(np.arange(6000) / 200)
    with_gap, without = Series(1), Series(1)
    rows, at = np.zeros(6000, np.intp), START + STEP_S * np.arange(6000)
    for series in (with_gap, without):
        series.observe(rows, at, wave)
    low = np.full(1, 31.0)
    later = at[-1:] + 40 * STEP_S
    assert without.observe(rows[:1], at[-1:] + STEP_S, low)[0] > with_gap.observe(rows[:1], later, low)[0]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_missing_value_changes_nothing(value: float) -> None:
    """A sensor that says nothing is no reading of zero, and no reason to stop."""
    plain, holed = Series(1), Series(1)
    fed(plain, noise(500))
    fed(holed, noise(250))
    assert np.isnan(holed.observe(np.zeros(1, np.intp), np.array([START + 250.5 * STEP_S]), np.array([value])))[0]
    fed(holed, noise(500)[250:], first=250)
    for said, expected in zip(holed.verdict(), plain.verdict(), strict=True):
        assert said == pytest.approx(expected)


def test_repeats_and_the_past_are_not_taken_in_until_the_clock_proves_set_back() -> None:
    """A reading sent twice counts once; a clock that was an hour fast must not silence its sensor for an hour."""
    series = Series(1)
    fed(series, noise(500))
    last = START + 499 * STEP_S
    back = series.observe(np.zeros(12, np.intp), last - 3600 + STEP_S * np.arange(12.0), noise(12, 1))
    assert np.isnan(back[:10]).all()
    assert np.isfinite(back[10:]).all()


reading = st.tuples(
    st.integers(0, 3),
    st.one_of(st.floats(allow_nan=True, allow_infinity=True), st.integers(0, 10**6).map(lambda n: START + n)),
    st.one_of(st.floats(allow_nan=True, allow_infinity=True), st.floats(-10, 10)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(reading, max_size=80), st.integers(1, 20))
@example([(0, START + n, 1e308 * (-1) ** n) for n in range(60)], 7)
@example([(0, 1e300 * n, float(n)) for n in range(60)], 7)
@example([(0, 0.0, 85334337.0), (0, 3.3204014213247497e22, 3.4028235677973366e38)], 1)
def test_no_reading_breaks_the_memory_and_batches_do_not_matter(
    readings: list[tuple[int, float, float]], size: int
) -> None:
    """Whatever sensors say, surprises stay finite or NaN, and how readings are cut into batches changes nothing."""
    rows = np.array([row for row, _, _ in readings], np.intp)
    at, values = np.array([at for _, at, _ in readings]), np.array([value for _, _, value in readings])
    whole, cut = Series(4), Series(4)
    told = whole.observe(rows, at, values)
    parts = [cut.observe(rows[n : n + size], at[n : n + size], values[n : n + size]) for n in range(0, len(rows), size)]
    assert np.array_equal(told, np.concatenate([np.empty(0), *parts]), equal_nan=True)
    assert not np.isinf(told).any()
    fed(whole, noise(700))
    assert np.isfinite(whole.verdict(np.zeros(1, np.intp)).unrest_surprise).all()


@settings(max_examples=10, deadline=None)
@given(st.sampled_from([1e-6, 0.5, 2.0, 1e6]), st.sampled_from([0.0, -1e3, 1e9]))
def test_the_unit_of_a_series_does_not_matter(scale: float, shift: float) -> None:
    """Metres or millimetres, degrees or kelvin: the same event is as surprising."""
    values = np.concatenate([noise(1500), [58.0], noise(50, 1)])
    if abs(shift) > 1e6 * scale:
        return
    plain, other = fed(Series(1), values), fed(Series(1), values * scale + shift)
    assert other == pytest.approx(plain, abs=0.05)


def test_the_share_of_false_alarms_is_the_one_announced() -> None:
    """A threshold of 2.5 promises one alarm in 316 readings; without that a threshold means nothing."""
    rng = np.random.default_rng(4)
    series, length = Series(60), 40_000
    alarms = 0
    for start in range(0, length, 1000):
        values = rng.normal(size=(1000, 60))
        at = np.repeat(START + STEP_S * np.arange(start, start + 1000), 60)
        told = series.observe(np.tile(np.arange(60), 1000), at, values.ravel())
        alarms += int((told >= 2.5).sum()) if start >= length // 5 else 0
    assert alarms / (0.8 * length * 60) == pytest.approx(10**-2.5, rel=0.2)


def test_a_hundred_thousand_series_fit_and_each_costs_no_more_than_two_kilobytes() -> None:
    """A city has that many sensors, on one machine that does other things too."""
    series = Series(100_000)
    assert series.bytes_per_series <= 2048
    rows = np.arange(100_000)
    for number in range(3):
        told = series.observe(rows, np.full(100_000, START + number), rows.astype(float))
    assert told.max() == 0
    series.grow(1)
    assert len(series) == 100_001
    series.forget(rows[:1])
    assert np.isnan(series.verdict().surprise[[0, -1]]).all()


def test_wrong_columns_are_told() -> None:
    """A row that is not there would write into the memory of another series."""
    with pytest.raises(IndexError, match=r"rows 0 to 2; there are 2 series"):
        Series(2).observe(np.array([0, 2]), np.zeros(2), np.zeros(2))
    with pytest.raises(ValueError, match="expected equal ones"):
        Series(2).observe(np.array([0]), np.zeros(2), np.zeros(2))
