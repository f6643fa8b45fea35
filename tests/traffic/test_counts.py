"""Counts from files, what a simulation counts, and how the two are compared."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touyan.core.errors import InputError
from touyan.packs.traffic import cityflow
from touyan.packs.traffic.cityflow.records import Roadnet
from touyan.packs.traffic.counts import Point, read_counts
from touyan.packs.traffic.geh import Agreement, geh
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.poisson import PoissonDemand
from touyan.packs.traffic.routing import Router
from touyan.packs.traffic.simulated_counts import simulate
from touyan.packs.traffic.timetable import Timetable
from touyan.packs.traffic.traffic_world import TrafficWorld

from .counting import empty_counts
from .files import saved, small_roadnet

NETWORK = grid_network(2, 2)
FROM, TO = NETWORK.road("road_0_1_0"), NETWORK.road("road_1_1_0")
ROADS = "road,begin_s,end_s,vehicles\n"
TURNS = "from_road,to_road,begin_s,end_s,vehicles\n"
volumes = st.floats(0, 1e5)


@pytest.mark.parametrize(
    ("text", "point", "name"),
    [
        (ROADS + "road_0_1_0,0,900,120\n", Point(FROM), "road_0_1_0"),
        (
            "lane,begin_s,end_s,vehicles\nroad_0_1_0_1,0,900,120\n",
            Point(FROM, NETWORK.lanes_of(FROM)[1]),
            "road_0_1_0_1",
        ),
        (TURNS + "road_0_1_0,road_1_1_0,0,900,120\n", Point(FROM, to_road=TO), "road_0_1_0 → road_1_1_0"),
    ],
)
def test_roads_lanes_and_turns_can_be_counted(tmp_path: Path, text: str, point: Point, name: str) -> None:
    """Loops count lanes, cameras count roads, observers count turns."""
    counts = read_counts(saved(tmp_path, "counts.csv", text.encode()), NETWORK)
    assert counts.points == [point]
    assert point.name(NETWORK) == name
    assert (counts.begin_s.tolist(), counts.end_s.tolist(), counts.vehicles.tolist()) == ([0.0], [900.0], [120.0])
    assert counts.hours.tolist() == [0.25]


def test_the_lanes_of_a_turn_are_those_that_serve_it() -> None:
    """In the grid the innermost lane turns left, and no other does."""
    left = next(int(m) for m in NETWORK.movements_of(NETWORK.road_to[FROM]) if NETWORK.movement_type[m] == 2)
    point = Point(int(NETWORK.movement_from_road[left]), to_road=int(NETWORK.movement_to_road[left]))
    assert [int(NETWORK.lane_index[lane]) for lane in point.lanes(NETWORK)] == [0]


@pytest.mark.parametrize(
    ("text", "place", "found", "expected"),
    [
        ("begin_s,end_s,vehicles\n0,1,2\n", "line 1", "0 ways of saying where", "one of road, lane, or from_road"),
        ("road,lane,begin_s,end_s,vehicles\na,b,0,1,2\n", "line 1", "2 ways of saying where", "one of road, lane"),
        ("road\n", "line 1", "no column 'begin_s'", "the columns begin_s, end_s, vehicles, road (optional)"),
        (ROADS + "rood,0,900,1\n", "line 2, column road", "road 'rood'", "the id of a road of the network"),
        ("lane,begin_s,end_s,vehicles\nx,0,9,1\n", "line 2, column lane", "lane 'x'", "the id of a lane"),
        (ROADS + "road_0_1_0,0,900,-1\n", "line 2, column vehicles", "'-1'", "a number of at least 0"),
        (ROADS + "road_0_1_0,900,900,1\n", "line 2, column end_s", "900", "a time after begin_s"),
        (ROADS + "road_0_1_0,0,900,1\n" * 2, "line 3", "the place and time of line 2 again", "each count once"),
        (
            TURNS + "road_0_1_0,road_2_1_0,0,900,1\n",
            "line 2, column to_road",
            "'road_2_1_0', to which no link leads from 'road_0_1_0'",
            "one of 'road_1_1_0', 'road_1_1_1', 'road_1_1_3'",
        ),
        (
            TURNS + "road_2_1_0,road_0_1_0,0,900,1\n",
            "line 2, column to_road",
            "no link leads from 'road_2_1_0'",
            "another from_road, for it leads nowhere",
        ),
    ],
)
def test_each_mistake_in_counts_is_named(tmp_path: Path, text: str, place: str, found: str, expected: str) -> None:
    """A count at the wrong place would pull the demand of the whole city."""
    with pytest.raises(InputError) as caught:
        read_counts(saved(tmp_path, "counts.csv", text.encode()), NETWORK)
    assert caught.value.place == place
    assert found in caught.value.found
    assert expected in caught.value.expected


def test_geh_is_that_of_the_textbook() -> None:
    """Worked by hand: 1,000 modelled against 800 counted in an hour is sqrt(2 * 200² / 1800) = 6.667."""
    assert geh(np.array([1000.0]), np.array([800.0])) == pytest.approx([6.6667], abs=1e-4)
    assert geh(np.array([250.0]), np.array([200.0]), 0.25) == pytest.approx([6.6667], abs=1e-4)


@given(volumes, volumes)
def test_geh_is_symmetric_and_0_for_equals_only(modelled: float, counted: float) -> None:
    """Too many and too few are as bad."""
    one, other = (float(geh(np.array([a]), np.array([b]))[0]) for a, b in ((modelled, counted), (counted, modelled)))
    assert one == other >= 0
    assert (one == 0) == (abs(modelled - counted) < 1e-150 or modelled == counted)


def test_agreement_is_the_mean_and_the_share_below_5() -> None:
    """The two figures by which models are accepted."""
    assert Agreement.of(np.array([1.0, 4.99, 5.0, 9.01])) == pytest.approx((5.0, 0.5))


def test_simulated_counts_are_the_vehicles_that_left() -> None:
    """All roads together over all intervals: what was counted is what the routes of finished vehicles hold."""
    road = NETWORK.road
    route = Router(NETWORK).path(road("road_0_1_0"), road("road_2_2_0"))
    assert route is not None
    demand = Timetable.of_cars([route], np.arange(0, 300, 10, dtype=np.int32), np.zeros(30, np.int32))
    counts = empty_counts([Point(number) for number in range(len(NETWORK.road_ids))], [0, 100, 1800])
    found = simulate(NETWORK, demand, counts, counts.edges)
    per_road = np.bincount(counts.point, found.counts)
    assert per_road.tolist() == [30.0 if number in route else 0.0 for number in range(len(NETWORK.road_ids))]
    assert (found.seconds >= NETWORK.lane_length / NETWORK.lane_speed_limit - 1e-9).all()


@pytest.mark.parametrize("lane_change", [False, True])
def test_turns_add_up_to_roads_and_to_what_drivers_did(lane_change: bool) -> None:
    """Each vehicle that leaves a road takes one turn or arrives, also where it changed lanes before."""
    demand = PoissonDemand(NETWORK, 300.0, seed=3)
    roads = [Point(road) for road in range(len(NETWORK.road_ids))]
    turns = [Point(road, to_road=other) for road, onward in enumerate(NETWORK.roads_onward) for other in onward]
    counts = empty_counts([*roads, *turns], [0, 600, 1500])
    found = simulate(NETWORK, demand, counts, counts.edges, lane_change=lane_change).counts.reshape(-1, 2)
    by_road = np.zeros((len(roads), 2))
    for turn, count in zip(turns, found[len(roads) :], strict=True):
        by_road[turn.road] += count
    inner = [road for road, onward in enumerate(NETWORK.roads_onward) if onward]
    assert (by_road[inner] == found[inner]).all()
    assert found[inner].sum() > 1000


def test_roads_count_what_their_lanes_detect() -> None:
    """Two ways to count that know nothing of each other: how far vehicles have come, and detectors at lane ends."""
    demand = PoissonDemand(NETWORK, 300.0, seed=4)
    roads = range(len(NETWORK.road_ids))
    lanes = [Point(road, lane) for road in roads for lane in NETWORK.lanes_of(road)]
    counts = empty_counts([*map(Point, roads), *lanes], [0, 300, 601, 1800])
    found = simulate(NETWORK, demand, counts, counts.edges).counts.reshape(-1, 3)
    by_lane = np.zeros((len(roads), 3))
    for point, count in zip(lanes, found[len(roads) :], strict=True):
        by_lane[point.road] += count
    assert (by_lane == found[: len(roads)]).all()


def test_two_turns_from_one_lane_are_told_apart() -> None:
    """No lane detector could; the counts follow the vehicles."""
    record = small_roadnet()
    crossing = next(each for each in record["intersections"] if each["id"] == "intersection_1_1")
    for link in crossing["roadLinks"][:3]:  # from the west: straight on, left, right
        link["laneLinks"] = [{**lane_link, "startLaneIndex": 1} for lane_link in link["laneLinks"]]
    network = cityflow.parse_network(msgspec.convert(record, Roadnet), "roadnet.json")
    start = network.road("road_0_1_0")
    ways: list[tuple[int, ...]] = [(start, onward) for onward in network.roads_onward[start]]
    assert len(ways) == 3
    demand = Timetable.of_cars(ways, np.arange(0, 600, 20, dtype=np.int32), np.arange(30, dtype=np.int32) % 3)
    counts = empty_counts([Point(start, to_road=other) for _, other in ways], [0, 1800])
    assert simulate(network, demand, counts, counts.edges).counts.tolist() == [10.0, 10.0, 10.0]


def test_vehicles_on_their_way_have_left_the_roads_behind_them() -> None:
    """Waiting outside: none. On a road: those before it. In a crossing: the one before it too. Arrived: all."""
    route = Router(NETWORK).path(NETWORK.road("road_0_1_0"), NETWORK.road("road_2_2_0"))
    assert route is not None
    world = TrafficWorld(NETWORK, Timetable.of_cars([route], np.zeros(40, np.int32), np.zeros(40, np.int32)))
    last = np.zeros(40, np.int32)
    for _ in range(120):
        world.advance(10)
        left = world.roads_left()
        assert (left >= last).all()
        last = left
        assert (left[np.isnan(world.trips().entered_s)] == 0).all()
        assert ((left == len(route)) == ~np.isnan(world.trips().left_s)).all()
    assert (last == len(route)).all()
