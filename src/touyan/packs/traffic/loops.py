"""Induction loops: points on lanes that count the vehicles which drive over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .network import Floats, Ints, RoadNetwork
from .traffic_world import TrafficWorld

Longs = NDArray[np.int64]

_NOWHERE = -1


class Loop(NamedTuple):
    """A loop across one lane, `x` m from its start."""

    lane: int
    x: float


class LoopCounter:
    """Counts passages exactly, by looking at every vehicle after each second.

    A vehicle passes a loop when its front was before it on the lane, or not yet on the road, and is beyond it now. Who
    changes lanes beyond the loop has passed the loop of the other lane.
    """

    def __init__(self, network: RoadNetwork, loops: Sequence[Loop]) -> None:
        self.counts: Longs = np.zeros(len(loops), np.int64)
        self._lane = np.array([loop.lane for loop in loops], np.int64)
        self._x = np.array([loop.x for loop in loops], float)
        self._road = np.append(network.lane_road, np.full(network.link_count, _NOWHERE))
        self._loops_of: dict[int, list[int]] = {}
        for number, loop in enumerate(loops):
            self._loops_of.setdefault(loop.lane, []).append(number)
        self._before = (np.empty(0, np.int32), np.empty(0))

    def look(self, world: TrafficWorld) -> None:
        """Take note of where the vehicles are now, one second after the last look."""
        drivable, x = places(world)
        old_drivable, old_x = self._before
        known = len(old_drivable)
        before = np.full(len(drivable), _NOWHERE, np.int32)
        before_x = np.full(len(x), -1.0)
        before[:known], before_x[:known] = old_drivable, old_x
        for loop, (lane, at) in enumerate(zip(self._lane.tolist(), self._x.tolist(), strict=True)):
            self.counts[loop] += self._passed(lane, at, (before, before_x), (drivable, x))
        self._before = (drivable, x)

    def _passed(self, lane: int, at: float, before: tuple[Ints, Floats], now: tuple[Ints, Floats]) -> int:
        road = self._road[lane]
        on_lane, behind = before[0] == lane, before[1] < at
        off_road = self._road[now[0]] != road
        over_the_end = on_lane & behind & off_road
        beyond = (now[0] == lane) & (now[1] >= at)
        came_from = (on_lane & behind) | (self._road[before[0]] != road)
        return int(np.count_nonzero(over_the_end | (beyond & came_from)))


def places(world: TrafficWorld) -> tuple[Ints, Floats]:
    """Drivable and m along it of every vehicle created so far, in order of creation; -1 where it is not running."""
    arrays = world.arrays
    drivable, x = np.full(world.created, _NOWHERE, np.int32), np.full(world.created, -1.0)
    filled = arrays.rows.filled
    total = np.cumsum(filled)
    slots = np.arange(total[-1]) - np.repeat(total - filled, filled) + np.repeat(arrays.rows.heads.front, filled)
    number = arrays.vehicles.number[slots]
    real = number >= 0  # the rest are shadows of lane changes
    drivable[number[real]] = np.repeat(np.arange(len(filled), dtype=np.int32), filled)[real]
    x[number[real]] = arrays.vehicles.x[slots][real]
    return drivable, x
