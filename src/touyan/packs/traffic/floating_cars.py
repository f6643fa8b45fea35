"""Floating cars: a share of the vehicles tells a provider where it drives, who tells us sums by road."""

from __future__ import annotations

from copy import copy, deepcopy

import numpy as np
from numpy.typing import NDArray

from touyan.core.observations import Column, ObservationBatch
from touyan.kernels.traffic import layout
from touyan.kernels.traffic.sensing import HALTING_SPEED

from .network import RoadNetwork
from .sources import FloatingCars
from .traffic_world import TrafficWorld
from .vocabulary import FLOATING_CARS, PROBE_SPEED, PROBES, PROBES_HALTING, PROBES_PASSED, floating_cars

_SPREAD = 0x9E3779B97F4A7C15  # 2⁶⁴ over the golden ratio: spreads neighbouring numbers evenly


class FloatingCarFeed:
    """The provider: knows its cars, and says sums only."""

    def __init__(self, cars: FloatingCars, network: RoadNetwork) -> None:
        self.interval_s = cars.interval_s
        self._cars = cars
        self._lane_road = network.lane_road
        self._ids = floating_cars(network)
        self._random = np.random.default_rng(cars.seed)
        self._last: dict[int, int] = {}

    def branch(self) -> FloatingCarFeed:
        """A copy with the same chance to come."""
        twin = copy(self)
        twin._random, twin._last = deepcopy(self._random), self._last.copy()
        return twin

    def report(self, world: TrafficWorld, now: float) -> list[ObservationBatch]:
        """Look at the cars once."""
        number, lane, speed = on_lanes(world.arrays, len(self._lane_road))
        mine = self._reports(number)
        road = self._lane_road[lane[mine]]
        passed = self._passed(number[mine], road)
        heard = self._random.random(len(road)) >= self._cars.loss
        said = speed[mine] + self._random.normal(0.0, 1.0, len(road)) * self._cars.noise_m_s
        values = self._summed(road[heard], np.maximum(said[heard], 0.0)) | {PROBES_PASSED: passed}
        return [ObservationBatch(FLOATING_CARS, self._cars.name, self._ids, np.full(len(self._ids), now), values)]

    def arrivals(self, now: float) -> list[ObservationBatch]:
        """Nothing is ever late."""
        return []

    def _reports(self, number: layout.Ints) -> NDArray[np.bool_]:
        """Which vehicles are among the provider's; the same ones all the time."""
        offset = np.uint64((self._cars.seed + 1) * _SPREAD % 2**64)
        spread = (number.astype(np.uint64) + offset) * np.uint64(_SPREAD)
        chosen: NDArray[np.bool_] = (spread >> np.uint64(32)).astype(np.float64) < self._cars.share * 2.0**32
        return chosen

    def _passed(self, number: layout.Ints, road: layout.Ints) -> Column:
        """Cars that left each road since the last look."""
        now = dict(zip(number.tolist(), road.tolist(), strict=True))
        left = [before for car, before in self._last.items() if now.get(car, -1) != before]
        self._last = now
        return np.bincount(np.array(left, np.intp), minlength=len(self._ids)).astype(np.float64)

    def _summed(self, road: layout.Ints, speed: Column) -> dict[str, Column]:
        count = np.bincount(road, minlength=len(self._ids)).astype(np.float64)
        total = np.bincount(road, speed, minlength=len(self._ids))
        halting = np.bincount(road[speed < HALTING_SPEED], minlength=len(self._ids)).astype(np.float64)
        with np.errstate(invalid="ignore"):
            return {PROBES: count, PROBE_SPEED: total / count, PROBES_HALTING: halting}


def on_lanes(world: layout.World, lanes: int) -> tuple[layout.Ints, NDArray[np.intp], Column]:
    """Number, lane and speed of every vehicle that is on a lane."""
    filled, front = world.rows.filled[:lanes], world.rows.heads["front"][:lanes]
    lane = np.repeat(np.arange(lanes), filled)
    slot = np.arange(len(lane)) - np.repeat(np.cumsum(filled) - filled, filled) + np.repeat(front, filled)
    vehicles = world.vehicles[slot]
    return vehicles["number"].copy(), lane, vehicles["speed"].copy()
