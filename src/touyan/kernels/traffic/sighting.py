"""What a camera above a stop line sees: each vehicle of its lane, and those that are crossing from it."""

from __future__ import annotations

from touyan.kernels.compiled import compiled, inlined

from .layout import Floats, Ints, World
from .sensing import HALTING_SPEED


@compiled
def count_seen(world: World, seen: Ints) -> None:
    """Vehicles that the camera of each lane sees; shadows of lane changes are nobody."""
    lanes = len(world.net.lanes)
    seen[:] = 0
    for drivable in range(len(world.rows.filled)):
        lane = drivable if drivable < lanes else world.net.links[drivable - lanes].from_lane
        front = world.rows.heads[drivable].front
        for slot in range(front, front + world.rows.filled[drivable]):
            if world.vehicles[slot].number >= 0:
                seen[lane] += 1


@compiled
def list_seen(world: World, begin: Ints, distance: Floats, speed: Floats) -> None:
    """Distance to the stop line (m, negative beyond it) and speed (m/s) of each vehicle seen.

    The vehicles of lane l are to be written from `begin[l]` on, which is moved; links come first.
    """
    lanes = len(world.net.lanes)
    for drivable in range(lanes, len(world.rows.filled)):
        list_row(drivable, world.net.links[drivable - lanes].from_lane, 0.0, world, begin, distance, speed)
    for lane in range(lanes):
        list_row(lane, lane, world.net.drivables[lane].length, world, begin, distance, speed)


@inlined
def list_row(
    drivable: int, lane: int, stop_line: float, world: World, begin: Ints, distance: Floats, speed: Floats
) -> None:
    """Write down the vehicles of one drivable; the stop line is at `stop_line` m along it."""
    front = world.rows.heads[drivable].front
    for slot in range(front, front + world.rows.filled[drivable]):
        if world.vehicles[slot].number >= 0:
            distance[begin[lane]] = stop_line - world.vehicles[slot].x
            speed[begin[lane]] = world.vehicles[slot].speed
            begin[lane] += 1


@compiled
def count_near(world: World, reach: float, halting: Floats, moving: Floats) -> None:
    """Vehicles of each lane that halt, and those that move within `reach` m of its end."""
    for lane in range(len(world.net.lanes)):
        halting[lane] = moving[lane] = 0.0
        from_m = world.net.drivables[lane].length - reach
        front = world.rows.heads[lane].front
        for slot in range(front, front + world.rows.filled[lane]):
            if world.vehicles[slot].speed < HALTING_SPEED:
                halting[lane] += 1
            elif world.vehicles[slot].x >= from_m:
                moving[lane] += 1
