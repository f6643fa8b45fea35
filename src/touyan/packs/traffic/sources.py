"""What real sensors give of a traffic world, and only that: lane detectors, cameras and signal states."""

from __future__ import annotations

from collections import deque
from copy import copy, deepcopy
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from touyan.core.components import Source
from touyan.core.observations import Column, ObservationBatch
from touyan.core.settings import setting
from touyan.kernels.traffic import layout

from .network import RoadNetwork
from .traffic_world import LaneCounts, TrafficWorld
from .vocabulary import (
    COMMANDED,
    ENTERED,
    HALTING,
    LANE_DETECTOR,
    LEFT,
    MEAN_SPEED,
    OCCUPANCY,
    PHASE,
    QUEUE_LENGTH,
    REPORT_INTERVAL_S,
    TRAFFIC_SIGNAL,
    VEHICLES,
    lane_detectors,
    traffic_signals,
)

_COUNTS = (ENTERED, LEFT, VEHICLES, HALTING)


class LaneDetectors(Source):
    """One lane-area detector on each lane, as SUMO's E2, reporting in intervals."""

    interval_s: int = setting(REPORT_INTERVAL_S, unit="SEC", at_least=1, help="Time between reports.")
    noise: float = setting(0.0, at_least=0.0, at_most=1.0, help="Relative standard deviation of every value.")
    loss: float = setting(0.0, at_least=0.0, at_most=1.0, help="Share of reports that get lost.")
    delay_s: int = setting(0, unit="SEC", at_least=0, help="Time between a report and its arrival.")
    silent: str = setting("", help="Lane ids, separated by commas, whose detector is dead.")
    seed: int = setting(0, help="Seed of noise and loss.")


class LaneCameras(Source):
    """One camera above each stop line: where the vehicles of a lane are, never who they are."""

    interval_s: int = setting(REPORT_INTERVAL_S, unit="SEC", at_least=1, help="Time between reports.")
    noise: float = setting(0.0, at_least=0.0, at_most=1.0, help="Relative standard deviation of every value.")
    unseen: float = setting(0.0, at_least=0.0, at_most=1.0, help="Share of vehicles that are missed in each look.")
    loss: float = setting(0.0, at_least=0.0, at_most=1.0, help="Share of reports that get lost.")
    delay_s: int = setting(0, unit="SEC", at_least=0, help="Time between a report and its arrival.")
    silent: str = setting("", help="Lane ids, separated by commas, whose camera is dead.")
    seed: int = setting(0, help="Seed of noise and loss.")


class FloatingCars(Source):
    """What a provider says of each road, from the share of cars that report to it."""

    share: float = setting(0.0, at_least=0.0, at_most=1.0, help="Share of vehicles that report; 0: no provider.")
    interval_s: int = setting(10, unit="SEC", at_least=1, help="Time between two looks.")
    noise_m_s: float = setting(0.0, unit="MTS", at_least=0.0, help="Standard deviation of a reported speed.")
    loss: float = setting(0.0, at_least=0.0, at_most=1.0, help="Share of looks at a car that get lost.")
    seed: int = setting(0, help="Seed of who reports, noise and loss.")


class SignalHeads(Source):
    """The state that each signal reports: its phase, and whether it is under command."""


class Street(Protocol):
    """What lane detectors can stand on: a traffic world, or another simulator's roads."""

    def sensed(self) -> layout.Sensing:
        """What was gathered on each lane since the last call."""

    def lanes(self) -> LaneCounts:
        """What stands on each lane now."""


class DetectorFeed:
    """The lane detectors of one world: gathers, disturbs, delays."""

    def __init__(self, detectors: LaneDetectors, network: RoadNetwork) -> None:
        self.interval_s = detectors.interval_s
        self._detectors = detectors
        self._length = network.lane_length
        self._ids = lane_detectors(network)
        self._random = np.random.default_rng(detectors.seed)
        self._silent = silent_lanes(detectors.silent, network)
        self._under_way: deque[tuple[float, ObservationBatch]] = deque()

    def branch(self) -> DetectorFeed:
        """A copy with the same chance to come and the same reports under way."""
        twin = copy(self)
        twin._random, twin._under_way = deepcopy(self._random), self._under_way.copy()
        return twin

    def report(self, world: Street, now: float) -> list[ObservationBatch]:
        """Read the detectors; returns the reports that arrive now."""
        values = self._disturbed(self._read(world))
        batch = ObservationBatch(LANE_DETECTOR, self._detectors.name, self._ids, np.full(len(self._ids), now), values)
        self._under_way.append((now + self._detectors.delay_s, batch))
        return self.arrivals(now)

    def arrivals(self, now: float) -> list[ObservationBatch]:
        """The delayed reports that have arrived by now."""
        arrived = []
        while self._under_way and self._under_way[0][0] <= now:
            arrived.append(self._under_way.popleft()[1])
        return arrived

    def _read(self, world: Street) -> dict[str, Column]:
        gathered, now = world.sensed(), world.lanes()
        with np.errstate(invalid="ignore"):
            mean_speed = gathered.distance / gathered.seconds  # NaN on an empty lane
        return {
            ENTERED: gathered.entered.astype(np.float64),
            LEFT: gathered.left.astype(np.float64),
            VEHICLES: now.vehicles.astype(np.float64),
            HALTING: now.halting.astype(np.float64),
            OCCUPANCY: np.clip(gathered.covered / (self._length * self.interval_s), 0.0, 1.0),
            MEAN_SPEED: mean_speed,
            QUEUE_LENGTH: now.queue,
        }

    def _disturbed(self, values: dict[str, Column]) -> dict[str, Column]:
        """Values with noise; NaN where a report is lost or its detector is dead."""
        lost = self._silent | (self._random.random(len(self._length)) < self._detectors.loss)
        for name, column in values.items():
            if self._detectors.noise:
                column *= np.maximum(0.0, self._random.normal(1.0, self._detectors.noise, len(column)))
            if name in _COUNTS:
                np.rint(column, out=column)
            column[lost] = np.nan
        if self._detectors.noise:
            values[OCCUPANCY].clip(0.0, 1.0, out=values[OCCUPANCY])
            np.minimum(values[QUEUE_LENGTH], self._length, out=values[QUEUE_LENGTH])
        return values


class SignalFeed:
    """The signal states of one world."""

    def __init__(self, heads: SignalHeads, network: RoadNetwork) -> None:
        self._name = heads.name
        self._crossings = network.signalised
        self._ids = traffic_signals(network)

    def report(self, world: TrafficWorld, now: float) -> ObservationBatch:
        """Phase and command of every signal now."""
        values = {
            PHASE: world.phases()[self._crossings].astype(np.float64),
            COMMANDED: world.commanded()[self._crossings].astype(np.float64),
        }
        return ObservationBatch(TRAFFIC_SIGNAL, self._name, self._ids, np.full(len(self._ids), now), values)


def silent_lanes(names: str, network: RoadNetwork) -> NDArray[np.bool_]:
    """Which lanes are named in a list with commas; raises NotFoundError for unknown ones."""
    silent = np.zeros(network.lane_count, np.bool_)
    for name in filter(None, (part.strip() for part in names.split(","))):
        silent[network.lane(name)] = True
    return silent
