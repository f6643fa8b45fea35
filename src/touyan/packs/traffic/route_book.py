"""The routes that a world knows, as the kernels want them, and the lanes on which they may begin."""

from __future__ import annotations

from copy import copy

import numpy as np
from numpy.typing import NDArray

from touyan.kernels.traffic.layout import NONE, Ints, Ways
from touyan.kernels.traffic.routing import best_lanes, dead_ends, plan_ways

from .network import RoadNetwork
from .paths import DeadEnd, check
from .state import net_arrays, no_ways


class RouteBook:
    """Grows with a demand's routes; route r begins at `place[r]` of the flat list of roads.

    Without lane change, each route must lead on from every lane on which it may begin; with it, its roads must
    join. Raises DeadEnd for others.
    """

    def __init__(self, network: RoadNetwork, lane_change: bool) -> None:
        self._network, self._net, self._lane_change = network, net_arrays(network), lane_change
        self._length = self._entries = 0
        self.place: Ints = np.empty(0, np.int32)
        self.first_road: Ints = np.empty(0, np.int32)
        self._choices: Ints = np.empty(0, np.int32)
        self._lanes: Ints = np.empty((0, 0), np.int32)

    def branch(self) -> RouteBook:
        """A copy that grows by itself; columns are replaced, never changed."""
        return copy(self)

    def learn(self, routes: list[tuple[int, ...]]) -> tuple[Ints, Ways] | None:
        """Take note of the routes not known yet; returns their roads, and the ways along them with lane change."""
        fresh = routes[len(self.place) :]
        if not fresh:
            return None
        lengths = np.fromiter((len(route) + 1 for route in fresh), np.int64, len(fresh))
        roads = np.fromiter((road for route in fresh for road in (*route, NONE)), np.int32, int(lengths.sum()))
        first = (np.cumsum(lengths) - lengths).astype(np.int32)
        ways = self._ways(roads, first)
        lanes, choices = self._first_lanes(fresh, roads, first, ways)
        self.place = np.concatenate([self.place, first + np.int32(self._length)])
        self.first_road = np.concatenate([self.first_road, roads[first]])
        self._choices = np.concatenate([self._choices, choices])
        self._lanes = _stacked(self._lanes, lanes)
        self._length += len(roads)
        moved = ways._replace(base=ways.base + np.int32(self._entries))
        self._entries += len(ways.link)
        return roads, moved

    def first_lane(self, route: Ints, draw: NDArray[np.uint32]) -> Ints:
        """The first lane of each vehicle, by a random draw among those on which its route may begin."""
        lanes: Ints = self._lanes[route, draw % self._choices[route]]
        return lanes

    def _ways(self, roads: Ints, first: Ints) -> Ways:
        """The ways along routes; none without lane change, when they follow from the lanes."""
        if not self._lane_change:
            return no_ways()
        lanes = np.where(roads == NONE, 0, np.diff(self._network.road_lane_first)[roads])
        entries = int(lanes.sum())
        base = (np.cumsum(lanes) - lanes).astype(np.int32)
        ways = Ways(base, np.full(entries, NONE, np.int32), np.zeros(entries, np.int8))
        plan_ways(self._net, roads, first, ways)
        return ways

    def _first_lanes(self, routes: list[tuple[int, ...]], roads: Ints, first: Ints, ways: Ways) -> tuple[Ints, Ints]:
        """Lanes on which each route may begin (a row a route), and how many they are."""
        counts = np.diff(self._network.road_lane_first)[roads[first]]
        usable = np.zeros((len(routes), int(counts.max())), np.uint8)
        broken = dead_ends(self._net, roads, first, usable, self._lane_change)
        for row in np.flatnonzero(broken != NONE).tolist():
            self._refuse(routes[row], int(broken[row] - first[row]))
        if self._lane_change:
            best_lanes(self._net, roads, first, ways, usable)
        order = np.argsort(usable == 0, axis=1, kind="stable")  # the usable ones first, from the inside out
        lanes = self._network.road_lane_first[roads[first]][:, np.newaxis] + order
        return lanes.astype(np.int32), usable.sum(axis=1, dtype=np.int32)

    def _refuse(self, route: tuple[int, ...], position: int) -> None:
        if not self._lane_change:
            check(self._network, route)  # says from which lane
        raise DeadEnd(self._network, position, route[position], route[position + 1])


def _stacked(above: Ints, below: Ints) -> Ints:
    """Two tables one above the other, the narrower one widened."""
    width = max(above.shape[1], below.shape[1])
    table = np.zeros((len(above) + len(below), width), np.int32)
    table[: len(above), : above.shape[1]] = above
    table[len(above) :, : below.shape[1]] = below
    return table
