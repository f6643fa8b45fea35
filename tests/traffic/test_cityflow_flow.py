"""Flow files as CityFlow writes them: real ones, and every mistake that we know of."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from touyan.core.errors import InputError
from touyan.packs.traffic.cityflow import read_flow, read_network
from touyan.packs.traffic.grid import grid_flow, grid_network
from touyan.packs.traffic.poisson import PoissonDemand

from .files import DROPPED, Json, changed, real, saved, small_flow, small_network, small_roadnet

Steps = tuple[str | int, ...]

MISTAKES: list[tuple[Steps, object, str, str, str]] = [
    # what is changed, into what; place, found, expected
    ((3, "interval"), 0, "$[3].interval", "0", "a number at least 0.01"),
    ((3, "interval"), -1.0, "$[3].interval", "-1", "a number at least 0.01"),
    ((3, "interval"), DROPPED, "$[3]", "an object with 'vehicle'", "the field 'interval' too"),
    ((3, "startTime"), -5, "$[3].startTime", "-5", "a whole number at least 0"),
    ((3, "startTime"), 1.5, "$[3].startTime", "1.5", "a whole number"),
    ((3, "startTime"), 10**30, "$[3].startTime", "1" + "0" * 30, "a whole number at most 2147483647"),
    ((3, "endTime"), -2, "$[3].endTime", "-2", "a whole number at least -1"),
    ((3, "vehicle", "length"), -5, "$[3].vehicle.length", "-5", "a number above 0"),
    ((3, "vehicle", "width"), 0, "$[3].vehicle.width", "0", "a number above 0"),
    ((3, "vehicle", "maxSpeed"), 0, "$[3].vehicle.maxSpeed", "0", "a number above 0"),
    ((3, "vehicle", "maxNegAcc"), None, "$[3].vehicle.maxNegAcc", "null", "a number"),
    ((3, "vehicle", "headwayTime"), DROPPED, "$[3].vehicle", "an object with", "the field 'headwayTime' too"),
    ((3, "vehicle"), [], "$[3].vehicle", "[]", "an object"),
    ((3,), 7, "$[3]", "7", "an object"),
    ((3, "route"), [], "$[3].route", "no road", "two different roads or more"),
    ((3, "route"), ["road_0_1_0"], "$[3].route", "1 road", "two different roads or more"),
    ((3, "route"), ["road_0_1_0"] * 2, "$[3].route", "1 road", "two different roads or more"),
    ((3, "route"), "road_0_1_0", "$[3].route", '"road_0_1_0"', "a list"),
    ((3, "route"), ["road_0_1_0", 3], "$[3].route[1]", "3", "text"),
    (
        (3, "route"),
        ["road_0_1_0", "road_1_1_9"],
        "$[3].route[1]",
        "road 'road_1_1_9', which does not exist",
        "the id of a road of the network, 'road_1_1_3' perhaps",
    ),
    (
        (3, "route"),
        ["road_0_1_0", "road_0_1_0", "road_3_1_2"],
        "$[3].route[2]",
        "flow 3 drives from 'road_0_1_0' to 'road_3_1_2', to which no way leads",
        "a road that can be reached from 'road_0_1_0', which leads on to 'road_1_1_0', 'road_1_1_1', 'road_1_1_3'",
    ),
    (
        (3, "route"),
        ["road_0_1_0", "road_1_1_1", "road_0_1_0"],
        "$[3].route[2]",
        "flow 3 drives from 'road_1_1_1' to 'road_0_1_0', to which no way leads",
        "a road that can be reached from 'road_1_1_1', which leads nowhere",
    ),
]


def refusal(path: Path) -> InputError:
    """Why a flow file is refused."""
    with pytest.raises(InputError) as caught:
        read_flow(path, small_network())
    assert caught.value.file == str(path)
    assert str(path) in caught.value.message
    return caught.value


@pytest.mark.parametrize(("steps", "value", "place", "found", "expected"), MISTAKES)
def test_each_mistake_is_named(
    tmp_path: Path, steps: Steps, value: object, place: str, found: str, expected: str
) -> None:
    """Whoever wrote the file must see which flow is wrong, what is there and what would be right."""
    error = refusal(saved(tmp_path, "flow.json", changed(small_flow(), steps, value)))
    assert error.place == place
    assert found in error.found
    assert expected in error.expected


def test_a_flow_that_ends_before_it_starts_is_refused(tmp_path: Path) -> None:
    """It would send nobody, and nobody would notice."""
    flows = changed(changed(small_flow(), (3, "startTime"), 100), (3, "endTime"), 50)
    error = refusal(saved(tmp_path, "flow.json", flows))
    assert (error.place, error.found) == ("$[3].endTime", "50")
    assert error.expected == "-1 (no end) or a time from the startTime 100 on"


def test_an_empty_flow_file_is_refused(tmp_path: Path) -> None:
    """A city without demand is a mistake in the export, not a quiet night."""
    error = refusal(saved(tmp_path, "flow.json", []))
    assert (error.found, error.expected) == ("no flows", "at least one flow")


def test_swapped_files_are_refused(tmp_path: Path) -> None:
    """The road network in the flow's place is told by its first bracket."""
    error = refusal(saved(tmp_path, "roadnet.json", small_roadnet()))
    assert (error.place, error.expected) == ("$", "a list")
    assert "'intersections'" in error.found


