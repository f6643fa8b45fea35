"""Demand from an origin-destination matrix: arrivals by chance, ways by choice."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import product

import numpy as np

from touyan.core.errors import InputError

from .demand import Departures, Floats, Ints, VehicleTypes
from .hourly import HourlyDemand, ranks
from .matrices import Matrix
from .network import RoadNetwork
from .poisson import CAR, entries
from .route_choice import Choice, RouteChoice
from .routing import Route
from .zones import Zone

_DRAWS_EACH = 3  # second, roads of the zones, way between them


class OdDemand(HourlyDemand):
    """Vehicles of a matrix, drawn as Poisson arrivals; keeps `Demand`.

    A vehicle takes any two roads of its zones between which there is a way, each pair alike, and a way between them by
    `choice`. Vehicle n of row r in hour h is number n of flow `h * rows + r`. Raises InputError at once when a row
    cannot be driven.
    """

    def __init__(
        self, matrix: Matrix, choice: RouteChoice, *, seed: int = 0, types: VehicleTypes = CAR, step_s: float = 1.0
    ) -> None:
        super().__init__(seed, types, step_s)
        self.matrix = matrix
        self._choice = choice
        self._pairs: dict[tuple[str, str], _Pair] = {}
        self._row_pairs = [self._pair(row) for row in range(len(matrix.vehicles))]

    def draw(self, hour: int, chance: np.random.Generator) -> Departures:
        """The vehicles of an hour, by step, then row of the matrix."""
        matrix, hour_s = self.matrix, self.hour_steps * self.step_s
        begin = np.maximum(matrix.begin_s, hour * hour_s)
        length = np.clip(np.minimum(matrix.end_s, (hour + 1) * hour_s) - begin, 0, None)
        counts = chance.poisson(matrix.vehicles * length / (matrix.end_s - matrix.begin_s))
        row = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        draws = chance.random((len(row), _DRAWS_EACH))
        step = ((begin[row] + draws[:, 0] * length[row]) / self.step_s).astype(np.int32)
        order = np.lexsort((row, step))
        row, step = row[order], step[order]
        return Departures(
            step=step,
            route=self._positions(row, draws[order, 1:]),
            vehicle_type=np.zeros(len(row), np.int32),
            flow=(row + hour * len(counts)).astype(np.int32),
            number=ranks(row),
        )

    def trips(self, row: int) -> list[tuple[Choice, float]]:
        """The choices of a row, and the trips that have each."""
        choices = self._row_pairs[row].choices
        return [(choice, float(self.matrix.vehicles[row]) / len(choices)) for choice in choices]

    def _pair(self, row: int) -> _Pair:
        origin, destination = self.matrix.origin[row], self.matrix.destination[row]
        names = origin.name, destination.name
        if names not in self._pairs:
            self._pairs[names] = _Pair(self._choice, origin, destination)
            if not self._pairs[names].joined:
                found = f"trips from {origin.name!r} to {destination.name!r}, between which there is no way"
                place = f"line {self.matrix.line[row]}" if self.matrix.line else f"row {row}"
                raise InputError(self.matrix.file, place, found, "two zones that roads join")
        return self._pairs[names]

    def _positions(self, row: Ints, draws: Floats) -> Ints:
        pairs = [self._row_pairs[index] for index in row.tolist()]
        ways = (pair.way(*draw) for pair, draw in zip(pairs, draws.tolist(), strict=True))
        return np.fromiter(map(self.position, ways), np.int32, len(row))


def through_routes(network: RoadNetwork, choice: RouteChoice) -> tuple[list[Route], Floats]:
    """All ways through the city, with their shares of each pair's drivers.

    Pairs are of a road into the city and a road out of it.
    """
    exits = np.flatnonzero(network.crossing_virtual[network.road_to]).tolist()
    choices = [choice.between(*ends) for ends in product(entries(network).tolist(), exits)]
    return _joined([(found, 1.0) for found in choices if found])


def matrix_routes(matrix: Matrix, choice: RouteChoice) -> tuple[list[Route], Floats]:
    """All ways of a matrix, each with its trips; raises InputError."""
    demand = OdDemand(matrix, choice)
    return _joined([entry for row in range(len(matrix.vehicles)) for entry in demand.trips(row)])


def _joined(choices: Sequence[tuple[Choice, float]]) -> tuple[list[Route], Floats]:
    """The different ways of some choices, each with so many trips."""
    trips: dict[Route, float] = {}
    for choice, total in choices:
        for route, share in zip(choice.routes, choice.shares.tolist(), strict=True):
            trips[route] = trips.get(route, 0.0) + total * share
    return list(trips), np.array(list(trips.values()))


class _Pair:
    """The ways from one zone to another."""

    def __init__(self, choice: RouteChoice, origin: Zone, destination: Zone) -> None:
        self._choice, self._origin, self._destination = choice, origin, destination
        self.joined = any(choice.between(*ends) for ends in product(origin.origins, destination.destinations))

    def way(self, ends_draw: float, way_draw: float) -> Route:
        """One way, for two draws between 0 and 1."""
        choice = self.choices[int(ends_draw * len(self.choices))]
        place = int(np.searchsorted(np.cumsum(choice.shares), way_draw, side="right"))
        return choice.routes[min(place, len(choice.routes) - 1)]

    @cached_property
    def choices(self) -> list[Choice]:
        """The choices of all pairs of roads between which there is a way."""
        ends = product(self._origin.origins, self._destination.destinations)
        return [choice for choice in (self._choice.between(*pair) for pair in ends) if choice]
