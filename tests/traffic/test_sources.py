"""Lane detectors: what they count is what is there, and what goes wrong with them is what was asked for."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.core.errors import NotFoundError
from touyan.core.observations import Column, ObservationBatch
from touyan.packs.traffic.network import RoadNetwork
from touyan.packs.traffic.plant import SimulatedCity
from touyan.packs.traffic.sources import LaneDetectors, SignalHeads
from touyan.packs.traffic.vocabulary import (
    ENTERED,
    HALTING,
    LANE_DETECTOR,
    LANE_QUANTITIES,
    LEFT,
    MEAN_SPEED,
    OCCUPANCY,
    QUEUE_LENGTH,
    TRAFFIC_SIGNAL,
    VEHICLES,
)
from touyan.packs.traffic.worlds import Grid

MINUTES = 10
START = 1767571200.0  # 2026-01-05T08:00:00+08:00


def small_city(**detectors: Any) -> SimulatedCity:
    """Two by two busy crossings with lane detectors and signal heads, at its first second."""
    return Grid(rows=2, columns=2, arrivals=600).build([LaneDetectors(**detectors), SignalHeads()])


def lane_reports(batches: list[ObservationBatch]) -> list[ObservationBatch]:
    """Those of the lane detectors."""
    return [batch for batch in batches if batch.entity_type == LANE_DETECTOR]


@cache
def reports(**detectors: Any) -> tuple[ObservationBatch, ...]:
    """What the lane detectors of ten minutes said."""
    return tuple(lane_reports(small_city(**detectors).advance(60 * MINUTES)))


def series(name: str, **detectors: Any) -> Column:
    """A quantity over ten minutes, shape (reports, lanes)."""
    return np.array([batch.values[name] for batch in reports(**detectors)])


def network() -> RoadNetwork:
    """The roads of the small city."""
    return small_city().model


# ---------------------------------------------------------------- what they count


def test_who_entered_and_has_not_left_is_there() -> None:
    """Counts that do not add up would drift from the street for good; they hold for each lane and report."""
    entered, left, vehicles = (series(name) for name in (ENTERED, LEFT, VEHICLES))
    assert np.array_equal(np.cumsum(entered - left, axis=0), vehicles)
    assert vehicles.sum() > 0


def test_the_city_holds_who_is_on_its_lanes_and_a_few_on_its_crossings() -> None:
    """Detectors see every vehicle under way but those inside a crossing."""
    city = small_city()
    for _ in range(60):
        (batch,) = lane_reports(city.advance(5))
        on_lanes = batch.values[VEHICLES].sum()
        assert city.under_way - 60 <= on_lanes <= city.under_way
    assert on_lanes > 0.8 * city.under_way


def test_every_report_holds_every_quantity_and_nothing_else() -> None:
    """The brain reads the vocabulary's names; a report with others would be silently empty."""
    assert {tuple(batch.values) for batch in reports()} == {LANE_QUANTITIES}


def test_occupancy_is_a_share() -> None:
    """More than the whole lane cannot be covered, and a busy city covers something."""
    occupancy = series(OCCUPANCY)
    assert occupancy.min() >= 0
    assert 0 < occupancy.max() <= 1


def test_lanes_without_anybody_in_the_interval_are_not_covered() -> None:
    """Occupancy comes from vehicles alone: nobody there before, within and after means zero."""
    entered, vehicles, occupancy = (series(name) for name in (ENTERED, VEHICLES, OCCUPANCY))
    before = np.vstack([np.zeros(vehicles.shape[1]), vehicles[:-1]])
    empty = (before == 0) & (entered == 0)
    assert empty.any()
    assert (occupancy[empty] == 0).all()
    assert (occupancy[vehicles > 0] > 0).all()


def test_nobody_halts_who_is_not_there() -> None:
    """Who halts is one of the vehicles."""
    halting, vehicles = series(HALTING), series(VEHICLES)
    assert (halting <= vehicles).all()
    assert halting.max() > 1, "somebody must wait at red, or this test shows nothing"