def test_the_flows_of_another_city_are_called_so(tmp_path: Path) -> None:
    """A list of a thousand unknown roads would hide the one mistake: the wrong file."""
    network = grid_network(4, 4)
    flows = grid_flow(network, PoissonDemand(network, 100.0), 600)
    error = refusal(saved(tmp_path, "flow.json", flows))
    assert error.found.startswith("the flows of another city: ")
    assert "roads unknown to the road network" in error.found
    assert error.expected == "flows of the same city as the road network"


def test_a_lane_without_links_where_a_route_needs_them_is_named(tmp_path: Path) -> None:
    """A vehicle on that lane would wait at its end for ever."""
    record = small_roadnet()
    straight = next(c for c in record["intersections"] if c["id"] == "intersection_2_1")["roadLinks"][0]
    straight["laneLinks"] = []
    network = read_network(saved(tmp_path, "roadnet.json", record))
    flows = changed(small_flow()[:1], (0, "route"), ["road_0_1_0", "road_1_1_0", "road_2_1_0"])
    with pytest.raises(InputError) as caught:
        read_flow(saved(tmp_path, "flow.json", flows), network)
    assert caught.value.place == "$[0].route[2]"
    assert "flow 0 drives from 'road_1_1_0' to 'road_2_1_0', to which no way leads" in caught.value.found
    assert "'road_2_1_1', 'road_2_1_3'" in caught.value.expected


def test_a_route_that_needs_a_lane_change_is_named(tmp_path: Path) -> None:
    """Lane 1 leads to lane 0 only, lane 0 turns left only: straight on twice cannot be driven."""
    record = small_roadnet()
    straight = next(c for c in record["intersections"] if c["id"] == "intersection_1_1")["roadLinks"][0]
    straight["laneLinks"] = [link for link in straight["laneLinks"] if link["endLaneIndex"] == 0]
    network = read_network(saved(tmp_path, "roadnet.json", record))
    flows = changed(small_flow()[:1], (0, "route"), ["road_0_1_0", "road_1_1_0", "road_2_1_0"])
    with pytest.raises(InputError) as caught:
        read_flow(saved(tmp_path, "flow.json", flows), network)
    assert caught.value.place == "$[0].route[1]"
    assert "(and from there to 'road_2_1_0')" in caught.value.found
    assert "no link leads from lane 'road_0_1_0_1' on to road 'road_1_1_0'" in caught.value.found
    assert caught.value.expected == "links by which every lane of the route goes on"
    assert read_flow(Path(caught.value.file), network, lane_change=True).routes


def test_roads_that_lie_apart_are_joined_by_the_shortest_way(tmp_path: Path) -> None:
    """CityFlow takes the roads of a route as anchors; so files that name only the ends must run here too."""
    network = small_network()
    flows = changed(small_flow()[:1], (0, "route"), ["road_0_1_0", "road_0_1_0", "road_2_1_1"])
    demand = read_flow(saved(tmp_path, "flow.json", flows), network)
    assert [[network.road_ids[road] for road in route] for route in demand.routes] == [
        ["road_0_1_0", "road_1_1_0", "road_2_1_1"]
    ]


