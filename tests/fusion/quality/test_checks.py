"""Quality: each fault of a sensor is found and named, and a healthy sensor is left in peace."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touyan.core.observations import ObservationBatch
from touyan.fusion.quality.checks import Checks, Limits, physical_least
from touyan.fusion.quality.flags import Flag, words
from touyan.fusion.quality.score_cards import ScoreCard

IDS = tuple(f"urn:{number}" for number in range(8))


def batch(values: list[float], at: float, ids: tuple[str, ...] = IDS) -> ObservationBatch:
    """One reading of each sensor at one time."""
    column = np.array(values, float)
    return ObservationBatch("Air", "test", ids[: len(values)], np.full(len(values), at), {"no2": column})


def run(checks: Checks, columns: Any, every_s: float = 60.0) -> Any:
    """Flags of many reports in a row, each in time."""
    return np.array([checks.check(batch(each, n * every_s), n * every_s)["no2"] for n, each in enumerate(columns)])


def healthy(reports: int, seed: int = 0) -> Any:
    """What eight sensors of one street say, each with its own level."""
    random = np.random.default_rng(seed)
    day = 5 * np.sin(np.arange(reports) / 20)
    return np.asarray(40 + np.arange(8) + random.normal(size=(reports, 8)) + day[:, None], np.float64)


def test_healthy_sensors_get_no_flag() -> None:
    """False alarms are what makes people switch checks off."""
    flags = run(Checks(), healthy(400).tolist())
    assert (flags > 0).mean() < 0.005


def test_a_value_that_cannot_be_is_implausible() -> None:
    """A negative concentration is a broken sensor, not clean air."""
    flags = run(Checks(ranges={"no2": (0.0, 1000.0)}), [[-1, 5, 2000, float("nan")]])
    assert flags[0].tolist() == [Flag.IMPLAUSIBLE, 0, Flag.IMPLAUSIBLE, 0]
    assert physical_least("CEL") == -273.15


def test_the_same_said_again_for_the_same_time_is_a_duplicate() -> None:
    """Networks send twice; counted twice it would double a flow."""
    checks = Checks()
    checks.check(batch([1, 2], 60), 60)
    assert checks.check(batch([1, 3], 60), 61)["no2"].tolist() == [Flag.DUPLICATE, 0]


def test_late_early_and_out_of_order_are_told_apart() -> None:
    """A wrong clock and a slow network need different people."""
    checks = Checks()
    checks.check(batch([1], 1000), 1000)
    assert checks.check(batch([2], 990), 1001)["no2"].tolist() == [Flag.LATE]
    assert checks.check(batch([2], 1100), 1001)["no2"].tolist() == [Flag.EARLY]
    assert checks.check(batch([2], 1200, ("urn:other",)), 2000)["no2"].tolist() == [Flag.LATE]


def test_a_sensor_that_does_not_move_is_stuck_but_an_empty_street_is_not() -> None:
    """A frozen 37.2 looks fine on every screen; a zero at night is the truth."""
    columns = healthy(60)
    columns[20:, 3] = 37.2
    columns[20:, 4] = 0.0
    flags = run(Checks(Limits(drift=np.inf)), columns.tolist())
    assert np.flatnonzero(flags[:, 3] & Flag.STUCK)[0] == 40
    assert not (flags[:, [0, 4]] & Flag.STUCK).any()


def test_a_sensor_that_leaves_its_likes_is_drifting_and_the_others_are_not() -> None:
    """The commonest fault of cheap air sensors comes over weeks, and no limit is ever crossed."""
    columns = healthy(200)
    columns[60:, 5] += np.arange(140) * 0.08
    flags = run(Checks(), columns.tolist()) & Flag.DRIFTING
    assert flags[60:, 5].any()
    assert flags[-1, 5]
    assert flags[:, [0, 1, 2, 3, 4, 6, 7]].mean() < 0.01 * Flag.DRIFTING


def test_the_first_value_after_a_silence_says_so() -> None:
    """Sums over the gap must not be taken for sums over an interval."""
    checks = Checks()
    flags = [checks.check(batch([n], at), at)["no2"][0] for n, at in enumerate([0, 60, 120, 180, 600, 660])]
    assert flags == [0, 0, 0, 0, Flag.AFTER_GAP, 0]


def test_an_id_twice_in_a_batch_is_judged_in_turn() -> None:
    """A source that catches up sends many readings of one sensor at once."""
    at = np.array([60.0, 120.0, 60.0])
    caught_up = ObservationBatch("Air", "test", ("urn:a",) * 3, at, {"no2": np.array([1.0, 2.0, 3.0])})
    assert Checks().check(caught_up, 130)["no2"].tolist() == [0, 0, Flag.LATE]


@given(st.lists(st.lists(st.floats(), min_size=3, max_size=3), min_size=1, max_size=30))
def test_no_values_whatever_break_the_checks(columns: list[list[float]]) -> None:
    """The checks stand before everything else, so nothing may stop them."""
    with np.errstate(all="ignore"):
        flags = run(Checks(), columns)
    assert flags.dtype == np.uint8
    assert not flags[np.isnan(np.array(columns))].any()


def test_a_score_card_counts_what_came_and_what_was_good() -> None:
    """A supplier is judged by one figure and the reasons for it."""
    card = ScoreCard("air")
    assert np.isnan(card.score)
    checks = Checks(ranges={"no2": (0.0, 100.0)})
    for n, values in enumerate(([1.0, 2.0, 3.0, 4.0], [5.0, -1.0, float("nan"), 6.0])):
        given_ = batch(values, n * 60)
        card.note(given_.values, checks.check(given_, n * 60 + 5), np.full(4, 5.0))
    assert card.score == pytest.approx(6 / 8)
    told = card.as_dict()
    assert (told["values"], told["missing"], told["implausible"]) == (7, 1, 1)
    assert "stuck" not in told


def test_flags_are_told_in_words() -> None:
    """People and other systems read words, not bits."""
    assert words(0) == "good"
    assert words(Flag.LATE | Flag.AFTER_GAP) == "late, after gap"
