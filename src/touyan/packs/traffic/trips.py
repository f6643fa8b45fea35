"""What came of every vehicle: the columns behind every figure of a run."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.kernels.traffic import layout

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]


class Trips(NamedTuple):
    """One element a vehicle, in order of creation; times in s since the start, NaN where not yet.

    See docs/en/explanation/measures.md for each definition.
    """

    created_s: Floats
    entered_s: Floats
    left_s: Floats
    waiting_s: Floats
    stops: Longs
    distance_m: Floats
    approach_s: Floats


def trips_so_far(world: layout.World) -> Trips:
    """The trips of all vehicles created, those under way as far as they have come."""
    created = int(world.tally[layout.CREATED])
    trips = layout.Trips._make(getattr(world.trips, name)[:created] for name in world.trips._fields)
    waited, stops, approached = trips.waited.copy(), trips.stops.copy(), trips.approached.copy()
    driven = trips.driven.copy()
    vehicles = world.vehicles
    running = np.flatnonzero(vehicles.number >= 0)
    number, history = vehicles.number[running], world.histories[running]
    waited[number], stops[number] = running_trips(world)
    approached[number] = history.approached + _approaching(world, running)
    driven[number] = history.driven + vehicles.x[running]
    return Trips(
        created_s=_seconds(trips.created, world),
        entered_s=_seconds(trips.entered, world),
        left_s=_seconds(trips.left, world),
        waiting_s=_seconds(waited, world),
        stops=stops.astype(np.int64),
        distance_m=driven,
        approach_s=_seconds(approached, world),
    )


def running_trips(world: layout.World) -> tuple[layout.Ints, layout.Ints]:
    """Steps waited and stops of each running vehicle, in the order of the slots."""
    running = np.flatnonzero(world.vehicles.number >= 0)
    halt_step = world.histories.halt_step[running]
    halting = np.where(halt_step == layout.NONE, 0, int(world.tally[layout.STEP]) - halt_step)
    waited: layout.Ints = world.histories.waited[running] + halting
    return waited, world.histories.stops[running]


def roads_left(world: layout.World) -> layout.Ints:
    """How many roads of its route each vehicle created has left behind, all of them once it has arrived."""
    created = int(world.tally[layout.CREATED])
    begins, left = world.trips.place[:created], np.zeros(created, np.int32)
    running = np.flatnonzero(world.vehicles.number >= 0)
    number, on_link = world.vehicles.number[running], world.histories.link_step[running] != layout.NEVER
    left[number] = world.vehicles.place[running] - begins[number] + on_link
    ends = np.flatnonzero(world.roads == layout.NONE)
    arrived = np.flatnonzero(world.trips.left[:created] != layout.NONE)
    left[arrived] = ends[np.searchsorted(ends, begins[arrived])] - begins[arrived]
    return left


def _seconds(steps: layout.Ints, world: layout.World) -> Floats:
    return np.where(steps == layout.NONE, np.nan, np.multiply(steps, world.interval, dtype=np.float64))


def _approaching(world: layout.World, running: NDArray[np.int64]) -> layout.Ints:
    """Steps that running vehicles have been on the lane to a signal on which they are now."""
    lane = np.searchsorted(world.rows.start, running, side="right") - 1
    lanes = len(world.net.lanes)
    approaches = np.concatenate([world.net.lanes.approaches, [0]])[np.minimum(lane, lanes)] > 0
    since = int(world.tally[layout.STEP]) - world.histories.approach_step[running]
    steps: layout.Ints = np.where(approaches, since, 0).astype(np.int32)
    return steps
