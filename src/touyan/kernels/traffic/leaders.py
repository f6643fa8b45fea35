"""Who drives ahead, and how far."""

from __future__ import annotations

from touyan.kernels.compiled import inlined

from .layout import NONE, RUNNING, World


@inlined
def nearest_tail(lane: int, distance: float, world: World) -> tuple[int, float]:
    """The nearest tail on any link that starts at a lane, and the gap to it."""
    lists, vehicles, net = world.lists, world.vehicles, world.net
    nearest, smallest = NONE, 0.0
    for position in range(net.lane_link_first[lane], net.lane_link_first[lane + 1]):
        tail = lists.tail[len(net.lane_link_first) - 1 + net.lane_links[position]]
        if tail == NONE:
            continue
        gap = distance + vehicles.x[tail] - world.types.length[vehicles.kind[tail]]
        if nearest == NONE or gap < smallest:
            nearest, smallest = tail, gap
    return nearest, smallest


@inlined
def find_ahead(vehicle: int, world: World) -> None:
    """Set leader and gap of the head of a drivable by looking along its path."""
    net, vehicles = world.net, world.vehicles
    lanes = len(net.lane_link_first) - 1
    vehicles.leader[vehicle] = NONE
    distance = net.length[vehicles.drivable[vehicle]] - vehicles.x[vehicle]
    place = vehicles.path[vehicle] + 1
    while world.paths[place] != NONE:
        drivable = world.paths[place]
        if drivable >= lanes:
            leader, gap = nearest_tail(net.link_from[drivable - lanes], distance, world)
        else:
            leader = world.lists.tail[drivable]
            gap = distance + vehicles.x[leader] - world.types.length[vehicles.kind[leader]] if leader != NONE else 0.0
        if leader != NONE:
            vehicles.leader[vehicle] = leader
            vehicles.gap[vehicle] = gap
            return
        distance += net.length[drivable]
        if distance > world.types.look_ahead[vehicles.kind[vehicle]]:
            return
        place += 1


@inlined
def find_leader(vehicle: int, world: World) -> None:
    """Set leader and gap of one vehicle; without a leader the gap keeps its old value."""
    vehicles = world.vehicles
    ahead = vehicles.ahead[vehicle]
    if ahead == NONE:
        find_ahead(vehicle, world)
        return
    vehicles.leader[vehicle] = ahead
    length = world.types.length[vehicles.kind[ahead]]
    vehicles.gap[vehicle] = vehicles.x[ahead] - length - vehicles.x[vehicle]


@inlined
def find_leaders(world: World) -> None:
    """Set leader and gap of every running vehicle."""
    for position in range(world.tally[RUNNING]):
        find_leader(world.lists.active[position], world)
