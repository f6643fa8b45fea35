"""Demand that fills a city at once, so that speed can be measured at a known number of vehicles."""

from __future__ import annotations

import numpy as np

from .flows import FlowDemand
from .network import Ints, RoadNetwork
from .poisson import CAR

_EACH = 10  # vehicles of one route
_EVERY_S = 4  # time between them, so that lanes take them in
FILLED_S = _EACH * _EVERY_S
"""After this time every vehicle has been created."""

_ROADS = 15  # of a route; nobody arrives within the minutes of a measurement


def crowd(network: RoadNetwork, vehicles: int, *, seed: int = 0) -> FlowDemand:
    """Vehicles that start all over a network and stay in it.

    Routes start on random roads and turn by chance, but never onto a road that leaves the city.
    """
    chance = np.random.default_rng(seed)
    table = _walks(network, -(-vehicles // _EACH), chance)
    flows = len(table)
    start = chance.integers(_EVERY_S, size=flows).astype(float)
    return FlowDemand(
        types=CAR,
        routes=[_ending_once(row) for row in table.tolist()],
        route=np.arange(flows, dtype=np.int32),
        vehicle_type=np.zeros(flows, np.int32),
        interval=np.full(flows, float(_EVERY_S)),
        start=start,
        end=start + (_EACH - 1) * _EVERY_S,
    )


def _ending_once(row: list[int]) -> tuple[int, ...]:
    """A way up to a road that it has not driven before: CityFlow takes the first time there for the end."""
    row = [road for road in row if road >= 0]
    while row[-1] in row[:-1]:
        row.pop()
    return tuple(row)


def _walks(network: RoadNetwork, count: int, chance: np.random.Generator) -> Ints:
    """Random ways as rows of roads, filled with -1 after the last one."""
    onward = _onward(network)
    choices = (onward >= 0).sum(axis=1)
    ways = [chance.choice(np.flatnonzero(choices), size=count)]
    for _ in range(_ROADS - 1):
        here = ways[-1]
        turn = (chance.random(count) * choices[here]).astype(int)
        ways.append(np.where(here >= 0, onward[here, turn], -1))
    return np.stack(ways, axis=1).astype(np.int32)


def _onward(network: RoadNetwork) -> Ints:
    """The roads that follow each road inside the city, filled with -1; the last row is all -1."""
    inside = ~network.crossing_virtual[network.road_to]
    rows = [[road for road in roads if inside[road]] for roads in network.roads_onward]
    width = max(map(len, rows), default=0)
    table = np.full((len(rows) + 1, width + 1), -1, np.int32)
    for road, row in enumerate(rows):
        table[road, : len(row)] = row
    return table
