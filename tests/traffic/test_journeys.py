"""Travel time as published tables have it: against a plain program, and on the public cities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.journeys import CrossingTimes
from touyan.packs.traffic.poisson import PoissonDemand, Turning
from touyan.packs.traffic.traffic_world import TrafficWorld
from touyan.packs.traffic.worlds import CityFlowCity
from touyan.runtime.packs import load_packs
from touyan.runtime.settings import read_settings
from touyan.runtime.trial import run_trial

from .reference import CASES, city_folder

PUBLISHED = dict(zip(CASES, (325.33, 347.74, 282.58), strict=True))
ENGINE = dict(zip(CASES, (365.72, 442.13, 326.86), strict=True))


class PlainTimes:
    """The metric once more: sets of names and dicts of seconds, one pair for each crossing."""

    def __init__(self, world: TrafficWorld) -> None:
        network = world.network
        signalised = set(network.signalised.tolist())
        to = network.road_to[network.lane_road].tolist()
        self._world = world
        self._lanes = {c: [lane for lane, end in enumerate(to) if end == c] for c in sorted(signalised)}
        self._before: dict[int, set[int]] = {c: set() for c in self._lanes}
        self._entered: dict[tuple[int, int], int] = {}
        self._left: dict[tuple[int, int], int] = {}

    def look(self) -> None:
        """Compare who is there with who was there a second ago."""
        for crossing, lanes in self._lanes.items():
            here = {vehicle for lane in lanes for vehicle in on_lane(self._world, lane)}
            before, self._before[crossing] = self._before[crossing], here
            for vehicle in here - before:
                self._entered.setdefault((crossing, vehicle), self._world.seconds)
            for vehicle in before - here if before else here:
                self._left[crossing, vehicle] = self._world.seconds

    def average_travel_time_s(self) -> float:
        """The mean over vehicles of the sum over crossings."""
        end = self._world.seconds
        visits = {visit: entered for visit, entered in self._entered.items() if visit[1] >= 0}
        total = sum(self._left.get(visit, end) - entered for visit, entered in visits.items())
        return total / len({vehicle for _, vehicle in visits})


def on_lane(world: TrafficWorld, lane: int) -> list[int]:
    """References of the vehicles on a lane; those below 0 are shadows."""
    rows, front = world.arrays.rows, int(world.arrays.rows.heads.front[lane])
    numbers: list[int] = world.arrays.vehicles.number[front : front + int(rows.filled[lane])].tolist()
    return numbers


@settings(max_examples=20, deadline=None)
@given(
    size=st.tuples(st.integers(1, 3), st.integers(2, 3)),
    arrivals=st.floats(20.0, 900.0),
    seed=st.integers(0, 2**32 - 1),
    lane_change=st.booleans(),
    ahead=st.integers(0, 60),
)
def test_the_metric_equals_the_plain_one(
    size: tuple[int, int], arrivals: float, seed: int, lane_change: bool, ahead: int
) -> None:
    """Drivers who turn a lot come again, and few of them leave crossings empty: all rules count."""
    network = grid_network(*size, 100.0)
    demand = PoissonDemand(network, arrivals, turning=Turning(0.4, 0.2, 0.4), seed=seed)
    world = TrafficWorld(network, demand, seed, lane_change=lane_change)
    ours, plain = CrossingTimes(world, ahead), PlainTimes(world)
    for second in range(400):
        world.advance(1)
        ours.look()
        plain.look()
        if second % 100 == 99 and world.finished:
            assert ours.average_travel_time_s() == pytest.approx(plain.average_travel_time_s(), rel=1e-12)


def test_what_is_kept_does_not_grow_with_time() -> None:
    """A brain runs for weeks; entries of trips that are over must go."""
    network = grid_network(2, 2, 100.0)
    world = TrafficWorld(network, PoissonDemand(network, 300.0, seed=1), 1)
    times, most = CrossingTimes(world, ahead=20), list[int]()
    for hour in range(2):
        most.append(0)
        for _ in range(3600):
            world.advance(1)
            times.look()
            most[hour] = max(most[hour], len(times._journeys.entered))
    assert world.finished > 4000
    assert most[1] < 1.3 * most[0] < 2000


def test_nobody_seen_has_no_travel_time() -> None:
    """An average over nothing is not zero seconds."""
    network = grid_network(1, 1)
    times = CrossingTimes(TrafficWorld(network, PoissonDemand(network, 0.0)))
    times.look()
    assert np.isnan(times.average_travel_time_s())


@pytest.mark.parametrize(("city", "flow"), CASES)
def test_max_pressure_gives_the_travel_times_of_the_tables(city: str, flow: str) -> None:
    """These are the figures that papers print; lane change is on in all of them."""
    folder = city_folder(city)
    scenario = CityFlowCity(roadnet=folder / "roadnet.json", flow=folder / f"{flow}.json", lane_change=True)
    trial = run_trial(load_packs(read_settings()), scenario, "max-pressure:30", 3600)
    assert trial.as_dict()["crossing_travel_time_s"] == pytest.approx(PUBLISHED[city, flow], abs=0.2)
    assert trial.as_dict()["average_travel_time_s"] == pytest.approx(ENGINE[city, flow], abs=0.1)
