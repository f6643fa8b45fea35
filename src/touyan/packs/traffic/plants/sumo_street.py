"""SUMO's vehicles as detectors and cameras of our lanes see them, second by second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from touyan.kernels.traffic import layout
from touyan.kernels.traffic.staging import Seen

from ..cameras import in_order
from ..network import RoadNetwork
from ..traffic_world import LaneCounts

_HALTING_M_S = 0.1


class _Vehicle(NamedTuple):
    """Where a vehicle was last, on our lanes (-1: on none), its speed and length."""

    lane: int
    speed: float
    length: float


class SumoStreet:
    """Keeps what `TrafficWorld` offers to sensors: `sensed`, `lanes` and `look`; who is who never leaves it."""

    def __init__(self, sumo: Any, network: RoadNetwork, inside: Mapping[str, tuple[str, float]]) -> None:
        self._sumo, self._network = sumo, network
        self._lane = {name: lane for lane, name in enumerate(network.lane_ids)}
        self._inside = {name: (self._lane[lane], way) for name, (lane, way) in inside.items() if lane in self._lane}
        self._there: dict[str, _Vehicle] = {}
        self._gathered = self._nothing()

    def note(self) -> None:
        """Look at every vehicle, once a second."""
        ask, lanes = self._sumo.vehicle, self._lane
        there: dict[str, _Vehicle] = {}
        for name in ask.getIDList():
            before = self._there.get(name)
            length = before.length if before else ask.getLength(name)
            there[name] = _Vehicle(lanes.get(ask.getLaneID(name), -1), ask.getSpeed(name), length)
        self._count(there)
        self._there = there

    def sensed(self) -> layout.Sensing:
        """What lane detectors gathered since the last call."""
        gathered, self._gathered = self._gathered, self._nothing()
        return gathered

    def lanes(self) -> LaneCounts:
        """What stands on each lane now."""
        vehicles, halting = np.zeros((2, len(self._lane)), np.int64)
        queue = np.zeros(len(self._lane))
        for name, vehicle in self._there.items():
            if vehicle.lane < 0:
                continue
            vehicles[vehicle.lane] += 1
            if vehicle.speed < _HALTING_M_S:
                halting[vehicle.lane] += 1
                back = self._to_stop_line(name, vehicle.lane) + vehicle.length
                queue[vehicle.lane] = max(queue[vehicle.lane], back)
        return LaneCounts(vehicles, halting, np.minimum(queue, self._network.lane_length))

    def look(self) -> Seen:
        """The vehicles of all lanes and, with negative distances, of the crossings behind them."""
        rows: list[tuple[int, float, float]] = []
        for name, vehicle in self._there.items():
            if vehicle.lane >= 0:
                rows.append((vehicle.lane, self._to_stop_line(name, vehicle.lane), vehicle.speed))
                continue
            lane, way = self._inside.get(self._sumo.vehicle.getLaneID(name), (-1, 0.0))
            if lane >= 0:
                rows.append((lane, -way - self._sumo.vehicle.getLanePosition(name), vehicle.speed))
        columns = list(zip(*rows, strict=True)) or [(), (), ()]
        return in_order(Seen(np.array(columns[0], np.int32), np.array(columns[1]), np.array(columns[2])))

    def speeds(self) -> list[float]:
        """Speed of every vehicle on the way, m/s."""
        return [vehicle.speed for vehicle in self._there.values()]

    def _to_stop_line(self, name: str, lane: int) -> float:
        return float(self._network.lane_length[lane]) - float(self._sumo.vehicle.getLanePosition(name))

    def _count(self, there: Mapping[str, _Vehicle]) -> None:
        gathered, before = self._gathered, self._there
        for name, vehicle in there.items():
            lane, earlier = vehicle.lane, before[name].lane if name in before else -1
            if lane >= 0:
                gathered.seconds[lane] += 1.0
                gathered.distance[lane] += vehicle.speed
                gathered.covered[lane] += vehicle.length
                gathered.entered[lane] += lane != earlier
            if earlier >= 0 and earlier != lane:
                gathered.left[earlier] += 1
        for name in before.keys() - there.keys():
            if before[name].lane >= 0:
                gathered.left[before[name].lane] += 1

    def _nothing(self) -> layout.Sensing:
        lanes = len(self._network.lane_road)
        entered, left = np.zeros((2, lanes), np.int64)
        return layout.Sensing(entered, left, *np.zeros((3, lanes)))
