"""Breakdowns: a vehicle that stands, and those behind it wait."""

from __future__ import annotations

from touyan.kernels.compiled import inlined

from .layout import HOLDING, NONE, STEP, World


@inlined
def has_just_passed(slot: int, x: float, world: World) -> bool:
    """Whether a vehicle beyond a place was before it two seconds ago at its present speed."""
    return world.vehicles[slot].x - x <= 2.0 * world.vehicles[slot].speed


@inlined
def is_held(slot: int, world: World) -> bool:
    """Whether a vehicle has broken down."""
    incidents, step = world.incidents, world.tally[STEP]
    for row in range(len(incidents.lane)):
        if incidents.vehicle[row] == world.vehicles[slot].number and step < incidents.end[row]:
            return True
    return False


@inlined
def catch(row: int, world: World) -> None:
    """Let the first vehicle break down that has just passed the place of an incident."""
    incidents, rows, vehicles = world.incidents, world.rows, world.vehicles
    lane, x = incidents.lane[row], incidents.x[row]
    found = NONE
    for slot in range(rows.heads[lane].front, rows.heads[lane].front + rows.filled[lane]):
        if vehicles[slot].x >= x and vehicles[slot].number >= 0:
            found = slot
    if found != NONE and has_just_passed(found, x, world):
        incidents.vehicle[row] = vehicles[found].number


@inlined
def break_down(world: World) -> None:
    """Hold the first vehicle that passes the place of each incident that has begun."""
    incidents, step = world.incidents, world.tally[STEP]
    world.tally[HOLDING] = 0
    for row in range(len(incidents.lane)):
        if not incidents.start[row] <= step < incidents.end[row]:
            continue
        if incidents.vehicle[row] == NONE:
            catch(row, world)
        world.tally[HOLDING] += incidents.vehicle[row] != NONE
