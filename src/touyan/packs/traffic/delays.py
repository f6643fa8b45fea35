"""How much longer trips took than on empty roads."""

from __future__ import annotations

import numpy as np

from touyan.kernels.traffic import layout
from touyan.kernels.traffic.layout import NONE

from .network import Floats
from .routing import road_lengths
from .traffic_world import TrafficWorld


class Delays:
    """Delays of arrived vehicles; what it knows of routes it keeps until there are more."""

    def __init__(self) -> None:
        self._roads = np.empty(0, np.int32)
        self._ends = np.empty(0, np.int64)
        self._up_to: list[tuple[Floats, Floats]] = []  # metres and free seconds up to each place, by vehicle type

    def of(self, world: TrafficWorld, arrived: layout.Longs) -> Floats:
        """Seconds from departure to arrival beyond the time at free speed.

        A road's free speed is the limit of its fastest lane or the vehicle's own maximum, whichever is less; links
        have only the latter. A road counts with the mean length of its lanes.
        """
        arrays, trips = world.arrays, world.arrays.trips
        self._learn(world)
        kind, place, driven = trips.kind[arrived], trips.place[arrived], trips.driven[arrived]
        end = self._ends[np.searchsorted(self._ends, place)]
        free_s = np.empty(len(arrived))
        for number, (metres, seconds) in enumerate(self._up_to):
            these = kind == number
            length, time = (up_to[end[these]] - up_to[place[these]] for up_to in (metres, seconds))
            free_s[these] = time + (driven[these] - length) / arrays.types.max_speed[number]
        delay: Floats = (trips.left[arrived] - trips.created[arrived]) / world.steps_per_second - free_s
        return delay

    def _learn(self, world: TrafficWorld) -> None:
        roads = world.arrays.roads
        if roads is self._roads:
            return
        length = road_lengths(world.network)
        limit = np.maximum.reduceat(world.network.lane_speed_limit, world.network.road_lane_first[:-1])
        self._roads, self._ends = roads, np.flatnonzero(roads == NONE)
        self._up_to = [
            (_up_to(roads, length), _up_to(roads, length / np.minimum(limit, maximum)))
            for maximum in world.arrays.types.max_speed.tolist()
        ]


def delays(world: TrafficWorld) -> Floats:
    """The delay of every vehicle created (s); NaN for those who have not arrived."""
    delay, arrived = np.full(world.created, np.nan), np.flatnonzero(world.arrays.trips.left[: world.created] != NONE)
    delay[arrived] = Delays().of(world, arrived)
    return delay


def _up_to(roads: layout.Ints, values: Floats) -> Floats:
    """The sum of a value by road up to each place on the flat list of roads."""
    return np.concatenate([[0.0], np.cumsum(np.where(roads == NONE, 0.0, values[roads]))])
