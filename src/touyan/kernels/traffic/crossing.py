"""How fast a vehicle may approach and pass a crossing."""

from __future__ import annotations

from touyan.kernels.compiled import inlined

from .conflicts import STRAIGHT_RANK, TURN_SPEED, YIELD_DISTANCE_M, is_green, may_pass
from .following import speed_to_stop, stopping_distance
from .layout import NONE, World

MOVING_ON = 2.0  # m/s: the tail of a full lane counts as making room from this speed on


@inlined
def has_room(lane: int, vehicle: int, world: World) -> bool:
    """Whether a lane can take one more vehicle at its start."""
    vehicles, types = world.vehicles, world.types
    tail = world.lists.tail[lane]
    if tail == NONE or vehicles.speed[tail] >= MOVING_ON:
        return True
    return vehicles.x[tail] > types.length[vehicles.kind[tail]] + types.length[vehicles.kind[vehicle]]


@inlined
def pass_crosses(vehicle: int, link: int, x: float, speed: float, world: World) -> float:
    """The speed that stops before the first cross that is not free; notes who is yielded to.

    `x` is the place on the link in m, negative before the stop line.
    """
    net = world.net
    for place in range(net.cross_first[link], net.cross_first[link + 1]):
        near = net.cross_distance[place] - x
        if near < 0 or may_pass(vehicle, near, place, world):
            continue
        world.planned.blocker[vehicle] = world.slots.vehicle[net.cross_foe[place]]
        return min(speed, speed_to_stop(near - YIELD_DISTANCE_M, vehicle, world.vehicles, world.types))
    return speed


@inlined
def crossing_speed(vehicle: int, world: World) -> float:
    """Next speed allowed by the signal, the room behind the crossing and the others on it."""
    net, vehicles, types = world.net, world.vehicles, world.types
    lanes = len(net.lane_link_first) - 1
    drivable, x = vehicles.drivable[vehicle], vehicles.x[vehicle]
    speed = types.max_speed[vehicles.kind[vehicle]]
    if drivable >= lanes:
        return pass_crosses(vehicle, drivable - lanes, x, speed, world)
    following = world.paths[vehicles.path[vehicle] + 1]
    rest = net.length[drivable] - x
    if following == NONE or rest > types.look_ahead[vehicles.kind[vehicle]]:
        return speed
    link = following - lanes
    blocked = not is_green(link, world) or not has_room(net.link_to[link], vehicle, world)
    if blocked and stopping_distance(vehicle, vehicles, types) <= rest:
        return min(speed, speed_to_stop(rest, vehicle, vehicles, types))
    if net.link_rank[link] != STRAIGHT_RANK:
        speed = min(speed, TURN_SPEED)
    return pass_crosses(vehicle, link, -rest, speed, world)
