"""The way of a vehicle along its route: which link it takes next."""

from __future__ import annotations

import numpy as np

from touyan.kernels.compiled import compiled, inlined, outlined

from .layout import LANE_CHANGE, NONE, Bytes, Floats, Ints, Net, Ways, World

SHORT_ROAD_M = 100.0  # on a road of this length a lane change counts twice
IMPOSSIBLE = 1e9


@inlined
def leads_to(lane: int, road: int, net: Net) -> bool:
    """Whether a link leads from a lane to a road."""
    if net.lanes[lane].leads_to != NONE:
        return net.lanes[lane].leads_to == road
    for position in range(net.lanes[lane].link_first, net.lanes[lane].link_last):
        if net.lanes[net.links[net.lane_links[position]].to_lane].road == road:
            return True
    return False


@inlined
def next_link(lane: int, place: int, net: Net, roads: Ints) -> int:
    """The link to the lane nearest to one's own from which the route goes on; NONE if there is none.

    `place` is where the lane's road is on the route.
    """
    following = roads[place + 1]
    if following == NONE or (net.lanes[lane].leads_to != NONE and net.lanes[lane].leads_to != following):
        return NONE
    after = roads[place + 2]
    best, least = NONE, 0
    for position in range(net.lanes[lane].link_first, net.lanes[lane].link_last):
        link = net.lane_links[position]
        end = net.links[link].to_lane
        if net.lanes[end].road != following or (after != NONE and not leads_to(end, after, net)):
            continue
        distance = abs(net.lanes[end].index - net.lanes[lane].index)
        if best == NONE or distance < least:
            best, least = link, distance
    return best


@outlined
def way_on(lane: int, place: int, world: World) -> int:
    """The link to take from a lane; NONE on the last road and where the route does not go on from it."""
    if world.tally[LANE_CHANGE]:
        return world.ways.link[world.ways.base[place] + world.net.lanes[lane].index]
    return next_link(lane, place, world.net, world.roads)


@inlined
def lanes_aside(lane: int, place: int, world: World) -> int:
    """How many lanes outwards (negative: inwards) a vehicle should be to follow its route best."""
    if world.tally[LANE_CHANGE]:
        return world.ways.aside[world.ways.base[place] + world.net.lanes[lane].index]
    return 0


# ---------------------------------------------------------------- which lanes to use, worked out once for each route


@compiled
def plan_ways(net: Net, roads: Ints, first: Ints, ways: Ways) -> None:
    """Fill in `ways` for routes: fewest changes, and rather on long roads than on short ones.

    Routes begin at `first` on `roads`; `ways.base` is given.
    """
    cost = np.zeros(len(ways.link))
    for route in range(len(first)):
        place = first[route]
        while roads[place + 1] != NONE:
            place += 1
        while place >= first[route]:
            plan_road(place, net, roads, ways, cost)
            place -= 1


@inlined
def plan_road(place: int, net: Net, roads: Ints, ways: Ways, cost: Floats) -> None:
    """Fill in the lanes of one road, given those of the road after it."""
    begin = net.road_lane_first[roads[place]]
    lanes = net.road_lane_first[roads[place] + 1] - begin
    base = ways.base[place]
    last = roads[place + 1] == NONE
    for index in range(lanes):
        ways.link[base + index] = NONE if last else best_link(begin + index, place, net, roads, ways, cost)
    effort = 1.0 + SHORT_ROAD_M / net.drivables[begin].length
    for index in range(lanes):
        aside = 0 if last else best_aside(index, lanes, effort, place, net, ways, cost)
        ways.aside[base + index] = aside
    for index in range(lanes):
        own = ways.aside[base + index]
        cost[base + index] = 0.0 if last else effort * abs(own) + after(base + index + own, place, net, ways, cost)


