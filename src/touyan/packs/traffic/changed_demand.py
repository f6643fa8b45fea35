"""Demand with something different: more or fewer vehicles, other times, other ways.

Each vehicle's chance is drawn from the seed and its own name, not from a stream. So the same vehicles drive in the
city as it is and in the city that might be, and those that a factor of 1.1 adds are among those that 1.2 adds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .demand import Demand, Departures, Floats, Ints, VehicleTypes
from .detours import Detours
from .network import RoadNetwork

_COPY_NUMBERS = 10_000_000
"""Copy k of vehicle n of a flow is its number n + k times this."""

_COPY_SPREAD_S = 60
"""Copies leave somewhere in their original's minute by chance, so that they are no convoy."""

_HOW_OFTEN, _COPY_PLACE, _SHIFT = range(3)
"""What a vehicle's chance is drawn for; draws for one purpose say nothing of those for another."""

Span = tuple[float, float]
"""From when to when, in seconds since the start; the end does not belong to it."""


class ChangedDemand(ABC):
    """A demand made from another one; keeps `Demand`."""

    def __init__(self, origin: Demand) -> None:
        self.origin = origin
        self.step_s: float = getattr(origin, "step_s", 1.0)

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
    """More or fewer vehicles, all of them or those that begin on some roads at some time."""

    def __init__(self, origin: Demand, factor: float, seed: int, roads: frozenset[int] | None, span: Span) -> None:
        super().__init__(origin)
        self._factor, self._seed, self._roads, self._span = factor, seed, roads, span
        self._minute = round(_COPY_SPREAD_S / self.step_s)

    def block(self, first_step: int, last_step: int) -> Departures:
        """The vehicles that stay, and copies of some."""
        minute = self._minute
        # Whole minutes are asked for, because copies move in them.
        given = self.origin.block(first_step // minute * minute, -(-last_step // minute) * minute)
        times = self._times(given)
        row = np.repeat(np.arange(len(times)), times)
        copy = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
        made = _rows(given, row, given.number[row] + copy * _COPY_NUMBERS)
        place = (minute * chances(self._seed, made, _COPY_PLACE)).astype(np.int64)
        drawn = made.step // minute * minute + place
        return _between(_at(made, np.where(copy == 0, made.step, drawn)), first_step, last_step)

    def _times(self, given: Departures) -> NDArray[np.int64]:
        """How often each vehicle leaves."""
        drawn = np.floor(self._factor + 1 - chances(self._seed, given, _HOW_OFTEN)).astype(np.int64)
        return np.where(_leaving(given, self._span, self.step_s) & self._begins_there(given), drawn, 1)

    def _begins_there(self, given: Departures) -> NDArray[np.bool_]:
        """Which vehicles begin on one of the roads; all where there are none."""
        if self._roads is None:
            return np.ones(len(given.step), bool)
        first = np.array([route[0] for route in self.routes], np.int32)
        chosen: NDArray[np.bool_] = np.isin(first[given.route], list(self._roads))
        return chosen


class ShiftedDemand(ChangedDemand):
    """Vehicles that leave somewhat earlier or later, by chance."""

    def __init__(self, origin: Demand, spread_s: float, seed: int) -> None:
        super().__init__(origin)
        self._spread, self._seed = round(spread_s / self.step_s), seed

    def block(self, first_step: int, last_step: int) -> Departures:
        """The vehicles whose drawn time lies in the block."""
        given = self.origin.block(max(first_step - self._spread, 0), last_step + self._spread)
        shift = np.rint((2 * chances(self._seed, given, _SHIFT) - 1) * self._spread).astype(np.int64)
        # Before the first second lies the time after it, as in a mirror: nobody is lost, and nobody queues there.
        return _between(_at(given, np.abs(given.step + shift)), first_step, last_step)


class Closed(NamedTuple):
    """Roads and lanes that nobody drives who leaves in the meantime."""

    roads: frozenset[int]
    lanes: frozenset[int]
    span: Span


class DivertedDemand(ChangedDemand):
    """Vehicles that leave while something is closed, and go another way or not at all."""

    def __init__(
        self, origin: Demand, network: RoadNetwork, closures: Sequence[Closed], lane_change: bool = False
    ) -> None:
        super().__init__(origin)
        self._network, self.closures, self._lane_change = network, tuple(closures), lane_change
        self._detours: dict[tuple[bool, ...], Detours] = {}
        self._routes: list[tuple[int, ...]] = []
        self._positions: dict[tuple[int, ...], int] = {}
        self._left_out: dict[int, Ints] = {}

    @property
    def routes(self) -> list[tuple[int, ...]]:
        """The routes that are driven, those of the origin and the ways around."""
        return self._routes

    def refused(self, until_s: float) -> int:
        """Vehicles that should have left before a second since the start, but found no way."""
        return sum(int(np.searchsorted(steps, until_s / self.step_s)) for steps in self._left_out.values())

    def block(self, first_step: int, last_step: int) -> Departures:
        """The vehicles that find a way, each on its own."""
        given = self.origin.block(first_step, last_step)
        shut = np.column_stack([_leaving(given, closed.span, self.step_s) for closed in self.closures])
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
            self._detours[shut] = Detours(self._network, roads, lanes, self._lane_change)
        return self._detours[shut]


def chances(seed: int, departures: Departures, purpose: int) -> Floats:
    """A number in [0, 1) for each vehicle, from seed, purpose and its name (splitmix64, Steele et al. 2014)."""
    mixed = np.full(len(departures.flow), seed * 2**8 + purpose, np.uint64)
    for part in (departures.flow, departures.number):
        mixed = _mixed(mixed ^ _mixed(part.astype(np.uint64)))
    drawn: Floats = (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return drawn


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _leaving(given: Departures, span: Span, step_s: float) -> NDArray[np.bool_]:
    """Which vehicles leave in a span."""
    leaves_s = given.step * step_s
    return (leaves_s >= span[0]) & (leaves_s < span[1])


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
