"""The basic California algorithm (Payne and Tignor, 1978) on the stations of a city.

Three tests compare a station with the next one downstream: occupancy is higher by T1, by a share of T2, and downstream
it fell by a share of T3 within two minutes. Here a station is a road, the next one the mean of the roads that follow.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.packs.traffic.incident_runs import STATION_S, Alarm, Watched
from touyan.packs.traffic.network import RoadNetwork

_LAG = 120 // STATION_S
_EMPTY = 1e-6


class Thresholds(NamedTuple):
    """The three thresholds of the algorithm."""

    difference: float
    share: float
    fall: float


GRID = [
    Thresholds(*chosen)
    for chosen in product((0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5), (0.2, 0.5, 0.8, 0.95), (-9.0, 0.0, 0.2, 0.5, 0.8))
]
"""Thresholds to fit; a fall of -9 asks for none."""


def alarms(watched: Watched, network: RoadNetwork, thresholds: Thresholds) -> list[Alarm]:
    """When the algorithm would have raised an alert, and on which road."""
    upstream = watched.occupancy
    downstream = _downstream(upstream, network)
    difference = upstream - downstream
    share = difference / np.maximum(upstream, _EMPTY)
    before = np.concatenate([downstream[:_LAG], downstream[:-_LAG]])
    fall = (before - downstream) / np.maximum(before, _EMPTY)
    over = (difference >= thresholds.difference) & (share >= thresholds.share) & (fall >= thresholds.fall)
    begins = over & ~np.concatenate([np.zeros((1, over.shape[1]), bool), over[:-1]])
    return [Alarm((half_minute + 1.0) * STATION_S, road) for half_minute, road in np.argwhere(begins).tolist()]


def _downstream(occupancy: NDArray[np.float32], network: RoadNetwork) -> NDArray[np.float32]:
    """Mean occupancy of the roads that follow each road; 0 where none does."""
    following = np.zeros((occupancy.shape[1], occupancy.shape[1]), np.float32)
    for road, onward in enumerate(network.roads_onward):
        following[onward, road] = 1.0 / max(len(onward), 1)
    return occupancy @ following
