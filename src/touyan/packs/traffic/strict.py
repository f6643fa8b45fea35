"""The laws that a traffic world keeps, checked second by second (`touyan simulate --strict`).

Nobody is lost or made, is in two places, leaves the route, jumps, goes backwards or too fast, or drives into the
vehicle ahead. The model itself lets vehicles overlap in one case: somebody came ahead (out of another link, a first
lane or a lane change) when it was too late to stop. Such a pair is excused until it has been at a safe distance.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.core.errors import BrokenWorldError
from touyan.kernels.traffic import layout
from touyan.kernels.traffic.layout import NONE

from .traffic_world import TrafficWorld

Flags = NDArray[np.bool_]
_SHADOW = 2**32  # the key of a shadow is that of its vehicle and this
_ROUNDING = 1e-6  # m or m/s


class Cars(NamedTuple):
    """Everybody on the roads, row by row, the head of each row first."""

    drivable: layout.Longs
    slot: layout.Longs
    state: layout.Records  # VEHICLE
    key: layout.Longs  # number, or that of the vehicle and _SHADOW
    driven: layout.Floats  # m since the start of the trip


class Seen(NamedTuple):
    """What was seen a second ago, by key in ascending order."""

    key: layout.Longs
    drivable: layout.Longs
    driven: layout.Floats
    leader: layout.Longs  # key of the one ahead in the row, NONE for a head
    excused: Flags  # it came ahead too late


class Laws:
    """Watches one world from now on; to be asked every second."""

    def __init__(self, world: TrafficWorld) -> None:
        self._world = world
        nobody = np.empty(0, np.int64)
        self._seen = Seen(nobody, nobody, np.empty(0), nobody, np.empty(0, bool))

    def check(self) -> None:
        """Raise BrokenWorldError where the world breaks a law."""
        cars = self._cars()
        self._check_places(cars)
        self._check_count(cars)
        self._check_motion(cars)
        leader = np.where(_has_leader(cars), np.roll(cars.key, 1), NONE)
        excused = self._excused(cars, leader)
        self._check_distance(cars, excused)
        order = np.argsort(cars.key)
        self._seen = Seen(cars.key[order], cars.drivable[order], cars.driven[order], leader[order], excused[order])

    # ------------------------------------------------------------ where everybody is

    def _cars(self) -> Cars:
        arrays, rows = self._world.arrays, self._world.arrays.rows
        front, filled = rows.heads.front.astype(np.int64), rows.filled.astype(np.int64)
        outside = (filled < 0) | ((filled > 0) & ((front < rows.start[:-1]) | (front + filled > rows.start[1:])))
        for drivable in np.flatnonzero(outside)[:1].tolist():
            self._fail(drivable, "row of vehicles", "reaches into another one")
        drivable = np.repeat(np.arange(len(filled)), filled)
        slot = np.arange(len(drivable)) + np.repeat(front - (np.cumsum(filled) - filled), filled)
        state = arrays.vehicles[slot]
        return Cars(drivable, slot, state, self._keys(state.number), arrays.histories.driven[slot] + state.x)

    def _keys(self, number: layout.Ints) -> layout.Longs:
        key = number.astype(np.int64)
        shadow = number < NONE
        key[shadow] = self._world.arrays.changes.vehicle[-2 - number[shadow]] + np.int64(_SHADOW)
        return key

    def _check_places(self, cars: Cars) -> None:
        """Each slot of a row holds one vehicle that is noted there, and no other slot holds any."""
        arrays = self._world.arrays
        self._refuse(cars, cars.state.number == NONE, "is in a row, but its slot is free")
        stray = arrays.vehicles.number != NONE
        stray[cars.slot] = False
        for slot in np.flatnonzero(stray)[:1].tolist():
            nearest = min(int(np.searchsorted(arrays.rows.start, slot, "right")), len(arrays.rows.filled)) - 1
            self._fail(nearest, self._name(int(arrays.vehicles.number[slot])), "is in a slot of no row")
        self._refuse(cars, self._noted(cars.state.number) != cars.slot, "is also somewhere else")
        self._refuse(cars, ~self._on_route(cars), "is not on its route")

    def _noted(self, number: layout.Ints) -> layout.Longs:
        """The slot that each vehicle or shadow is said to be in."""
        arrays = self._world.arrays
        noted = np.full(len(number), NONE, np.int64)
        real = number >= 0
        noted[real] = arrays.trips.slot[number[real]]
        noted[~real] = arrays.changes.slot[-2 - number[~real]]
        return noted

    def _on_route(self, cars: Cars) -> Flags:
        arrays, lanes = self._world.arrays, self._world.network.lane_count
        link, lane = cars.drivable - lanes, cars.drivable.copy()
        lane[link >= 0] = self._world.network.link_from_lane[link[link >= 0]]
        on_road = arrays.net.lanes.road[lane] == arrays.roads[cars.state.place]
        on_route: Flags = on_road & ((link < 0) | (cars.state.link == link))
        return on_route

    # ------------------------------------------------------------ nobody is lost

    def _check_count(self, cars: Cars) -> None:
        """Each vehicle created waits, drives or has arrived, and the counters say so."""
        world, trips = self._world, self._world.arrays.trips
        times = np.zeros(world.created, np.int64)
        driving, waiting = cars.state.number[cars.state.number >= 0], world.waiting_vehicles()
        np.add.at(times, driving, 1)
        np.add.at(times, waiting, 1)
        arrived = np.flatnonzero(trips.left[: world.created] != NONE)
        np.add.at(times, arrived, 1)
        for number in np.flatnonzero(times != 1)[:1].tolist():
            found = "is lost" if times[number] == 0 else "is there twice"
            self._fail(self._last_seen(number), self._name(number), found)
        counted, told = (len(waiting), len(driving), len(arrived)), (world.waiting, world.running, world.finished)
        if counted != told:
            self._fail(NONE, "count of vehicles", f"is {told} waiting, running and finished, but there are {counted}")

    def _last_seen(self, number: int) -> int:
        """The drivable on which a vehicle was a second ago; NONE if it was on none."""
        at = np.searchsorted(self._seen.key, number)
        known = at < len(self._seen.key) and self._seen.key[at] == number
        return int(self._seen.drivable[at]) if known else NONE

    # ------------------------------------------------------------ how everybody moves

    def _check_motion(self, cars: Cars) -> None:
        """Places and speeds are within bounds, and nobody went farther than speed allows."""
        arrays, x, speed = self._world.arrays, cars.state.x, cars.state.speed
        length, fastest = arrays.net.drivables.length[cars.drivable], arrays.types.max_speed[cars.state.kind]
        self._refuse(cars, ~((x >= 0) & (x <= length + _ROUNDING)), "is beyond the end of its lane or link")
        self._refuse(cars, ~((speed >= 0) & (speed <= fastest + _ROUNDING)), "goes backwards or too fast")
        at, known = self._before(cars)
        moved = np.where(known, cars.driven - self._seen.driven[at], 0.0) if len(self._seen.key) else 0.0 * x
        # Two that change places at a dead end move by less than a length.
        slack = arrays.types.longest if arrays.tally[layout.LANE_CHANGE] else _ROUNDING
        self._refuse(cars, (moved < -slack) | (moved > fastest + slack), "has jumped")

    def _before(self, cars: Cars) -> tuple[layout.Longs, Flags]:
        """Where in `_seen` each one is, and whether it is there at all."""
        if len(self._seen.key) == 0:
            return np.zeros(len(cars.key), np.int64), np.zeros(len(cars.key), bool)
        at = np.minimum(np.searchsorted(self._seen.key, cars.key), len(self._seen.key) - 1)
        return at, self._seen.key[at] == cars.key

    def _excused(self, cars: Cars, leader: layout.Longs) -> Flags:
        """Who could not stop behind its leader since that one came ahead."""
        types, state = self._world.arrays.types, cars.state
        stopping = state.speed**2 / (2 * types.max_neg_acc[state.kind])
        unsafe = self._gaps(cars) < np.maximum(0.0, stopping - np.roll(stopping, 1)) - _ROUNDING
        at, known = self._before(cars)
        entered = self._world.arrays.trips.entered[np.maximum(state.number, 0)]
        fresh = (state.number >= 0) & (entered >= self._world.steps - self._world.steps_per_second)
        late = ~fresh  # who enters does so at rest, behind everybody, and only where there is room
        if len(self._seen.key):
            late &= ~known | (self._seen.leader[at] != leader) | self._seen.excused[at]
        excused: Flags = unsafe & late
        return excused

    def _gaps(self, cars: Cars) -> layout.Floats:
        """Metres to the rear of the one ahead in the row; endless for heads."""
        rear = cars.state.x - self._world.arrays.types.length[cars.state.kind]
        return np.where(_has_leader(cars), np.roll(rear, 1) - cars.state.x, np.inf)

    def _check_distance(self, cars: Cars, excused: Flags) -> None:
        gap = self._gaps(cars)
        for place in np.flatnonzero((gap < -_ROUNDING) & ~excused)[:1].tolist():
            ahead = self._name(int(cars.state.number[place - 1]))
            found = f"overlaps {ahead} ahead by {-gap[place]:.2f} m"
            self._fail(int(cars.drivable[place]), self._name(int(cars.state.number[place])), found)

    # ------------------------------------------------------------ what is told

    def _refuse(self, cars: Cars, broken: Flags, found: str) -> None:
        """Tell of the first one that breaks a law."""
        for place in np.flatnonzero(broken)[:1].tolist():
            state = cars.state[place]
            where = f"{found} (at {state.x:.2f} m, {state.speed:.2f} m/s)"
            self._fail(int(cars.drivable[place]), self._name(int(state.number)), where)

    def _fail(self, drivable: int, thing: str, found: str) -> None:
        place = self._place(drivable) if drivable != NONE else "on no lane"
        raise BrokenWorldError(self._world.steps / self._world.steps_per_second, place, thing, found)

    def _place(self, drivable: int) -> str:
        network = self._world.network
        if drivable < network.lane_count:
            return f"lane {network.lane_ids[drivable]}"
        link = drivable - network.lane_count
        ends = (network.lane_ids[lane[link]] for lane in (network.link_from_lane, network.link_to_lane))
        return "link from {} to {}".format(*ends)

    def _name(self, number: int) -> str:
        """A vehicle's name, or whose shadow it is."""
        if number == NONE:
            return "nobody"
        if number >= 0:
            return f"vehicle {self._world.vehicle_id(number)}"
        return f"shadow of vehicle {self._world.vehicle_id(int(self._world.arrays.changes.vehicle[-2 - number]))}"


def _has_leader(cars: Cars) -> Flags:
    """Who is not the head of its row."""
    follows = np.zeros(len(cars.drivable), bool)
    follows[1:] = cars.drivable[1:] == cars.drivable[:-1]
    return follows
