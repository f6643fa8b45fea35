"""How fast a vehicle may approach and pass a crossing."""

from __future__ import annotations

from touyan.kernels.compiled import inlined

from .conflicts import TURN_SPEED, YIELD_DISTANCE_M, foe_at, is_green
from .following import speed_to_stop, stopping_distance
from .layout import NONE, World
from .rows import tail

MOVING_ON = 2.0  # m/s: the tail of a full lane counts as making room from this speed on


@inlined
def has_room(lane: int, slot: int, world: World) -> bool:
    """Whether a lane can take one more vehicle at its start."""
    vehicles, types = world.vehicles, world.types
    last = tail(lane, world)
    if last == NONE or vehicles[last].speed >= MOVING_ON:
        return True
    return vehicles[last].x > types.length[vehicles[last].kind] + types.length[vehicles[slot].kind]


@inlined
def pass_crosses(slot: int, link: int, x: float, speed: float, world: World) -> float:
    """The speed that stops before the first cross that is not free; notes who is yielded to.

    `x` is the place on the link in m, negative before the stop line.
    """
    net = world.net
    for place in range(net.links[link].cross_first, net.links[link].cross_last):
        near = net.crosses[place].distance - x
        if near < 0 or not world.busy[net.crosses[place].foe_link]:
            continue
        foe = foe_at(place, slot, near, link, world)
        if foe != NONE:
            world.vehicles[slot].next_blocker = world.vehicles[foe].number
            return min(speed, speed_to_stop(near - YIELD_DISTANCE_M, slot, world))
    return speed


@inlined
def approach_speed(slot: int, rest: float, wanted: float, world: World) -> float:
    """Next speed allowed by the crossing `rest` m ahead: signal, room behind it, others on it."""
    net, vehicles = world.net, world.vehicles
    speed = world.types.max_speed[vehicles[slot].kind]
    link = vehicles[slot].link
    blocked = not is_green(link, world) or not has_room(net.links[link].to_lane, slot, world)
    if blocked and vehicles[slot].speed == 0 and wanted <= 0:
        return speed  # it stands anyway
    if blocked and stopping_distance(slot, world) <= rest:
        return min(speed, speed_to_stop(rest, slot, world))
    if net.links[link].turns:
        speed = min(speed, TURN_SPEED)
    return pass_crosses(slot, link, -rest, speed, world)


@inlined
def crossing_speed(slot: int, drivable: int, wanted: float, world: World) -> float:
    """Next speed allowed by the crossing that a vehicle is on or comes to; `wanted` is what all else allows."""
    net, vehicles = world.net, world.vehicles
    kind, x = vehicles[slot].kind, vehicles[slot].x
    if drivable >= len(net.lanes):
        return pass_crosses(slot, vehicles[slot].link, x, world.types.max_speed[kind], world)
    rest = net.drivables[drivable].length - x
    if rest > world.types.look_ahead[kind] or vehicles[slot].link == NONE:
        return world.types.max_speed[kind]
    return approach_speed(slot, rest, wanted, world)
