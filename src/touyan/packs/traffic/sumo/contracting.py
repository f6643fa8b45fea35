"""Roads too short to wait on become part of the crossing.

SUMO networks are full of pieces between the parts of one large crossing, down to 0.2 m. Hardly anybody can wait there,
yet in the model an empty lane, however short, has room for one more: vehicles would stop amid the crossing behind it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import product

import numpy as np

from touyan.core.geometry import Points

from .keeping import Kept
from .records import Connection, Edge, Net

SHORTEST_ROAD_M = 15.0
"""Two cars (5 m) with their gaps (2.5 m): where only one can wait, the next one stands on the crossing behind."""

_STRAIGHT_DEGREES = 45.0


def contracted(net: Net, kept: Kept) -> tuple[Net, list[str]]:
    """The network without its shortest roads, and their ids; two crossings with signals of their own stay two."""
    work = _Work(net, kept)
    short = [edge for edge in net.edges.values() if max(lane.length for lane in edge.lanes) < SHORTEST_ROAD_M]
    gone = [edge.id for edge in sorted(short, key=lambda edge: (edge.lanes[0].length, edge.id)) if work.contract(edge)]
    return work.result(gone), gone


class _Work:
    """Connections by the edges that they join, changed road by road."""

    def __init__(self, net: Net, kept: Kept) -> None:
        self._net, self._kept = net, kept
        self._connections = {id(connection): connection for connection in net.connections}
        self._merged: dict[str, str] = {}
        self._signal: dict[str, str] = {}
        for connection in net.connections:
            if connection.signal:
                self._signal[net.edges[connection.from_edge].to_junction] = connection.signal

    def contract(self, edge: Edge) -> bool:
        """Take a road out and join what led to it with what follows; False where it must stay."""
        coming = [way for way in self._ways() if way.to_edge == edge.id != way.from_edge]
        going = [way for way in self._ways() if way.from_edge == edge.id != way.to_edge]
        start, end = self._place(edge.from_junction), self._place(edge.to_junction)
        signals = {self._signal[place] for place in (start, end) if place in self._signal}
        if not coming or not going or len(signals) > 1:
            return False
        joined = self._joined(edge, coming, going)
        if not joined:
            return False
        for way in [*coming, *going]:
            del self._connections[id(way)]
        self._connections.update({id(way): way for way in joined})
        if end != start:
            self._merged[end] = start
        self._signal.update(dict.fromkeys([start], *signals) if signals else {})
        return True

    def result(self, gone: list[str]) -> Net:
        """The network as it is now."""
        edges = {
            edge.id: edge._replace(
                from_junction=self._place(edge.from_junction), to_junction=self._place(edge.to_junction)
            )
            for edge in self._net.edges.values()
            if edge.id not in set(gone)
        }
        inside = {lane.id: lane for name in gone for lane in self._net.edges[name].lanes}
        return replace(
            self._net,
            edges=edges,
            connections=list(self._connections.values()),
            internal_lanes={**self._net.internal_lanes, **inside},
        )

    def _ways(self) -> list[Connection]:
        return list(self._connections.values())

    def _place(self, junction: str) -> str:
        while junction in self._merged:
            junction = self._merged[junction]
        return junction

    def _joined(self, edge: Edge, coming: list[Connection], going: list[Connection]) -> list[Connection]:
        """One connection for each way over the road; lanes are changed on it only where there is no other way."""
        ways: dict[tuple[str, str], list[tuple[Connection, Connection]]] = defaultdict(list)
        for one, other in product(coming, going):
            if all(edge.lanes[lane].id in self._kept.lanes for lane in (one.to_lane, other.from_lane)):
                ways[one.from_edge, other.to_edge].append((one, other))
        joined = []
        for pairs in ways.values():
            along = [pair for pair in pairs if pair[0].to_lane == pair[1].from_lane]
            joined += [self._through(edge, *pair) for pair in along or pairs]
        return joined

    def _through(self, edge: Edge, one: Connection, other: Connection) -> Connection:
        start = self._net.edges[one.from_edge].lanes[one.from_lane].shape
        end = self._net.edges[other.to_edge].lanes[other.to_lane].shape
        return one._replace(
            to_edge=other.to_edge,
            to_lane=other.to_lane,
            parts=(*one.parts, edge.lanes[one.to_lane].id, *other.parts),
            signal=one.signal or other.signal,
            links=one.links + other.links,
            gives_way=one.gives_way or other.gives_way,
            direction="t" if "t" in (one.direction, other.direction) else _direction(start, end),
        )


def _direction(start: Points, end: Points) -> str:
    """Straight, left or right, by the angle between the end of one lane and the start of the next."""
    leaves, arrives = start[-1] - start[-2], end[1] - end[0]
    turn = np.degrees(np.arctan2(leaves[0] * arrives[1] - leaves[1] * arrives[0], (leaves * arrives).sum()))
    if abs(turn) <= _STRAIGHT_DEGREES:
        return "s"
    return "l" if turn > 0 else "r"
