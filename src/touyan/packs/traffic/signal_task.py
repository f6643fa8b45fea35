"""Signal control as a task for a learner: what it sees, may do and is paid, decision by decision.

Nothing here knows a framework; `environments` dresses it for Gymnasium and PettingZoo. A learner sees what lane
detectors and signals say and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.core.errors import InputError, NotFoundError, SettingError
from touyan.core.settings import Configurable, setting

from .conflicts import conflicts_in_phases
from .demand import Floats, Ints
from .network import Flags, RoadNetwork
from .pictures import Picture, Pixels
from .pressure import candidate_phases
from .worlds import TrafficScenario

FIRST = ""
"""Stands for the first signal that leaves a choice."""

REWARDS = ("halting", "pressure", "delay")
"""What a learner may be paid for; see `SignalTask.rewards`."""

_PLACE_M = 7.5  # of lane taken by a standing car, gap included
_OLD_GREEN_S = 60.0  # greens older than this look alike

_LANE_FIGURES = 4  # vehicles, halting, queue, occupancy

_NOTHING = -1  # chosen so far

Singles = NDArray[np.float32]


class TaskSettings(Configurable):
    """How an episode runs."""

    decision_s: int = setting(10, unit="SEC", at_least=1, at_most=3600, help="Time between two decisions.")
    episode_s: int = setting(3600, unit="SEC", at_least=1, at_most=10**7, help="How long an episode lasts.")
    min_green_s: int = setting(5, unit="SEC", at_least=0, at_most=600, help="How long a phase must have had green.")
    reward: str = setting("halting", one_of=REWARDS, help="What is paid: halting, pressure or delay.")


class Junction(NamedTuple):
    """One signal with its phases to choose from and its lanes."""

    id: str
    crossing: int
    phases: Ints
    entering: Ints
    leaving: Ints

    @property
    def figures(self) -> int:
        """Length of its observation."""
        return _LANE_FIGURES * len(self.entering) + len(self.leaving) + len(self.phases) + 1


class SignalTask:
    """A city whose signals are controlled in even intervals.

    Start it before anything else. With `only`, the id of a crossing or FIRST, that one is controlled and the others
    keep their own programme. A signal whose green has not lasted long enough, or that is being cleared, goes on with
    the phase it shows or awaits, whatever is asked (see `masks`).
    """

    def __init__(self, scenario: TrafficScenario, task: TaskSettings, only: str | None = None) -> None:
        if scenario.is_changed:
            raise SettingError(scenario.name, "changes", "a city with changes", "a city as its files have it")
        self.task, self.network = task, scenario.network()
        self.junctions = junctions(self.network)
        if not self.junctions:
            found = "no signal with two phases or more and one that clears between them"
            raise InputError(scenario.label().en, "", found, "a city with signals to control")
        if only is not None:
            self.junctions = [_called(only, self.junctions)]
        self._scenario = scenario
        self._crossing = np.array([junction.crossing for junction in self.junctions], np.int32)
        self._counts = np.array([len(junction.phases) for junction in self.junctions], np.int32)
        width = int(self._counts.max())
        self._phases = np.full((len(self.junctions), width), -1, np.int32)
        for row, junction in enumerate(self.junctions):
            self._phases[row, : len(junction.phases)] = junction.phases
        self._sight = _Sight(self.network, self.junctions, width)
        self._before = _LanesOf([junction.entering for junction in self.junctions])
        self._behind = _LanesOf([junction.leaving for junction in self.junctions])

    def start(self, seed: int) -> None:
        """Begin an episode; the same seed is the same traffic."""
        scenario = copy(self._scenario)
        scenario.seed = seed
        demand, incidents = scenario.demand(self.network), scenario.incidents(self.network)
        self.world = scenario.world(self.network, demand, incidents)
        self._chosen = np.full(len(self.junctions), _NOTHING, np.int32)
        self._green_at = np.zeros(len(self.junctions), np.int64)
        self._read(1)

    @property
    def over(self) -> bool:
        """Whether the episode has lasted its time."""
        return self.world.seconds >= self.task.episode_s

    def step(self, actions: Ints) -> Flags:
        """Carry out the choices, let time pass; tells which were refused.

        `actions` has one position among its phases for each junction; raises ValueError for one that is none.
        """
        if actions.shape != self._counts.shape or not ((actions >= 0) & (actions < self._counts)).all():
            raise ValueError(f"{actions.tolist()} are no choices; each of {self._counts.tolist()} phases counts from 0")
        allowed = self.masks()[np.arange(len(actions)), actions]
        self._change(np.flatnonzero(allowed & (self._chosen != actions)).astype(np.int32), actions)
        seconds = min(self.task.decision_s, self.task.episode_s - self.world.seconds)
        self.world.advance(seconds)
        self._read(seconds)
        refused: Flags = ~allowed
        return refused

    def masks(self) -> Flags:
        """What each junction may choose now, shape (junctions, most phases).

        All its phases once the present one has had its minimum green; before that the present one alone.
        """
        free = (self._chosen == _NOTHING) | (self.world.seconds >= self._green_at + self.task.min_green_s)
        own = np.arange(self._phases.shape[1]) == self._chosen[:, np.newaxis]
        masks: Flags = (self._phases >= 0) & (free[:, np.newaxis] | own)
        return masks

    def observations(self) -> list[Singles]:
        """What each junction sees, each figure between 0 and 1.

        Of each lane that enters: vehicles and halting vehicles as shares of those it holds, queue as share of its
        length, occupancy; of each lane that leaves: vehicles as a share; which of its phases is shown (none while it is
        cleared); how long it has had green, in minutes, 1 at most.
        """
        shown = (self._phases == self.world.phases()[self._crossing, np.newaxis]) & (self._phases >= 0)
        green_s = (self.world.seconds - self._green_at) * shown.any(axis=1)
        return self._sight.of(self._seen, shown, np.clip(green_s / _OLD_GREEN_S, 0, 1))

    def rewards(self) -> Floats:
        """What each junction is paid for the last decision, 0 at best.

        `halting`: less the vehicles that halt before it. `pressure`: less the difference between vehicles before and
        behind it (Wei et al., PressLight, KDD 2019). `delay`: less the vehicle-seconds lost before it against the speed
        limit.
        """
        if self.task.reward == "halting":
            return -self._before.sums(self._halting)
        if self.task.reward == "pressure":
            return -np.abs(self._before.sums(self._vehicles) - self._behind.sums(self._vehicles))
        return -self._before.sums(self._lost_s)

    def picture(self) -> Pixels:
        """The city from above now, for people."""
        return self._picture.of(self.world.scene(float(self.world.seconds)))

    @cached_property
    def _picture(self) -> Picture:
        return Picture(self.network)

    def _change(self, rows: Ints, actions: Ints) -> None:
        """Bring signals to new phases; the street inserts the clearance."""
        chosen = self._phases[rows, actions[rows]]
        clearance = self.network.phase_clearance_s[self.network.phase_first[self._crossing[rows]] + chosen]
        for row in rows.tolist():
            self.world.command(int(self._crossing[row]), int(self._phases[row, actions[row]]))
        self._chosen[rows] = actions[rows]
        # Nobody is on a crossing before the first second.
        self._green_at[rows] = self.world.seconds + (clearance if self.world.seconds else 0.0)

    def _read(self, seconds: int) -> None:
        """Take down what the lane detectors gathered over some seconds, and what they see now."""
        network, gathered, now = self.network, self.world.sensed(), self.world.lanes()
        length = network.lane_length
        holds = np.maximum(length / _PLACE_M, 1.0)
        self._vehicles, self._halting = now.vehicles.astype(float), now.halting.astype(float)
        self._lost_s = np.maximum(gathered.seconds - gathered.distance / network.lane_speed_limit, 0.0)
        shares = (
            self._vehicles / holds,
            self._halting / holds,
            now.queue / length,
            gathered.covered / length / seconds,
        )
        self._seen = np.minimum(np.stack(shares), 1.0)


def junctions(network: RoadNetwork) -> list[Junction]:
    """The signals of a network that leave a choice.

    They have two safe phases or more, and one that clears between them. What the guard would keep from the street, a
    phase with conflicting greens, is no choice.
    """
    unsafe = conflicts_in_phases(network)
    found = []
    for crossing, row in zip(network.signalised.tolist(), candidate_phases(network, 0).tolist(), strict=True):
        first = int(network.phase_first[crossing])
        phases = [phase for phase in row if phase >= 0 and first + phase not in unsafe]
        if len(phases) > 1:
            found.append(_junction(network, crossing, np.array(phases, np.int32)))
    return found


def _called(name: str, known: Sequence[Junction]) -> Junction:
    if name == FIRST:
        return known[0]
    found = {junction.id: junction for junction in known}
    if name not in found:
        raise NotFoundError("signal that leaves a choice", name, found)
    return found[name]


def _junction(network: RoadNetwork, crossing: int, phases: Ints) -> Junction:
    links = np.flatnonzero(network.movement_crossing[network.link_movement] == crossing)
    entering, leaving = np.unique(network.link_from_lane[links]), np.unique(network.link_to_lane[links])
    return Junction(network.crossing_ids[crossing], crossing, phases, entering, leaving)


class _LanesOf:
    """The lanes that belong to each junction."""

    def __init__(self, lanes: Sequence[Ints]) -> None:
        self._row = np.repeat(np.arange(len(lanes)), [len(each) for each in lanes])
        self._lane, self._rows = np.concatenate(lanes), len(lanes)

    def sums(self, of_lanes: Floats) -> Floats:
        """A figure of lanes, summed for each junction."""
        return np.bincount(self._row, of_lanes[self._lane], self._rows).astype(float)


class _Sight:
    """Where each figure of all observations is found: one look-up serves them all."""

    def __init__(self, network: RoadNetwork, known: Sequence[Junction], width: int) -> None:
        lanes = network.lane_count
        phases, ages = _LANE_FIGURES * lanes, _LANE_FIGURES * lanes + len(known) * width
        places = [
            np.concatenate(
                [
                    (junction.entering[:, np.newaxis] + np.arange(_LANE_FIGURES) * lanes).reshape(-1),
                    junction.leaving,
                    phases + row * width + np.arange(len(junction.phases)),
                    [ages + row],
                ]
            )
            for row, junction in enumerate(known)
        ]
        self._places = np.concatenate(places)
        self._cuts = np.cumsum([len(each) for each in places])[:-1]

    def of(self, seen: Floats, shown: Flags, ages: Floats) -> list[Singles]:
        """The observation of each junction, from figures of lanes, phases shown and ages of greens."""
        figures = np.concatenate([seen.reshape(-1), shown.reshape(-1), ages]).astype(np.float32)
        return np.split(figures[self._places], self._cuts)
