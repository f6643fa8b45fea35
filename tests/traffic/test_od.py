"""Demand from matrices: rates, ways, and that the same seed is the same traffic."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.core.errors import InputError
from touyan.packs.traffic import paths
from touyan.packs.traffic.demand import Departures
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.matrices import Matrix
from touyan.packs.traffic.od import OdDemand
from touyan.packs.traffic.route_choice import RouteChoice, free_flow_times
from touyan.packs.traffic.timetable import Timetable
from touyan.packs.traffic.traffic_world import TrafficWorld
from touyan.packs.traffic.zones import Zone, road_zones

from .test_paths import chain

NETWORK = grid_network(3, 3)
ROADS = road_zones(NETWORK)
ENDS = (NETWORK.road("road_0_1_0"), NETWORK.road("road_3_3_0"))
Trip = tuple[Zone, Zone, float, float, float]


def matrix(*trips: Trip) -> Matrix:
    """A matrix of (origin, destination, vehicles, begin, end)."""
    origin, destination, vehicles, begin, end = zip(*trips, strict=True)
    return Matrix(list(origin), list(destination), np.array(vehicles), np.array(begin), np.array(end), "od.csv")


def trip(vehicles: float, begin: float = 0.0, end: float = 3600.0, way: tuple[str, str] | None = None) -> Trip:
    """Trips between two roads, by default from the south-west to the north-east."""
    origin, destination = way or ("road_0_1_0", "road_3_3_0")
    return ROADS[origin], ROADS[destination], vehicles, begin, end


def demand(*trips: Trip, alternatives: int = 1, seed: int = 0, step_s: float = 1.0) -> OdDemand:
    """The demand of some trips."""
    return OdDemand(matrix(*trips), RouteChoice(NETWORK, alternatives), seed=seed, step_s=step_s)


def vehicles(source: OdDemand, departures: Departures) -> list[tuple[int, tuple[int, ...], int, int]]:
    """(step, route, flow, number) of every departure."""
    routes = [source.routes[route] for route in departures.route.tolist()]
    columns = departures.step.tolist(), departures.flow.tolist(), departures.number.tolist()
    return list(zip(columns[0], routes, *columns[1:], strict=True))


def test_each_row_sends_its_vehicles_in_its_time() -> None:
    """3,000 and 600 vehicles, within 4 standard deviations, none before or after."""
    source = demand(trip(3000.0, 0, 1800), trip(600.0, 5400, 9000))
    drawn = source.block(0, 10_800)
    row = drawn.flow % 2
    for index, (count, begin, end) in enumerate([(3000, 0, 1800), (600, 5400, 9000)]):
        step = drawn.step[row == index]
        assert abs(len(step) - count) < 4 * count**0.5
        assert begin <= step.min() < begin + 60
        assert end - 60 < step.max() < end


def test_arrivals_are_spread_as_chance_spreads_them() -> None:
    """Counts a minute have a variance near their mean; a regular flow would have none."""
    each_minute = np.bincount(demand(trip(6000.0, 0, 36_000)).block(0, 36_000).step // 60, minlength=600)
    assert 0.8 < each_minute.var() / each_minute.mean() < 1.25


def test_fractions_of_a_vehicle_count_on_average() -> None:
    """A thousand rows of a fifth of a vehicle are two hundred vehicles, not none."""
    drawn = demand(*[trip(0.2)] * 1000).block(0, 3600)
    assert abs(len(drawn.step) - 200) < 4 * 200**0.5


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 9000), max_size=6), st.sampled_from([0.5, 1.0]))
def test_blocks_do_not_depend_on_how_time_is_cut(cuts: list[int], step_s: float) -> None:
    """A twin that asks in other portions must see the same traffic."""
    trips = [trip(300.0, 0, 5400), trip(200.0, 1800, 7200, ("road_0_2_0", "road_1_1_3"))]
    whole = demand(*trips, alternatives=2, step_s=step_s)
    parts = demand(*trips, alternatives=2, step_s=step_s)
    edges = sorted({0, 9000, *cuts})
    expected = vehicles(whole, whole.block(0, 9000))
    assert [vehicle for ends in pairwise(edges) for vehicle in vehicles(parts, parts.block(*ends))] == expected


def test_seeds_make_the_difference() -> None:
    """The same seed is the same traffic, another seed is not."""
    one, same, other = (
        vehicles(source, source.block(0, 3600)) for source in (demand(trip(100.0), seed=seed) for seed in (1, 1, 2))
    )
    assert one == same != other


def test_vehicles_bear_different_names() -> None:
    """Flow and number name a vehicle; two with one name would be one in every list."""
    drawn = demand(trip(900.0, 0, 7200), trip(900.0, 0, 7200)).block(0, 7200)
    names = set(zip(drawn.flow.tolist(), drawn.number.tolist(), strict=True))
    assert len(names) == len(drawn.step)


def test_one_alternative_is_the_fastest_way() -> None:
    """Without a choice everybody drives the same way."""
    choice = RouteChoice(NETWORK).between(*ENDS)
    assert choice is not None
    assert choice.shares.tolist() == [1.0]
    assert choice.routes == [RouteChoice(NETWORK).router.path(*ENDS)]


def test_alternatives_are_different_ways_that_can_be_driven_the_dearer_the_fewer_drivers() -> None:
    """The logit: a way that costs a tenth more than the cheapest has 1/e of its drivers."""
    network = grid_network(3, 5)
    ends = network.road("road_0_2_0"), network.road("road_5_2_0")
    chooser = RouteChoice(network, alternatives=3)
    choice = chooser.between(*ends)
    assert choice is not None
    assert len(choice.routes) == len(set(choice.routes)) == 3
    costs = np.array([chooser.cost(route) for route in choice.routes])
    assert (np.diff(costs) >= 0).all()
    assert choice.shares == pytest.approx(np.exp(-10 * (costs / costs[0] - 1)) * choice.shares[0])
    assert choice.shares.sum() == pytest.approx(1.0)
    for route in choice.routes:
        paths.check(network, route)
        assert (route[0], route[-1]) == ends


def test_drivers_are_divided_as_the_choice_says() -> None:
    """Shares of 10,000 drivers within 4 standard deviations."""
    source = demand(trip(10_000.0), alternatives=3)
    drawn = source.block(0, 3600)
    choice = RouteChoice(NETWORK, 3).between(*ENDS)
    assert choice is not None
    for route, share in zip(choice.routes, choice.shares.tolist(), strict=True):
        taken = float((drawn.route == source.routes.index(route)).mean())
        assert abs(taken - share) < 4 * (share * (1 - share) / len(drawn.route)) ** 0.5


def test_a_wide_detour_is_nobodys_choice() -> None:
    """Asked for many ways between neighbours, drivers still do not circle the city."""
    chooser = RouteChoice(NETWORK, alternatives=12)
    near = NETWORK.road("road_0_1_0"), NETWORK.road("road_1_1_0")
    choice = chooser.between(*near)
    assert choice is not None
    assert choice.routes == [near]


def test_zones_of_several_roads_use_them_all_alike() -> None:
    """A zone's trips begin and end all over it."""
    begins = tuple(NETWORK.road(f"road_0_{row}_0") for row in (1, 2, 3))
    ends = tuple(NETWORK.road(f"road_3_{row}_0") for row in (1, 2))
    source = OdDemand(matrix((Zone("w", begins, ()), Zone("e", (), ends), 6000.0, 0.0, 3600.0)), RouteChoice(NETWORK))
    routes = [source.routes[route] for route in source.block(0, 3600).route.tolist()]
    for start in begins:
        for end in ends:
            drivers = sum(route[0] == start and route[-1] == end for route in routes)
            assert abs(drivers - 1000) < 4 * 1000**0.5


