"""Demand of SUMO: vehicles, flows and trips become vehicles of the model, or are counted as left out."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.core.errors import InputError
from touyan.core.geometry import Projection
from touyan.packs.traffic.poisson import CAR
from touyan.packs.traffic.sumo import City, files_of, read_city
from touyan.packs.traffic.timetable import Timetable
from touyan.packs.traffic.traffic_world import TrafficWorld

from .sumo_files import city, net_text, routes_text, saved, vehicle

MAIN = "in mid out"


def steps(found: City) -> list[int]:
    """The seconds of departure."""
    return [int(step) for step in found.demand.step]


def roads(found: City) -> list[str]:
    """The route of each vehicle, by road ids."""
    network, demand = found.network, found.demand
    routes = [demand.routes[route] for route in demand.route.tolist()]
    return [" ".join(network.road_ids[road] for road in route) for route in routes]


def flow(more: str, edges: str = MAIN) -> str:
    """A flow with some attributes on a route of its own."""
    return f'<flow id="f" type="car" {more}><route edges="{edges}"/></flow>'


def test_vehicles_depart_in_the_order_of_their_seconds(tmp_path: Path) -> None:
    """Files list them by line or by hand; the world asks by step."""
    found = city(tmp_path, vehicle("late", 7, MAIN) + vehicle("early", 2.5, "side up"))
    assert steps(found) == [3, 7]
    assert found.demand.names == ("early", "late")
    assert roads(found) == ["side up", MAIN]


def test_vehicles_may_begin_and_end_within_the_network(tmp_path: Path) -> None:
    """Cars are parked everywhere, not only at the border."""
    found = city(tmp_path, vehicle("inside", 0, "mid out") + vehicle("short", 1, "out") + vehicle("half", 2, "in mid"))
    world = TrafficWorld(found.network, found.demand)
    world.advance(300)
    assert world.finished == 3


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ('begin="0" end="10" period="4"', [0, 4, 8]),
        ('begin="10" end="20" number="2"', [10, 15]),
        ('begin="0" end="3600" vehsPerHour="2"', [0, 1800]),
        ('begin="0" number="3" period="5"', [0, 5, 10]),
        ('begin="00:01:00" end="00:02:00" number="1"', [60]),
        ('begin="1:00:00:00" end="1:00:00:30" number="1"', [86400]),
        ('begin="5" end="5" number="0"', []),
    ],
)
def test_a_flow_sends_its_vehicles_at_its_times(tmp_path: Path, more: str, expected: list[int]) -> None:
    """The forms in which SUMO lets one say how many and how often."""
    assert steps(city(tmp_path, flow(more))) == expected


@pytest.mark.parametrize("more", ['probability="0.2"', 'period="exp(0.2)"'])
def test_a_random_flow_keeps_its_rate_and_its_seed(tmp_path: Path, more: str) -> None:
    """One in five seconds over 5,000 s is 1,000, give or take four standard deviations; and the same again."""
    text = flow(f'begin="0" end="5000" {more}')
    sent = steps(city(tmp_path, text))
    assert abs(len(sent) - 1000) < 4 * np.sqrt(1000)
    assert sent == steps(city(tmp_path, text))
    net, routes = tmp_path / "small.net.xml", tmp_path / "small.rou.xml"
    assert steps(read_city(files_of(net, [routes]), Projection(), seed=1)) != sent


def test_a_trip_takes_the_quickest_way(tmp_path: Path) -> None:
    """From and to are enough; what lies between is found."""
    trips = '<trip id="t" depart="3" from="in" to="out"/><trip id="u" depart="4" from="side" to="out" via="mid"/>'
    assert roads(city(tmp_path, trips, lane_change=True)) == [MAIN, "side mid out"]


def test_a_trip_without_a_way_is_counted(tmp_path: Path) -> None:
    """SUMO would stop or drop it; here the report tells."""
    found = city(tmp_path, '<trip id="t" type="car" depart="3" from="up" to="in"/>')
    assert len(found.demand) == 0
    assert found.left_out["no-way"] == 1


def test_routes_by_name_and_at_random_are_found(tmp_path: Path) -> None:
    """A vehicle names a route or a distribution that stands before it."""
    text = (
        '<route id="r" edges="side up"/>'
        '<routeDistribution id="d"><route edges="in mid" probability="1"/><route edges="in up" probability="0"/>'
        "</routeDistribution>"
        '<vehicle id="a" type="car" depart="0" route="r"/><vehicle id="b" type="car" depart="1" route="d"/>'
    )
    assert roads(city(tmp_path, text)) == ["side up", "in mid"]


def test_a_type_has_the_parameters_of_its_class_unless_it_says_otherwise(tmp_path: Path) -> None:
    """A bus is 12 m long and slow to start; a file that says 18 m is right."""
    text = '<vType id="long" vClass="bus" length="18" tau="1.5"/>'
    found = city(tmp_path, text + vehicle("bus", 0, MAIN, "bus") + vehicle("long", 1, MAIN, "long"))
    types, kinds = found.demand.types, found.demand.vehicle_type
    assert types.length[kinds].tolist() == [12.0, 18.0]
    assert types.max_pos_acc[kinds].tolist() == [1.2, 1.2]
    assert types.headway_time[kinds].tolist() == [1.0, 1.5]


def test_nobody_wants_to_drive_faster_than_the_fastest_road(tmp_path: Path) -> None:
    """In the model the wish decides how far ahead a driver brakes for a turn: 250 km/h would make all crawl."""
    found = city(tmp_path, vehicle("a", 0, MAIN))
    assert found.demand.types.max_speed.tolist() == [13.89]


def test_a_distribution_of_types_is_drawn_by_weight(tmp_path: Path) -> None:
    """Half of the vehicles are long ones, give or take four standard deviations."""
    text = (
        '<vTypeDistribution id="mix"><vType id="s" length="4" probability="1"/>'
        '<vType id="l" length="9" probability="1"/></vTypeDistribution>'
        '<flow id="f" type="mix" begin="0" end="1000" period="1"><route edges="side up"/></flow>'
    )
    found = city(tmp_path, text)
    lengths = found.demand.types.length[found.demand.vehicle_type]
    assert abs(int((lengths == 9).sum()) - 500) < 4 * np.sqrt(250)


def test_types_may_stand_in_a_file_that_is_read_later(tmp_path: Path) -> None:
    """Additional files hold types, and the order of files is the user's."""
    net = saved(tmp_path, "n.net.xml", net_text())
    first = saved(tmp_path, "a.rou.xml", f"<routes>{vehicle('v', 0, MAIN, 'later')}</routes>")
    second = saved(tmp_path, "b.rou.xml", '<routes><vType id="later" length="3"/></routes>')
    assert read_city(files_of(net, [first, second]), Projection()).demand.types.length.tolist() == [3.0]


