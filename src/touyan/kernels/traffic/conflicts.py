"""Right of way where links cross: who is near, and who may go first.

The reference model writes the nearest vehicle into both sides of every cross, each second; here it is looked up
when somebody asks, and only where a link is marked busy.
"""

from __future__ import annotations

import math

from touyan.kernels.compiled import inlined

from .following import stopping_distance
from .layout import NONE, PATIENCE, STEP, World
from .rows import fetch_heads, priority_of, slot_of, tail

YIELD_DISTANCE_M = 5.0  # a yielding vehicle stops this far before the cross
TURN_SPEED = 8.3333  # m/s, of turning vehicles near the stop line
ROUNDING_M = 1e-6  # so that a mark is never missing for want of the last digit


@inlined
def is_green(link: int, world: World) -> bool:
    """Whether the signal lets a link's movement go; where there is none, always."""
    return world.signals.green[link] != 0


@inlined
def note_lane(lane: int, world: World) -> None:
    """Mark the link that a lane's head will take, and the one that its tail has not quite left."""
    net, vehicles, rows = world.net, world.vehicles, world.rows
    lanes = len(net.lanes)
    head = rows.heads[lane].front
    coming = vehicles[head].link
    if coming != NONE and is_green(coming, world):
        world.busy[coming] = 1
    last = head + rows.filled[lane] - 1
    if vehicles[last].x - world.types.length[vehicles[last].kind] < ROUNDING_M:
        left = world.histories[last].previous - lanes
        if left >= 0 and net.links[left].to_lane == lane:
            world.busy[left] = 1


@inlined
def clear_busy(first: int, last: int, world: World) -> None:
    """Forget the marks of the step before, but for links with somebody on them; first ≤ link < last."""
    lanes = len(world.net.lanes)
    for link in range(first, last):
        world.busy[link] = world.rows.filled[lanes + link] > 0


@inlined
def note_busy(begin: int, end: int, world: World) -> None:
    """Mark the links near which somebody is, on the lanes among those listed as occupied."""
    lanes, occupied = len(world.net.lanes), world.rows.occupied
    for place in range(begin, end):
        if occupied[place] >= lanes:
            break
        fetch_heads(place, end, world)
        note_lane(occupied[place], world)


@inlined
def nearest(link: int, distance: float, world: World) -> tuple[int, float]:
    """Who of a link is nearest to a point on it and has not cleared it, and how far before it (m)."""
    net, vehicles, rows, types = world.net, world.vehicles, world.rows, world.types
    lanes = len(net.lanes)
    leaving = tail(net.links[link].to_lane, world)
    if leaving != NONE and world.histories[leaving].previous == lanes + link:
        rest = net.drivables[lanes + link].length - distance
        if rest + (vehicles[leaving].x - types.length[vehicles[leaving].kind]) < 0:
            return leaving, -(vehicles[leaving].x + rest)
    head = rows.heads[lanes + link].front
    for slot in range(head, head + rows.filled[lanes + link]):
        x = vehicles[slot].x
        if x <= distance or x - distance - types.length[vehicles[slot].kind] <= 0:
            return slot, distance - x
    lane = net.links[link].from_lane
    first = rows.heads[lane].front
    if rows.filled[lane] > 0 and vehicles[first].link == link and is_green(link, world):
        return first, net.drivables[lane].length - vehicles[first].x + distance
    return NONE, 0.0


@inlined
def can_yield(distance: float, slot: int, world: World) -> bool:
    """Whether a vehicle can still stop before the cross, or has cleared it."""
    if distance > 0:
        return stopping_distance(slot, world) < distance - YIELD_DISTANCE_M
    return distance < 0 and distance + world.types.length[world.vehicles[slot].kind] < 0


@inlined
def steps_to_reach(distance: float, slot: int, is_turn: bool, world: World) -> int:
    """Steps that a vehicle needs to a point ahead when it speeds up as usual."""
    if distance <= 0:
        return 0
    interval = world.interval
    kind = world.vehicles[slot].kind
    speed = world.vehicles[slot].speed
    target = TURN_SPEED if is_turn else world.types.max_speed[kind]
    acceleration = world.types.usual_pos_acc[kind]
    if speed > target:
        return math.ceil(distance / speed)
    whole = math.floor((target - speed) / acceleration / interval)
    reached = speed + whole * acceleration / interval
    covered = (speed + reached) / 2 * whole * interval
    if reached < target:
        covered += (reached + target) / 2 * interval
    if covered > distance:
        root = math.sqrt(speed * speed + 2 * acceleration * distance)
        return math.ceil((root - speed) / acceleration / interval)
    speeding_up = math.ceil((target - speed) / acceleration / interval)
    return speeding_up + math.ceil((distance - covered) / target / interval)


@inlined
def goes_first(slot: int, near: float, foe: int, foe_near: float, link: int, foe_link: int, world: World) -> bool:
    """Whether the right of way is the vehicle's and not the foe's, both able to yield."""
    links = world.net.links
    rank, foe_rank = links[link].rank, links[foe_link].rank
    vehicles = world.vehicles
    if rank > foe_rank:
        return True
    if foe_near <= 0:
        return foe_near + world.types.length[vehicles[foe].kind] < 0
    steps = steps_to_reach(near, slot, links[link].turns != 0, world)
    foe_steps = steps_to_reach(foe_near, foe, links[foe_link].turns != 0, world)
    if rank < foe_rank or steps != foe_steps:
        return foe_steps > steps
    if world.histories[slot].link_step != world.histories[foe].link_step:
        return world.histories[slot].link_step < world.histories[foe].link_step
    if near != foe_near:
        return near < foe_near
    return priority_of(vehicles[slot].number, world) > priority_of(vehicles[foe].number, world)


@inlined
def blocker_of(slot: int, world: World) -> int:
    """The slot of the vehicle that another one yields to; NONE when there is none."""
    return slot_of(world.vehicles[slot].blocker, world)


@inlined
def waits_in_a_circle(slot: int, world: World) -> bool:
    """Whether the chain of who yields to whom, from a vehicle on, closes on itself."""
    slow = fast = slot
    while fast != NONE:
        fast = blocker_of(fast, world)
        if fast == NONE:
            return False
        slow = blocker_of(slow, world)
        fast = blocker_of(fast, world)
        if slow == fast:
            return fast != NONE
    return False


@inlined
def is_impatient(slot: int, world: World) -> bool:
    """Whether a vehicle has stood for so long that it takes its turn without the right of way."""
    patience, since = world.tally[PATIENCE], world.histories[slot].halt_step
    return patience > 0 and since != NONE and world.tally[STEP] - since >= patience


@inlined
def foe_at(place: int, slot: int, near: float, link: int, world: World) -> int:
    """Slot of the vehicle to yield to at a cross of a busy link that lies `near` m ahead; NONE when one may pass."""
    net = world.net
    foe_link = net.crosses[place].foe_link
    if not can_yield(near, slot, world):
        return NONE
    foe, foe_near = nearest(foe_link, net.crosses[place].foe_distance, world)
    if foe == NONE:
        return NONE
    if can_yield(foe_near, foe, world) and goes_first(slot, near, foe, foe_near, link, foe_link, world):
        return NONE
    return NONE if waits_in_a_circle(foe, world) or is_impatient(slot, world) else foe
