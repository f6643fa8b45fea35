"""Vehicles come into being and enter the network."""

from __future__ import annotations

from touyan.kernels.compiled import inlined

from .layout import CREATED, NONE, RUNNING, STEP, World
from .leaders import find_leader
from .lists import insert_behind, queue, unqueue


@inlined
def create(world: World) -> None:
    """Put the vehicles created in this step into the waiting buffers of their first lanes."""
    vehicles, tally = world.vehicles, world.tally
    while tally[CREATED] < len(vehicles.created) and vehicles.created[tally[CREATED]] <= tally[STEP]:
        vehicle = tally[CREATED]
        queue(vehicle, world.paths[vehicles.path[vehicle]], vehicles, world.lists)
        tally[CREATED] += 1


@inlined
def has_space(lane: int, world: World) -> bool:
    """Whether the first waiting vehicle can enter its lane at rest."""
    vehicles, types, lists = world.vehicles, world.types, world.lists
    tail = lists.tail[lane]
    if tail == NONE:
        return True
    wanted = types.length[vehicles.kind[tail]] + types.min_gap[vehicles.kind[lists.wait_head[lane]]]
    return vehicles.x[tail] > wanted


@inlined
def insert(world: World) -> None:
    """Let at most one waiting vehicle enter each lane; it takes part in this step's motion."""
    vehicles, lists, tally = world.vehicles, world.lists, world.tally
    for lane in range(len(lists.wait_head)):
        if lists.wait_head[lane] == NONE or not has_space(lane, world):
            continue
        vehicle = unqueue(lane, vehicles, lists)
        insert_behind(lists.tail[lane], vehicle, lane, vehicles, lists)
        find_leader(vehicle, world)
        world.sensing.entered[lane] += 1
        lists.active[tally[RUNNING]] = vehicle
        tally[RUNNING] += 1