@pytest.mark.parametrize(
    ("text", "name", "times"),
    [
        ('<vType id="t" vClass="tram"/>' + vehicle("v", 0, MAIN, "t"), "other-classes", 1),
        (vehicle("v", "triggered", MAIN), "triggered", 1),
        (f'<vehicle id="v" depart="0"><route edges="{MAIN}"/><stop lane="in_0"/></vehicle>', "stops", 1),
        ('<trip id="t" depart="0" fromTaz="1" toTaz="2"/>', "trips-from-elsewhere", 1),
        ('<person id="p" depart="0"/>', "persons", 1),
        (flow('begin="0" end="3" period="1" departPos="20"'), "depart-position", 3),
        (flow('begin="0" end="3" period="1" departSpeed="max"'), "depart-speed", 3),
        (flow('begin="0" end="3" period="1" arrivalPos="20"'), "arrival-position", 3),
        ('<vType id="t" sigma="0.5"/>', "imperfect-types", 1),
        ('<busStop id="s" lane="in_0"/><busStop id="t" lane="in_0"/>', "stopping-places", 2),
        ('<e1Detector id="e" lane="in_0" pos="5" freq="60" file="x.xml"/>', "loops", 1),
        ('<laneAreaDetector id="e" lane="in_0"/>', "other-detectors", 1),
        ('<somethingNew id="e"/>', "<somethingNew>", 1),
    ],
)
def test_what_the_model_has_no_place_for_is_counted(tmp_path: Path, text: str, name: str, times: int) -> None:
    """Nothing of a file is dropped in silence."""
    assert city(tmp_path, text, lane_change=True).left_out[name] == times


