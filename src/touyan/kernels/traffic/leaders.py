"""Who drives ahead, and how far."""

from __future__ import annotations

from touyan.kernels.compiled import inlined, outlined

from .layout import LANE_CHANGE, NONE, World
from .routing import way_on
from .rows import fetch_heads, list_occupied, tail


@inlined
def behind(slot: int, distance: float, world: World) -> float:
    """The gap (m) to a vehicle on a drivable that begins `distance` m ahead."""
    vehicles = world.vehicles
    return distance + vehicles[slot].x - world.types.length[vehicles[slot].kind]


@inlined
def nearest_tail(lane: int, distance: float, world: World) -> tuple[int, float]:
    """The nearest tail on any link that starts at a lane, and the gap to it."""
    net = world.net
    lanes = len(net.lanes)
    nearest, smallest = NONE, 0.0
    for position in range(net.lanes[lane].link_first, net.lanes[lane].link_last):
        last = tail(lanes + net.lane_links[position], world)
        if last == NONE:
            continue
        gap = behind(last, distance, world)
        if nearest == NONE or gap < smallest:
            nearest, smallest = last, gap
    return nearest, smallest


@inlined
def look_ahead(slot: int, drivable: int, world: World) -> tuple[int, float]:
    """The leader of a head along its way, and the gap; NONE when nobody is within its view."""
    net, vehicles = world.net, world.vehicles
    lanes = len(net.lanes)
    view = world.types.look_ahead[vehicles[slot].kind]
    distance = net.drivables[drivable].length - vehicles[slot].x
    place, link = vehicles[slot].place, vehicles[slot].link
    if drivable >= lanes:  # as if it stood on the lane before, whose links are behind it
        place, lane = place + 1, net.links[link].to_lane
        last = tail(lane, world)
        if last != NONE:
            return last, behind(last, distance, world)
        distance += net.drivables[lane].length
        if distance > view:
            return NONE, 0.0
        link = way_on(lane, place, world)
    while link != NONE:
        last, gap = nearest_tail(net.links[link].from_lane, distance, world)
        if last != NONE:
            return last, gap
        distance += net.drivables[lanes + link].length
        if distance > view:
            return NONE, 0.0
        lane = net.links[link].to_lane
        last = tail(lane, world)
        if last != NONE:
            return last, behind(last, distance, world)
        distance += net.drivables[lane].length
        if distance > view:
            return NONE, 0.0
        place += 1
        link = way_on(lane, place, world)
    return NONE, 0.0


@inlined
def is_far_from_end(slot: int, drivable: int, world: World) -> bool:
    """Whether nobody beyond the end of a drivable can matter to a vehicle's speed."""
    vehicle, types = world.vehicles[slot], world.types
    rest = world.net.drivables[drivable].length - vehicle.x
    return rest - types.longest > types.clear_gap[vehicle.kind]


@inlined
def find_leader_of_head(drivable: int, world: World) -> None:
    """Note whom the head of a row follows; without a leader its gap keeps its old value."""
    rows, vehicles = world.rows, world.vehicles
    head = rows.heads[drivable].front
    rows.heads[drivable].leader_kind = NONE
    if not world.tally[LANE_CHANGE] and is_far_from_end(head, drivable, world):
        return
    leader, gap = look_ahead(head, drivable, world)
    if leader == NONE:
        return
    rows.heads[drivable].leader_kind = vehicles[leader].kind
    rows.heads[drivable].leader_speed = vehicles[leader].speed
    vehicles[head].gap = gap


@inlined
def find_gap(slot: int, world: World) -> None:
    """Set the gap of a vehicle to the one in the slot before it."""
    vehicles = world.vehicles
    vehicles[slot].gap = vehicles[slot - 1].x - world.types.length[vehicles[slot - 1].kind] - vehicles[slot].x


@inlined
def find_leaders_of_heads(begin: int, end: int, world: World) -> None:
    """Note whom the heads of rows follow on drivables listed as occupied."""
    for place in range(begin, end):
        fetch_heads(place, end, world)
        find_leader_of_head(world.rows.occupied[place], world)


@outlined
def find_all_leaders(first: int, last: int, world: World) -> None:
    """Set the gaps of all vehicles on drivables first ≤ d < last, after somebody came between others."""
    rows = world.rows
    find_leaders_of_heads(first, first + list_occupied(first, last, world), world)
    for drivable in range(first, last):
        head = rows.heads[drivable].front
        for slot in range(head + 1, head + rows.filled[drivable]):
            find_gap(slot, world)
