"""Vehicles come into being and enter the network."""

from __future__ import annotations

from touyan.kernels.compiled import inlined, outlined

from .layout import CREATED, DISTURBED, NEVER, NONE, RUNNING, STEP, World
from .leaders import find_gap, find_leader_of_head
from .routing import lanes_aside, way_on
from .rows import make_room_for_one, note_slot, tail


@inlined
def queue(number: int, lane: int, world: World) -> None:
    """Put a vehicle at the end of a lane's waiting buffer."""
    first, last = world.wait_first, world.wait_last
    if last[lane] == NONE:
        first[lane] = number
    else:
        world.trips.queued[last[lane]] = number
    last[lane] = number


@inlined
def unqueue(lane: int, world: World) -> int:
    """Take the first vehicle out of a lane's waiting buffer."""
    first, last = world.wait_first, world.wait_last
    number = first[lane]
    first[lane] = world.trips.queued[number]
    if first[lane] == NONE:
        last[lane] = NONE
    return number


@inlined
def create(world: World) -> None:
    """Put the vehicles created in this step into the waiting buffers of their first lanes."""
    trips, tally = world.trips, world.tally
    while tally[CREATED] < len(trips.created) and trips.created[tally[CREATED]] <= tally[STEP]:
        number = tally[CREATED]
        queue(number, trips.lane[number], world)
        tally[CREATED] += 1


@inlined
def has_space(lane: int, world: World) -> bool:
    """Whether the first waiting vehicle can enter its lane at rest."""
    vehicles, types = world.vehicles, world.types
    last = tail(lane, world)
    if last == NONE:
        return True
    first = world.trips.kind[world.wait_first[lane]]
    return vehicles[last].x > types.length[vehicles[last].kind] + types.min_gap[first]


@outlined
def enter(number: int, lane: int, world: World) -> None:
    """Put a vehicle at rest at the start of a lane."""
    rows, trips = world.rows, world.trips
    make_room_for_one(lane, world)
    slot = rows.heads[lane].front + rows.filled[lane]
    vehicle, history = world.vehicles[slot], world.histories[slot]
    vehicle.number, vehicle.kind, vehicle.place = number, trips.kind[number], trips.place[number]
    vehicle.x = vehicle.speed = vehicle.gap = history.driven = 0.0
    vehicle.aside = lanes_aside(lane, vehicle.place, world)
    vehicle.link = way_on(lane, vehicle.place, world)
    vehicle.blocker = vehicle.asked_by = vehicle.change = history.previous = NONE
    history.link_step = NEVER
    history.approach_step = history.halt_step = world.tally[STEP]
    history.waited = history.stops = history.approached = 0
    rows.filled[lane] += 1
    note_slot(slot, world)
    if rows.filled[lane] == 1:
        find_leader_of_head(lane, world)
    else:
        find_gap(slot, world)


@inlined
def insert(world: World) -> None:
    """Let at most one waiting vehicle enter each lane; it takes part in this step's motion."""
    tally = world.tally
    for gate in range(len(world.gates)):
        lane = world.gates[gate]
        if world.wait_first[lane] == NONE or not has_space(lane, world):
            continue
        number = unqueue(lane, world)
        enter(number, lane, world)
        world.trips.entered[number] = tally[STEP]
        world.sensing.entered[lane] += 1
        tally[RUNNING] += 1
        tally[DISTURBED] = 1
