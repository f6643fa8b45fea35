"""Cheapest ways over roads, as CityFlow routes: by the mean length of a road's lanes, the first road excluded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Set as AbstractSet
from copy import copy
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from touyan.kernels.traffic.layout import NONE
from touyan.kernels.traffic.shortest_paths import spread

from .network import Floats, Ints, RoadNetwork

Route = tuple[int, ...]

_KEPT_TREES = 256
"""Trees kept in memory, 12 bytes a road each; demand asks origin by origin, so a few serve it."""

_ALL_OPEN: AbstractSet[int] = frozenset()


class Tree(NamedTuple):
    """The cheapest ways from one road to all others."""

    origin: int
    cost: Floats
    """By road; `inf` where it cannot be reached."""
    before: Ints
    """The road before it on the way; -1 where there is none."""

    def path(self, to_road: int) -> Route | None:
        """The roads from the origin to a road; None without a way.

        Both ends are included.
        """
        if not np.isfinite(self.cost[to_road]):
            return None
        ways = [to_road]
        while ways[-1] != self.origin:
            ways.append(int(self.before[ways[-1]]))
        return tuple(reversed(ways))


class Router:
    """Cheapest ways on one network.

    `cost` is what it takes to drive each road, by default its length in m (section 3.2 of the model). A road is
    reached from another when some lane of the one has a link to some lane of the other.
    """

    def __init__(self, network: RoadNetwork, cost: Floats | None = None) -> None:
        self.network = network
        self.cost = road_lengths(network) if cost is None else np.asarray(cost, float)
        if self.cost.shape != (len(network.road_ids),) or not (self.cost > 0).all():
            raise ValueError("each road needs a cost above 0")
        counts = [len(onward) for onward in network.roads_onward]
        self._first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        self._onward = np.array([road for onward in network.roads_onward for road in onward], np.int32)
        self._trees: OrderedDict[tuple[int, AbstractSet[int]], Tree] = OrderedDict()

    def priced(self, cost: Floats) -> Router:
        """The same network with other costs."""
        twin = copy(self)
        twin.cost, twin._trees = cost, OrderedDict()
        return twin

    def path(self, from_road: int, to_road: int, closed: AbstractSet[int] = _ALL_OPEN) -> Route | None:
        """The cheapest way between two roads, both included, if there is one.

        `closed` roads are not driven, nor begun or ended on.
        """
        if to_road in self.network.roads_onward[from_road] and not closed:
            return from_road, to_road  # nothing is nearer, whatever roads cost
        return self.tree(from_road, closed).path(to_road)

    def tree(self, from_road: int, closed: AbstractSet[int] = _ALL_OPEN) -> Tree:
        """The cheapest ways from one road to all others, computed once."""
        key = (from_road, frozenset(closed))
        if key not in self._trees:
            self._trees[key] = self._spread(from_road, closed)
        self._trees.move_to_end(key)
        if len(self._trees) > _KEPT_TREES:
            self._trees.popitem(last=False)
        return self._trees[key]

    def joined(self, anchors: Route, closed: AbstractSet[int] = _ALL_OPEN) -> Route:
        """One route through all anchors, the cheapest; raises NoWay."""
        return sum(self.legs(anchors, closed), anchors[:1])

    def legs(self, anchors: Route, closed: AbstractSet[int] = _ALL_OPEN) -> list[Route]:
        """The way from each anchor to the next; raises NoWay.

        The first road of each is left out.
        """
        legs: list[Route] = []
        for position, (start, end) in enumerate(pairwise(anchors)):
            way = self.path(start, end, closed)
            if way is None:
                raise NoWay(self.network, position, start, end)
            legs.append(way[1:])
        return legs

    def _spread(self, start: int, closed: AbstractSet[int]) -> Tree:
        cost = self.cost
        if closed:
            cost = cost.copy()
            cost[list(closed)] = np.inf
        tree = Tree(start, np.full(len(cost), np.inf), np.full(len(cost), NONE, np.int32))
        if start not in closed:
            spread(start, self._first, self._onward, cost, tree.cost, tree.before)
        return tree


class NoWay(ValueError):
    """No way leads from anchor `position` to the next one."""

    def __init__(self, network: RoadNetwork, position: int, from_road: int, to_road: int) -> None:
        start, end = network.road_ids[from_road], network.road_ids[to_road]
        super().__init__(f"no way leads from road {start!r} to road {end!r}")
        self.position, self.from_road, self.to_road = position, from_road, to_road


def road_lengths(network: RoadNetwork) -> Floats:
    """Mean length of each road's lanes, in m."""
    lanes = np.diff(network.road_lane_first)
    lengths: Floats = np.bincount(network.lane_road, network.lane_length, len(lanes)) / lanes
    return lengths