def test_vehicles_on_streets_closed_to_them_are_counted(tmp_path: Path) -> None:
    """A car on a street of buses drives in no SUMO either."""
    text = net_text().replace('shape="201.6,-100 201.6,-10" ', 'shape="201.6,-100 201.6,-10" allow="bus"')
    found = city(tmp_path, vehicle("car", 0, "minor out"), net=text)
    assert found.left_out["closed-routes"] == 1
    assert len(found.demand) == 0


def test_vehicles_that_must_change_lanes_are_left_out_until_they_can(tmp_path: Path) -> None:
    """From the right lane of `mid` nothing leads on, and without lane change whoever comes into it stays there."""
    ways = vehicle("a", 0, MAIN) + vehicle("b", 1, "in up")
    text = re.sub('<connection from="mid" to="out" fromLane="0"[^>]*>', "", net_text()).replace('allow="bus"', "")
    found = city(tmp_path, ways, net=text)
    assert (found.left_out["wrong-lanes"], found.demand.names) == (1, ("b",))
    found = city(tmp_path, ways, net=text, lane_change=True)
    assert (found.left_out["wrong-lanes"], found.demand.names) == (0, ("a", "b"))


def test_a_begin_shifts_departures_and_signals(tmp_path: Path) -> None:
    """A configuration may start at half past eight; the world counts from there."""
    saved(tmp_path, "small.net.xml", net_text())
    saved(tmp_path, "small.rou.xml", routes_text(vehicle("a", 5, MAIN) + vehicle("b", 35, MAIN)))
    text = (
        '<configuration><input><net-file value="small.net.xml"/><route-files value="small.rou.xml"/></input>'
        '<time><begin value="32"/></time></configuration>'
    )
    found = read_city(files_of(saved(tmp_path, "small.sumocfg", text)), Projection())
    assert steps(found) == [3]
    assert found.left_out["departed-before"] == 1
    crossing = found.network.crossing("a")
    assert found.network.phase_duration[list(found.network.phases_of(crossing))].tolist() == [1, 20, 3, 30, 2]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 300), max_size=40), st.lists(st.integers(0, 320), max_size=6))
def test_blocks_of_a_timetable_together_are_all_of_it(departs: list[int], cuts: list[int]) -> None:
    """However time is cut, each vehicle departs once."""
    count = len(departs)
    nothing = np.zeros(count, np.int32)
    table = Timetable(
        types=CAR, routes=[(0,)], step=np.array(sorted(departs), np.int32), route=nothing, vehicle_type=nothing
    )
    edges = [0, *sorted(cuts), 400]
    blocks = [table.block(first, last) for first, last in pairwise(edges)]
    assert np.concatenate([block.step for block in blocks]).tolist() == sorted(departs)
    assert np.concatenate([block.flow for block in blocks]).tolist() == list(range(count))


def test_an_unknown_vehicle_type_is_refused(tmp_path: Path) -> None:
    """The nearest type is named."""
    with pytest.raises(InputError, match=r"'caar', which does not exist.*'car' perhaps"):
        city(tmp_path, vehicle("v", 0, MAIN, "caar"))
