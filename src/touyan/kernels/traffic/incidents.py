"""Breakdowns: a vehicle that stands, and those behind it wait."""

from __future__ import annotations

from touyan.kernels.compiled import inlined

from .following import INTERVAL_S
from .layout import NONE, STEP, World


@inlined
def has_just_passed(vehicle: int, x: float, world: World) -> bool:
    """Whether a vehicle beyond a place was before it two seconds ago at its present speed."""
    return world.vehicles.x[vehicle] - x <= 2 * INTERVAL_S * world.vehicles.speed[vehicle]


@inlined
def break_down(world: World) -> None:
    """Hold the first vehicle that passes the place of each incident that has begun."""
    vehicles, incidents = world.vehicles, world.incidents
    step = world.tally[STEP]
    for number in range(len(incidents.lane)):
        begun = incidents.start[number] <= step < incidents.end[number]
        if not begun or incidents.vehicle[number] != NONE:
            continue
        vehicle = world.lists.tail[incidents.lane[number]]
        while vehicle != NONE and vehicles.x[vehicle] < incidents.x[number]:
            vehicle = vehicles.ahead[vehicle]
        if vehicle != NONE and has_just_passed(vehicle, incidents.x[number], world):
            vehicles.held_until[vehicle] = incidents.end[number]
            incidents.vehicle[number] = vehicle
