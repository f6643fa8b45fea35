"""Induction loops: each vehicle that drives over one is counted once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.packs.traffic.loops import Loop, LoopCounter, places
from touyan.packs.traffic.poisson import PoissonDemand
from touyan.packs.traffic.traffic_world import TrafficWorld

from .files import small_network
from .sumo_files import city, vehicle

MAIN = "".join(vehicle(f"m{n}", 2 * n, "in mid out") for n in range(30))


@pytest.mark.parametrize("x", [0.0, 1.0, 44.0, 89.0, 90.0])
def test_every_vehicle_of_a_road_passes_its_loops_once(tmp_path: Path, x: float) -> None:
    """Wherever the loop lies, at the very end of the lane too, where vehicles leave within a second."""
    found = city(tmp_path, MAIN)
    network = found.network
    counter = LoopCounter(network, [Loop(network.lane("in_1"), x), Loop(network.lane("in_0"), x)])
    world = TrafficWorld(network, found.demand)
    for _ in range(400):
        world.advance(1)
        counter.look(world)
    assert world.finished == 30
    assert counter.counts.sum() == 30


def test_a_loop_counts_only_its_own_lane(tmp_path: Path) -> None:
    """The side street's vehicles never come to the main road's entry."""
    found = city(tmp_path, vehicle("a", 0, "side up") + vehicle("b", 1, "side up"))
    network = found.network
    counter = LoopCounter(network, [Loop(network.lane("side_0"), 50.0), Loop(network.lane("in_0"), 50.0)])
    world = TrafficWorld(network, found.demand)
    for _ in range(200):
        world.advance(1)
        counter.look(world)
    assert counter.counts.tolist() == [2, 0]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 100), share=st.floats(0.05, 0.95))
def test_with_lane_change_a_road_loses_and_invents_nobody(seed: int, share: float) -> None:
    """Over all lanes of an entry, as many pass as have come in, but for those still before the loops."""
    network = small_network()
    road = network.road("road_0_1_0")
    lanes = network.lanes_of(road)
    at = share * float(network.lane_length[lanes.start])
    counter = LoopCounter(network, [Loop(lane, at) for lane in lanes])
    world = TrafficWorld(network, PoissonDemand(network, 900.0, seed=seed), seed, lane_change=True)
    for _ in range(150):
        world.advance(1)
        counter.look(world)
    drivable, x = places(world)
    trips = world.trips()
    began_here = np.isin(drivable, lanes)
    entered = np.isfinite(trips.entered_s)
    demand = PoissonDemand(network, 900.0, seed=seed)
    departures = demand.block(0, 150)
    here = np.array([demand.routes[route][0] == road for route in departures.route.tolist()])[: len(entered)]
    before = began_here & (x < at)
    assert counter.counts.sum() == int((here & entered).sum()) - int((before & here).sum())
