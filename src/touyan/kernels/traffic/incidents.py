"""Breakdowns: a vehicle that stands, and those behind it wait."""

from __future__ import annotations

from touyan.kernels.compiled import inlined

from .layout import NONE, STEP, World


@inlined
def break_down(world: World) -> None:
    """Hold the last vehicle that has passed the place of each incident that has begun."""
    vehicles, incidents = world.vehicles, world.incidents
    step = world.tally[STEP]
    for number in range(len(incidents.lane)):
        begun = incidents.start[number] <= step < incidents.end[number]
        if not begun or incidents.vehicle[number] != NONE:
            continue
        vehicle = world.lists.tail[incidents.lane[number]]
        while vehicle != NONE and vehicles.x[vehicle] < incidents.x[number]:
            vehicle = vehicles.ahead[vehicle]
        if vehicle != NONE:
            vehicles.held_until[vehicle] = incidents.end[number]
            incidents.vehicle[number] = vehicle
