"""Right of way where links cross: who is near, and who may go first."""

from __future__ import annotations

import math

from touyan.kernels.compiled import inlined

from .following import INTERVAL_S, stopping_distance
from .layout import NONE, World

YIELD_DISTANCE_M = 5.0  # a yielding vehicle stops this far before the cross
TURN_SPEED = 8.3333  # m/s, of turning vehicles near the stop line
STRAIGHT_RANK = 3


@inlined
def is_green(link: int, world: World) -> bool:
    """Whether the signal lets a link's movement go."""
    net = world.net
    crossing = net.link_crossing[link]
    row = net.phase_first[crossing] + world.signals.phase[crossing]
    return net.phase_green[row, net.link_movement[link]] != 0


@inlined
def notify_leaving(link: int, place: int, world: World) -> int:
    """Note the vehicle that has just left the link while its rear is still on it."""
    net, vehicles, slots = world.net, world.vehicles, world.slots
    lanes = len(net.lane_link_first) - 1
    tail = world.lists.tail[net.link_to[link]]
    if tail == NONE or vehicles.previous[tail] != lanes + link:
        return place
    front = vehicles.x[tail]
    rear = front - world.types.length[vehicles.kind[tail]]
    while place >= net.cross_first[link]:
        rest = net.length[lanes + link] - net.cross_distance[place]
        if rest + rear >= 0:
            break
        slots.vehicle[place] = tail
        slots.distance[place] = -(front + rest)
        place -= 1
    return place


@inlined
def notify_driving(link: int, place: int, world: World) -> int:
    """Note the vehicles on the link, the head first, at the crosses they have not cleared."""
    net, vehicles, slots = world.net, world.vehicles, world.slots
    vehicle = world.lists.head[len(net.lane_link_first) - 1 + link]
    while vehicle != NONE:
        x = vehicles.x[vehicle]
        length = world.types.length[vehicles.kind[vehicle]]
        while place >= net.cross_first[link]:
            distance = net.cross_distance[place]
            if x > distance and x - distance - length > 0:
                break
            slots.vehicle[place] = vehicle
            slots.distance[place] = distance - x
            place -= 1
        vehicle = vehicles.behind[vehicle]
    return place


@inlined
def notify_coming(link: int, place: int, world: World) -> int:
    """Note the head of the start lane, however far, if it will take this link and has green."""
    net, vehicles, slots = world.net, world.vehicles, world.slots
    lanes = len(net.lane_link_first) - 1
    lane = net.link_from[link]
    head = world.lists.head[lane]
    if head == NONE or world.paths[vehicles.path[head] + 1] != lanes + link or not is_green(link, world):
        return place
    rest = net.length[lane] - vehicles.x[head]
    while place >= net.cross_first[link]:
        slots.vehicle[place] = head
        slots.distance[place] = rest + net.cross_distance[place]
        place -= 1
    return place


@inlined
def notify(world: World) -> None:
    """Write into every cross the nearest vehicle of each link that has not cleared it."""
    net, slots = world.net, world.slots
    for link in range(len(net.link_from)):
        first, last = net.cross_first[link], net.cross_first[link + 1] - 1
        if slots.touched[link]:
            for place in range(first, last + 1):
                slots.vehicle[place] = NONE
        place = notify_coming(link, notify_driving(link, notify_leaving(link, last, world), world), world)
        slots.touched[link] = place != last


@inlined
def can_yield(distance: float, vehicle: int, world: World) -> bool:
    """Whether a vehicle can still stop before the cross, or has cleared it."""
    vehicles, types = world.vehicles, world.types
    if distance > 0:
        return stopping_distance(vehicle, vehicles, types) < distance - YIELD_DISTANCE_M
    return distance < 0 and distance + types.length[vehicles.kind[vehicle]] < 0


@inlined
def steps_to_reach(distance: float, vehicle: int, is_turn: bool, world: World) -> int:
    """Steps that a vehicle needs to a point ahead when it speeds up as usual."""
    if distance <= 0:
        return 0
    kind = world.vehicles.kind[vehicle]
    speed = world.vehicles.speed[vehicle]
    target = TURN_SPEED if is_turn else world.types.max_speed[kind]
    acceleration = world.types.usual_pos_acc[kind]
    if speed > target:
        return math.ceil(distance / speed)
    whole = math.floor((target - speed) / acceleration / INTERVAL_S)
    reached = speed + whole * acceleration / INTERVAL_S
    needed = (speed + reached) / 2 * whole * INTERVAL_S
    if reached < target:
        needed += (reached + target) / 2 * INTERVAL_S
    if needed > distance:
        root = math.sqrt(speed * speed + 2 * acceleration * distance)
        return math.ceil((root - speed) / acceleration / INTERVAL_S)
    speeding_up = math.ceil((target - speed) / acceleration / INTERVAL_S)
    return speeding_up + math.ceil((distance - needed) / target / INTERVAL_S)


@inlined
def goes_first(vehicle: int, near: float, foe: int, foe_near: float, place: int, world: World) -> bool:
    """Whether the right of way is the vehicle's and not the foe's, both able to yield."""
    net, vehicles = world.net, world.vehicles
    rank = net.link_rank[net.cross_link[place]]
    foe_rank = net.link_rank[net.cross_link[net.cross_foe[place]]]
    if rank > foe_rank:
        return True
    if foe_near <= 0:
        return foe_near + world.types.length[vehicles.kind[foe]] < 0
    steps = steps_to_reach(near, vehicle, rank != STRAIGHT_RANK, world)
    foe_steps = steps_to_reach(foe_near, foe, foe_rank != STRAIGHT_RANK, world)
    if rank < foe_rank or steps != foe_steps:
        return foe_steps > steps
    if vehicles.link_step[vehicle] != vehicles.link_step[foe]:
        return vehicles.link_step[vehicle] < vehicles.link_step[foe]
    if near != foe_near:
        return near < foe_near
    return vehicles.priority[vehicle] > vehicles.priority[foe]


@inlined
def waits_in_a_circle(vehicle: int, world: World) -> bool:
    """Whether the chain of who yields to whom, from a vehicle on, closes on itself."""
    blocker = world.vehicles.blocker
    slow = fast = vehicle
    while fast != NONE and blocker[fast] != NONE:
        slow = blocker[slow]
        fast = blocker[blocker[fast]]
        if slow == fast:
            return True
    return False


@inlined
def may_pass(vehicle: int, near: float, place: int, world: World) -> bool:
    """Whether a vehicle may pass a cross that lies `near` m ahead."""
    opposite = world.net.cross_foe[place]
    foe = world.slots.vehicle[opposite]
    if foe == NONE or not can_yield(near, vehicle, world):
        return True
    foe_near = world.slots.distance[opposite]
    if can_yield(foe_near, foe, world) and goes_first(vehicle, near, foe, foe_near, place, world):
        return True
    return waits_in_a_circle(foe, world)
