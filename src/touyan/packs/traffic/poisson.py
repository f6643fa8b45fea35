"""Random demand: arrivals at the border by chance, turns by chance, endless and repeatable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from touyan.core.errors import NotFoundError

from .demand import Departures, Floats, Ints, VehicleTypes
from .hourly import HourlyDemand, ranks
from .network import LEFT, RIGHT, STRAIGHT, RoadNetwork

HEADINGS = ("east", "north", "west", "south")
"""Directions of travel, by quarter turns from east; road ids of a grid end in this number."""


class Turning(NamedTuple):
    """Share of drivers who turn at each crossing; by default as in CoLight (Wei et al., 2019)."""

    left: float = 0.1
    straight: float = 0.6
    right: float = 0.3


DRIVERS = Turning()
"""How drivers turn unless one says otherwise."""

# The vehicle of the published data sets for CityFlow: m, m/s, m/s², s.
CAR = VehicleTypes(
    *(np.array([value]) for value in (5.0, 2.0, 2.0, 4.5, 2.0, 4.5, 2.5, 11.111, 2.0)),
)
"""The one vehicle type of generated cities."""


class PoissonDemand(HourlyDemand):
    """Vehicles that arrive at every entry by chance and turn by chance; keeps `Demand`.

    `arrivals` are vehicles per hour at each entry road, one figure or one by direction of travel (see HEADINGS; a
    direction left out has none). A vehicle's route is drawn crossing by crossing until it leaves the city. Hour h
    comes from (seed, h) alone, so that no block depends on how time was cut; vehicle n of entry e in hour h is number
    n of flow `h * entries + e`.
    """

    def __init__(
        self,
        network: RoadNetwork,
        arrivals: float | Mapping[str, float],
        *,
        turning: Turning = DRIVERS,
        seed: int = 0,
        types: VehicleTypes = CAR,
        step_s: float = 1.0,
    ) -> None:
        super().__init__(seed, types, step_s)
        self.entries = entries(network)
        self.rates = _rates(network, self.entries, arrivals)
        self._turns = _Turns(network, turning)

    def draw(self, hour: int, chance: np.random.Generator) -> Departures:
        """The vehicles of an hour, by step, then entry."""
        counts = chance.poisson(self.rates)
        entry = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        step = chance.integers(self.hour_steps, size=len(entry))
        order = np.lexsort((entry, step))
        entry, step = entry[order], step[order]
        routes = self._turns.routes(self.entries[entry], chance)
        return Departures(
            step=(step + hour * self.hour_steps).astype(np.int32),
            route=np.fromiter(map(self.position, routes), np.int32, len(entry)),
            vehicle_type=np.zeros(len(entry), np.int32),
            flow=(entry + hour * len(counts)).astype(np.int32),
            number=ranks(entry),
        )


def entries(network: RoadNetwork) -> Ints:
    """Roads on which vehicles come into the city: they start at a virtual crossing and lead on."""
    leads_on = np.array([bool(onward) for onward in network.roads_onward])
    return np.flatnonzero(network.crossing_virtual[network.road_from] & leads_on).astype(np.int32)


def heading(network: RoadNetwork, road: int) -> str:
    """The direction in which a road starts, to the nearest quarter turn."""
    x, y = np.diff(network.road_shape.of(road)[:2], axis=0)[0]
    return HEADINGS[round(np.arctan2(y, x) / (np.pi / 2)) % 4]


class _Turns:
    """Where drivers go from each road, drawn for many drivers at once."""

    def __init__(self, network: RoadNetwork, turning: Turning) -> None:
        if min(turning) < 0 or sum(turning) <= 0:
            raise ValueError(f"turning shares must not be negative, nor all zero: {turning}")
        share = {LEFT: turning.left, STRAIGHT: turning.straight, RIGHT: turning.right}
        rows: list[list[tuple[int, float, bool]]] = [[] for _ in network.road_ids]
        for movement in np.flatnonzero(np.bincount(network.link_movement, minlength=len(network.movement_type))):
            kind = int(network.movement_type[movement])
            onward = (int(network.movement_to_road[movement]), share[kind], kind == STRAIGHT)
            rows[network.movement_from_road[movement]].append(onward)
        width = max(map(len, rows), default=0)
        self._onward = np.full((len(rows), width + 1), -1, np.int32)
        self._up_to = np.ones((len(rows), width))
        self._straight = np.full(len(rows), -1, np.int32)
        for road, row in enumerate(rows):
            self._fill(road, row)
        # Long enough for any sensible way; a driver who still circles then goes straight on.
        self._patience = 8 * int(np.ceil(np.sqrt(len(network.crossing_ids))))

    def _fill(self, road: int, row: list[tuple[int, float, bool]]) -> None:
        total = sum(share for _, share, _ in row)
        # Where no driver's wish can be met, all ways are alike.
        shares = [share / total if total else 1 / len(row) for _, share, _ in row]
        self._onward[road, : len(row)] = [onward for onward, _, _ in row]
        self._up_to[road, : len(row)] = np.cumsum(shares)
        if row:
            self._up_to[road, len(row) - 1 :] = 1.0
        self._straight[road] = next((onward for onward, _, straight in row if straight), -1)

    def routes(self, start: Ints, chance: np.random.Generator) -> Iterator[tuple[int, ...]]:
        """A route for each driver, given the roads on which they begin."""
        ways, here = [start], start
        for turn in range(2 * self._patience):
            if not (here >= 0).any():
                break
            here = self._next(here, chance.random(len(here)), weary=turn >= self._patience)
            ways.append(here)
        table = np.stack(ways, axis=1)
        lengths = (table >= 0).sum(axis=1)
        return (tuple(row[:length]) for row, length in zip(table.tolist(), lengths.tolist(), strict=True))

    def _next(self, here: Ints, draw: Floats, *, weary: bool) -> Ints:
        choice = (draw[:, np.newaxis] >= self._up_to[here]).sum(axis=1)
        drawn = self._straight[here] if weary else self._onward[here, choice]
        onward: Ints = np.where(here >= 0, drawn, -1).astype(np.int32)
        return onward


def _rates(network: RoadNetwork, roads: Ints, arrivals: float | Mapping[str, float]) -> Floats:
    given = arrivals if isinstance(arrivals, Mapping) else dict.fromkeys(HEADINGS, arrivals)
    for name, rate in given.items():
        if name not in HEADINGS:
            raise NotFoundError("direction of travel", name, HEADINGS)
        if not 0 <= rate < np.inf:
            raise ValueError(f"arrivals must not be negative: {name} {rate}")
    return np.array([given.get(heading(network, road), 0.0) for road in roads.tolist()])
