"""When vehicles are first and last seen before each signal, by the rules of the published metrics."""

from __future__ import annotations

from typing import NamedTuple

from touyan.kernels.compiled import compiled

from .layout import NONE, Ints, Longs, World


class Journeys(NamedTuple):
    """One entry for each vehicle and road of its route; times are whole seconds, NONE before they come.

    Roads of a route that lead to the same crossing share the entry of the first one.
    """

    crossing: Ints  # that each road leads to, if it has a signal; NONE otherwise
    first_road: Ints  # by place on the world's `roads`: which road of the route has the entry; NONE without a signal
    base: Longs  # by vehicle: its first entry
    entered: Ints
    seen: Ints  # last
    left: Ints  # as far as known
    present: Ints  # by crossing: vehicles seen a second ago
    arriving: Ints  # by crossing: vehicles seen now


@compiled
def find_first_roads(roads: Ints, crossing: Ints, begin: int, first_road: Ints) -> None:
    """For each place from `begin`, where a route begins: the first road of the route to the same crossing."""
    start = begin
    for place in range(begin, len(roads)):
        first_road[place] = NONE
        if roads[place] == NONE:
            start = place + 1
        elif crossing[roads[place]] != NONE:
            earlier = start
            while crossing[roads[earlier]] != crossing[roads[place]]:
                earlier += 1
            first_road[place] = earlier - start


@compiled
def look_around(now: int, world: World, journeys: Journeys) -> None:
    """Note who is seen before each signal at second `now`; to be called every second."""
    rows, arriving = world.rows, journeys.arriving
    arriving[:] = 0
    for lane in range(len(world.net.lanes)):
        crossing = journeys.crossing[world.net.lanes[lane].road]
        if crossing == NONE or rows.filled[lane] == 0:
            continue
        arriving[crossing] += rows.filled[lane]
        front = rows.heads[lane].front
        for slot in range(front, front + rows.filled[lane]):
            if world.vehicles[slot].number >= 0:  # shadows of lane changes are nobody
                note_one(slot, now, journeys.present[crossing] == 0, world, journeys)
    journeys.present[:] = arriving


@compiled
def note_one(slot: int, now: int, was_empty: bool, world: World, journeys: Journeys) -> None:
    """Note that a vehicle is seen before a crossing, which may have been empty a second ago."""
    vehicle = world.vehicles[slot]
    entry = journeys.base[vehicle.number] + journeys.first_road[vehicle.place]
    if journeys.entered[entry] == NONE:
        journeys.entered[entry] = now
    elif journeys.seen[entry] < now - 1:
        journeys.left[entry] = journeys.seen[entry] + 1
    if was_empty:
        journeys.left[entry] = now
    journeys.seen[entry] = now
