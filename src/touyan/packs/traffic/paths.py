"""The way of a vehicle through the network, once its first lane is known."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from .network import RoadNetwork


class DeadEnd(ValueError):
    """A route that breaks off: no link leads from `lane` (or any lane of `road`) on to `next_road`."""

    def __init__(self, network: RoadNetwork, position: int, road: int, next_road: int, lane: int | None = None) -> None:
        start = f"road {network.road_ids[road]!r}" if lane is None else f"lane {network.lane_ids[lane]!r}"
        super().__init__(f"no link leads from {start} on to road {network.road_ids[next_road]!r}")
        self.position, self.road, self.next_road, self.lane = position, road, next_road, lane


def first_lanes(network: RoadNetwork, route: tuple[int, ...]) -> list[int]:
    """Lanes of the first road on which a vehicle may begin; raises DeadEnd when there is none."""
    if len(route) == 1:
        return list(network.lanes_of(route[0]))
    lanes = [lane for lane in network.lanes_of(route[0]) if (lane, route[1]) in network.links_onward]
    if not lanes:
        raise DeadEnd(network, 0, route[0], route[1])
    return lanes


def drivables(network: RoadNetwork, route: tuple[int, ...], first_lane: int) -> list[int]:
    """Lane, link, lane, … of a vehicle that begins on a lane; raises DeadEnd where it cannot go on.

    Link k is numbered `network.lane_count + k`.
    """
    return list(_way(network, route, first_lane))


def check(network: RoadNetwork, route: tuple[int, ...]) -> None:
    """Raise DeadEnd unless the route can be driven from every lane on which it may begin."""
    for position, (road, following) in enumerate(pairwise(route)):
        if following not in network.roads_onward[road]:
            raise DeadEnd(network, position, road, following)
    for lane in first_lanes(network, route):
        for _ in _way(network, route, lane):
            pass


def _way(network: RoadNetwork, route: tuple[int, ...], lane: int) -> Iterator[int]:
    yield lane
    for position, (road, following) in enumerate(pairwise(route)):
        after = route[position + 2] if position + 2 < len(route) else None
        link = _next_link(network, lane, following, after)
        if link is None:
            raise DeadEnd(network, position, road, following, lane)
        yield network.lane_count + link
        lane = int(network.link_to_lane[link])
        yield lane


def _next_link(network: RoadNetwork, lane: int, following: int, after: int | None) -> int | None:
    """The link to the lane nearest to one's own from which the route goes on."""
    links = network.links_onward.get((lane, following), [])
    if after is not None:
        links = [link for link in links if (int(network.link_to_lane[link]), after) in network.links_onward]
    own = network.lane_index[lane]
    return min(links, key=lambda link: abs(int(network.lane_index[network.link_to_lane[link]] - own)), default=None)
