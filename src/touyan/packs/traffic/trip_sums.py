"""Sums over all trips of a world, kept up as trips end: a city is asked for its figures every second."""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

import numpy as np

from touyan.kernels.traffic.layout import NONE, Longs

from .delays import Delays
from .traffic_world import TrafficWorld
from .trips import running_trips

_NANOSECONDS = 1e9  # in a second; delays are added up in whole ones, so that no digit depends on their order


class Means(NamedTuple):
    """Means over trips so far; NaN where there are none."""

    delay_s: float  # over arrived vehicles
    waiting_s: float  # over all that have entered
    stops: float


class _Sums(NamedTuple):
    """What arrived vehicles add up to."""

    vehicles: int = 0
    delay_ns: int = 0
    waited: int = 0  # steps
    stops: int = 0


class TripSums:
    """Looks, each time it is asked, only at trips that were not over the last time."""

    def __init__(self) -> None:
        self._known = 0
        self._open: Longs = np.empty(0, np.int64)
        self._past = _Sums()
        self._delays = Delays()

    def branch(self) -> TripSums:
        """An independent copy, for a branch of the world."""
        twin = copy(self)
        twin._delays = copy(self._delays)
        return twin

    def means(self, world: TrafficWorld) -> Means:
        """The means of the one world that it is always asked for."""
        past, (waited, stops) = self._caught_up(world), running_trips(world.arrays)
        entered = past.vehicles + len(waited)
        waiting_s = (past.waited + int(waited.sum())) / world.steps_per_second
        return Means(
            delay_s=_ratio(past.delay_ns / _NANOSECONDS, past.vehicles),
            waiting_s=_ratio(waiting_s, entered),
            stops=_ratio(past.stops + int(stops.sum()), entered),
        )

    def _caught_up(self, world: TrafficWorld) -> _Sums:
        """With the vehicles that have arrived since the last time."""
        trips, past = world.arrays.trips, self._past
        still = np.concatenate([self._open, np.arange(self._known, world.created)])
        over = trips.left[still] != NONE
        arrived, self._open, self._known = still[over], still[~over], world.created
        delay_ns = np.rint(self._delays.of(world, arrived) * _NANOSECONDS).astype(np.int64)
        self._past = _Sums(
            past.vehicles + len(arrived),
            past.delay_ns + int(delay_ns.sum()),
            past.waited + int(trips.waited[arrived].sum()),
            past.stops + int(trips.stops[arrived].sum()),
        )
        return self._past


def _ratio(total: float, count: int) -> float:
    return total / count if count else float("nan")
