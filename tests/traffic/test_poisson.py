"""Random demand: its rates, its turns, and that the same seed is the same traffic."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.core.errors import NotFoundError
from touyan.packs.traffic import paths
from touyan.packs.traffic.demand import Departures
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.network import LEFT, RIGHT, STRAIGHT, RoadNetwork
from touyan.packs.traffic.poisson import HEADINGS, PoissonDemand, Turning, entries, heading

NETWORK = grid_network(3, 3)
Vehicle = tuple[int, tuple[int, ...], int, int]


def vehicles(demand: PoissonDemand, departures: Departures) -> list[Vehicle]:
    """(step, route, flow, number) of every departure."""
    routes = [demand.routes[route] for route in departures.route.tolist()]
    return list(
        zip(departures.step.tolist(), routes, departures.flow.tolist(), departures.number.tolist(), strict=True)
    )


def turns(network: RoadNetwork, routes: list[tuple[int, ...]]) -> list[int]:
    """Types of all movements on some routes."""
    movements = zip(network.movement_from_road.tolist(), network.movement_to_road.tolist(), strict=True)
    types = dict(zip(movements, network.movement_type.tolist(), strict=True))
    return [types[pair] for route in routes for pair in pairwise(route)]


def test_arrivals_have_the_asked_rate() -> None:
    """400 an hour at 12 entries for 10 hours: 48,000 ± 4 standard deviations, none of them an outlier."""
    demand = PoissonDemand(NETWORK, 400.0, seed=11)
    entry = demand.block(0, 36_000).flow % len(demand.entries)
    counts = np.bincount(entry, minlength=12)
    assert abs(counts.sum() - 48_000) < 4 * 48_000**0.5
    assert (abs(counts - 4000) < 4 * 4000**0.5).all()


def test_arrivals_are_spread_as_chance_spreads_them() -> None:
    """Counts a minute have a variance near their mean; a regular flow would have none."""
    demand = PoissonDemand(NETWORK, 400.0, seed=12)
    each_minute = np.bincount(demand.block(0, 36_000).step // 60, minlength=600)
    assert 0.8 < each_minute.var() / each_minute.mean() < 1.25


def test_a_main_direction_has_its_own_rate() -> None:
    """In the morning the city drives one way."""
    demand = PoissonDemand(NETWORK, {"east": 600.0, "west": 100.0}, seed=13)
    drawn = demand.block(0, 36_000)
    start = np.array([demand.routes[route][0] for route in drawn.route])
    by_heading = {name: sum(heading(NETWORK, int(road)) == name for road in start) for name in HEADINGS}
    assert abs(by_heading["east"] - 18_000) < 4 * 18_000**0.5
    assert abs(by_heading["west"] - 3_000) < 4 * 3_000**0.5
    assert by_heading["north"] == by_heading["south"] == 0


def test_drivers_turn_in_the_asked_shares() -> None:
    """A tenth left, three tenths right, the rest straight on, at every crossing."""
    demand = PoissonDemand(NETWORK, 400.0, turning=Turning(0.1, 0.6, 0.3), seed=14)
    drawn = demand.block(0, 18_000)
    kinds = np.array(turns(NETWORK, [demand.routes[route] for route in drawn.route]))
    for kind, share in ((LEFT, 0.1), (STRAIGHT, 0.6), (RIGHT, 0.3)):
        assert abs((kinds == kind).mean() - share) < 4 * (share * (1 - share) / len(kinds)) ** 0.5


def test_every_route_leads_from_border_to_border_and_can_be_driven() -> None:
    """Nobody appears or vanishes inside the city."""
    demand = PoissonDemand(NETWORK, 300.0, seed=15)
    demand.block(0, 7200)
    assert len(set(demand.routes)) == len(demand.routes) > 100
    for route in demand.routes:
        assert NETWORK.crossing_virtual[NETWORK.road_from[route[0]]]
        assert NETWORK.crossing_virtual[NETWORK.road_to[route[-1]]]
        paths.check(NETWORK, route)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 9000), max_size=4))
def test_blocks_join_without_a_seam(seed: int, cuts: list[int]) -> None:
    """However a run is cut into blocks, the same seed sends the same vehicles."""
    one, cut = PoissonDemand(NETWORK, 40.0, seed=seed), PoissonDemand(NETWORK, 40.0, seed=seed)
    ends = [0, *sorted(cuts), 9000]
    joined = [vehicle for first, last in pairwise(ends) for vehicle in vehicles(cut, cut.block(first, last))]
    assert joined == vehicles(one, one.block(0, 9000))
    assert cut.routes == one.routes


def test_hours_asked_in_any_order_are_the_same() -> None:
    """A late twin asks for hours that the city has left behind."""
    one, other = PoissonDemand(NETWORK, 40.0, seed=1), PoissonDemand(NETWORK, 40.0, seed=1)
    early = vehicles(one, one.block(0, 3600))
    other.block(36_000, 39_600)
    assert vehicles(other, other.block(0, 3600)) == early
    one.block(3600, 39_600)
    assert one.routes == other.routes


def test_another_seed_is_other_traffic() -> None:
    """Ensembles need members that differ."""
    one, other = PoissonDemand(NETWORK, 40.0, seed=1), PoissonDemand(NETWORK, 40.0, seed=2)
    assert vehicles(one, one.block(0, 3600)) != vehicles(other, other.block(0, 3600))


def test_vehicles_have_names_of_their_own() -> None:
    """Flow and number name a vehicle for good, over hours too; numbers rise in order of departure."""
    demand = PoissonDemand(NETWORK, 200.0, seed=3)
    drawn = demand.block(0, 10_800)
    names = list(zip(drawn.flow.tolist(), drawn.number.tolist(), strict=True))
    assert len(set(names)) == len(names)
    assert (np.diff(drawn.step) >= 0).all()
    for flow in set(drawn.flow.tolist()):
        numbers = drawn.number[drawn.flow == flow]
        assert numbers.tolist() == list(range(len(numbers)))


def test_drivers_who_circle_leave_in_the_end() -> None:
    """Chance may send a driver round in circles; patience has an end."""
    demand = PoissonDemand(NETWORK, 50.0, turning=Turning(0.96, 0.04, 0.0), seed=4)
    demand.block(0, 36_000)
    assert max(map(len, demand.routes)) > 40, "some do circle here, or this test shows nothing"
    assert all(NETWORK.crossing_virtual[NETWORK.road_to[route[-1]]] for route in demand.routes)


def test_no_arrivals_send_nobody() -> None:
    """An empty city is a city."""
    drawn = PoissonDemand(NETWORK, 0.0).block(0, 3600)
    assert len(drawn.step) == len(drawn.flow) == 0


def test_an_empty_block_sends_nobody() -> None:
    """Asking for no time is allowed, at an hour's end too."""
    demand = PoissonDemand(NETWORK, 400.0)
    assert len(demand.block(3600, 3600).step) == len(demand.block(10, 10).step) == 0


def test_entries_are_the_roads_that_come_in() -> None:
    """Three from each side of a 3 × 3 grid, named by their direction of travel."""
    roads = entries(NETWORK).tolist()
    assert {heading(NETWORK, road) for road in roads} == set(HEADINGS)
    assert [NETWORK.road_ids[road] for road in roads if heading(NETWORK, road) == "east"] == [
        "road_0_1_0",
        "road_0_2_0",
        "road_0_3_0",
    ]
    assert len(roads) == 12


def test_wrong_settings_are_refused_in_words() -> None:
    """Negative traffic, unknown directions and impossible shares are slips of the hand."""
    with pytest.raises(NotFoundError, match="no direction of travel 'nort'") as caught:
        PoissonDemand(NETWORK, {"nort": 3.0})
    assert "'north'" in caught.value.hint
    for wrong in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="arrivals must not be negative"):
            PoissonDemand(NETWORK, wrong)
    with pytest.raises(ValueError, match="turning shares must not be negative"):
        PoissonDemand(NETWORK, 1.0, turning=Turning(-0.1, 1.0, 0.1))
