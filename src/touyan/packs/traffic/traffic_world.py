"""The traffic world: a whole city's vehicles, second by second.

The model is CityFlow's (Zhang et al., WWW 2019, arXiv:1905.05217), written anew on columns; see
docs/en/explanation/traffic-model.md. Lane change is not part of it yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.core.errors import NotFoundError
from touyan.core.protocols import Scene
from touyan.kernels.traffic import layout
from touyan.kernels.traffic.scene import place_vehicles
from touyan.kernels.traffic.sensing import look
from touyan.kernels.traffic.step import run

from .demand import Demand, Departures
from .network import RoadNetwork
from .paths import drivables, first_lanes
from .random_draws import Draws
from .state import branched, empty_world, grown, new_vehicles
from .vocabulary import CLEARANCE_S

_BLOCK_S = 3600  # departures are asked for an hour ahead


class Incident(NamedTuple):
    """The first vehicle to pass `x` m on a lane after `start_s` stands for `duration_s`."""

    lane: int
    x: float
    start_s: int
    duration_s: int


class LaneCounts(NamedTuple):
    """What stands on each lane now: vehicles, halting vehicles, queue length in m."""

    vehicles: layout.Longs
    halting: layout.Longs
    queue: layout.Floats


class TrafficWorld:
    """A road network with its vehicles; the same seed gives the same digits."""

    def __init__(self, network: RoadNetwork, demand: Demand, seed: int = 0, incidents: Sequence[Incident] = ()) -> None:
        self.network = network
        self._demand = demand
        self._demand_lock = Lock()  # branches ask one demand, and may do so from several threads
        self._draws = Draws(seed)
        self._paths: dict[tuple[int, int], int] = {}
        self._candidates: dict[int, list[int]] = {}
        self._known_until = 0
        self._arrays = empty_world(network, demand.types, _incident_arrays(incidents))

    def branch(self) -> TrafficWorld:
        """An independent copy of the state as it is now; both go on as the original would have."""
        twin = copy(self)
        twin._draws, twin._paths = self._draws.branch(), dict(self._paths)
        twin._arrays = branched(self._arrays)
        return twin

    # ------------------------------------------------------------ time

    @property
    def seconds(self) -> int:
        """Seconds since the start."""
        return int(self._arrays.tally[layout.STEP])

    def advance(self, seconds: int) -> NDArray[np.int64]:
        """Let time pass; returns the vehicles running after each second."""
        running = np.empty(seconds, np.int64)
        self._know_departures(self.seconds + seconds)
        run(self._arrays, running)
        return running

    # ------------------------------------------------------------ signals

    def command(self, crossing: int, phase: int) -> None:
        """Bring a crossing to a phase, through its clearance phase where it has one.

        The crossing stays under command until it is released.
        """
        self._check_phase(crossing, phase)
        signals, clearance = self._arrays.signals, self.network.clearance_phase[crossing]
        wait = self._clearance_left(crossing, phase)
        signals.commanded[crossing] = 1
        signals.target[crossing] = phase
        signals.change_step[crossing] = self.seconds + wait if wait else layout.NONE
        signals.phase[crossing] = clearance if wait else phase

    def release(self, crossing: int) -> None:
        """Give a crossing back to its own programme, from its present phase on."""
        signals = self._arrays.signals
        row = self.network.phase_first[crossing] + signals.phase[crossing]
        signals.commanded[crossing] = 0
        signals.change_step[crossing] = layout.NONE
        signals.remaining[crossing] = self.network.phase_duration[row]

    def phases(self) -> layout.Ints:
        """Present phase of each crossing."""
        return self._arrays.signals.phase.copy()

    def commanded(self) -> NDArray[np.bool_]:
        """Which crossings are under command."""
        return self._arrays.signals.commanded.astype(bool)

    def _clearance_left(self, crossing: int, phase: int) -> int:
        """Seconds of clearance before a phase may begin."""
        signals, clearance = self._arrays.signals, self.network.clearance_phase[crossing]
        if clearance == layout.NONE or self.seconds == 0:  # nobody is on a crossing before the first second
            return 0
        if signals.change_step[crossing] != layout.NONE:
            return int(signals.change_step[crossing]) - self.seconds
        if signals.phase[crossing] == phase:
            return 0
        if signals.phase[crossing] == clearance:
            return 0 if signals.commanded[crossing] else int(np.ceil(signals.remaining[crossing]))
        return CLEARANCE_S

    def _check_phase(self, crossing: int, phase: int) -> None:
        phases = len(self.network.phases_of(crossing))
        if not 0 <= phase < phases:
            where = self.network.crossing_ids[crossing]
            raise NotFoundError(f"phase of {where}", str(phase), map(str, range(phases)))

    # ------------------------------------------------------------ what is where

    @property
    def created(self) -> int:
        """Vehicles created so far: waiting + running + finished."""
        return int(self._arrays.tally[layout.CREATED])

    @property
    def running(self) -> int:
        """Vehicles on lanes and links now."""
        return int(self._arrays.tally[layout.RUNNING])

    @property
    def finished(self) -> int:
        """Vehicles that have left the network."""
        return int(self._arrays.tally[layout.FINISHED])

    @property
    def waiting(self) -> int:
        """Vehicles in the buffers before their first lanes, counted one by one."""
        vehicles, heads = self._arrays.vehicles, self._arrays.lists.wait_head
        count = 0
        for head in heads[heads != layout.NONE].tolist():
            while head != layout.NONE:
                count, head = count + 1, int(vehicles.queued[head])
        return count

    def lanes(self) -> LaneCounts:
        """Vehicles, halting vehicles and queue of each lane now."""
        lanes = self.network.lane_count
        counts = LaneCounts(np.empty(lanes, np.int64), np.empty(lanes, np.int64), np.empty(lanes))
        look(self._arrays, *counts)
        return counts

    def sensed(self) -> layout.Sensing:
        """What lane detectors gathered since the last call."""
        gathered = layout.Sensing._make(array.copy() for array in self._arrays.sensing)
        for array in self._arrays.sensing:
            array[:] = 0
        return gathered

    def speeds(self) -> layout.Floats:
        """Speed of each running vehicle, m/s."""
        return self._arrays.vehicles.speed[self._running()]

    def scene(self, at: float) -> Scene:
        """Position, speed and heading of each running vehicle."""
        placed = np.zeros((self.running, 4), np.float32)
        place_vehicles(self._arrays, *self.network.drivable_shape, placed)
        columns = (np.ascontiguousarray(placed[:, column]) for column in range(4))
        return Scene(at, self._running().astype(np.uint32), *columns)

    def _running(self) -> layout.Ints:
        return self._arrays.lists.active[: self.running]

    # ------------------------------------------------------------ how a run is judged

    @property
    def average_travel_time_s(self) -> float:
        """Mean over all vehicles created of the time since their creation, until they finish.

        The engine's definition in CityFlow: waiting buffers count, and so do trips under way.
        """
        return self.vehicle_seconds / self.created if self.created else 0.0

    @property
    def vehicle_seconds(self) -> int:
        """Time spent so far by all vehicles since their creation, in seconds."""
        return int(self._arrays.tally[layout.VEHICLE_SECONDS])

    # ------------------------------------------------------------ departures

    def _know_departures(self, until_step: int) -> None:
        while self._known_until < until_step:
            following = self._known_until + _BLOCK_S
            with self._demand_lock:
                departures = self._demand.block(self._known_until, following)
            self._add(departures)
            self._known_until = following

    def _add(self, departures: Departures) -> None:
        routes = self._demand.routes
        first_road = np.array([routes[route][0] for route in departures.route.tolist()], np.int32)
        priority, lane_draw = self._draws.vehicles(departures.step, first_road)
        base = len(self._arrays.paths)
        more: list[int] = []
        start = [
            self._path(r, d, base, more) for r, d in zip(departures.route.tolist(), lane_draw.tolist(), strict=True)
        ]
        vehicles = new_vehicles(len(start))
        vehicles.kind[:], vehicles.created[:] = departures.vehicle_type, departures.step
        vehicles.priority[:], vehicles.path[:] = priority, start
        self._arrays = grown(self._arrays, np.array(more, np.int32), vehicles)

    def _path(self, route: int, draw: int, base: int, more: list[int]) -> int:
        """Where on the path array the drivables of a route begin, for the drawn first lane."""
        roads = self._demand.routes[route]
        if route not in self._candidates:
            self._candidates[route] = first_lanes(self.network, roads)
        lanes = self._candidates[route]
        lane = lanes[draw % len(lanes)]
        if (route, lane) not in self._paths:
            self._paths[route, lane] = base + len(more)
            more.extend([*drivables(self.network, roads, lane), layout.NONE])
        return self._paths[route, lane]


def _incident_arrays(incidents: Sequence[Incident]) -> layout.Incidents:
    def column(values: list[int]) -> layout.Ints:
        return np.array(values, np.int32)

    return layout.Incidents(
        lane=column([incident.lane for incident in incidents]),
        x=np.array([incident.x for incident in incidents], np.float64),
        start=column([incident.start_s for incident in incidents]),
        end=column([incident.start_s + incident.duration_s for incident in incidents]),
        vehicle=np.full(len(incidents), layout.NONE, np.int32),
    )
