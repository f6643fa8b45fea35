"""Which lanes and links a route takes."""

from __future__ import annotations

import numpy as np
import pytest

from touyan.core.geometry import Projection
from touyan.packs.traffic import building, paths
from touyan.packs.traffic.building import CityPlan, CrossingPlan, LinkPlan, MovementPlan, PhasePlan, RoadPlan
from touyan.packs.traffic.network import STRAIGHT, RoadNetwork
from touyan.packs.traffic.paths import DeadEnd

from .files import small_network

LANES = 3


def chain(*joined: list[tuple[int, int]]) -> RoadNetwork:
    """Roads of three lanes in a row, joined by the given lane pairs at each crossing."""
    count = len(joined) + 2
    crossings = [CrossingPlan("start", (0.0, 0.0), 0.0, True, [], [])]
    for place, pairs in enumerate(joined):
        links = [LinkPlan(a, b, np.array([[0.0, -a], [9.0, -b]])) for a, b in pairs]
        movement = MovementPlan(STRAIGHT, place, place + 1, links)
        crossings.append(CrossingPlan(f"c{place}", (0.0, 0.0), 5.0, False, [movement], [PhasePlan(9.0, [0])]))
    crossings.append(CrossingPlan("end", (0.0, 0.0), 0.0, True, [], []))
    roads = [
        RoadPlan(f"r{place}", place, place + 1, np.array([[0.0, 0.0], [100.0, 0.0]]), [4.0] * LANES, [10.0] * LANES)
        for place in range(count - 1)
    ]
    return building.build(CityPlan(crossings, roads, Projection()))


def lanes(network: RoadNetwork, route: tuple[int, ...], lane: int) -> list[int]:
    """The lane indices that a route takes."""
    way = paths.drivables(network, route, lane)[::2]
    return [int(network.lane_index[lane]) for lane in way]


def test_first_lanes_lead_to_the_second_road() -> None:
    """A vehicle must not begin on a lane that turns elsewhere."""
    network = chain([(0, 0), (2, 1)])
    assert paths.first_lanes(network, (0, 1)) == [0, 2]
    assert paths.first_lanes(network, (0,)) == [0, 1, 2]


def test_the_nearest_lane_is_taken_the_first_in_file_order_on_a_tie() -> None:
    """The model's rule; another choice changes who yields to whom."""
    assert lanes(chain([(1, 0), (1, 2), (1, 1)]), (0, 1), 1) == [1, 1]
    assert lanes(chain([(1, 2), (1, 0)]), (0, 1), 1) == [1, 2]
    assert lanes(chain([(1, 0), (1, 2)]), (0, 1), 1) == [1, 0]


def test_a_lane_from_which_the_route_goes_on_comes_before_a_nearer_one() -> None:
    """Looking one crossing ahead saves the vehicle from the wrong lane."""
    assert lanes(chain([(1, 1), (1, 2)], [(2, 0)]), (0, 1, 2), 1) == [1, 2, 0]


def test_drivables_alternate_lanes_and_links() -> None:
    """Links are numbered after the lanes, and each joins its neighbours."""
    network = small_network()
    route = tuple(network.road(name) for name in ("road_0_1_0", "road_1_1_0", "road_2_1_1"))
    for lane in paths.first_lanes(network, route):
        way = paths.drivables(network, route, lane)
        links = np.array(way[1::2]) - network.lane_count
        assert network.link_from_lane[links].tolist() == way[:-1:2]
        assert network.link_to_lane[links].tolist() == way[2::2]
        assert network.lane_road[way[::2]].tolist() == list(route)


def test_a_dead_end_says_where() -> None:
    """Callers name the flow and the roads from these parts."""
    network = chain([(1, 0)], [(2, 2)])
    with pytest.raises(DeadEnd, match="no link leads from lane 'r0_1' on to road 'r1'") as caught:
        paths.drivables(network, (0, 1, 2), 1)
    assert (caught.value.position, caught.value.road, caught.value.next_road, caught.value.lane) == (0, 0, 1, 1)
    with pytest.raises(DeadEnd, match="no link leads from road 'r0' on to road 'r2'"):
        paths.first_lanes(network, (0, 2))


def test_check_finds_roads_that_are_not_joined_before_lanes() -> None:
    """The plainer mistake is named first: the roads, wherever on the route they are."""
    network = chain([(1, 0)], [(0, 0)])
    paths.check(network, (0, 1, 2))
    with pytest.raises(DeadEnd, match="no link leads from road 'r1' on to road 'r0'") as caught:
        paths.check(network, (0, 1, 0))
    assert caught.value.lane is None
    assert caught.value.position == 1