def test_a_queue_is_no_longer_than_its_lane_and_needs_somebody_who_halts() -> None:
    """Queues are measured from the stop line to the rear of the last that halts, on the lane."""
    queue, halting = series(QUEUE_LENGTH), series(HALTING)
    assert (queue <= network().lane_length).all()
    assert np.array_equal(queue > 0, halting > 0)


def test_the_mean_speed_is_unknown_exactly_where_nobody_drove() -> None:
    """A mean of nobody is no number; zero would say that they stand. Second by second it is exact."""
    assert np.array_equal(np.isnan(series(MEAN_SPEED, interval_s=1)), series(VEHICLES, interval_s=1) == 0)


def test_over_an_interval_the_mean_speed_is_known_where_somebody_is_and_unknown_where_nobody_was() -> None:
    """Who came and went within the interval counts; only who left in its first second may not."""
    entered, vehicles, speed = (series(name) for name in (ENTERED, VEHICLES, MEAN_SPEED))
    before = np.vstack([np.zeros(vehicles.shape[1]), vehicles[:-1]])
    assert not np.isnan(speed[(vehicles > 0) | (entered > 0)]).any()
    assert np.isnan(speed[(before == 0) & (entered == 0)]).all()


def test_nobody_drives_faster_than_the_lane_allows() -> None:
    """Speeds are m/s within the limit; a wrong interval or unit would show here."""
    speed = series(MEAN_SPEED)
    limit = np.broadcast_to(network().lane_speed_limit, speed.shape)
    known = ~np.isnan(speed)
    assert (speed[known] >= 0).all()
    assert (speed[known] <= limit[known] + 1e-9).all()
    assert np.nanmax(speed) > 5


# ---------------------------------------------------------------- when they report


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 23), min_size=1, max_size=12), st.integers(1, 9))
def test_reports_come_at_multiples_of_the_interval_however_time_is_cut(chunks: list[int], interval: int) -> None:
    """How fast the brain beats is not the sensors' business: the same reports with the same digits."""
    whole, cut = small_city(interval_s=interval), small_city(interval_s=interval)
    expected = lane_reports(whole.advance(sum(chunks)))
    found = [batch for chunk in chunks for batch in lane_reports(cut.advance(chunk))]
    assert [batch.observed_at[0] - START for batch in found] == list(range(interval, sum(chunks) + 1, interval))
    for one, other in zip(expected, found, strict=True):
        assert np.array_equal(one.observed_at, other.observed_at)
        assert all(np.array_equal(one.values[name], other.values[name], equal_nan=True) for name in LANE_QUANTITIES)


def test_signals_report_at_each_advance() -> None:
    """Signals say their state once a beat, at the end of it."""
    city = small_city()
    for beat in range(1, 5):
        said = [batch for batch in city.advance(3) if batch.entity_type == TRAFFIC_SIGNAL]
        assert [batch.observed_at.tolist() for batch in said] == [[START + 3 * beat] * 4]


def test_a_late_report_still_says_when_it_was_read() -> None:
    """Twelve seconds late is late in arriving; fusion must see how old the reading is."""
    on_time, late = small_city(), small_city(delay_s=12)
    read = {batch.observed_at[0]: batch for batch in lane_reports(on_time.advance(60))}
    for second in range(1, 61):
        for batch in lane_reports(late.advance(1)):
            assert batch.observed_at[0] == START + second - 12
            assert np.array_equal(batch.values[VEHICLES], read[batch.observed_at[0]].values[VEHICLES])
    assert late.now == START + 60


def test_late_reports_come_all_and_in_order() -> None:
    """A delay longer than the interval keeps several reports under way at once; none gets lost."""
    city = small_city(delay_s=12)
    found = [batch.observed_at[0] - START for _ in range(60) for batch in lane_reports(city.advance(1))]
    assert found == [5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0]


# ---------------------------------------------------------------- what goes wrong with them


def test_a_city_that_loses_everything_says_nothing() -> None:
    """A lost report is a row without values, never old or zero ones."""
    for name in LANE_QUANTITIES:
        assert np.isnan(series(name, loss=1.0)).all()


