"""Which ways drivers take between two roads: the cheapest, or a choice among a few.

Alternatives are found by penalty: the cheapest way is searched again and again, each time with the roads of
the ways found so far made dearer (Cascetta, Transportation Systems Analysis, 2nd ed., 2009, section 4.3.3).
Drivers choose among them by a logit of what each costs relative to the cheapest.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .demand import Floats
from .network import RoadNetwork
from .paths import DeadEnd, check
from .routing import Route, Router, road_lengths

_PENALTY = 1.3
"""How much dearer each road of a way becomes once the way is found."""

_TRIES = 3
"""Searches for each alternative asked for; many find a way that is known, or one that lanes do not allow."""

_DETOUR = 1.6
"""Ways that cost more than so many times the cheapest are nobody's choice."""

SENSITIVITY = 10.0
"""Unless one says otherwise, a way that is a tenth dearer has 1/e of the drivers of the cheapest."""


class Choice(NamedTuple):
    """Ways between two roads, the cheapest first, and each one's drivers."""

    routes: list[Route]
    shares: Floats
    """Of all drivers between the two roads."""


class RouteChoice:
    """The ways that drivers take, each of which can be driven.

    Without `lane_change` every lane on which a way may begin leads on to its end.
    """

    def __init__(
        self,
        network: RoadNetwork,
        alternatives: int = 1,
        sensitivity: float = SENSITIVITY,
        *,
        lane_change: bool = False,
    ) -> None:
        self.network, self.alternatives, self.sensitivity = network, alternatives, sensitivity
        self._lane_change = lane_change
        self.router = Router(network, free_flow_times(network))
        self._choices: dict[tuple[int, int], Choice | None] = {}
        self._drivable: dict[Route, bool] = {}

    def between(self, from_road: int, to_road: int) -> Choice | None:
        """The ways between two different roads; None where there is none."""
        ends = (from_road, to_road)
        if ends not in self._choices:
            self._choices[ends] = self._choice(*ends)
        return self._choices[ends]

    def cost(self, route: Route) -> float:
        """Seconds along a route at the speed limit, the first road excluded."""
        return float(self.router.cost[list(route[1:])].sum())

    def _choice(self, from_road: int, to_road: int) -> Choice | None:
        if from_road == to_road:
            return None
        cheapest = self.router.path(from_road, to_road)
        routes = self._found(cheapest) if cheapest else []
        if not routes:
            return None
        costs = np.array([self.cost(route) for route in routes])
        order = np.argsort(costs, kind="stable")
        weight = np.exp(-self.sensitivity * (costs[order] / costs.min() - 1))
        return Choice([routes[index] for index in order.tolist()], weight / weight.sum())

    def _found(self, cheapest: Route) -> list[Route]:
        """Different ways that can be driven, no wide detours, at most as many as asked for."""
        found = [cheapest] if self._can_drive(cheapest) else []
        dearest = self.cost(cheapest) * _DETOUR
        way, cost = cheapest, self.router.cost.copy()
        for _ in range(_TRIES * self.alternatives):
            if len(found) == self.alternatives:
                break
            cost[list(way)] *= _PENALTY
            way = self.router.priced(cost.copy()).path(way[0], way[-1]) or way
            if way not in found and self.cost(way) <= dearest and self._can_drive(way):
                found.append(way)
        return found

    def _can_drive(self, route: Route) -> bool:
        if self._lane_change:
            return True
        if route not in self._drivable:
            try:
                check(self.network, route)
            except DeadEnd:
                self._drivable[route] = False
            else:
                self._drivable[route] = True
        return self._drivable[route]


def free_flow_times(network: RoadNetwork) -> Floats:
    """Seconds to drive each road at its fastest lane's speed limit."""
    fastest = np.maximum.reduceat(network.lane_speed_limit, network.road_lane_first[:-1])
    times: Floats = road_lengths(network) / fastest
    return times
