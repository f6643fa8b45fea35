"""What a run is judged by: delays against free driving, and a definition for every figure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touyan.packs.traffic.delays import delays
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.poisson import PoissonDemand
from touyan.packs.traffic.traffic_world import TrafficWorld
from touyan.packs.traffic.trip_sums import TripSums
from touyan.packs.traffic.worlds import Grid

from .random_cities import City, cities, examples

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def world() -> TrafficWorld:
    """Half an hour of a small city."""
    network = grid_network(2, 2)
    world = TrafficWorld(network, PoissonDemand(network, 200.0, seed=1))
    world.advance(1800)
    return world


def test_a_trip_takes_the_free_time_and_its_delay(world: TrafficWorld) -> None:
    """On a grid every lane allows the car's own maximum, so the free time is the distance by it."""
    trips, delay = world.trips(), delays(world)
    free_s = trips.distance_m / 11.111
    arrived = ~np.isnan(trips.left_s)
    assert arrived.sum() > 400
    assert delay[arrived] == pytest.approx((trips.left_s - trips.created_s - free_s)[arrived], abs=0.01)
    assert np.isnan(delay[~arrived]).all()


def test_nobody_is_faster_than_free(world: TrafficWorld) -> None:
    """A delay below zero would say that a vehicle broke a limit; a second is lost to the cutting of time."""
    known = delays(world)
    waiting_s = world.trips().waiting_s
    assert np.nanmin(known) > -1.0
    assert (known >= waiting_s - 1.0)[~np.isnan(known)].all()


@examples(30)
@given(city=cities(), cuts=st.lists(st.integers(1, 60), min_size=1, max_size=6))
def test_figures_of_a_city_do_not_depend_on_how_often_they_are_asked_for(city: City, cuts: list[int]) -> None:
    """The console asks every second and a trial once; both must read the same, and what all trips say."""
    world, often = city.world(), TripSums()
    for seconds in cuts:
        world.advance(seconds)
        means = often.means(world)
    assert np.array_equal(TripSums().means(world), means, equal_nan=True)
    assert np.array_equal(often.branch().means(world.branch()), means, equal_nan=True)
    trips, delay = world.trips(), delays(world)
    entered, arrived = ~np.isnan(trips.entered_s), ~np.isnan(trips.left_s)
    for mean, values in zip(means, (delay[arrived], trips.waiting_s[entered], trips.stops[entered]), strict=True):
        assert mean == pytest.approx(values.mean() if len(values) else np.nan, nan_ok=True, abs=1e-6)


def test_lower_limits_make_free_driving_slower() -> None:
    """Delay is what traffic and signals cost, not what the limit costs."""
    network = grid_network(1, 2)
    slow = np.array(network.lane_speed_limit)
    slow[:] = 5.0
    object.__setattr__(network, "lane_speed_limit", slow)
    world = TrafficWorld(network, PoissonDemand(network, 60.0, seed=1))
    world.advance(900)
    assert np.nanmin(delays(world)) < 60.0  # somebody had green all the way: 660 m at 5 m/s are 132 s


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_measure_of_a_city_is_defined(language: str) -> None:
    """A figure without a definition cannot be compared with anybody's."""
    page = (DOCS / language / "explanation" / "measures.md").read_text(encoding="utf-8")
    names = [measure.name for measure in Grid(rows=1, columns=1).build([]).measures()]
    assert "crossing_travel_time_s" in names
    assert [name for name in names if f"`{name}`" not in page] == []
