"""Runs of a city in which one lane is blocked, or none, watched by the detectors of incidents."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.core.components import Detector, Rule
from touyan.core.observations import Column, ObservationBatch
from touyan.fusion.state import CurrentState
from touyan.kernels.traffic.layout import HOLDING

from .changed_demand import ShiftedDemand
from .demand import Demand
from .detectors import StoppedVehicle, UnusedGreen
from .network import RoadNetwork
from .plant import SimulatedCity
from .rules import LaneBlocked, StopLineBlocked
from .sources import LaneDetectors, SignalHeads
from .traffic_world import Incident, TrafficWorld
from .vocabulary import LANE_DETECTOR, OCCUPANCY, REPORT_INTERVAL_S, TRAFFIC_SIGNAL, lane_detectors, traffic_signals

HOUR_S = 3600
_SPREAD_S = 120
_EARLIEST_S, _LATEST_S = 300, 2400
_SHORTEST_S, _LONGEST_S = 300, 1200
STATION_S = 30
"""Time over which a station of the California algorithm takes its mean occupancy."""


class Alarm(NamedTuple):
    """An alert that became due: when since the start, and on which road."""

    at_s: float
    road: int


class Watched(NamedTuple):
    """What came of one run.

    `stood` is from when to when the vehicle stood (s since the start), None where none did; `road` is where.
    `occupancy` is (half minutes, roads); `spent_s` the time that all vehicles spent together.
    """

    road: int
    stood: tuple[float, float] | None
    alarms: list[Alarm]
    occupancy: NDArray[np.float32]
    spent_s: float


def blockage(network: RoadNetwork, seed: int) -> Incident:
    """One lane blocked at a random place and time, for 5 to 20 minutes."""
    rng = np.random.default_rng([seed, 1])
    lane = int(rng.integers(network.lane_count))
    place = float(rng.uniform(0.0, network.lane_length[lane]))
    from_s, for_s = rng.integers(_EARLIEST_S, _LATEST_S), rng.integers(_SHORTEST_S, _LONGEST_S + 1)
    return Incident(lane, place, int(from_s), int(for_s))


class Scene:
    """A city whose runs differ by their seed: departures move by up to two minutes."""

    def __init__(self, network: RoadNetwork, demand: Demand, sensors: LaneDetectors) -> None:
        self.network = network
        self._demand = demand
        self._sensors = sensors

    def run(self, seed: int, incident: Incident | None) -> Watched:
        """One hour, watched report by report."""
        demand = ShiftedDemand(self._demand, _SPREAD_S, seed)
        world = TrafficWorld(self.network, demand, seed, [] if incident is None else [incident])
        sensors = LaneDetectors(**{**self._sensors.values(), "seed": seed})
        city = SimulatedCity(world, [sensors, SignalHeads()], 0.0)
        seen = _Seen(city)
        held = [seen.look(city, world) for _ in range(HOUR_S // REPORT_INTERVAL_S)]
        times = np.flatnonzero(held) * float(REPORT_INTERVAL_S)
        road = -1 if incident is None else int(self.network.lane_road[incident.lane])
        stood = (float(times[0]), float(times[-1] + REPORT_INTERVAL_S)) if len(times) else None
        return Watched(road, stood, seen.alarms, seen.stations(), world.vehicle_seconds)


class _Seen:
    """The state of one city, its detectors, and what they found."""

    def __init__(self, city: SimulatedCity) -> None:
        self._network = city.model
        self._state = CurrentState(0.0)
        self._state.register(LANE_DETECTOR, lane_detectors(self._network))
        self._state.register(TRAFFIC_SIGNAL, traffic_signals(self._network))
        self._judges = [_Judge(StoppedVehicle(), LaneBlocked(), city), _Judge(UnusedGreen(), StopLineBlocked(), city)]
        self._occupancy: list[Column] = []
        self.alarms: list[Alarm] = []

    def look(self, city: SimulatedCity, world: TrafficWorld) -> bool:
        """Let one interval pass; whether a vehicle stood on purpose."""
        batches = city.advance(REPORT_INTERVAL_S)
        self._state.move_to(city.now)
        for batch in batches:
            self._take(batch)
        for judge in self._judges:
            roads = self._network.lane_road[judge.due(self._state)].tolist()
            self.alarms += [Alarm(city.now, road) for road in roads]
        return bool(world.arrays.tally[HOLDING])

    def _take(self, batch: ObservationBatch) -> None:
        self._state.update(batch)
        if batch.entity_type == LANE_DETECTOR:
            lanes = np.nan_to_num(batch.values[OCCUPANCY])
            sums = np.bincount(self._network.lane_road, lanes, minlength=len(self._network.road_ids))
            self._occupancy.append(sums / np.diff(self._network.road_lane_first))

    def stations(self) -> NDArray[np.float32]:
        """Mean occupancy of each road in each half minute."""
        reports = STATION_S // REPORT_INTERVAL_S
        whole = len(self._occupancy) // reports
        parts = np.array(self._occupancy[: whole * reports]).reshape(whole, reports, -1)
        mean: NDArray[np.float32] = parts.mean(axis=1).astype(np.float32)
        return mean


class _Judge:
    """One detector under one rule: when an alert becomes due on which lane."""

    def __init__(self, detector: Detector, rule: Rule, city: SimulatedCity) -> None:
        self._detector, self._rule = detector, rule
        detector.start(city)
        self._live = np.zeros(city.model.lane_count, bool)

    def due(self, state: CurrentState) -> NDArray[np.intp]:
        """Lanes on which an alert is due now."""
        score = self._detector.score(state).score
        over = score >= self._rule.threshold
        due = np.flatnonzero(over & ~self._live)
        self._live = over | (self._live & (score >= self._rule.clear_below))
        return due
