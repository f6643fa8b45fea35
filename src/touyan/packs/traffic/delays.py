"""How much longer trips took than on empty roads."""

from __future__ import annotations

import numpy as np

from touyan.kernels.traffic import layout
from touyan.kernels.traffic.layout import NONE

from .network import Floats, Ints
from .routing import road_lengths
from .traffic_world import TrafficWorld


def delays(world: TrafficWorld) -> Floats:
    """Seconds from departure to arrival beyond the time at free speed; NaN for vehicles under way.

    A road's free speed is the limit of its fastest lane or the vehicle's own maximum, whichever is less; links have
    only the latter. A road counts with the mean length of its lanes.
    """
    trips, arrays = world.trips(), world.arrays
    created = len(trips.left_s)
    kind, place = arrays.trips.kind[:created], arrays.trips.place[:created]
    own_maximum = arrays.types.max_speed
    free_s = np.empty(created)
    for number in range(len(own_maximum)):
        these = kind == number
        length, time = _along_routes(world, float(own_maximum[number]), place[these])
        free_s[these] = time + (trips.distance_m[these] - length) / own_maximum[number]
    return trips.left_s - trips.created_s - free_s


def _along_routes(world: TrafficWorld, maximum: float, place: Ints) -> tuple[Floats, Floats]:
    """Length and free time of the roads of routes that begin at places of the flat list of roads."""
    network, roads = world.network, world.arrays.roads
    length = road_lengths(network)
    limit = np.maximum.reduceat(network.lane_speed_limit, network.road_lane_first[:-1])
    return _sums(roads, length, place), _sums(roads, length / np.minimum(limit, maximum), place)


def _sums(roads: layout.Ints, values: Floats, place: Ints) -> Floats:
    """The sum of a value by road over each route."""
    ends = np.flatnonzero(roads == NONE)
    up_to = np.concatenate([[0.0], np.cumsum(np.where(roads == NONE, 0.0, values[roads]))])
    sums: Floats = up_to[ends[np.searchsorted(ends, place)]] - up_to[place]
    return sums
