"""The traffic world: a whole city's vehicles, step by step.

The model is CityFlow's (Zhang et al., WWW 2019, arXiv:1905.05217), written anew on columns; see
docs/en/explanation/traffic-model.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.core.errors import NotFoundError
from touyan.core.protocols import Scene
from touyan.kernels.traffic import layout
from touyan.kernels.traffic.scene import place_vehicles
from touyan.kernels.traffic.sensing import look
from touyan.kernels.traffic.signals import bring_one

from .crew import Crew
from .demand import Demand, Departures
from .network import RoadNetwork
from .random_draws import Draws
from .route_book import RouteBook
from .state import branched, empty_world, grown, new_trips, roomier, with_routes
from .trips import Trips, roads_left, trips_so_far

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
    """A road network with its vehicles; the same seed gives the same digits.

    With `lane_change` vehicles change lanes for more room, or because their route does not go on from their lane;
    without, every lane of a route must lead on (else DeadEnd). `steps_per_second` cuts time finer than seconds;
    `threads` share the work of large cities (from some ten thousand vehicles on) and change no digit. After
    `patience_s` at a standstill a vehicle no longer yields to others on the crossing (0: it waits for ever, as in
    CityFlow), which keeps crossings without signals from locking.
    """

    def __init__(
        self,
        network: RoadNetwork,
        demand: Demand,
        seed: int = 0,
        incidents: Sequence[Incident] = (),
        *,
        lane_change: bool = False,
        steps_per_second: int = 1,
        threads: int = 1,
        patience_s: int = 0,
    ) -> None:
        self.network = network
        self.steps_per_second = steps_per_second
        self._crew = Crew(threads)
        self._demand = demand
        self._demand_lock = Lock()  # branches ask one demand, and may do so from several threads
        self._draws = Draws(seed)
        self._routes = RouteBook(network, lane_change)
        self._known_until = 0
        self._names: tuple[tuple[layout.Ints, layout.Ints], ...] = ()  # flow and number of each block's vehicles
        struck = _incident_arrays(incidents, steps_per_second)
        self._arrays = empty_world(network, demand.types, struck, 1.0 / steps_per_second, lane_change)
        self._arrays.tally[layout.PATIENCE] = patience_s * steps_per_second

    def branch(self) -> TrafficWorld:
        """An independent copy of the state as it is now; both go on as the original would have."""
        twin = copy(self)
        twin._draws, twin._routes = self._draws.branch(), self._routes.branch()
        twin._arrays, twin._crew = branched(self._arrays), Crew(self._crew.threads)
        return twin

    def __getstate__(self) -> dict[str, Any]:
        """The world as it travels to another process: without its lock and threads."""
        return vars(self) | {"_demand_lock": None, "_crew": self._crew.threads}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state | {"_demand_lock": Lock(), "_crew": Crew(state["_crew"])})

    # ------------------------------------------------------------ time

    @property
    def steps(self) -> int:
        """Steps since the start."""
        return int(self._arrays.tally[layout.STEP])

    @property
    def seconds(self) -> int:
        """Whole seconds since the start."""
        return self.steps // self.steps_per_second

    def advance(self, seconds: int) -> NDArray[np.int64]:
        """Let time pass; returns the vehicles running after each step."""
        running = np.empty(seconds * self.steps_per_second, np.int64)
        self._know_departures(self.steps + len(running))
        done = self._crew.run(self._arrays, running)
        while done < len(running):
            self._arrays = roomier(self._arrays)
            done += self._crew.run(self._arrays, running[done:])
        return running

    @property
    def arrays(self) -> layout.World:
        """The state as it lies in memory, to look at; replaced when the world grows."""
        return self._arrays

    # ------------------------------------------------------------ signals

    def command(self, crossing: int, phase: int) -> None:
        """Bring a crossing to a phase, through its clearance phase where it has one.

        The crossing stays under command until it is released.
        """
        self._check_phase(crossing, phase)
        steps = 0  # nobody is on a crossing before the first second
        if self.steps:
            row = int(self.network.phase_first[crossing]) + phase
            steps = math.ceil(float(self.network.phase_clearance_s[row]) * self.steps_per_second)
        bring_one(self._arrays, crossing, phase, int(self.network.clearance_phase[crossing]), steps)

    def release(self, crossing: int) -> None:
        """Give a crossing back to its own programme, from its present phase on."""
        signals = self._arrays.signals
        row = self.network.phase_first[crossing] + signals.phase[crossing]
        signals.commanded[crossing] = 0
        if signals.phase[crossing] == layout.NONE:
            return  # the change is carried through, then the programme goes on from there
        signals.change_step[crossing] = layout.NONE
        signals.remaining[crossing] = self.network.phase_duration[row]

    def phases(self) -> layout.Ints:
        """Present phase of each crossing, -1 in a change between two of them."""
        return self._arrays.signals.phase.copy()

    def commanded(self) -> NDArray[np.bool_]:
        """Which crossings are under command."""
        return self._arrays.signals.commanded.astype(bool)

    def greens(self) -> NDArray[np.bool_]:
        """Which links have green now."""
        return self._arrays.signals.green.astype(bool)

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
        return len(self.waiting_vehicles())

    def waiting_vehicles(self) -> layout.Ints:
        """The vehicles in the buffers before their first lanes."""
        queued, fronts = self._arrays.trips.queued, self._arrays.wait_first
        fronts = fronts[fronts != layout.NONE]
        found = [fronts]
        while len(fronts):
            fronts = queued[fronts]
            fronts = fronts[fronts != layout.NONE]
            found.append(fronts)
        return np.concatenate(found)

    def vehicle_id(self, number: int) -> str:
        """The name of a vehicle by its place in the order of creation, as in CityFlow."""
        for flow, of_flow in self._names:
            if number < len(flow):
                return f"flow_{flow[number]}_{of_flow[number]}"
            number -= len(flow)
        raise NotFoundError("vehicle", str(number))

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
        vehicles = self._arrays.vehicles
        speeds: layout.Floats = vehicles.speed[vehicles.number >= 0]
        return speeds

    def scene(self, at: float) -> Scene:
        """Position, speed and heading of each running vehicle."""
        placed, number = np.zeros((self.running, 4), np.float32), np.empty(self.running, np.int32)
        place_vehicles(self._arrays, *self.network.drivable_shape, placed, number)
        columns = (np.ascontiguousarray(placed[:, column]) for column in range(4))
        return Scene(at, number.astype(np.uint32), *columns)

    # ------------------------------------------------------------ how a run is judged

    @property
    def average_travel_time_s(self) -> float:
        """Mean over all vehicles created of the time since their creation, until they finish.

        The engine's definition in CityFlow: waiting buffers count, and so do trips under way; a vehicle counts twice
        while it changes lanes.
        """
        changing = self._arrays.changes.vehicle
        changing = changing[changing != layout.NONE]
        again_s = int((self.steps - self._arrays.trips.created[changing]).sum()) / self.steps_per_second
        return (self.vehicle_seconds + again_s) / (self.created + len(changing)) if self.created else 0.0

    @property
    def vehicle_seconds(self) -> float:
        """Time spent so far by all vehicles since their creation, in seconds."""
        return int(self._arrays.tally[layout.LIFE_STEPS]) / self.steps_per_second

    def trips(self) -> Trips:
        """What has come so far of every vehicle created."""
        return trips_so_far(self._arrays)

    def roads_left(self) -> layout.Ints:
        """How many roads of its route each vehicle created has left behind."""
        return roads_left(self._arrays)

    # ------------------------------------------------------------ departures

    def _know_departures(self, until_step: int) -> None:
        while self._known_until < until_step:
            following = self._known_until + _BLOCK_S * self.steps_per_second
            with self._demand_lock:
                self._add(*self._block(self._known_until, following))
            self._known_until = following

    def _block(self, first_step: int, last_step: int) -> tuple[Departures, list[tuple[int, ...]]]:
        """Departures in this world's steps, whatever the demand's, and the routes they may take."""
        finer = round(getattr(self._demand, "step_s", 1.0) * self.steps_per_second)
        departures = self._demand.block(first_step // finer, last_step // finer)
        return replace(departures, step=departures.step * np.int32(finer)), self._demand.routes

    def _add(self, departures: Departures, routes: list[tuple[int, ...]]) -> None:
        learnt = self._routes.learn(routes)
        if learnt is not None:
            self._arrays = with_routes(self._arrays, *learnt)
        first_road = self._routes.first_road[departures.route]
        priority, lane_draw = self._draws.vehicles(departures.step, first_road)
        self._names += ((departures.flow, departures.number),)
        trips = new_trips(len(departures.step))
        trips.kind[:], trips.created[:] = departures.vehicle_type, departures.step
        trips.priority[:], trips.place[:] = priority, self._routes.place[departures.route]
        trips.lane[:] = self._routes.first_lane(departures.route, lane_draw)
        self._arrays = grown(self._arrays, trips)


def _incident_arrays(incidents: Sequence[Incident], steps_per_second: int) -> layout.Incidents:
    def column(values: list[int]) -> layout.Ints:
        return np.array(values, np.int32)

    return layout.Incidents(
        lane=column([incident.lane for incident in incidents]),
        x=np.array([incident.x for incident in incidents], np.float64),
        start=column([incident.start_s * steps_per_second for incident in incidents]),
        end=column([(incident.start_s + incident.duration_s) * steps_per_second for incident in incidents]),
        vehicle=np.full(len(incidents), layout.NONE, np.int32),
    )
