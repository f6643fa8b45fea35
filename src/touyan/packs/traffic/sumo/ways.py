"""From rides to vehicles of the model: which can be driven, over which roads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import pairwise

import numpy as np

from .. import paths
from ..network import RoadNetwork
from ..routing import NoWay, Route, Router
from ..timetable import Timetable
from .records import Edge, Net
from .rides import Ride
from .vehicle_types import Types, columns


class Ways:
    """Finds the roads of rides, each different ride once; `left_out` counts vehicles without any."""

    def __init__(self, net: Net, short: frozenset[str], network: RoadNetwork, types: Types, lane_change: bool) -> None:
        self.left_out: Counter[str] = Counter()
        self._short = short
        self._net, self._network, self._types, self._lane_change = net, network, types, lane_change
        self._road = {name: index for index, name in enumerate(network.road_ids)}
        self._joined = {(way.from_edge, way.to_edge) for way in net.connections}
        self._found: dict[tuple[str, tuple[str, ...], bool], Route | str] = {}
        self._closed: dict[str, frozenset[int]] = {}
        self._router: Router | None = None

    def timetable(self, rides: Sequence[Ride], step_s: float) -> Timetable:
        """The vehicles that the model can drive, in the order of their departures; raises InputError."""
        rows = [(ride, route) for ride in rides if not isinstance(route := self._route(ride), str)]
        step = np.array([np.ceil(ride.depart / step_s - 1e-9) for ride, _ in rows], np.int32)
        order = np.argsort(step, kind="stable")
        rows = [rows[place] for place in order.tolist()]
        routes = {route: place for place, route in enumerate(dict.fromkeys(route for _, route in rows))}
        types = {name: place for place, name in enumerate(dict.fromkeys(ride.type for ride, _ in rows))}
        return Timetable(
            types=columns([self._types.single[name] for name in types], float(self._network.lane_speed_limit.max())),
            routes=list(routes),
            step=step[order],
            route=np.array([routes[route] for _, route in rows], np.int32),
            vehicle_type=np.array([types[ride.type] for ride, _ in rows], np.int32),
            names=[ride.id for ride, _ in rows],
        )

    def _route(self, ride: Ride) -> Route | str:
        """The roads of a ride, or the name of the count of those that have none."""
        vehicle_class = self._types.single[ride.type].vehicle_class
        key = (vehicle_class, ride.edges, ride.complete)
        if key not in self._found:
            self._found[key] = self._find(ride, vehicle_class)
        found = self._found[key]
        if isinstance(found, str):
            self.left_out[found] += 1
        return found

    def _find(self, ride: Ride, vehicle_class: str) -> Route | str:
        for name in ride.edges:
            if name not in self._net.edges:
                raise ride.element.error(f"the edge {name!r}, which does not exist", self._near(name))
        if not all(_admits(self._net.edges[name], vehicle_class) for name in ride.edges):
            return "closed-routes"
        roads = tuple(self._road[name] for name in ride.edges if name not in self._short)
        if not roads:
            return "short-routes"
        if ride.complete:
            self._check_joined(ride)
        route = roads if ride.complete else self._way(roads, vehicle_class)
        if route is None:
            return "no-way"
        if any(other not in self._network.roads_onward[one] for one, other in pairwise(route)):
            return "closed-routes"
        return route if self._lane_change or self._drivable(route) else "wrong-lanes"

    def _check_joined(self, ride: Ride) -> None:
        """Refuse a route with two edges that no connection joins, whoever may use it."""
        for start, end in pairwise(ride.edges):
            if (start, end) not in self._joined:
                onward = ", ".join(repr(other) for one, other in sorted(self._joined) if one == start)
                found = f"a route from edge {start!r} to edge {end!r}, which no connection joins"
                raise ride.element.error(found, f"one of the edges that {start!r} leads to: {onward or 'none'}")

    def _near(self, name: str) -> str:
        near = get_close_matches(name, self._net.edges, n=1)
        return f"the id of an edge of the network{f', {near[0]!r} perhaps' if near else ''}"

    def _way(self, anchors: Route, vehicle_class: str) -> Route | None:
        """The quickest way of a trip at the speed limits, over roads that its class may use."""
        if self._router is None:
            self._router = Router(self._network, _seconds(self._network))
        try:
            return self._router.joined(_different(anchors), self._closed_to(vehicle_class))
        except NoWay:
            return None

    def _closed_to(self, vehicle_class: str) -> frozenset[int]:
        if vehicle_class not in self._closed:
            edges = self._net.edges
            self._closed[vehicle_class] = frozenset(
                road for name, road in self._road.items() if not _admits(edges[name], vehicle_class)
            )
        return self._closed[vehicle_class]

    def _drivable(self, route: Route) -> bool:
        """Whether every lane on which a vehicle may begin leads to the end without a change of lanes."""
        try:
            paths.check(self._network, route)
        except paths.DeadEnd:
            return False
        return True


def _admits(edge: Edge, vehicle_class: str) -> bool:
    return any(lane.permission.admits(vehicle_class) for lane in edge.lanes)


def _different(anchors: Route) -> Route:
    """Anchors without those that repeat the one before."""
    return tuple(road for place, road in enumerate(anchors) if place == 0 or road != anchors[place - 1])


def _seconds(network: RoadNetwork) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Seconds to drive each road at its lanes' speed limit, on average."""
    lanes = np.diff(network.road_lane_first)
    return np.asarray(np.bincount(network.lane_road, network.lane_length / network.lane_speed_limit) / lanes)
