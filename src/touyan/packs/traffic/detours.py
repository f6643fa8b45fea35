"""Another way for routes that a closure cuts off: as much of the route as can be driven stays."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from itertools import pairwise

from . import paths
from .network import RoadNetwork
from .routing import Route, Router


class Detours:
    """Ways around closed roads and lanes, each found once.

    With `lane_change` a route is open when its roads join; without, when every lane of it leads on too.
    """

    def __init__(
        self, network: RoadNetwork, roads: AbstractSet[int], lanes: AbstractSet[int], lane_change: bool = False
    ) -> None:
        self._network, self._lane_change = network, lane_change
        self._roads, self._lanes = frozenset(roads), frozenset(lanes)
        self._avoided = self._roads | {int(network.lane_road[lane]) for lane in lanes}
        self._router = Router(network)
        self._known: dict[Route, Route | None] = {}

    def around(self, route: Route) -> Route | None:
        """The route itself where it is open, else the least change that is; None where no way is open."""
        if route not in self._known:
            self._known[route] = route if self._open(route) else next(filter(self._open, self._others(route)), None)
        return self._known[route]

    def _open(self, route: Route) -> bool:
        """Whether the route can be driven, from every lane on which it may begin, without what is closed."""
        if not self._roads.isdisjoint(route) or self._break(route) is not None:
            return False
        return all(self._lanes.isdisjoint(self._lanes_on(route, lane)) for lane in self._first_lanes(route))

    def _break(self, route: Route) -> int | None:
        """The position of the road from which the route does not go on; None where it does."""
        try:
            if not self._lane_change:
                paths.check(self._network, route)
        except paths.DeadEnd as end:
            return end.position
        onward = self._network.roads_onward
        return next((place for place, (one, other) in enumerate(pairwise(route)) if other not in onward[one]), None)

    def _first_lanes(self, route: Route) -> list[int]:
        return paths.first_lanes(self._network, route) if self._lanes else []

    def _lanes_on(self, route: Route, first_lane: int) -> list[int]:
        return paths.drivables(self._network, route, first_lane)[::2]

    def _others(self, route: Route) -> Iterator[Route]:
        """Routes that leave and rejoin the old one ever further from where it is cut off."""
        if self._roads & {route[0], route[-1]}:
            return
        broken = self._break(route)
        torn = frozenset(() if broken is None else route[broken : broken + 2])
        shut = [place for place, road in enumerate(route) if road in self._avoided or broken == place - 1]
        for width in range(1, len(route)):
            start, end = max(min(shut) - width, 0), min(max(shut) + width, len(route) - 1)
            for closed in (self._avoided | torn, self._avoided, self._roads):
                # A road that is better avoided may yet be where the detour has to begin or end.
                way = self._router.path(route[start], route[end], closed - {route[start], route[end]})
                if way is not None:
                    yield (*route[:start], *way, *route[end + 1 :])
            if (start, end) == (0, len(route) - 1):
                return
