"""What count points would count in a simulation, and how long roads take in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from touyan.kernels.traffic.layout import Sensing

from .counts import Counts, Point
from .demand import Demand, Floats
from .network import RoadNetwork
from .traffic_world import TrafficWorld

_SLOWEST = 20.0
"""How many times longer than free a lane may take; a standing queue has no travel time."""


class Simulated(NamedTuple):
    """Vehicles of each count, and seconds on each lane in each interval."""

    counts: Floats
    seconds: Floats


def simulate(network: RoadNetwork, demand: Demand, counts: Counts, edges: Floats, seed: int = 0) -> Simulated:
    """One simulation under the signals' own programme; `edges` (s) hold those of the counts.

    A turn that shares its lanes with others is given its share of the demand's vehicles that leave by them.
    """
    world = TrafficWorld(network, demand, seed)
    world.advance(int(edges[0]))
    world.sensed()
    left, seconds = [np.zeros(network.lane_count)], []
    for begin, end in pairwise(edges.tolist()):
        world.advance(int(end - begin))
        sensed = world.sensed()
        left.append(left[-1] + sensed.left)
        seconds.append(_lane_seconds(network, sensed))
    share = _lane_shares(network, demand, counts.points, int(edges[-1]))
    at_points = np.stack(left) @ share
    first, last = (np.searchsorted(edges, bound) for bound in (counts.begin_s, counts.end_s))
    return Simulated(at_points[last, counts.point] - at_points[first, counts.point], np.stack(seconds))


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


def _lane_shares(network: RoadNetwork, demand: Demand, points: Iterable[Point], steps: int) -> Floats:
    """Of the vehicles that leave each lane, the share that each point counts; shape (lanes, points)."""
    turning = _turning(demand, steps)
    points = list(points)
    shares = np.zeros((network.lane_count, len(points)))
    for column, point in enumerate(points):
        for lane in point.lanes(network):
            shares[lane, column] = _share(network, turning, point, lane)
    return shares


def _share(network: RoadNetwork, turning: Counter[tuple[int, int]], point: Point, lane: int) -> float:
    if point.to_road < 0:
        return 1.0
    onward = {to_road for from_lane, to_road in network.links_onward if from_lane == lane}
    total = sum(turning[point.road, to_road] for to_road in onward)
    return turning[point.road, point.to_road] / total if total else 1 / len(onward)


def _turning(demand: Demand, steps: int) -> Counter[tuple[int, int]]:
    """How many vehicles of a demand turn from each road to each other."""
    drivers = np.bincount(demand.block(0, steps).route, minlength=len(demand.routes))
    turning: Counter[tuple[int, int]] = Counter()
    for route, count in zip(demand.routes, drivers.tolist(), strict=True):
        for pair in pairwise(route):
            turning[pair] += count
    return turning
