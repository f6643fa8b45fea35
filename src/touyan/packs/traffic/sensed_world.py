"""Worlds set to what sensors see: the vehicles that are seen, with ways and arrivals drawn by habit."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from touyan.control.lookahead import Plan
from touyan.kernels.traffic import layout
from touyan.kernels.traffic.layout import NONE
from touyan.kernels.traffic.sighting import count_near
from touyan.kernels.traffic.staging import Seen, command_all, draw_ways, place_seen

from .crew import Crew
from .demand import VehicleTypes
from .habits import Habits
from .network import Floats, Ints, RoadNetwork
from .poisson import CAR
from .pressure import PhasePressure
from .state import branched, empty_world, new_trips, roomier

_TURNS = 4
"""Crossings ahead for which a way is drawn; nobody passes more within a horizon."""


_NEAR_M = 150.0
"""A vehicle that drives nearer to its stop line than this counts in the pressure."""


class SignalView(NamedTuple):
    """What is known of all crossings: phase shown, phase asked for, seconds until it comes (0: it is there)."""

    phase: Ints
    target: Ints
    clears_s: Ints


class Outlook(NamedTuple):
    """How a future is lived through: seconds between decisions, and how many there are."""

    interval_s: int = 30
    decisions: int = 3

    @property
    def seconds(self) -> int:
        """How far ahead it looks."""
        return self.interval_s * self.decisions


class SensedWorlds:
    """Makes worlds of a network that look as sensors say."""

    def __init__(self, network: RoadNetwork, types: VehicleTypes, candidates: Ints, outlook: Outlook) -> None:
        self.network, self.candidates, self.outlook = network, candidates, outlook
        none = np.empty(0, np.int32)
        incidents = layout.Incidents(none, np.empty(0), none, none, none)
        self._empty = empty_world(network, types, incidents, 1.0, lane_change=False)
        self.pressure = PhasePressure(network, candidates, efficient=True)
        self.owner = _owners(network)

    def at(self, seen: Seen, signals: SignalView, habits: Habits, seed: Sequence[int]) -> SensedFuture:
        """One world that may be the present one; another seed draws other ways and arrivals."""
        chance = np.random.default_rng(seed)
        step, lane = self._arrivals(habits, chance)
        lanes = np.concatenate([seen.lane, lane])
        roads, links = np.empty((len(lanes), _TURNS + 2), np.int32), np.empty(len(lanes), np.int32)
        draws = chance.random((len(lanes), _TURNS))
        draw_ways(self._empty.net, habits.link_chance(), lanes, draws, roads, links)
        world = self._with_trips(lanes, step, len(seen.lane), roads, habits.gates)
        place_seen(world, seen, links)
        self._set_signals(world, signals)
        return SensedFuture(self, world)

    def _arrivals(self, habits: Habits, chance: np.random.Generator) -> tuple[Ints, Ints]:
        """Steps and lanes of vehicles that may come in."""
        seconds = self.outlook.seconds
        lane = np.repeat(habits.gates, chance.poisson(habits.inflow() * seconds))
        step = np.sort(chance.integers(seconds, size=len(lane)))
        return step.astype(np.int32), chance.permutation(lane).astype(np.int32)

    def _with_trips(self, lanes: Ints, step: Ints, seen: int, roads: Ints, gates: Ints) -> layout.World:
        count = len(lanes)
        trips = new_trips(count)
        trips.created[:seen], trips.created[seen:] = 0, step
        trips.kind[:], trips.priority[:], trips.lane[:] = 0, np.arange(count), lanes
        trips.entered[:seen] = 0
        trips.place[:] = np.arange(count) * roads.shape[1]
        world = branched(self._empty)._replace(trips=trips, roads=roads.reshape(-1), gates=gates)
        return roomier(world, 2 * (count + len(gates)))

    def _set_signals(self, world: layout.World, view: SignalView) -> None:
        signals, network = world.signals, self.network
        command_all(world, view.phase, np.full_like(view.phase, NONE), np.zeros(len(network.phase_duration), np.int32))
        waits = view.clears_s > 0
        signals.target[waits] = view.target[waits]
        signals.change_step[waits] = view.clears_s[waits]


class SensedFuture:
    """A world that may be the present one, and can be tried; keeps `control.lookahead.Future`."""

    def __init__(self, worlds: SensedWorlds, arrays: layout.World) -> None:
        self._worlds, self._arrays = worlds, arrays
        self._crew = Crew(1)

    @property
    def arrays(self) -> layout.World:
        """The state as it lies in memory, to look at; replaced when the world grows."""
        return self._arrays

    def branch(self) -> SensedFuture:
        """An independent copy."""
        twin = copy(self)
        twin._arrays, twin._crew = branched(self._arrays), Crew(1)
        return twin

    def carry_out(self, plan: Plan) -> Floats:
        """Seconds lost around each signal, when it goes on by pressure after the plan."""
        outlook = self._worlds.outlook
        self.command(plan)
        self.advance(outlook.interval_s)
        for _ in range(outlook.decisions - 1):
            self.command(self.by_pressure())
            self.advance(outlook.interval_s)
        return self.lost()

    def advance(self, seconds: int) -> None:
        """Let time pass."""
        running = np.empty(seconds, np.int64)
        done = self._crew.run(self._arrays, running)
        while done < seconds:
            self._arrays = roomier(self._arrays)
            done += self._crew.run(self._arrays, running[done:])

    def command(self, plan: Plan) -> None:
        """Bring signals to phases; NONE leaves one alone."""
        network = self._worlds.network
        phases = np.full(len(network.crossing_ids), NONE, np.int32)
        phases[network.signalised] = plan
        clears = np.ceil(network.phase_clearance_s).astype(np.int32)
        command_all(self._arrays, phases, network.clearance_phase, clears)

    def by_pressure(self) -> Plan:
        """The phase of highest efficient pressure of each signal, vehicles driving up to it included."""
        worlds = self._worlds
        pressure = worlds.pressure.of(self.near())
        best: Ints = worlds.candidates[np.arange(len(worlds.candidates)), np.argmax(pressure, axis=1)]
        return best

    def near(self) -> Floats:
        """Vehicles of each lane that halt, or drive near its end."""
        halting, moving = np.empty((2, self._worlds.network.lane_count))
        count_near(self._arrays, _NEAR_M, halting, moving)
        return halting + moving

    def lost(self) -> Floats:
        """Seconds lost so far against free speed, on the lanes of each signal."""
        sensing, network = self._arrays.sensing, self._worlds.network
        lost = sensing.seconds - sensing.distance / network.lane_speed_limit
        owner = self._worlds.owner
        lost_by = np.bincount(owner + 1, lost, len(network.signalised) + 1)[1:]
        return lost_by.astype(np.float64, copy=False)


def _owners(network: RoadNetwork) -> Ints:
    """The signal that each lane leads to, or else comes from; -1 where neither is one."""
    row = np.full(len(network.crossing_ids), NONE, np.int32)
    row[network.signalised] = np.arange(len(network.signalised))
    ahead, behind = row[network.road_to[network.lane_road]], row[network.road_from[network.lane_road]]
    return np.where(ahead == NONE, behind, ahead).astype(np.int32)


def a_car(headway_s: float, acceleration: float, free_speed: float) -> VehicleTypes:
    """The one vehicle type of a model; what is not given is as in the published data sets."""
    given = {"headway_time": headway_s, "max_pos_acc": acceleration, "usual_pos_acc": acceleration}
    columns = {name: np.array([value]) for name, value in {**given, "max_speed": free_speed}.items()}
    return replace(CAR, **columns)


def surroundings(network: RoadNetwork) -> list[set[int]]:
    """Each signal with those a road away from it."""
    row = {crossing: number for number, crossing in enumerate(network.signalised.tolist())}
    around = [{number} for number in range(len(row))]
    for begin, end in zip(network.road_from.tolist(), network.road_to.tolist(), strict=True):
        if begin in row and end in row:
            around[row[begin]].add(row[end])
            around[row[end]].add(row[begin])
    return around
