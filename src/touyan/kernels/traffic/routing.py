"""The way of a vehicle along its route: which link it takes next."""

from __future__ import annotations

from touyan.kernels.compiled import compiled, inlined, outlined

from .layout import NONE, Bytes, Ints, Net


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


@inlined
def lanes_off(lane: int, road: int, net: Net) -> int:
    """How many lanes aside the nearest lane is that leads to a road; negative: to the inside, 0 when none does."""
    here = net.lanes[lane].road
    nearest = 0
    for other in range(net.road_lane_first[here], net.road_lane_first[here + 1]):
        if leads_to(other, road, net) and (nearest == 0 or abs(other - lane) < abs(nearest)):
            nearest = other - lane
    return nearest


@outlined
def way_on(lane: int, place: int, net: Net, roads: Ints) -> int:
    """The link to take from a lane: as `next_link`, else one from which a lane change leads on."""
    link = next_link(lane, place, net, roads)
    following = roads[place + 1]
    if link != NONE or following == NONE:
        return link
    after = roads[place + 2]
    best, least = NONE, 0
    for position in range(net.lanes[lane].link_first, net.lanes[lane].link_last):
        link = net.lane_links[position]
        if net.lanes[net.links[link].to_lane].road != following:
            continue
        distance = abs(lanes_off(net.links[link].to_lane, after, net))
        if best == NONE or distance < least:
            best, least = link, distance
    return best


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
