"""The plan of a city from a SUMO network: kept lanes become roads, junctions become crossings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from touyan.core.geometry import Points, polyline_length

from ..building import CityPlan, CrossingPlan, LinkPlan, MovementPlan, PhasePlan, RoadPlan
from ..network import LEFT, RIGHT, STRAIGHT
from .keeping import Kept, ends
from .placing import Place
from .programmes import ALWAYS_S, Shown, phases_from
from .records import Connection, Edge, Junction, Lane, Net, Programme

TURNS = {"s": STRAIGHT, "l": LEFT, "L": LEFT, "r": RIGHT, "R": RIGHT, "t": LEFT}
"""Movement types by SUMO's directions; the model has none for turning round."""

TURNING_ROUND = "t"

_SHORTEST_LINK_M = 0.1

Way = tuple[str, str, int, int, tuple[tuple[bool, bool], ...]]
"""What the connections of one movement share: both edges, type, right of way; in each phase, green and giving way."""

_MAJOR_TURN, _MINOR_STRAIGHT, _MINOR_TURN = LEFT, RIGHT, 0
"""Right of way under signs, below that of going straight on a major road."""


class Planner:
    """Plans what is kept of a network; `begin` is the second of the files at which the city starts."""

    def __init__(self, net: Net, kept: Kept, signals: Mapping[str, Programme], begin: float, place: Place) -> None:
        self._net, self._kept, self.signals, self._begin, self._place = net, kept, signals, begin, place
        self.edges = [edge for edge in net.edges.values() if _lanes(edge, kept)]
        used = {name for edge in self.edges for name in (edge.from_junction, edge.to_junction)}
        self.junctions = [junction for junction in net.junctions.values() if junction.id in used]
        self._road = {edge.id: index for index, edge in enumerate(self.edges)}
        self._crossing = {junction.id: index for index, junction in enumerate(self.junctions)}
        self.connections = self._connections()

    def plan(self) -> CityPlan:
        """The plan of everything that is kept; raises InputError."""
        crossings = [self._crossing_plan(junction) for junction in self.junctions]
        return CityPlan(
            crossings, [self._road_plan(edge) for edge in self.edges], self._place.projection, clears_by_phase=False
        )

    def signal(self, connections: Sequence[Connection]) -> str:
        """The signal that has most say at a junction; empty where there is none."""
        named = Counter(connection.signal for connection in connections if connection.signal)
        return named.most_common(1)[0][0] if named else ""

    def _connections(self) -> dict[str, list[Connection]]:
        """The connections between kept lanes by junction; one where all only turn round has none."""
        found: dict[str, list[Connection]] = {}
        for connection in self._net.connections:
            if connection.signal and connection.signal not in self.signals:
                raise connection.element.unknown("tl", "a <tlLogic>", self.signals)
            if all(lane.id in self._kept.lanes for lane in ends(self._net.edges, connection)):
                found.setdefault(self._net.edges[connection.from_edge].to_junction, []).append(connection)
        return {
            junction: connections
            for junction, connections in found.items()
            if any(connection.direction != TURNING_ROUND for connection in connections)
        }

    def _road_plan(self, edge: Edge) -> RoadPlan:
        lanes = _lanes(edge, self._kept)
        lines = [self._place.local(lane.shape) for lane in lanes]
        return RoadPlan(
            id=edge.id,
            from_crossing=self._crossing[edge.from_junction],
            to_crossing=self._crossing[edge.to_junction],
            points=lines[0],
            lane_widths=[lane.width for lane in lanes],
            lane_speed_limits=[lane.speed for lane in lanes],
            lane_lines=lines,
            lane_lengths=[lane.length for lane in lanes],
            lane_ids=[lane.id for lane in lanes],
        )

    def _crossing_plan(self, junction: Junction) -> CrossingPlan:
        x, y = self._place.local(np.array([junction.point]))[0].tolist()
        connections = self.connections.get(junction.id, [])
        if not connections:
            return CrossingPlan(junction.id, (x, y), 0.0, True, [], [])
        cycle, ways = self.cycle(connections), self.ways(connections)
        phases = [_phase(phase.duration, [way[4][number] for way in ways]) for number, phase in enumerate(cycle)]
        movements = [self._movement(way, members) for way, members in ways.items()]
        return CrossingPlan(junction.id, (x, y), 0.0, False, movements, phases)

    def ways(self, connections: Sequence[Connection]) -> dict[Way, list[Connection]]:
        """The connections of each movement of a crossing, in the order of its movements."""
        cycle = self.cycle(connections)
        ways: dict[Way, list[Connection]] = {}
        for place, connection in enumerate(connections):
            shown = tuple((phase.green[place], phase.yields[place]) for phase in cycle)
            rank = _rank(connection, signalised=bool(self.signal(connections)))
            way = (connection.from_edge, connection.to_edge, TURNS[connection.direction], rank, shown)
            ways.setdefault(way, []).append(connection)
        return ways

    def cycle(self, connections: Sequence[Connection]) -> list[Shown]:
        """What each connection sees over one cycle; always green without a signal."""
        signal = self.signal(connections)
        if not signal:
            return [Shown(ALWAYS_S, (True,) * len(connections), (False,) * len(connections))]
        programme = self._programme(signal, connections)
        ways = [connection.links if connection.signal == signal else () for connection in connections]
        return phases_from(programme, ways, self._begin)

    def _programme(self, signal: str, connections: Sequence[Connection]) -> Programme:
        programme = self.signals[signal]
        for connection in connections:
            letters = len(programme.phases[0].state)
            if connection.signal == signal and max(connection.links) >= letters:
                expected = f"below {letters}, the letters of programme {programme.id!r} of this signal"
                raise connection.element.error(f"linkIndex={max(connection.links)}", expected)
        return self.signals[signal]

    def _movement(self, way: Way, connections: Sequence[Connection]) -> MovementPlan:
        start, end = self._net.edges[way[0]], self._net.edges[way[1]]
        links = [self._link(connection, start, end) for connection in connections]
        return MovementPlan(way[2], self._road[start.id], self._road[end.id], links, way[3])

    def _link(self, connection: Connection, start: Edge, end: Edge) -> LinkPlan:
        from_lane, to_lane = ends(self._net.edges, connection)
        places = _lanes(start, self._kept).index(from_lane), _lanes(end, self._kept).index(to_lane)
        parts = [from_lane.shape[-1:], *(lane.shape for lane in self.inside(connection)), to_lane.shape[:1]]
        path = _apart(self._place.local(np.concatenate(parts)))
        if polyline_length(path) < _SHORTEST_LINK_M:
            # Lanes that touch need a path all the same; it ends a little into the next lane.
            onward = self._place.local(to_lane.shape[:2])
            way = (onward[1] - onward[0]) / polyline_length(onward)
            path = np.array([onward[0], onward[0] + way * _SHORTEST_LINK_M])
        return LinkPlan(*places, path)

    def inside(self, connection: Connection) -> list[Lane]:
        """The internal lanes of a connection, one after another."""
        return [lane for part in connection.parts for lane in self._chain(part)]

    def _chain(self, name: str) -> list[Lane]:
        """An internal lane and those that follow it, where a junction is crossed in steps."""
        lanes: list[Lane] = []
        while name in self._net.internal_lanes and len(lanes) < len(self._net.internal_lanes):
            lanes.append(self._net.internal_lanes[name])
            name = self._net.internal_next.get(name, "")
        return lanes


def _phase(duration: float, shown: Sequence[tuple[bool, bool]]) -> PhasePlan:
    green = [position for position, (goes, _) in enumerate(shown) if goes]
    return PhasePlan(duration, green, [position for position in green if shown[position][1]])


def _rank(connection: Connection, *, signalised: bool) -> int:
    """The right of way of a connection: by its sign, at lights by its type."""
    kind = TURNS[connection.direction]
    if signalised:
        return kind
    if connection.gives_way:
        return _MINOR_STRAIGHT if kind == STRAIGHT else _MINOR_TURN
    return STRAIGHT if kind == STRAIGHT else _MAJOR_TURN


def _lanes(edge: Edge, kept: Kept) -> list[Lane]:
    """The kept lanes of an edge from the left, as the model numbers them."""
    return [lane for lane in reversed(edge.lanes) if lane.id in kept.lanes]


def _apart(points: Points) -> Points:
    """A polyline without points that repeat the one before."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    apart: Points = points[np.concatenate([[True], steps > 1e-6])]
    return apart