def test_routes_that_are_written_apart_and_in_full_are_one(tmp_path: Path) -> None:
    """The same way is stored once, however it is written."""
    apart = changed(small_flow()[:1], (0, "route"), ["road_0_1_0", "road_2_1_1"])
    full = changed(small_flow()[:1], (0, "route"), ["road_0_1_0", "road_1_1_0", "road_2_1_1"])
    demand = read_flow(saved(tmp_path, "flow.json", apart + full), small_network())
    assert demand.route.tolist() == [0, 0]


def test_a_lane_that_ends_on_the_way_between_anchors_is_told_at_the_anchor_behind_it(tmp_path: Path) -> None:
    """The file knows only its anchors, so the message must point at one of them."""
    record = small_roadnet()
    straight = next(c for c in record["intersections"] if c["id"] == "intersection_1_1")["roadLinks"][0]
    straight["laneLinks"] = [link for link in straight["laneLinks"] if link["endLaneIndex"] == 0]
    network = read_network(saved(tmp_path, "roadnet.json", record))
    flows = changed(small_flow()[:1], (0, "route"), ["road_0_1_0", "road_2_1_0"])
    with pytest.raises(InputError) as caught:
        read_flow(saved(tmp_path, "flow.json", flows), network)
    assert caught.value.place == "$[0].route[1]"
    assert "no link leads from lane 'road_0_1_0_1' on to road 'road_1_1_0'" in caught.value.found


def test_times_have_cityflows_defaults(tmp_path: Path) -> None:
    """A flow without times runs from the first second for ever."""
    flow = changed(changed(small_flow()[:1], (0, "startTime"), DROPPED), (0, "endTime"), DROPPED)
    demand = read_flow(saved(tmp_path, "flow.json", changed(flow, (0, "interval"), 10.0)), small_network())
    assert demand.block(0, 31).step.tolist() == [0, 10, 20, 30]


def test_a_road_named_twice_in_a_row_is_one_road(tmp_path: Path) -> None:
    """CityFlow skips repeated anchors; so the route is the same one, stored once."""
    once = small_flow()[:1]
    twice = changed(small_flow()[:1], (0, "route"), [road for road in once[0]["route"] for _ in range(2)])
    demand = read_flow(saved(tmp_path, "flow.json", once + twice), small_network())
    assert len(demand.routes) == 1
    assert demand.route.tolist() == [0, 0]


def test_equal_vehicles_and_routes_are_stored_once(tmp_path: Path) -> None:
    """Thousands of flows share a handful of vehicle types."""
    flows = changed(small_flow(), (1, "vehicle", "length"), 12.0)
    demand = read_flow(saved(tmp_path, "flow.json", flows), small_network())
    assert demand.types.length.tolist() == [5.0, 12.0]
    assert demand.vehicle_type.tolist() == [0, 1] + [0] * (len(flows) - 2)
    assert len(set(demand.routes)) == len(demand.routes) == len({tuple(flow["route"]) for flow in flows})


@pytest.mark.parametrize(
    ("city", "file", "vehicles"),
    [
        ("hangzhou_4x4", "flow_real.json", 2983),
        ("hangzhou_4x4", "flow_real_5816.json", 6984),
        ("jinan_3x4", "flow_real.json", 6295),
    ],
)
def test_real_flows_release_every_vehicle_in_its_second(city: str, file: str, vehicles: int) -> None:
    """The hour of demand must be whole: nothing dropped, nothing late."""
    network = read_network(real(city) / "roadnet.json")
    demand = read_flow(real(city) / file, network)
    flows = msgspec.json.decode((real(city) / file).read_bytes(), type=list[Json])
    departures = demand.block(0, 3600)
    assert len(departures.step) == vehicles
    assert departures.step.tolist() == [flows[flow]["startTime"] for flow in departures.flow]
    assert [[network.road_ids[r] for r in demand.routes[route]] for route in departures.route] == [
        flows[flow]["route"] for flow in departures.flow
    ]
    assert (np.diff(departures.step) >= 0).all()
    same_second = np.diff(departures.step) == 0
    assert (np.diff(departures.flow)[same_second] > 0).all(), "within a second, flows in file order"
