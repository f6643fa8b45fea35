"""Which lanes of a network the model keeps: those of cars, and reserved ones that a route cannot do without."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from .permissions import MAIN_CLASS
from .records import Connection, Edge, Lane, Net


class Need(NamedTuple):
    """A route that vehicles of a class want to drive, by edge ids."""

    vehicle_class: str
    edges: tuple[str, ...]


class Kept(NamedTuple):
    """Ids of the lanes in the model, and of those among them that cars may not use in the file."""

    lanes: frozenset[str]
    opened: frozenset[str]


def kept_lanes(net: Net, needs: Iterable[Need]) -> Kept:
    """The lanes of cars, and the least of reserved lanes with which every needed route can be driven.

    The model knows no permissions: a kept bus lane is open to all, so a bus lane beside lanes of cars is left out
    where the buses can drive among the cars.
    """
    keeper = _Keeper(net)
    for need in sorted(set(needs)):
        keeper.satisfy(need)
    return Kept(frozenset(keeper.kept), frozenset(keeper.kept - keeper.main))


class _Keeper:
    """Grows the set of kept lanes route by route."""

    def __init__(self, net: Net) -> None:
        self._edges = net.edges
        self.main = {
            lane.id for edge in net.edges.values() for lane in edge.lanes if lane.permission.admits(MAIN_CLASS)
        }
        self.kept = set(self.main)
        self._between: dict[tuple[str, str], list[Connection]] = {}
        for connection in net.connections:
            self._between.setdefault((connection.from_edge, connection.to_edge), []).append(connection)

    def satisfy(self, need: Need) -> None:
        """Keep what a route needs besides what is kept already."""
        edges = [self._edges[name] for name in need.edges if name in self._edges]
        for edge in edges:
            if not any(lane.id in self.kept for lane in edge.lanes):
                self.kept.update(lane.id for lane in edge.lanes if lane.permission.admits(need.vehicle_class))
        for start, end in pairwise(edges):
            self._join(start, end, need.vehicle_class)

    def _join(self, start: Edge, end: Edge, vehicle_class: str) -> None:
        ways = [ends(self._edges, connection) for connection in self._between.get((start.id, end.id), ())]
        if any(one.id in self.kept and other.id in self.kept for one, other in ways):
            return
        for one, other in ways:
            if one.permission.admits(vehicle_class) and other.permission.admits(vehicle_class):
                self.kept.update((one.id, other.id))


def ends(edges: dict[str, Edge], connection: Connection) -> tuple[Lane, Lane]:
    """The lanes that a connection joins."""
    return edges[connection.from_edge].lanes[connection.from_lane], edges[connection.to_edge].lanes[connection.to_lane]
