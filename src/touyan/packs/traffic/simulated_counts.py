"""What count points would count in a simulation, and how long roads take in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from touyan.kernels.traffic.layout import Longs, Sensing

from .counts import Counts, Point
from .demand import Demand, Floats, Ints
from .network import RoadNetwork
from .traffic_world import TrafficWorld

_SLOWEST = 20.0
"""How many times longer than free a lane may take; a standing queue has no travel time."""


_OUT = -1
"""Stands for the road after the last one of a route; such turns are never asked for."""


class Simulated(NamedTuple):
    """Vehicles of each count, and seconds on each lane in each interval."""

    counts: Floats
    seconds: Floats


def simulate(
    network: RoadNetwork,
    demand: Demand,
    counts: Counts,
    edges: Floats,
    *,
    seed: int = 0,
    lane_change: bool = False,
) -> Simulated:
    """One simulation under the signals' own programme.

    `edges` (s) hold those of the counts.
    """
    world = TrafficWorld(network, demand, seed, lane_change=lane_change)
    world.advance(int(edges[0]))
    world.sensed()
    driven = _Driven(network, demand, int(edges[-1]))
    reached, counted, seconds = world.roads_left(), [np.zeros(len(counts.points))], []
    for begin, end in pairwise(edges.tolist()):
        world.advance(int(end - begin))
        sensed, before, reached = world.sensed(), reached, world.roads_left()
        counted.append(counted[-1] + driven.at(counts.points, before, reached, sensed.left))
        seconds.append(_lane_seconds(network, sensed))
    sums = np.stack(counted)
    first, last = (np.searchsorted(edges, bound) for bound in (counts.begin_s, counts.end_s))
    return Simulated(sums[last, counts.point] - sums[first, counts.point], np.stack(seconds))


class _Driven:
    """Which roads and turns the vehicles of a demand have left, from how far each has come."""

    def __init__(self, network: RoadNetwork, demand: Demand, steps: int) -> None:
        route = demand.block(0, steps).route
        lengths = np.array([len(roads) for roads in demand.routes], np.int64)
        self._first = (np.cumsum(lengths) - lengths)[route]
        self._road = np.array([road for roads in demand.routes for road in roads], np.int64)
        self._onward = np.array([road for roads in demand.routes for road in (*roads[1:], _OUT)], np.int64)
        self._roads = len(network.road_ids)

    def at(self, points: Sequence[Point], before: Ints, after: Ints, lanes_left: Longs) -> Floats:
        """Vehicles that passed each point, where each vehicle had and has left so many roads behind."""
        came = np.zeros_like(after)
        came[: len(before)] = before
        steps = after - came
        vehicle = np.repeat(np.arange(len(after)), steps)
        place = np.arange(len(vehicle)) - np.repeat(np.cumsum(steps) - steps, steps)
        passed = self._first[vehicle] + came[vehicle] + place
        roads = np.bincount(self._road[passed], minlength=self._roads)
        turns = Counter(zip(self._road[passed].tolist(), self._onward[passed].tolist(), strict=True))
        return np.array([self._count(point, roads, turns, lanes_left) for point in points], float)

    def _count(self, point: Point, roads: Longs, turns: Counter[tuple[int, int]], lanes_left: Longs) -> int:
        if point.lane >= 0:
            return int(lanes_left[point.lane])
        return turns[point.road, point.to_road] if point.to_road >= 0 else int(roads[point.road])


def free_lane_seconds(network: RoadNetwork) -> Floats:
    """Seconds to drive each lane at its speed limit."""
    seconds: Floats = network.lane_length / network.lane_speed_limit
    return seconds


def _lane_seconds(network: RoadNetwork, sensed: Sensing) -> Floats:
    """Mean time on each lane by Little's law: vehicle-seconds over vehicles; free where there were none.

    Speeds would not do: who stands in a queue has driven most of the lane, and has not left it.
    """
    free = free_lane_seconds(network)
    vehicles = (sensed.entered + sensed.left) / 2
    return np.clip(np.divide(sensed.seconds, vehicles, out=free.copy(), where=vehicles > 0), free, _SLOWEST * free)
