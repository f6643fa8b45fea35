"""Which counts a vehicle adds to, for each route and time of departure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np

from .counts import Counts, Point
from .demand import Floats, Ints
from .network import RoadNetwork
from .paths import DeadEnd, drivables, first_lanes
from .routing import Route


class Passes(NamedTuple):
    """Where routes pass count points: on leaving road `position` of a route."""

    route: Ints
    position: Ints
    point: Ints
    share: Floats
    """Of the vehicles on the route; below 1 where only some of its lanes are counted."""


Pass = tuple[int, Point, float]
"""Position on a route, point passed there, share of the vehicles."""


class Assignment(NamedTuple):
    """Which share of departures adds to each count: a sparse matrix.

    Column `route * intervals + k` holds the vehicles that depart on a route in interval k.
    """

    row: Ints
    column: Ints
    share: Floats
    shape: tuple[int, int]

    def counts(self, departures: Floats) -> Floats:
        """What the counts would be."""
        counts: Floats = np.bincount(self.row, self.share * departures[self.column], self.shape[0]).astype(float)
        return counts

    def back(self, of_counts: Floats) -> Floats:
        """A figure of counts, summed for each column that adds to them."""
        sums: Floats = np.bincount(self.column, self.share * of_counts[self.row], self.shape[1]).astype(float)
        return sums


def passes(network: RoadNetwork, routes: Sequence[Route], points: Sequence[Point]) -> Passes:
    """Where the routes pass the points."""
    finder = _Finder(network, points)
    found = [(number, *entry) for number, route in enumerate(routes) for entry in finder.on(route)]
    route, position, point, share = zip(*found, strict=True) if found else ((), (), (), ())
    return Passes(
        np.array(route, np.int32), np.array(position, np.int32), np.array(point, np.int32), np.array(share, float)
    )


class _Finder:
    """Finds the points along a route."""

    def __init__(self, network: RoadNetwork, points: Sequence[Point]) -> None:
        self._network = network
        self._known = {point: number for number, point in enumerate(points)}
        self._by_lane = any(point.lane >= 0 for point in points)

    def on(self, route: Route) -> Iterator[tuple[int, int, float]]:
        """(position on the route, point, share of the vehicles)."""
        roads = enumerate(map(Point, route))
        turns = enumerate(Point(road, to_road=onward) for road, onward in pairwise(route))
        lanes = self._lanes(route) if self._by_lane else ()
        for position, point, share in chain(((*each, 1.0) for each in chain(roads, turns)), lanes):
            if point in self._known:
                yield position, self._known[point], share

    def _lanes(self, route: Route) -> Iterator[Pass]:
        """The lanes that vehicles pass; where they must change lanes, all that lead on are alike."""
        try:
            return iter(list(self._ways(route)))
        except DeadEnd:
            return self._lanes_that_lead_on(route)

    def _ways(self, route: Route) -> Iterator[Pass]:
        firsts = first_lanes(self._network, route)
        for first in firsts:
            lanes = drivables(self._network, route, first)[::2]
            yield from ((place, Point(route[place], lane), 1 / len(firsts)) for place, lane in enumerate(lanes))

    def _lanes_that_lead_on(self, route: Route) -> Iterator[Pass]:
        for place, (road, onward) in enumerate(zip(route, (*route[1:], -1), strict=True)):
            lanes = Point(road, to_road=onward).lanes(self._network)
            yield from ((place, Point(road, lane), 1 / len(lanes)) for lane in lanes)


class RoadTimes:
    """When vehicles leave each road, by their time on lanes.

    `edges` (s) bound the intervals; `seconds` on lanes has one row an interval, one column a lane. A road takes the
    mean of the lanes that lead on to the next one.
    """

    def __init__(self, network: RoadNetwork, edges: Floats, seconds: Floats) -> None:
        self.edges, self._network, self._lane_seconds = edges, network, seconds
        self._turns: dict[tuple[int, int], int] = {}
        self._seconds: list[Floats] = []

    def leaving(self, routes: Sequence[Route], met: Passes) -> Floats:
        """When vehicles of each interval pass each point, in s.

        They depart in the middle of the interval; shape (passes, intervals).
        """
        table = self._turn_table(routes)
        seconds = np.stack(self._seconds, axis=1)
        clock = np.repeat([(self.edges[:-1] + self.edges[1:]) / 2], len(routes), axis=0)
        leaves = np.zeros((len(met.route), clock.shape[1]))
        for position in range(table.shape[1]):
            turn = np.maximum(table[:, position], 0)[:, np.newaxis]
            interval = np.clip(np.searchsorted(self.edges, clock, side="right") - 1, 0, len(seconds) - 1)
            clock = clock + seconds[interval, turn]
            here = met.position == position
            leaves[here] = clock[met.route[here]]
        return leaves

    def _turn_table(self, routes: Sequence[Route]) -> Ints:
        """The turns of each route, one a road, filled with -1."""
        table = np.full((len(routes), max(map(len, routes))), -1, np.int32)
        for number, route in enumerate(routes):
            table[number, : len(route)] = [self._turn(*pair) for pair in zip(route, (*route[1:], -1), strict=True)]
        return table

    def _turn(self, road: int, to_road: int) -> int:
        if (road, to_road) not in self._turns:
            self._turns[road, to_road] = len(self._turns)
            lanes = Point(road, to_road=to_road).lanes(self._network)
            self._seconds.append(self._lane_seconds[:, lanes].mean(axis=1))
        return self._turns[road, to_road]


def assign(routes: Sequence[Route], met: Passes, counts: Counts, times: RoadTimes) -> Assignment:
    """The assignment of departures, spread evenly over each interval, to the counts."""
    length = np.diff(times.edges)
    first = times.leaving(routes, met) - length / 2
    intervals = len(length)
    columns = met.route[:, np.newaxis] * intervals + np.arange(intervals)
    rows, places, shares = [], [], []
    for begin, end, row_of in _spans(counts):
        overlap = np.clip(np.minimum(first + length, end) - np.maximum(first, begin), 0, None) / length
        share = overlap * met.share[:, np.newaxis]
        entry, interval = np.nonzero((share > 0) & (row_of[met.point] >= 0)[:, np.newaxis])
        rows.append(row_of[met.point[entry]])
        places.append(columns[entry, interval])
        shares.append(share[entry, interval])
    shape = len(counts.vehicles), len(routes) * intervals
    return Assignment(np.concatenate(rows), np.concatenate(places).astype(np.int32), np.concatenate(shares), shape)


def _spans(counts: Counts) -> Iterator[tuple[float, float, Ints]]:
    """(begin, end, row of each point or -1) of every interval of the counts."""
    spans, which = np.unique(np.stack([counts.begin_s, counts.end_s]), axis=1, return_inverse=True)
    for number, (begin, end) in enumerate(spans.T.tolist()):
        rows = np.flatnonzero(which == number)
        row_of = np.full(len(counts.points), -1, np.int32)
        row_of[counts.point[rows]] = rows
        yield begin, end, row_of
