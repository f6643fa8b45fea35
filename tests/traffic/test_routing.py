"""Cheapest ways over roads, against a plain search and by their laws."""

from __future__ import annotations

import heapq
from functools import cache
from itertools import pairwise
from typing import NamedTuple, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.kernels.traffic.shortest_paths import spread
from touyan.packs.traffic import paths, routing
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.network import Floats, RoadNetwork
from touyan.packs.traffic.poisson import entries
from touyan.packs.traffic.routing import NoWay, Router, road_lengths

from .test_paths import chain

Edges = list[list[int]]


@cache
def block() -> RoadNetwork:
    """Three rows of three crossings."""
    return grid_network(3, 3)


class Entry(NamedTuple):
    """A road on the heap, compared by its cost alone; Python's heap moves as that of C++ does."""

    key: float
    road: int

    def __lt__(self, other: tuple[object, ...]) -> bool:
        return self.key < cast(float, other[0])


def plain_spread(start: int, onward: Edges, cost: list[float]) -> tuple[list[float], list[int]]:
    """The twin of the kernel: cost to each road and the road before it."""
    reached, before = [np.inf] * len(onward), [-1] * len(onward)
    reached[start] = 0.0
    heap = [Entry(0.0, start)]
    while heap:
        key, road = heapq.heappop(heap)
        for following in onward[road] if key == reached[road] else []:
            total = key + cost[following]
            if total < reached[following]:
                reached[following], before[following] = total, road
                heapq.heappush(heap, Entry(total, following))
    return reached, before


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, Edges, list[float]]:
    """A start, the roads that follow each road, and what each costs; whole costs make ties."""
    roads = draw(st.integers(1, 12))
    onward = draw(st.lists(st.lists(st.integers(0, roads - 1), max_size=4), min_size=roads, max_size=roads))
    costs = st.integers(1, 4).map(float) | st.floats(0.1, 100.0) | st.just(float("inf"))
    return draw(st.integers(0, roads - 1)), onward, draw(st.lists(costs, min_size=roads, max_size=roads))


@settings(max_examples=300, deadline=None)
@given(graphs())
def test_the_kernel_does_what_its_plain_twin_does(graph: tuple[int, Edges, list[float]]) -> None:
    """Ways must be the cheapest, and the same ones among equals, or runs could not be repeated."""
    start, onward, cost = graph
    first = np.cumsum([0, *map(len, onward)]).astype(np.int32)
    flat = np.array([road for row in onward for road in row], np.int32)
    reached, before = np.empty(len(onward)), np.empty(len(onward), np.int32)
    spread(start, first, flat, np.array(cost), reached, before)
    assert (reached.tolist(), before.tolist()) == plain_spread(start, onward, cost)


def test_the_way_across_a_grid_is_as_short_as_geometry_allows() -> None:
    """Three blocks east and two north, by roads of one length, is five roads after the first."""
    network = block()
    way = Router(network).path(network.road("road_0_1_0"), network.road("road_3_3_0"))
    assert way is not None
    assert len(way) == 1 + 5
    assert all(following in network.roads_onward[road] for road, following in pairwise(way))


def test_the_first_road_costs_nothing_and_the_last_its_mean_lane_length() -> None:
    """Section 3.2 of the model: a way costs the mean lane length of its roads, the first excluded."""
    network = chain([(0, 0)], [(0, 0)])
    tree = Router(network).tree(0)
    lengths = road_lengths(network)
    assert tree.cost.tolist() == pytest.approx([0.0, lengths[1], lengths[1] + lengths[2]])
    assert lengths[1] == pytest.approx(network.lane_length[3:6].mean())


def test_a_road_is_reached_through_any_of_its_lanes() -> None:
    """Reachability is between roads; which lanes lead on is settled lane by lane afterwards."""
    network = chain([(2, 1)])
    assert Router(network).path(0, 1) == (0, 1)
    assert paths.first_lanes(network, (0, 1)) == [2]


def test_closed_roads_are_driven_around() -> None:
    """A closure must change the way and nothing else, and the open way must come back."""
    network = block()
    router = Router(network)
    start, end = network.road("road_0_2_0"), network.road("road_3_2_0")
    straight = router.path(start, end)
    assert straight is not None
    around = router.path(start, end, closed={straight[1]})
    assert around is not None
    assert straight[1] not in around
    assert len(around) == len(straight) + 2
    assert router.path(start, end) == straight


def test_no_way_begins_or_ends_on_a_closed_road() -> None:
    """Who closes a road closes it for those who live there too, and must see whose trips are lost."""
    network = chain([(0, 0)])
    router = Router(network)
    assert router.path(0, 1, closed={1}) is None
    assert router.path(0, 1, closed={0}) is None
    assert router.path(1, 0) is None


def test_what_roads_cost_decides_the_way() -> None:
    """Travel times in place of lengths make drivers avoid a slow road."""
    network = block()
    start, end = network.road("road_0_2_0"), network.road("road_3_2_0")
    straight = Router(network).path(start, end)
    assert straight is not None
    slow = road_lengths(network)
    slow[straight[2]] *= 10
    detour = Router(network, slow).path(start, end)
    assert detour is not None
    assert straight[2] not in detour


@pytest.mark.parametrize("cost", [0.0, -1.0, np.nan])
def test_a_road_that_costs_nothing_is_refused(cost: float) -> None:
    """Free roads would let drivers go in circles for nothing."""
    costs: Floats = np.full(2, cost)
    with pytest.raises(ValueError, match="a cost above 0"):
        Router(chain([(0, 0)]), costs)


def test_anchors_are_joined_by_the_cheapest_ways() -> None:
    """A route that names only its ends and a stop on the way is driven through the stop."""
    network = block()
    anchors = tuple(network.road(name) for name in ("road_0_1_0", "road_2_3_0", "road_3_1_0"))
    router = Router(network)
    route = router.joined(anchors)
    assert [road for road in route if road in anchors] == list(anchors)
    assert [len(leg) for leg in router.legs(anchors)] == [4, 3]
    paths.check(network, route)


def test_anchors_without_a_way_between_them_are_named() -> None:
    """The caller tells the user which two roads of which route."""
    network = block()
    out, entry = network.road("road_3_1_0"), network.road("road_0_1_0")
    with pytest.raises(NoWay, match="no way leads from road 'road_3_1_0' to road 'road_0_1_0'") as caught:
        Router(network).joined((entry, out, entry))
    assert (caught.value.position, caught.value.from_road, caught.value.to_road) == (1, out, entry)


def test_trees_that_are_kept_and_trees_that_are_grown_again_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded; who is forgotten must be answered the same when asked again."""
    monkeypatch.setattr(routing, "_KEPT_TREES", 2)
    network = block()
    few, fresh = Router(network), [Router(network) for _ in range(6)]
    for start in (0, 1, 2, 0, 3, 1):
        assert few.tree(start).cost.tolist() == fresh[start].tree(start).cost.tolist()
        assert few.tree(start) is few.tree(start)
    assert few.tree(0) is not few.tree(0, closed={5})


def test_every_exit_is_reached_from_every_entry_of_a_grid() -> None:
    """Old trees make room for new ones without changing any answer."""
    network = block()
    router = Router(network)
    exits = np.flatnonzero(network.crossing_virtual[network.road_to]).tolist()
    starts = entries(network).tolist()
    ways = {(a, b): router.path(a, b) for a in starts for b in exits}
    assert all(way is not None or ends for ends, way in ways.items())
    for (start, end), way in ways.items():
        back = network.road_from[start] == network.road_to[end]
        assert back or way is not None, "the grid has no turn back, everything else is joined"
