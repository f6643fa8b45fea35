"""Ways around what is closed: drivable, as near to the old way as can be, or none."""

from __future__ import annotations

import msgspec
import pytest

from touyan.packs.traffic import paths
from touyan.packs.traffic.changed_network import without_lanes
from touyan.packs.traffic.cityflow import parse_network
from touyan.packs.traffic.cityflow.network import NOWHERE
from touyan.packs.traffic.cityflow.records import Roadnet
from touyan.packs.traffic.detours import Detours
from touyan.packs.traffic.grid import grid_network, grid_roadnet
from touyan.packs.traffic.network import RoadNetwork
from touyan.packs.traffic.poisson import PoissonDemand

NETWORK = grid_network(3, 4)


def roads(*names: str) -> tuple[int, ...]:
    """Road indices of ids without their `road_`."""
    return tuple(NETWORK.road(f"road_{name}") for name in names)


def lanes(*names: str) -> frozenset[int]:
    """Lane indices of ids without their `road_`."""
    return frozenset(NETWORK.lane(f"road_{name}") for name in names)


THROUGH = roads("0_2_0", "1_2_0", "2_2_0", "3_2_0", "4_2_0")
"""Straight through the middle row, from west to east."""

DEMAND = PoissonDemand(NETWORK, 200.0, seed=1)
DEMAND.block(0, 3600)
ALL_ROUTES = sorted(DEMAND.routes)


def test_an_open_route_stays_as_it_is() -> None:
    """Nobody goes round what is not in the way."""
    detours = Detours(NETWORK, frozenset(roads("2_2_1")), frozenset())
    assert detours.around(THROUGH) == THROUGH


def test_one_goes_round_a_block_and_no_further() -> None:
    """A driver who knows the way leaves it where the closure is, and comes back behind it."""
    way = Detours(NETWORK, frozenset(roads("2_2_0")), frozenset()).around(THROUGH)
    assert way is not None
    assert len(way) == 7
    assert way[:2] == THROUGH[:2]
    assert way[-2:] == THROUGH[-2:]


@pytest.mark.parametrize("end", ["0_2_0", "4_2_0"])
def test_who_begins_or_ends_on_a_closed_road_has_no_way(end: str) -> None:
    """There is no other way to one's own door."""
    assert Detours(NETWORK, frozenset(roads(end)), frozenset()).around(THROUGH) is None


def test_a_district_that_is_cut_off_is_not_reached() -> None:
    """All ways lead over closed roads."""
    around = roads("3_2_0", "4_1_1", "4_3_3")
    assert Detours(NETWORK, frozenset(around), frozenset()).around(THROUGH) is None


@pytest.mark.parametrize("closed", [("2_2_0",), ("2_2_0", "2_2_2"), ("1_2_0", "3_2_0"), ("2_1_1", "3_2_0", "3_3_3")])
def test_every_way_round_can_be_driven_and_keeps_its_ends(closed: tuple[str, ...]) -> None:
    """A way that breaks off would stop the world."""
    shut = frozenset(roads(*closed))
    detours = Detours(NETWORK, shut, frozenset())
    diverted = [(route, detours.around(route)) for route in ALL_ROUTES]
    assert sum(way != route for route, way in diverted) > 10
    for route, way in diverted:
        if way is None:
            assert shut & {route[0], route[-1]}, [NETWORK.road_ids[road] for road in route]
        else:
            paths.check(NETWORK, way)
            assert shut.isdisjoint(way)
            assert (way[0], way[-1]) == (route[0], route[-1])


def without_links_to(lane_index: int, road: str) -> RoadNetwork:
    """The network in which no link leads to one lane of a road; links from it are there."""
    roadnet = grid_roadnet(3, 4)
    for link in (link for crossing in roadnet["intersections"] for link in crossing["roadLinks"]):
        if link["endRoad"] == road:
            link["laneLinks"] = [each for each in link["laneLinks"] if each["endLaneIndex"] != lane_index]
    return parse_network(msgspec.convert(roadnet, Roadnet), "a grid", NOWHERE)


def test_with_lane_change_roads_need_only_join() -> None:
    """Nobody comes to the lane for straight on but by changing lanes: those who can, need no detour."""
    network = without_links_to(1, "road_1_2_0")
    assert Detours(network, frozenset(), frozenset(), lane_change=True).around(THROUGH) == THROUGH
    way = Detours(network, frozenset(), frozenset(), lane_change=False).around(THROUGH)
    assert way not in (THROUGH, None)


def driven(route: tuple[int, ...]) -> set[int]:
    """The lanes on which somebody with this route may come to drive."""
    return {
        drivable
        for first in paths.first_lanes(NETWORK, route)
        for drivable in paths.drivables(NETWORK, route, first)[::2]
    }


def test_who_would_drive_a_lane_that_is_closed_for_some_time_avoids_it() -> None:
    """In a grid each lane serves one turn, so another road must be found."""
    shut = lanes("1_2_0_1")
    detours = Detours(NETWORK, frozenset(), shut)
    diverted = {route: detours.around(route) for route in ALL_ROUTES}
    assert sum(way != route for route, way in diverted.items()) > 5
    for route, way in diverted.items():
        if driven(route).isdisjoint(shut):
            assert way == route
        elif way is not None:
            assert driven(way).isdisjoint(shut)


def test_a_lane_that_is_gone_for_good_is_driven_round_too() -> None:
    """Its links are not there: straight on is no longer possible from that road."""
    less = without_lanes(NETWORK, lanes("1_2_0_1"))
    way = Detours(less, frozenset(), lanes("1_2_0_1")).around(THROUGH)
    assert way is not None
    paths.check(less, way)
    assert (way[0], way[-1]) == (THROUGH[0], THROUGH[-1])
    assert way != THROUGH