@inlined
def after(entry: int, place: int, net: Net, ways: Ways, cost: Floats) -> float:
    """The effort from the next road on, from a lane's link."""
    link = ways.link[entry]
    if link == NONE:
        return IMPOSSIBLE
    return cost[ways.base[place + 1] + net.lanes[net.links[link].to_lane].index]


@inlined
def best_link(lane: int, place: int, net: Net, roads: Ints, ways: Ways, cost: Floats) -> int:
    """The link with the least effort after it; of equal ones that to the nearest lane."""
    best, least, nearest = NONE, IMPOSSIBLE, 0
    for position in range(net.lanes[lane].link_first, net.lanes[lane].link_last):
        link = net.lane_links[position]
        end = net.links[link].to_lane
        if net.lanes[end].road != roads[place + 1]:
            continue
        effort = cost[ways.base[place + 1] + net.lanes[end].index]
        distance = abs(net.lanes[end].index - net.lanes[lane].index)
        if best == NONE or effort < least or (effort == least and distance < nearest):
            best, least, nearest = link, effort, distance
    return best


@inlined
def best_aside(index: int, lanes: int, effort: float, place: int, net: Net, ways: Ways, cost: Floats) -> int:
    """How many lanes to move on this road for the least effort in all; of equal ones the fewest."""
    base = ways.base[place]
    best, least = 0, after(base + index, place, net, ways, cost)
    for other in range(lanes):
        total = effort * abs(other - index) + after(base + other, place, net, ways, cost)
        if total < least or (total == least and abs(other - index) < abs(best)):
            best, least = other - index, total
    return best


@compiled
def best_lanes(net: Net, roads: Ints, first: Ints, ways: Ways, usable: Bytes) -> None:
    """Leave in `usable` only those lanes of the first road from which no change is needed on it."""
    for route in range(len(first)):
        road = roads[first[route]]
        for index in range(net.road_lane_first[road + 1] - net.road_lane_first[road]):
            if ways.aside[ways.base[first[route]] + index] != 0:
                usable[route, index] = 0


# ---------------------------------------------------------------- routes that break off


@compiled
def dead_ends(net: Net, roads: Ints, first: Ints, usable: Bytes, change: bool) -> Ints:
    """Where each route breaks off: the place on `roads` of the last road that can be reached, NONE if all can.

    `usable` (a row a route, an element a lane of its first road) receives the lanes on which it may begin.
    With lane change roads need only join; without, every lane of the way must lead on.
    """
    broken = first.copy()
    for route in range(len(first)):
        broken[route] = dead_end(net, roads, first[route], usable[route], change)
    return broken


@inlined
def dead_end(net: Net, roads: Ints, first: int, usable: Bytes, change: bool) -> int:
    """Where one route breaks off; notes the lanes on which it may begin."""
    found = False
    road = roads[first]
    begin = net.road_lane_first[road]
    for lane in range(begin, net.road_lane_first[road + 1]):
        if roads[first + 1] == NONE or leads_to(lane, roads[first + 1], net):
            usable[lane - begin] = 1
            found = True
            broken = break_by_road(net, roads, first) if change else break_by_lane(net, roads, first, lane)
            if broken != NONE:
                return broken
    return NONE if found else first


@inlined
def break_by_lane(net: Net, roads: Ints, first: int, lane: int) -> int:
    """Where a vehicle that begins on a lane and never changes lanes comes to a dead end."""
    place = first
    while roads[place + 1] != NONE:
        link = next_link(lane, place, net, roads)
        if link == NONE:
            return place
        lane = net.links[link].to_lane
        place += 1
    return NONE


@inlined
def break_by_road(net: Net, roads: Ints, first: int) -> int:
    """Where a route names a road that no lane of the road before leads to."""
    place = first
    while roads[place + 1] != NONE:
        joined = False
        for lane in range(net.road_lane_first[roads[place]], net.road_lane_first[roads[place] + 1]):
            joined = joined or leads_to(lane, roads[place + 1], net)
        if not joined:
            return place
        place += 1
    return NONE
