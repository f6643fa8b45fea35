"""A branch of a traffic world goes on as the original would have."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from touyan.core.protocols import Branchable
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.plant import SimulatedCity
from touyan.packs.traffic.poisson import PoissonDemand
from touyan.packs.traffic.sources import LaneDetectors, SignalHeads
from touyan.packs.traffic.traffic_world import TrafficWorld
from touyan.packs.traffic.vocabulary import traffic_signals
from touyan.packs.traffic.worlds import Grid
from touyan.simulation.ensemble import Ensemble

from .sensed import command


def busy_world(lane_change: bool = False) -> TrafficWorld:
    """A small city after three minutes of heavy traffic."""
    network = grid_network(2, 3)
    world = TrafficWorld(network, PoissonDemand(network, 900.0, seed=5), 5, lane_change=lane_change)
    world.advance(180)
    return world


@pytest.mark.parametrize("lane_change", [False, True])
def test_a_branch_repeats_what_the_original_does(lane_change: bool) -> None:
    """Foresight is worthless unless a branch is the same city, to the last digit."""
    world = busy_world(lane_change)
    branch = world.branch()
    assert np.array_equal(world.advance(240), branch.advance(240))
    assert np.array_equal(world.speeds(), branch.speeds())
    assert world.vehicle_seconds == branch.vehicle_seconds


def test_what_happens_in_a_branch_leaves_the_original_alone() -> None:
    """A plan is tried in a branch while the city goes on."""
    world, untouched = busy_world(), busy_world()
    branch = world.branch()
    branch.command(int(world.network.signalised[0]), 3)
    branch.advance(4000)  # past the hour for which departures are known
    assert np.array_equal(world.advance(300), untouched.advance(300))
    assert np.array_equal(world.speeds(), untouched.speeds())


def sensed_city() -> SimulatedCity:
    """A small city whose detectors are noisy, lossy and late."""
    detectors = LaneDetectors(noise=0.2, loss=0.1, delay_s=7, seed=4)
    city = Grid(rows=2, columns=2, arrivals=800, incident=True).build([detectors, SignalHeads()])
    city.advance(123)
    return city


def said(city: SimulatedCity, seconds: int) -> list[tuple[str, float, bytes]]:
    """Everything that sensors say in a time, to the last bit."""
    return [
        (batch.entity_type, float(batch.observed_at[0]), b"".join(column.tobytes() for column in batch.values.values()))
        for batch in city.advance(seconds)
    ]


def test_a_branched_city_says_what_the_city_says() -> None:
    """Noise, losses and reports under way belong to the state: a controller must see the same."""
    city = sensed_city()
    branch = city.branch()
    assert said(branch, 200) == said(city, 200)
    kept = [measure for measure in city.measures() if measure.name != "crossing_travel_time_s"]
    assert branch.measures() == kept  # a branch begins in the middle of trips, and keeps no times of the tables


def test_a_branched_city_takes_nothing_from_the_city() -> None:
    """Readings that a branch takes must still reach the city's own engines."""
    city, untouched = sensed_city(), sensed_city()
    branch = city.branch()
    branch.obey(command(traffic_signals(branch.model)[0], 3.0))
    branch.advance(300)
    assert said(city, 200) == said(untouched, 200)
    assert isinstance(city, Branchable)


@pytest.mark.parametrize("lane_change", [False, True])
@pytest.mark.parametrize("workers", [1, 3])
def test_every_branch_of_an_ensemble_equals_its_solo_run(workers: int, lane_change: bool) -> None:
    """Threads must not be seen in the digits: 8 branches, each under another command."""
    world = busy_world(lane_change)
    alone, together = ([world.branch() for _ in range(8)] for _ in range(2))
    for number, pair in enumerate(zip(alone, together, strict=True)):
        for branch in pair:
            branch.command(int(world.network.signalised[number % 6]), 1 + number)
    running = [branch.advance(120) for branch in alone]
    with ThreadPoolExecutor(workers) as pool:
        ensemble = Ensemble(together, pool=pool)
        assert np.array_equal(ensemble.advance(120), running)
    for solo, member in zip(alone, ensemble.members, strict=True):
        assert np.array_equal(solo.speeds(), member.speeds())
        assert solo.vehicle_seconds == member.vehicle_seconds
