"""Signal controllers: who decides which phase a crossing shows."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from touyan.control.lookahead import Search, Weighed
from touyan.core.components import Controller
from touyan.core.observations import Column
from touyan.core.protocols import Plant, Proposal, State
from touyan.core.settings import setting
from touyan.core.text import Text

from .cameras import CameraView
from .habits import Habits
from .looking_ahead import UsefulPhases
from .network import Ints, RoadNetwork
from .poisson import CAR
from .pressure import PhasePressure, candidate_phases
from .readings import lane_readings, signal_readings
from .sensed_world import Outlook, SensedWorlds, SignalView, surroundings
from .vocabulary import CLEARANCE_S, COMMANDED, HALTING, PHASE, RELEASE

LEAVE = -2
"""Asks nothing of a signal; other than a phase, which is 0 or more."""

GIVE_BACK = -1
"""Asks a signal to go back to its own programme."""

# City time is a sum of steps; a decision must not slip by a step for a rounding error.
_ROUNDING_S = 1e-6


class OwnProgramme(Controller):
    """Leaves every signal to its own programme."""

    name = "own"

    def start(self, plant: Plant) -> None:
        """Nothing to learn."""

    def decide(self, state: State) -> list[Proposal]:
        """Proposes nothing, ever."""
        return []


class SignalController(Controller):
    """Decides for all signals at once, in even intervals.

    Decisions fall on the multiples of the interval in city time since the start. It proposes only
    where a signal does not already show or await what is wanted.
    """

    abstract = True
    interval_s: float = setting(
        30.0, unit="SEC", at_least=10.0, help="Time between decisions, clearance and minimum green included."
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
        return Proposal(self._signals.ids[row], action, value, self.reason(row, wanted))


class FixedCycle(SignalController):
    """Gives every phase the same time, one after the other."""

    name = "cycle"

    def wanted(self, state: State, number: int) -> Ints:
        """The candidate whose turn it is; nothing where a crossing has none."""
        count = np.count_nonzero(self.candidates >= 0, axis=1)
        turn = number % np.maximum(count, 1)
        padded = np.column_stack([self.candidates, np.full(len(count), -1)])
        phase = padded[np.arange(len(count)), turn]
        return np.where(count > 0, phase, LEAVE).astype(np.int32)

    def reason(self, row: int, wanted: int) -> Text:
        """The cycle says so."""
        every = f"{self.interval_s:g}"
        return Text(
            f"fixed cycle: the turn of phase {wanted} for {every} s", f"固定周期：轮到相位{wanted}，持续{every} s"
        )


class MaxPressure(SignalController):
    """Gives green where queues before exceed queues beyond most."""

    hold_s: float = setting(60.0, unit="SEC", at_least=0.0, help="How long a silent lane counts as it was last known.")

    def learn(self, network: RoadNetwork) -> None:
        """Learn which lanes count in which phase."""
        self._lanes = lane_readings(network)
        self._network = network
        self._pressure = PhasePressure(network, self.candidates)
        self._has_choice = (self.candidates >= 0).any(axis=1)
        self._values: Column = np.empty((0, 0))

    def wanted(self, state: State, number: int) -> Ints:
        """The first phase of highest pressure; back where lanes are silent."""
        if not self.candidates.size:
            return self.between(state)
        # What was never heard counts as empty, until the crossing is given back for its silence.
        self._values = self._pressure.of(np.nan_to_num(self._lanes.column(state, HALTING), nan=0.0))
        best = self.candidates[np.arange(len(self.candidates)), np.argmax(self._values, axis=1)]
        return np.where(self._blind(state), GIVE_BACK, np.where(self._has_choice, best, LEAVE)).astype(np.int32)

    def between(self, state: State) -> Ints:
        """Gives back crossings whose lanes have been silent too long."""
        return np.where(self._blind(state), GIVE_BACK, LEAVE).astype(np.int32)

    def reason(self, row: int, wanted: int) -> Text:
        """The pressures, or which lanes are silent."""
        if wanted == GIVE_BACK:
            return self._silence(row)
        phases, values = self.candidates[row].tolist(), self._values[row].tolist()
        told = ", ".join(f"{phase}: {value:g}" for phase, value in zip(phases, values, strict=True) if phase >= 0)
        return Text(f"phase {wanted} has the highest pressure ({told})", f"相位{wanted}的压力最大（{told}）")

    def _silent(self, state: State) -> NDArray[np.bool_]:
        heard = np.maximum(self._lanes.heard_at(state, HALTING), self._started_at)
        return state.now - heard >= self.hold_s

    def _blind(self, state: State) -> NDArray[np.bool_]:
        """Signals that need a lane which has been silent too long."""
        self._silent_lanes = self._silent(state)
        return self._pressure.signals_with(self._silent_lanes)

    def _silence(self, row: int) -> Text:
        lanes = self._pressure.lanes_of(row)
        names = ", ".join(self._network.lane_ids[lane] for lane in lanes[self._silent_lanes[lanes]].tolist())
        return Text(
            f"no reading for {self.hold_s:g} s from {names}; back to its own programme",
            f"{names}已有{self.hold_s:g} s没有数据，恢复自身方案",
        )


class LookAhead(SignalController):
    """Tries phases in worlds set to what cameras see, and takes those that cost least."""

    name = "rollout"
    horizon_s: float = setting(90.0, unit="SEC", at_least=5.0, at_most=600.0, help="How far it looks ahead.")
    samples: int = setting(3, at_least=1, at_most=64, help="Possible futures in which each phase is tried.")
    sweeps: int = setting(1, at_least=1, at_most=16, help="How often each signal is looked at in a decision.")
    memory_s: float = setting(900.0, unit="SEC", at_least=1.0, help="How long counts of turns and arrivals weigh.")
    seed: int = setting(0, at_least=0, help="Seed of the futures.")

    def learn(self, network: RoadNetwork) -> None:
        """Build the model, and learn who is whose neighbour."""
        self._network = network
        self._cameras = CameraView(network)
        self._habits = Habits(network, self.memory_s)
        outlook = Outlook(int(self.interval_s), max(1, round(self.horizon_s / self.interval_s)))
        self._worlds = SensedWorlds(network, CAR, self.candidates, outlook)
        self._useful = UsefulPhases(network, self.candidates)
        self._search = Search(surroundings(network), self.sweeps)
        self._asked_at = np.full(len(self.candidates), -np.inf)
        self._weighed: list[Weighed] = []

    def decide(self, state: State) -> list[Proposal]:
        """What each signal should do now, where that is something new."""
        self._habits.note(state)
        return super().decide(state)

    def wanted(self, state: State, number: int) -> Ints:
        """The plan that costs least in the futures tried."""
        seen = self._cameras.seen(state, np.ones(self._network.lane_count, np.bool_))
        view = self._view(state)
        futures = [self._worlds.at(seen, view, self._habits, (self.seed, number, n)) for n in range(self.samples)]
        start = futures[0].by_pressure()
        decision = self._search.better(start, self._useful.of(seen, start, self.interval_s), futures)
        self._weighed = decision.weighed
        plan: Ints = decision.plan
        self._asked_at = np.where((plan != self._target) | (self._target < 0), state.now, self._asked_at)
        return plan

    def reason(self, row: int, wanted: int) -> Text:
        """What each phase would cost."""
        weighed = self._weighed[row]
        tried = zip(weighed.actions, weighed.costs, strict=True)
        told = ", ".join(f"{phase}: {cost:.0f} s" for phase, cost in tried)
        return Text(f"phase {wanted} loses least time ({told})", f"相位{wanted}损失时间最少（{told}）")

    def _view(self, state: State) -> SignalView:
        crossings = len(self._network.crossing_ids)
        at = self._network.signalised
        shown = np.nan_to_num(self._signals.column(state, PHASE)).astype(np.int32)
        clearing = (shown == self._clearance) & (self._target >= 0)
        left = np.where(clearing, np.maximum(self._asked_at + CLEARANCE_S - state.now, 1), 0)
        view = SignalView(*(np.full(crossings, fill, np.int32) for fill in (-1, -1, 0)))
        view.phase[at], view.target[at], view.clears_s[at] = shown, np.where(clearing, self._target, shown), left
        return view
