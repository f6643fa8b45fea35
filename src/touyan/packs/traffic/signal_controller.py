"""What all signal controllers have in common: when they decide, and what they ask of the street."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from touyan.core.commands import Explanation
from touyan.core.components import Controller
from touyan.core.protocols import Plant, Proposal, State
from touyan.core.settings import setting
from touyan.core.text import Text

from .network import Ints, RoadNetwork
from .pressure import candidate_phases
from .readings import signal_readings
from .vocabulary import COMMANDED, PHASE, RELEASE

LEAVE = -2
"""Asks nothing of a signal; other than a phase, which is 0 or more."""

GIVE_BACK = -1
"""Asks a signal to go back to its own programme."""

# City time is a sum of steps; a decision must not slip by a step for a rounding error.
_ROUNDING_S = 1e-6


class SignalController(Controller):
    """Decides for all signals at once, in even intervals.

    Decisions fall on the multiples of the interval in city time since the start. It proposes only
    where a signal does not already show or await what is wanted.
    """

    abstract = True
    interval_s: float = setting(
        30.0, unit="SEC", at_least=5.0, help="Time between decisions, clearance and minimum green included."
    )
    candidate_phases: int = setting(
        4, at_least=0, help="How many phases to choose from, the clearance phase not counted; 0 means all."
    )

    def start(self, plant: Plant) -> None:
        """Learn the network and the phases of each signal."""
        network: RoadNetwork = plant.model
        self._started_at = plant.now
        self._decided = -1
        self._signals = signal_readings(network)
        self._clearance = network.clearance_phase[network.signalised]
        self._target = np.full(len(self._signals.ids), LEAVE)
        self.candidates = candidate_phases(network, self.candidate_phases)
        self.learn(network)

    def decide(self, state: State) -> list[Proposal]:
        """What each signal should do now, where that is something new."""
        number = int((state.now - self._started_at + _ROUNDING_S) // self.interval_s)
        due = number > self._decided
        self._decided = max(number, self._decided)
        wanted = self.wanted(state, number) if due else self.between(state)
        rows = np.flatnonzero(self._new(wanted, state, due)).tolist()
        self._target = np.where(wanted == LEAVE, self._target, wanted)
        return [self._proposal(row, int(wanted[row])) for row in rows]

    def learn(self, network: RoadNetwork) -> None:
        """Learn what only this controller needs of the network."""

    @abstractmethod
    def wanted(self, state: State, number: int) -> Ints:
        """What each signal should do now; decisions count from 0."""

    def between(self, state: State) -> Ints:
        """What must not wait for the next decision; mostly nothing."""
        return np.full(len(self._target), LEAVE, np.int32)

    @abstractmethod
    def reason(self, row: int, wanted: int) -> Text:
        """Why this is asked of the signal in that row."""

    def explanation(self, row: int, wanted: int) -> Explanation | None:
        """What else was tried, and what it would have cost; mostly nothing."""
        return None

    def _new(self, wanted: Ints, state: State, due: bool) -> NDArray[np.bool_]:
        """Where a signal neither shows nor awaits what is wanted."""
        commanded = self._signals.column(state, COMMANDED)
        shown = self._signals.column(state, PHASE)
        on_the_way = (shown == self._clearance) & (self._target == wanted)
        follows = (commanded == 1) & ((shown == wanted) | on_the_way)
        unseen = np.isnan(commanded) | np.isnan(shown)
        follows = np.where(unseen, self._target == wanted, follows)
        # Between decisions a release is asked for once; the next decision looks whether it came about.
        back = (commanded == 0) | (unseen | (not due)) & (self._target == GIVE_BACK)
        new: NDArray[np.bool_] = (wanted != LEAVE) & ~np.where(wanted == GIVE_BACK, back, follows)
        return new

    def _proposal(self, row: int, wanted: int) -> Proposal:
        action, value = (RELEASE, 0.0) if wanted == GIVE_BACK else (PHASE, float(wanted))
        told = None if wanted == GIVE_BACK else self.explanation(row, wanted)
        return Proposal(self._signals.ids[row], action, value, self.reason(row, wanted), told)