def test_the_asked_share_of_reports_gets_lost_and_the_rest_is_untouched() -> None:
    """A third of them, within four standard deviations; a report is lost as a whole."""
    vehicles = series(VEHICLES, loss=0.3)
    lost = np.isnan(vehicles)
    assert abs(lost.mean() - 0.3) < 4 * (0.3 * 0.7 / lost.size) ** 0.5
    assert np.array_equal(lost, np.isnan(series(QUEUE_LENGTH, loss=0.3)))
    assert np.array_equal(vehicles[~lost], series(VEHICLES)[~lost])


def test_a_dead_detector_says_nothing_and_its_neighbours_all() -> None:
    """Silence of one lane must be silence of that lane."""
    dead = ("road_0_1_0_1", "road_1_0_1_0")
    silent = np.isnan(series(VEHICLES, silent=" , ".join(dead)))
    lanes = {network().lane_ids[lane] for lane in np.flatnonzero(silent.any(axis=0)).tolist()}
    assert lanes == set(dead)
    assert silent[:, [network().lane(name) for name in dead]].all()


@pytest.mark.parametrize("written", ["", " ", ",", " , "])
def test_no_lane_is_silent_where_none_is_named(written: str) -> None:
    """Blanks and stray commas in a setting are nobody's name."""
    assert not np.isnan(series(VEHICLES, silent=written)).any()


def test_a_dead_detector_of_no_lane_is_refused_with_the_nearest_name() -> None:
    """A slip of the hand would else leave everything working, and the test of silence worthless."""
    with pytest.raises(NotFoundError, match="there is no lane 'road_0_1_0_7'") as caught:
        small_city(silent="road_0_1_0_7")
    assert "road_0_1_0_" in caught.value.hint


def test_the_same_seed_is_the_same_noise_and_another_seed_is_another() -> None:
    """A run with bad sensors must be repeatable to the digit."""
    disturbed = {"noise": 0.3, "loss": 0.1}
    first, again = (small_city(**disturbed, seed=4).advance(120) for _ in range(2))
    for one, other in zip(lane_reports(first), lane_reports(again), strict=True):
        assert all(np.array_equal(one.values[name], other.values[name], equal_nan=True) for name in LANE_QUANTITIES)
    other_seed = series(OCCUPANCY, **disturbed, seed=5)
    assert not np.array_equal(series(OCCUPANCY, **disturbed, seed=4), other_seed, equal_nan=True)


@pytest.mark.parametrize("noise", [0.1, 0.5, 1.0])
def test_noise_leaves_every_value_possible(noise: float) -> None:
    """No negative count, no half vehicle, no share above one, no queue longer than its lane."""
    for name in LANE_QUANTITIES:
        values = series(name, noise=noise)
        assert np.nanmin(values) >= 0
    for name in (ENTERED, LEFT, VEHICLES, HALTING):
        counts = series(name, noise=noise)
        assert np.array_equal(counts, np.rint(counts))
    assert series(OCCUPANCY, noise=noise).max() <= 1
    assert (series(QUEUE_LENGTH, noise=noise) <= network().lane_length).all()


def test_noise_is_as_strong_as_asked_and_does_not_lean() -> None:
    """Relative deviation of occupancy, where nothing is cut off at one: mean 0, spread as set."""
    true, noisy = series(OCCUPANCY), series(OCCUPANCY, noise=0.1)
    known = (true > 0) & (true < 0.5)
    relative = noisy[known] / true[known] - 1
    assert abs(relative.mean()) < 4 * 0.1 / relative.size**0.5
    assert 0.09 < relative.std() < 0.11


def test_bad_sensors_do_not_change_the_street() -> None:
    """What is said of the traffic is not the traffic: both cities drive the same."""
    good, bad = small_city(), small_city(noise=0.5, loss=0.5, delay_s=20)
    good.advance(300)
    bad.advance(300)
    assert [m.value for m in good.measures()] == [m.value for m in bad.measures()]