def test_pairs_of_roads_without_a_way_are_left_to_the_others() -> None:
    """A zone may hold a road from which the destination cannot be reached; its trips use the rest."""
    exit_road, entry = NETWORK.road("road_3_1_0"), NETWORK.road("road_0_1_0")
    begins = Zone("w", (exit_road, entry), ())
    source = OdDemand(matrix((begins, ROADS["road_3_3_0"], 50.0, 0.0, 3600.0)), RouteChoice(NETWORK))
    assert {source.routes[route][0] for route in source.block(0, 3600).route.tolist()} == {entry}


@pytest.mark.parametrize("way", [("road_3_1_0", "road_0_1_0"), ("road_0_1_0", "road_0_1_0")])
def test_a_row_that_cannot_be_driven_is_refused_at_once(way: tuple[str, str]) -> None:
    """Half an hour into a run is too late to hear it."""
    with pytest.raises(InputError) as caught:
        demand(trip(1.0), trip(1.0, way=way))
    assert caught.value.place == "row 1"
    assert f"trips from {way[0]!r} to {way[1]!r}, between which there is no way" in caught.value.found


def test_a_way_that_lanes_do_not_allow_is_not_offered() -> None:
    """Roads may join where no lane does; a driver would wait at its end for ever."""
    network = chain([(0, 0)], [(1, 1)])
    assert RouteChoice(network).between(0, 2) is None
    assert RouteChoice(network).between(0, 1) is not None


def test_free_flow_time_is_length_over_the_limit_of_the_fastest_lane() -> None:
    """Drivers know which road is fast."""
    times = free_flow_times(NETWORK)
    lane = NETWORK.lanes_of(5)[0]
    assert times[5] == pytest.approx(NETWORK.lane_length[lane] / NETWORK.lane_speed_limit[lane])


def test_the_world_drives_a_matrix_as_it_drives_its_list() -> None:
    """What is written to a file and read back must be the same traffic."""
    source = demand(trip(200.0), trip(150.0, way=("road_0_2_0", "road_2_3_1")), alternatives=2, seed=4)
    drawn = source.block(0, 600)
    listed = Timetable.of_cars(source.routes, drawn.step, drawn.route)
    direct, by_list = TrafficWorld(NETWORK, source, 3), TrafficWorld(NETWORK, listed, 3)
    assert direct.advance(600).tolist() == by_list.advance(600).tolist()


def test_a_list_gives_its_vehicles_in_order_and_once() -> None:
    """Lists come from fitting in any order; blocks must follow one another."""
    listed = Timetable.of_cars([(0, 1), (1, 2)], np.array([7, 3, 3]), np.array([0, 1, 0]))
    blocks = [listed.block(0, 4), listed.block(4, 4), listed.block(4, 10)]
    assert [block.step.tolist() for block in blocks] == [[3, 3], [], [7]]
    assert [block.route.tolist() for block in blocks] == [[1, 0], [], [0]]
    assert [block.flow.tolist() for block in blocks] == [[0, 1], [], [2]]
