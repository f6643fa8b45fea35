"""How far lanes and crossings are from normal, as their sensors show it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from touyan.core.components import Detector
from touyan.core.protocols import Finding, Plant, State
from touyan.core.settings import setting

from .blockages import LaneWatch
from .network import RoadNetwork
from .readings import lane_readings
from .vocabulary import (
    HALTING,
    LANE_DETECTOR,
    LEFT,
    QUEUE_LENGTH,
    REPORT_INTERVAL_S,
    TRAFFIC_SIGNAL,
    VEHICLES,
    traffic_signals,
)

_INTERVAL_HELP = "Time between two reports of a lane detector."


class Silence(Detector):
    """Intervals since a lane detector's last count came in.

    Missing values are silence too. Counted from the arrival: reports that are always late are no silence.
    """

    entity_type: ClassVar[str] = LANE_DETECTOR
    quantity: ClassVar[str] = "missedReports"
    interval_s: float = setting(REPORT_INTERVAL_S, unit="SEC", at_least=1.0, help=_INTERVAL_HELP)

    def start(self, plant: Plant) -> None:
        """Detectors count as heard at the start."""
        self._lanes = lane_readings(plant.model)
        self._heard_at = np.full(len(self._lanes.ids), -np.inf)
        self._came_at = np.full(len(self._lanes.ids), plant.now)

    def score(self, state: State) -> Finding:
        """Intervals of silence of each detector."""
        heard_at = self._lanes.heard_at(state, VEHICLES)
        self._came_at = np.where(heard_at > self._heard_at, state.now, self._came_at)
        self._heard_at = heard_at
        return Finding(self._lanes.ids, (state.now - self._came_at) / self.interval_s)


class QueueShare(Detector):
    """The share of a lane, from its stop line, that is queue."""

    entity_type: ClassVar[str] = LANE_DETECTOR
    quantity: ClassVar[str] = "queueShare"
    unit_code: ClassVar[str] = "P1"
    interval_s: float = setting(REPORT_INTERVAL_S, unit="SEC", at_least=1.0, help=_INTERVAL_HELP)

    def start(self, plant: Plant) -> None:
        """Learn how long the lanes are."""
        network: RoadNetwork = plant.model
        self._lanes = lane_readings(network)
        self._length = network.lane_length

    def score(self, state: State) -> Finding:
        """Share of each lane; NaN where its detector is silent."""
        queue = self._lanes.column(state, QUEUE_LENGTH)
        fresh = self._lanes.fresh(state, QUEUE_LENGTH, self.interval_s)
        return Finding(self._lanes.ids, np.where(fresh, queue / self._length, np.nan))


class Standstill(Detector):
    """Seconds for which nobody left a crossing although many wait."""

    entity_type: ClassVar[str] = TRAFFIC_SIGNAL
    quantity: ClassVar[str] = "standstill"
    unit_code: ClassVar[str] = "SEC"
    interval_s: float = setting(REPORT_INTERVAL_S, unit="SEC", at_least=1.0, help=_INTERVAL_HELP)
    waiting_share: float = setting(
        0.5, at_least=0.0, at_most=1.0, help="Share of the entering lanes on which vehicles must wait."
    )

    def start(self, plant: Plant) -> None:
        """Learn the entering lanes of each signal."""
        network: RoadNetwork = plant.model
        self._ids = traffic_signals(network)
        self._lanes = lane_readings(network)
        position = np.full(len(network.crossing_ids), -1)
        position[network.signalised] = np.arange(len(self._ids))
        signal = position[network.road_to[network.lane_road]]
        self._lane = np.flatnonzero(signal >= 0)
        self._signal = signal[self._lane]
        self._entering = np.maximum(np.bincount(self._signal, minlength=len(self._ids)), 1)
        self._since = np.full(len(self._ids), plant.now)
        self._left_at = np.full(network.lane_count, -np.inf)

    def score(self, state: State) -> Finding:
        """Seconds of standstill; NaN where no lane is heard."""
        fresh = self._lanes.fresh(state, HALTING, self.interval_s)
        waiting = self._count(fresh & (self._lanes.column(state, HALTING) > 0))
        still = (waiting > 0) & (waiting >= self.waiting_share * self._entering) & (self._left(state) == 0)
        self._since = np.where(still, self._since, state.now)
        return Finding(self._ids, np.where(self._count(fresh) > 0, state.now - self._since, np.nan))

    def _left(self, state: State) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
        """How many entering lanes of each signal somebody left since."""
        heard = self._lanes.heard_at(state, LEFT)
        left = (heard > self._left_at) & (self._lanes.column(state, LEFT) > 0)
        self._left_at = heard
        return self._count(left)

    def _count(
        self, lanes: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
        """How many of each signal's entering lanes are flagged."""
        return np.bincount(self._signal[lanes[self._lane]], minlength=len(self._ids))


class StoppedVehicle(Detector):
    """Seconds for which vehicles stand on a lane although the road before them is free."""

    entity_type: ClassVar[str] = LANE_DETECTOR
    quantity: ClassVar[str] = "standsWithFreeRoad"
    unit_code: ClassVar[str] = "SEC"
    interval_s: float = setting(REPORT_INTERVAL_S, unit="SEC", at_least=1.0, help=_INTERVAL_HELP)

    def start(self, plant: Plant) -> None:
        """Learn how long the lanes are, and where they lead."""
        self._watch = LaneWatch(plant.model, plant.now, self.interval_s)

    def score(self, state: State) -> Finding:
        """Seconds of standstill of each lane."""
        self._watch.note(state)
        return Finding(self._watch.ids, self._watch.stands_s)


class UnusedGreen(StoppedVehicle):
    """Seconds of green that vehicles at a stop line did not use, with room behind the crossing."""

    quantity: ClassVar[str] = "unusedGreen"

    def score(self, state: State) -> Finding:
        """Seconds of green of each lane since somebody left."""
        self._watch.note(state)
        return Finding(self._watch.ids, self._watch.unused_s)
