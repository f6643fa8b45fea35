"""The demand that fills a city for measuring."""

from __future__ import annotations

from itertools import pairwise

import pytest

from touyan.packs.traffic.crowd import FILLED_S, crowd
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.network import RoadNetwork
from touyan.packs.traffic.traffic_world import TrafficWorld


@pytest.fixture(scope="module")
def network() -> RoadNetwork:
    """A grid of sixteen crossings."""
    return grid_network(4, 4)


def test_everybody_is_created_in_time_and_nobody_leaves(network: RoadNetwork) -> None:
    """The number of vehicles is the figure that a table states."""
    world = TrafficWorld(network, crowd(network, 400))
    world.advance(FILLED_S)
    assert (world.created, world.finished) == (400, 0)
    world.advance(200)
    assert (world.created, world.finished) == (400, 0)
    assert world.running > 390


def test_routes_join_and_stay_inside(network: RoadNetwork) -> None:
    """A road that leaves the city would let vehicles out while they are counted."""
    for route in crowd(network, 400).routes:
        assert not network.crossing_virtual[network.road_to[list(route)]].any()
        assert route.count(route[-1]) == 1
        assert all(after in network.roads_onward[road] for road, after in pairwise(route))


def test_the_same_seed_gives_the_same_crowd(network: RoadNetwork) -> None:
    """Two simulators, each in its own process, must be given the same vehicles."""
    assert crowd(network, 400, seed=3).routes == crowd(network, 400, seed=3).routes
    assert crowd(network, 400, seed=3).routes != crowd(network, 400, seed=4).routes
