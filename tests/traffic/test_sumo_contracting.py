"""Roads shorter than a car: they become part of the crossing, and nobody loses a way."""

from __future__ import annotations

from pathlib import Path

import pytest

from touyan.packs.traffic.network import RIGHT, STRAIGHT, RoadNetwork
from touyan.packs.traffic.traffic_world import TrafficWorld

from .sumo_files import PROGRAMME, city, net_text, vehicle
from .test_sumo_network import greens

SHORT = net_text().replace('length="80.00"', 'length="0.20"')
"""The street between the two junctions is 0.2 m long."""


def test_the_crossings_on_both_sides_become_one(tmp_path: Path) -> None:
    """Nobody can wait on 0.2 m, so the room that counts is that behind the second crossing."""
    found = city(tmp_path, net=SHORT)
    assert found.left_out["short-edges"] == 1
    assert "mid" not in found.network.road_ids
    assert "b" not in found.network.crossing_ids
    ways = {(found.network.road_ids[a], found.network.road_ids[b]) for a, b in _pairs(found.network)}
    assert ways == {("in", "out"), ("in", "up"), ("side", "out"), ("side", "up"), ("minor", "out")}


def test_the_signal_of_the_first_crossing_holds_back_the_whole_way(tmp_path: Path) -> None:
    """Who comes from the side of the second crossing sees no light, and may always go."""
    phases = greens(city(tmp_path, net=SHORT), "a")
    assert phases[0] == (30.0, ["in>out", "in>up", "minor>out"])
    assert phases[2] == (20.0, ["minor>out", "side>out", "side>up"])


def test_the_way_is_as_long_as_its_parts(tmp_path: Path) -> None:
    """Vehicles must not jump: from the first stop line through both crossings to the road beyond."""
    network = city(tmp_path, net=SHORT).network
    (link,) = [
        link
        for link in range(network.link_count)
        if network.lane_ids[network.link_from_lane[link]] == "in_1"
        and network.lane_ids[network.link_to_lane[link]] == "out_0"
    ]
    assert network.link_length[link] == pytest.approx(120.0, rel=2e-3)
    assert network.movement_type[network.link_movement[link]] == STRAIGHT


def test_a_way_that_turns_over_both_crossings_is_a_turn(tmp_path: Path) -> None:
    """The angle between the first and the last lane decides, not that of a part."""
    network = city(tmp_path, net=SHORT).network
    kinds = dict(zip(_pairs(network), network.movement_type.tolist(), strict=True))
    assert kinds[network.road("side"), network.road("out")] == RIGHT


def test_routes_leave_the_short_road_out(tmp_path: Path) -> None:
    """Files name it all the same; a vehicle that drives nowhere else is counted."""
    ways = vehicle("a", 0, "in mid out") + vehicle("b", 1, "mid out") + vehicle("c", 2, "mid")
    found = city(tmp_path, ways, net=SHORT)
    network = found.network
    assert [[network.road_ids[road] for road in route] for route in found.demand.routes] == [["in", "out"], ["out"]]
    assert found.left_out["short-routes"] == 1
    world = TrafficWorld(network, found.demand)
    world.advance(200)
    assert world.finished == 2


def test_crossings_with_signals_of_their_own_stay_two(tmp_path: Path) -> None:
    """Two programmes with different cycles have no common one."""
    other = PROGRAMME.replace('id="lights"', 'id="more"').replace("GGgrr", "GGG").replace("yyyrr", "yyy")
    other = other.replace("rrrGG", "rrr").replace("rrryy", "rrr")
    text = SHORT.replace(PROGRAMME, PROGRAMME + other)
    for place, link in ((5, 0), (6, 1), (7, 2)):
        text = text.replace(f'via=":j_{place}_0"', f'via=":j_{place}_0" tl="more" linkIndex="{link}"')
    found = city(tmp_path, net=text)
    assert found.left_out["short-edges"] == 0
    assert len(found.network.signalised) == 2


def _pairs(network: RoadNetwork) -> list[tuple[int, int]]:
    return list(zip(network.movement_from_road.tolist(), network.movement_to_road.tolist(), strict=True))
