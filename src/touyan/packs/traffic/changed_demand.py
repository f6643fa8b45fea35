"""Demand with something different: more or fewer vehicles, other times, other ways.

Each vehicle's chance is drawn from the seed and its own name, not from a stream. So the same vehicles drive in the
city as it is and in the city that might be, and those that a factor of 1.1 adds are among those that 1.2 adds.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .demand import Demand, Departures, Floats, Ints, VehicleTypes
from .detours import Detours
from .network import RoadNetwork

_COPY_NUMBERS = 10_000_000
"""Copy k of vehicle n of a flow is its number n + k times this."""

_SPREAD_STEPS = 60
"""Copies leave at a second of their original's minute by chance, so that they are no convoy."""


class ChangedDemand:
    """A demand made from another one; keeps `Demand`."""

    def __init__(self, origin: Demand) -> None:
        self.origin = origin

    @property
    def types(self) -> VehicleTypes:
        """The vehicle types of the origin."""
        return self.origin.types

    @property
    def routes(self) -> list[tuple[int, ...]]:
        """The routes of the origin."""
        return self.origin.routes

    @abstractmethod
    def block(self, first_step: int, last_step: int) -> Departures:
        """All departures in steps first_step ≤ step < last_step."""


class ScaledDemand(ChangedDemand):
    """More or fewer vehicles, all of them or those of some roads and steps."""

    def __init__(
        self, origin: Demand, factor: float, seed: int, roads: frozenset[int] | None, steps: tuple[float, float]
    ) -> None:
        super().__init__(origin)
        self._factor, self._seed, self._roads, self._steps = factor, seed, roads, steps

    def block(self, first_step: int, last_step: int) -> Departures:
        """The vehicles that stay, and copies of some."""
        start, end = (
            first_step // _SPREAD_STEPS,
            -(-last_step // _SPREAD_STEPS),
        )  # whole minutes, for copies move in them
        given = self.origin.block(start * _SPREAD_STEPS, end * _SPREAD_STEPS)
        times = self._times(given)
        row = np.repeat(np.arange(len(times)), times)
        copy = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
        made = _rows(given, row, given.number[row] + copy * _COPY_NUMBERS)
        minute = made.step // _SPREAD_STEPS * _SPREAD_STEPS
        drawn = minute + (_SPREAD_STEPS * chances(self._seed + 1, made)).astype(np.int64)
        return _between(_at(made, np.where(copy == 0, made.step, drawn)), first_step, last_step)

    def _times(self, given: Departures) -> NDArray[np.int64]:
        """How often each vehicle leaves."""
        drawn = np.floor(self._factor + 1 - chances(self._seed, given)).astype(np.int64)
        return np.where(_chosen(given, self.origin, self._roads, self._steps), drawn, 1)


class ShiftedDemand(ChangedDemand):
    """Vehicles that leave somewhat earlier or later, by chance."""

    def __init__(self, origin: Demand, spread_steps: int, seed: int) -> None:
        super().__init__(origin)
        self._spread, self._seed = spread_steps, seed

    def block(self, first_step: int, last_step: int) -> Departures:
        """The vehicles whose drawn time lies in the block."""
        given = self.origin.block(max(first_step - self._spread, 0), last_step + self._spread)
        shift = np.rint((2 * chances(self._seed, given) - 1) * self._spread).astype(np.int64)
        # Before the first second lies the time after it, as in a mirror: nobody is lost, and nobody queues there.
        return _between(_at(given, np.abs(given.step + shift)), first_step, last_step)


class Closed(NamedTuple):
    """Roads and lanes that nobody drives who leaves in some steps."""

    roads: frozenset[int]
    lanes: frozenset[int]
    steps: tuple[float, float]


class DivertedDemand(ChangedDemand):
    """Vehicles that leave while something is closed, and go another way or not at all."""

    def __init__(self, origin: Demand, network: RoadNetwork, closures: Sequence[Closed]) -> None:
        super().__init__(origin)
        self._network, self.closures = network, tuple(closures)
        self._detours: dict[tuple[bool, ...], Detours] = {}
        self._routes: list[tuple[int, ...]] = []
        self._positions: dict[tuple[int, ...], int] = {}
        self._left_out: dict[int, Ints] = {}

    @property
    def routes(self) -> list[tuple[int, ...]]:
        """The routes that are driven, those of the origin and the ways around."""
        return self._routes

    def refused(self, until_step: int) -> int:
        """Vehicles that should have left before a step, but found no way."""
        return sum(int(np.searchsorted(steps, until_step)) for steps in self._left_out.values())

    def block(self, first_step: int, last_step: int) -> Departures:
        """The vehicles that find a way, each on its own."""
        given = self.origin.block(first_step, last_step)
        shut = np.column_stack([_chosen(given, self.origin, None, closed.steps) for closed in self.closures])
        pairs = zip(given.route.tolist(), map(tuple, shut.tolist()), strict=True)
        way = np.fromiter((self._position(route, now) for route, now in pairs), np.int32, len(given.route))
        self._left_out[first_step] = given.step[way < 0]  # by block, for branches ask for the same one again
        stays = np.flatnonzero(way >= 0)
        return _rows(given, stays, given.number[stays], way[stays])

    def _position(self, origin_route: int, shut: tuple[bool, ...]) -> int:
        """Where the way of a vehicle stands among the routes; -1 where it has none."""
        route = self.origin.routes[origin_route]
        way = self._around(shut).around(route) if any(shut) else route
        if way is None:
            return -1
        if way not in self._positions:
            self._positions[way] = len(self._routes)
            self._routes.append(way)
        return self._positions[way]

    def _around(self, shut: tuple[bool, ...]) -> Detours:
        """The ways around all that is closed at one time."""
        if shut not in self._detours:
            now = [closed for closed, is_shut in zip(self.closures, shut, strict=True) if is_shut]
            roads = frozenset[int]().union(*(closed.roads for closed in now))
            lanes = frozenset[int]().union(*(closed.lanes for closed in now))
            self._detours[shut] = Detours(self._network, roads, lanes)
        return self._detours[shut]


def chances(seed: int, departures: Departures) -> Floats:
    """A number in [0, 1) for each vehicle, from the seed and its name alone (splitmix64, Steele et al. 2014)."""
    mixed = np.full(len(departures.flow), seed, np.uint64)
    for part in (departures.flow, departures.number):
        mixed = _mixed(mixed ^ _mixed(part.astype(np.uint64)))
    drawn: Floats = (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return drawn


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _chosen(
    given: Departures, demand: Demand, roads: frozenset[int] | None, steps: tuple[float, float]
) -> NDArray[np.bool_]:
    """Which vehicles begin on some roads (None: on any) at some time."""
    inside = (given.step >= steps[0]) & (given.step < steps[1])
    if roads is not None:
        routes = demand.routes
        inside &= np.fromiter((routes[route][0] in roads for route in given.route.tolist()), bool, len(inside))
    return inside


def _rows(given: Departures, row: NDArray[np.intp], number: Ints, route: Ints | None = None) -> Departures:
    way = given.route[row] if route is None else route
    return Departures(given.step[row], way, given.vehicle_type[row], given.flow[row], number.astype(np.int32))


def _at(given: Departures, step: NDArray[np.int64]) -> Departures:
    """The same vehicles at other steps, in the order of creation."""
    order = np.argsort(step, kind="stable")
    moved = _rows(given, order, given.number[order])
    return Departures(step[order].astype(np.int32), moved.route, moved.vehicle_type, moved.flow, moved.number)


def _between(given: Departures, first_step: int, last_step: int) -> Departures:
    row = np.arange(*np.searchsorted(given.step, (first_step, last_step)))
    return _rows(given, row, given.number[row])
