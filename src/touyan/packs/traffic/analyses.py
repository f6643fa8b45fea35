"""Figures of road traffic for people, from what lane detectors say."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from typing import ClassVar

import numpy as np

from touyan.core.components import Indicator
from touyan.core.observations import Column
from touyan.core.protocols import Measure, Plant, State
from touyan.core.settings import setting
from touyan.core.text import Text
from touyan.core.units import from_si

from .network import RoadNetwork
from .readings import lane_readings
from .vocabulary import HALTING, LANE_DETECTOR, LEFT, MEAN_SPEED, QUEUE_LENGTH, REPORT_INTERVAL_S, VEHICLES


class LaneIndicator(Indicator):
    """A figure from the lane detectors that are heard.

    The measure is in the unit of its code; NaN where no detector is heard.
    """

    abstract = True
    needs: ClassVar[tuple[str, ...]] = (LANE_DETECTOR,)
    interval_s: float = setting(
        REPORT_INTERVAL_S, unit="SEC", at_least=1.0, help="Time between two reports of a lane detector."
    )

    def start(self, plant: Plant) -> None:
        """Learn the lanes."""
        self._lanes = lane_readings(plant.model)

    @abstractmethod
    def measure(self, state: State) -> Measure:
        """The figure now."""

    def known(self, state: State, quantity: str) -> Column:
        """A quantity of the lanes that are heard; NaN elsewhere."""
        fresh = self._lanes.fresh(state, quantity, self.interval_s)
        return np.where(fresh, self._lanes.column(state, quantity), np.nan)


class VehiclesOnLanes(LaneIndicator):
    """How many vehicles are on the lanes."""

    def measure(self, state: State) -> Measure:
        """Counted now."""
        title = Text("Vehicles on lanes", "车道上车辆")
        method = Text("sum of the lane detectors' counts", "车道检测器计数之和")
        return Measure("vehicles_on_lanes", title, _total(self.known(state, VEHICLES)), "C62", method)


class MeanSpeed(LaneIndicator):
    """How fast vehicles are on average."""

    def measure(self, state: State) -> Measure:
        """Over the last interval."""
        title = Text("Mean speed on lanes", "车道平均速度")
        method = Text("lane detectors' mean speeds, weighted by vehicles", "车道检测器平均速度，按车辆数加权")
        speed, vehicles = self.known(state, MEAN_SPEED), self.known(state, VEHICLES)
        weight = np.where(np.isnan(speed) | np.isnan(vehicles), 0.0, vehicles)
        mean = float(np.nansum(speed * weight) / weight.sum()) if weight.sum() else float("nan")
        return Measure("mean_speed_on_lanes", title, from_si(mean, "KMH"), "KMH", method)


class Halting(LaneIndicator):
    """How many vehicles stand in queues."""

    def measure(self, state: State) -> Measure:
        """Counted now."""
        title = Text("Halting vehicles", "停车排队车辆")
        method = Text("vehicles slower than 0.1 m/s, by lane detectors", "车道检测器测得速度低于0.1 m/s的车辆")
        return Measure("halting_vehicles", title, _total(self.known(state, HALTING)), "C62", method)


class LongestQueue(LaneIndicator):
    """How long the longest queue is."""

    def measure(self, state: State) -> Measure:
        """In metres, now."""
        title = Text("Longest queue", "最长排队")
        method = Text("from a stop line to the rear of its last halting vehicle", "从停止线到最后一辆停车尾部的距离")
        queues = self.known(state, QUEUE_LENGTH)
        longest = float(np.nanmax(queues)) if _any(queues) else float("nan")
        return Measure("longest_queue", title, longest, "MTR", method)


class DetectorsHealthy(LaneIndicator):
    """Which share of the lane detectors is heard."""

    def measure(self, state: State) -> Measure:
        """In per cent, now."""
        title = Text("Detectors heard", "检测器在线率")
        method = Text("lane detectors with a count in the last 3 intervals", "最近3个周期内有计数的车道检测器占比")
        fresh = self._lanes.fresh(state, VEHICLES, self.interval_s)
        share = float(fresh.mean()) if len(fresh) else float("nan")
        return Measure("detectors_healthy", title, from_si(share, "P1"), "P1", method)


class Throughput(LaneIndicator):
    """How many vehicles leave the network's lanes in an hour."""

    window_s: float = setting(300.0, unit="SEC", at_least=10.0, help="The time over which departures are counted.")

    def start(self, plant: Plant) -> None:
        """Learn which lanes lead out of the network."""
        network: RoadNetwork = plant.model
        super().start(plant)
        self._leads_out = network.crossing_virtual[network.road_to[network.lane_road]]
        self._left_at = np.full(network.lane_count, -np.inf)
        self._seen: deque[tuple[float, float, float]] = deque()

    def measure(self, state: State) -> Measure:
        """Over the reports of the window."""
        title = Text("Throughput", "驶离流量")
        minutes = f"{self.window_s / 60:g}"
        method = Text(
            f"vehicles that left the outermost lanes, reports of the last {minutes} min",
            f"最近{minutes}分钟的上报中驶离最外侧车道的车辆",
        )
        left = sum(vehicles for _, vehicles, _ in self._seen)
        lane_seconds = sum(seconds for _, _, seconds in self._seen)
        lanes = int(np.count_nonzero(self._leads_out))
        per_hour = left / lane_seconds * lanes * 3600 if lane_seconds else float("nan")
        return Measure("throughput", title, per_hour, "E58", method)

    def note(self, state: State) -> None:
        """Keep (time, vehicles, lane-seconds) of the window's reports."""
        while self._seen and self._seen[0][0] <= state.now - self.window_s:
            self._seen.popleft()
        heard = self._lanes.heard_at(state, LEFT)
        new = self._leads_out & (heard > self._left_at)
        self._left_at = heard
        if new.any():
            left = float(self._lanes.column(state, LEFT)[new].sum())
            self._seen.append((float(heard[new].max()), left, self.interval_s * int(np.count_nonzero(new))))


def _any(column: Column) -> bool:
    return bool((~np.isnan(column)).any())


def _total(column: Column) -> float:
    """The sum of what is known; NaN where nothing is."""
    return float(np.nansum(column)) if _any(column) else float("nan")
