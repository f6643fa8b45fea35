"""Adversaries against the guard: command sequences by the million, judged by what the street shows.

Each signal of a city without vehicles is in the hands of one adversary after another; a sequence is `COMMANDS` commands
to one signal. What the guard lets pass goes to the street as it would from control; a `ConflictMonitor`, which knows of
neither, looks at the lights of every second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from touyan.control.guard import Guard
from touyan.core.commands import Command, CommandState, CommandStep
from touyan.core.components import GuardRule
from touyan.core.text import Text
from touyan.fusion.state import CurrentState

from .conflict_monitor import Breach, ConflictMonitor
from .network import RoadNetwork
from .plant import SimulatedCity
from .poisson import PoissonDemand
from .sources import SignalHeads
from .traffic_world import TrafficWorld
from .vocabulary import LANE_DETECTOR, PHASE, RELEASE, TRAFFIC_SIGNAL

COMMANDS = 12
"""Commands of one sequence."""

_WHY = Text("to break it", "试图攻破")
_STEP = (CommandStep(CommandState.PROPOSED, "adversary", 0.0),)
_ODD = (float("nan"), float("inf"), -1.0, -0.0, 0.5, 1e300, 99.0)
_LOST_REPORTS = 0.05


class Wish(NamedTuple):
    """What an adversary asks for, and after how many seconds it asks again."""

    action: str
    value: float
    wait_s: int


Adversary = Callable[[np.random.Generator, int, int], Wish]
"""From chance, the number of phases and the number of the command in its sequence to a wish."""


def _random(chance: np.random.Generator, phases: int, turn: int) -> Wish:
    """Anything at any time."""
    if chance.random() < 0.15:
        return Wish(RELEASE, 0.0, int(chance.integers(0, 16)))
    return Wish(PHASE, float(chance.integers(-2, phases + 2)), int(chance.integers(0, 16)))


def _eager(chance: np.random.Generator, phases: int, turn: int) -> Wish:
    """Another phase every second."""
    return Wish(PHASE, float(chance.integers(phases)), 1)


def _flapper(chance: np.random.Generator, phases: int, turn: int) -> Wish:
    """To and fro between two phases, as fast as the street follows."""
    return Wish(PHASE, float((1 + turn % 2) % phases), int(chance.integers(1, 4)))


def _releaser(chance: np.random.Generator, phases: int, turn: int) -> Wish:
    """Takes and gives back in turns, to slip through where records end."""
    wait = int(chance.integers(0, 7))
    return Wish(RELEASE, 0.0, wait) if turn % 2 else Wish(PHASE, float(chance.integers(phases)), wait)


def _edge(chance: np.random.Generator, phases: int, turn: int) -> Wish:
    """Just before and after greens and clearances may end."""
    return Wish(PHASE, float(chance.integers(phases)), int(chance.choice([3, 4, 5, 6, 8, 9, 10, 11, 14, 15])))


def _odd(chance: np.random.Generator, phases: int, turn: int) -> Wish:
    """Values that are no phases, and actions that are none."""
    action = "explode" if chance.random() < 0.1 else PHASE
    return Wish(action, _ODD[int(chance.integers(len(_ODD)))], int(chance.integers(0, 5)))


def _herd(chance: np.random.Generator, phases: int, turn: int) -> Wish:
    """Two wishes at the same second."""
    return Wish(PHASE, float(chance.integers(phases)), 0 if turn % 2 == 0 else 5)


ADVERSARIES: tuple[Adversary, ...] = (_random, _eager, _flapper, _releaser, _edge, _odd, _herd)


class Verdict(NamedTuple):
    """What came of the trials."""

    sequences: int
    commands: int
    passed: int
    refused: Counter[str]
    seconds: int
    breaches: list[Breach]

    def plus(self, other: Verdict) -> Verdict:
        """Both together."""
        return Verdict(
            self.sequences + other.sequences,
            self.commands + other.commands,
            self.passed + other.passed,
            self.refused + other.refused,
            self.seconds + other.seconds,
            self.breaches + other.breaches,
        )


class GuardTrials:
    """A city without vehicles whose signals are in the hands of adversaries."""

    def __init__(self, network: RoadNetwork, rules: Sequence[GuardRule], seed: int = 0) -> None:
        self._world = TrafficWorld(network, PoissonDemand(network, 0.0), seed)
        self._city = SimulatedCity(self._world, [SignalHeads()], 0.0)
        self._state = CurrentState(0.0)
        for kind in (LANE_DETECTOR, TRAFFIC_SIGNAL):
            self._state.register(kind, [entity.id for entity in self._city.inventory if entity.type == kind])
        self._guard, self._monitor = Guard(self._city, rules), ConflictMonitor(network)
        self._chance = np.random.default_rng(seed)
        self._signals = self._state.table(TRAFFIC_SIGNAL).ids
        self._phases = np.diff(network.phase_first)[network.signalised].tolist()
        self._turn = [0] * len(self._signals)
        self._who = [self._anybody() for _ in self._signals]
        self._due = [0] * len(self._signals)
        self._told = Verdict(0, 0, 0, Counter(), 0, [])
        self._see(self._city.now)

    def run(self, sequences: int) -> Verdict:
        """Let so many sequences come to their end."""
        while self._told.sequences < sequences:
            self._guard.note(self._state)
            for signal in self._guard.overdue(self._state):
                self._ask(signal, RELEASE, 0.0)
            for row, due in enumerate(self._due):
                if due <= self._told.seconds:
                    self._attack(row)
            self._see(self._city.now)
        return self._told

    def _attack(self, row: int) -> None:
        """The wishes of one adversary that are due."""
        while self._due[row] <= self._told.seconds:
            wish = self._who[row](self._chance, self._phases[row], self._turn[row])
            self._due[row] = self._told.seconds + wish.wait_s
            self._ask(self._signals[row], wish.action, wish.value)
            self._turn[row] += 1
            if self._turn[row] == COMMANDS:
                self._turn[row], self._who[row] = 0, self._anybody()
                self._told = self._told._replace(sequences=self._told.sequences + 1)

    def _ask(self, signal: str, action: str, value: float) -> None:
        command = Command("command-0", signal, action, value, _WHY, _STEP)
        objection = self._guard.objection(command, self._state)
        if objection:
            self._told.refused[objection.rule] += 1
        elif self._city.obey(command):
            self._guard.applied(command, self._state.now)
        passed = int(objection is None)
        self._told = self._told._replace(commands=self._told.commands + 1, passed=self._told.passed + passed)

    def _see(self, now: float) -> None:
        """One second passes; reports may get lost, lights are watched."""
        reports = self._city.advance(1.0)
        self._state.move_to(self._city.now)
        for batch in reports if self._chance.random() >= _LOST_REPORTS else []:
            self._state.update(batch)
        seen = self._monitor.look(self._world.greens(), self._world.commanded(), now + 1.0)
        self._told.breaches.extend(seen)
        self._told = self._told._replace(seconds=self._told.seconds + 1)

    def _anybody(self) -> Adversary:
        return ADVERSARIES[int(self._chance.integers(len(ADVERSARIES)))]
