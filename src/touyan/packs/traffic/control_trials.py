"""Trials of signal controllers by the published protocol: a city, its sensors, a guard, and what came of the hour."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from touyan.control.authority import Mode
from touyan.control.engine import Control
from touyan.control.ledger import Ledger
from touyan.core.commands import Command
from touyan.core.components import Controller, GuardRule, Source
from touyan.core.time import from_iso
from touyan.fusion.state import CurrentState
from touyan.kernels.traffic.layout import NONE, STEP
from touyan.kernels.traffic.sensing import HALTING_SPEED

from .guards import ClearanceTime, ConflictingGreens, KnownCrossing, KnownPhase, MaximumRed, MinimumGreen, NoFlapping
from .journeys import CrossingTimes
from .network import RoadNetwork
from .plant import SimulatedCity
from .signal_controller import SignalController
from .sources import LaneCameras, LaneDetectors, SignalHeads
from .traffic_world import TrafficWorld
from .worlds import TrafficScenario

_GUARD_RULES: tuple[type[GuardRule], ...] = (KnownCrossing, KnownPhase, ConflictingGreens)


class Outcome(NamedTuple):
    """What came of a trial: both travel times (s), mean queue, mean wait (s), CPU seconds of each beat that decides."""

    tables_s: float
    engine_s: float
    queue: float
    waiting_s: float
    decisions_s: list[float]


class Sensors(NamedTuple):
    """Sensors with faults: share of lanes without any, noise, delay, share of vehicles not seen."""

    silent: float = 0.0
    noise: float = 0.0
    delay_s: int = 0
    unseen: float = 0.0

    def of(self, network: RoadNetwork, seed: int) -> list[Source]:
        """The sources of a city; which lanes are silent comes from the seed."""
        lanes = np.random.default_rng(seed).random(network.lane_count) < self.silent
        names = ",".join(network.lane_ids[lane] for lane in np.flatnonzero(lanes).tolist())
        faults = {"noise": self.noise, "delay_s": self.delay_s, "silent": names, "seed": seed}
        return [LaneDetectors(**faults), LaneCameras(unseen=self.unseen, **faults), SignalHeads()]


def published_guard(clearance_s: float) -> list[GuardRule]:
    """The guard with times as loose as the published protocol, which lets red last for ever."""
    timed: list[GuardRule] = [
        ClearanceTime(simulated_clearance_s=clearance_s),
        MinimumGreen(min_green_s=0.0),
        NoFlapping(most_changes=60),
    ]
    return [*(rule() for rule in _GUARD_RULES), *timed]


def own_guard() -> list[GuardRule]:
    """The guard as it comes, with the longest red of real streets."""
    rules = [rule() for rule in (*_GUARD_RULES, ClearanceTime, MinimumGreen, NoFlapping)]
    return [*rules, MaximumRed(simulated_max_red_s=MaximumRed().max_red_s)]


def run_trial(
    scenario: TrafficScenario, controller: Controller, guards: Sequence[GuardRule], faults: Sensors, seconds: int
) -> Outcome:
    """Let a controller, through guard and record, run a simulated city for some time."""
    network = scenario.network()
    world = scenario.world(network, scenario.demand(network), scenario.incidents(network))
    times = CrossingTimes(world)
    sources = faults.of(network, scenario.seed)
    plant = SimulatedCity(world, sources, from_iso(scenario.starts_at), times=times)
    decisions_s: list[float] = []
    state = CurrentState(plant.now)
    for entity_type, entities in groupby(plant.inventory, lambda entity: entity.type):
        state.register(entity_type, [entity.id for entity in entities])
    for batch in plant.advance(0.0):
        state.update(batch)
    control = Control(plant, [controller], guards, Mode.AUTOMATIC, Ledger(_Forgetful()))
    interval_s = controller.interval_s if isinstance(controller, SignalController) else 30.0
    queues, waits = [], []
    for second in range(seconds):
        begins, decides = time.process_time(), second % interval_s == 0
        control.step(state)
        if decides:
            decisions_s.append(time.process_time() - begins)
            queues.append(_queue(world))
            waits.append(_wait_s(world))
        for batch in plant.advance(1.0):
            state.update(batch)
        state.move_to(plant.now)
    for fault in control.take_faults():
        raise RuntimeError(f"{fault.name}: {fault.words}")
    return Outcome(times.average_travel_time_s(), world.average_travel_time_s, _mean(queues), _mean(waits), decisions_s)


class _Forgetful:
    """A journal that keeps nothing: trials are asked for figures only."""

    def journal_commands(self, commands: Sequence[Command]) -> None:
        """Forget them."""


def _queue(world: TrafficWorld) -> float:
    """Vehicles that halt before signals now, in the whole city."""
    approaches = world.arrays.net.lanes.approaches > 0
    return float(world.lanes().halting[approaches].sum())


def _wait_s(world: TrafficWorld) -> float:
    """Mean time for which the vehicles that halt now have halted; 0 when there are none."""
    arrays = world.arrays
    halting = (arrays.vehicles.number >= 0) & (arrays.vehicles.speed < HALTING_SPEED)
    since = arrays.histories.halt_step[halting]
    steps = int(arrays.tally[STEP]) - since[since != NONE]
    return float(steps.mean()) * arrays.interval if len(steps) else 0.0


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else 0.0
