"""What the look-ahead controller sees and remembers, and which phases are worth a try."""

from __future__ import annotations

import numpy as np

from touyan.control.lookahead import Plan
from touyan.core.protocols import State, Table
from touyan.kernels.traffic.layout import NONE
from touyan.kernels.traffic.sensing import HALTING_SPEED
from touyan.kernels.traffic.staging import Seen

from .cameras import CameraView, in_order
from .habits import Habits
from .network import Flags, Floats, Ints, RoadNetwork
from .readings import SILENT_AFTER, signal_readings
from .sensed_world import SignalView
from .served_lanes import ServedLanes
from .vocabulary import LANE_CAMERA, PHASE, REPORT_INTERVAL_S


class Sight:
    """What sensors say now and taught before: vehicles, signals, habits."""

    def __init__(self, network: RoadNetwork, memory_s: float) -> None:
        self._network = network
        self._cameras, self._signals = CameraView(network), signal_readings(network)
        self._clearance = network.clearance_phase[network.signalised]
        self._clears_s = network.clearance_s[network.signalised]
        self._asked_at = np.full(len(network.signalised), -np.inf)
        self.habits = Habits(network, memory_s)
        self.silent: Flags = np.zeros(network.lane_count, np.bool_)
        self.expected: Seen | None = None
        self._table: Table | None = None
        self._heard_at = -np.inf

    def note(self, state: State) -> None:
        """Take over what is new."""
        self.habits.note(state)
        table = state.table(LANE_CAMERA)
        if table is self._table:
            return
        heard = self._cameras.heard_at(state)
        self._table, self._heard_at = table, float(heard.max(initial=-np.inf))
        self.silent = heard < self._heard_at - SILENT_AFTER * REPORT_INTERVAL_S
        self.seen = self._cameras.seen(state, ~self.silent)

    @property
    def vehicles(self) -> Seen:
        """The vehicles that are seen, and those that were expected where nobody looks."""
        if self.expected is None:
            return self.seen
        unseen = self.silent[self.expected.lane]
        old = Seen(self.expected.lane[unseen], self.expected.distance[unseen], self.expected.speed[unseen])
        return in_order(
            Seen(
                np.concatenate([self.seen.lane, old.lane]),
                np.concatenate([self.seen.distance, old.distance]),
                np.concatenate([self.seen.speed, old.speed]),
            )
        )

    def age_s(self, now: float) -> int:
        """Whole seconds since the last look."""
        return round(now - self._heard_at) if np.isfinite(self._heard_at) else 0

    def asked(self, state: State, changes: Flags) -> None:
        """Remember which signals are asked to change now."""
        self._asked_at = np.where(changes, state.now, self._asked_at)

    def signals(self, state: State, target: Ints) -> SignalView:
        """Phases of all crossings, given what each signal was last asked for."""
        shown = np.nan_to_num(self._signals.column(state, PHASE)).astype(np.int32)
        clearing = (shown == self._clearance) & (target >= 0)
        shown = np.where(shown < 0, np.maximum(target, 0), shown).astype(np.int32)
        left = np.where(clearing, np.maximum(self._asked_at + self._clears_s - state.now, 1), 0)
        at, crossings = self._network.signalised, len(self._network.crossing_ids)
        view = SignalView(*(np.full(crossings, fill, np.int32) for fill in (NONE, NONE, 0)))
        view.phase[at], view.target[at], view.clears_s[at] = shown, np.where(clearing, target, shown), left
        return view


class Patience:
    """Sees to it that nobody waits at red for too long."""

    def __init__(self, network: RoadNetwork, candidates: Ints, served: ServedLanes, longest_s: float) -> None:
        self._candidates, self._served, self._longest_s = candidates, served, longest_s
        self._signals = signal_readings(network)
        self._since: Floats = np.full(network.lane_count, np.inf)

    def note(self, state: State, seen: Seen) -> None:
        """Note on which lanes somebody halts, and which have green."""
        halting = np.bincount(seen.lane[seen.speed < HALTING_SPEED], minlength=len(self._since)) > 0
        shown = self._signals.column(state, PHASE)
        green = self._served.lanes(self._candidates == shown[:, np.newaxis], len(self._since))
        self._since = np.where(halting & ~green, np.minimum(self._since, state.now), np.inf)

    def served_first(self, state: State, plan: Plan, options: list[list[int]]) -> tuple[Plan, list[list[int]]]:
        """The plan and options of each signal, where need be only those that serve who has waited longest."""
        overdue = state.now - self._since >= self._longest_s
        if not overdue.any():
            return plan, options
        waiting = self._served.sums(overdue)
        plan, options = plan.copy(), list(options)
        for row in np.flatnonzero((waiting > 0).any(axis=1) & (plan >= 0)).tolist():
            options[row] = self._candidates[row, waiting[row] > 0].tolist()
            if plan[row] not in options[row]:
                plan[row] = options[row][0]
        return plan, options


class UsefulPhases:
    """Leaves out phases that no vehicle can use within an interval, or that do less than another."""

    def __init__(self, network: RoadNetwork, candidates: Ints, served: ServedLanes) -> None:
        self._speed_limit, self._candidates = network.lane_speed_limit, candidates
        self._served = [served.of(row) for row in range(len(candidates))]

    def of(self, seen: Seen, plan: Plan, reach_s: float) -> list[list[int]]:
        """The phases of each signal that are worth a try; `reach_s` is the time in which a vehicle may come."""
        near = seen.distance <= self._speed_limit[seen.lane] * reach_s
        used = np.bincount(seen.lane[near], minlength=len(self._speed_limit)) > 0
        return [
            self._worth_trying(row, serves & used[lanes], int(plan[row]))
            for row, (lanes, serves) in enumerate(self._served)
        ]

    def _worth_trying(self, row: int, serves: Flags, planned: int) -> list[int]:
        if planned < 0:
            return []
        phases = self._candidates[row]
        order = sorted(np.flatnonzero(phases >= 0).tolist(), key=lambda place: phases[place] != planned)
        kept: list[int] = []
        for rank, place in enumerate(order):
            if serves[place].any() and not _within_another(serves[order], rank):
                kept.append(int(phases[place]))
        return kept


def _within_another(serves: Flags, rank: int) -> bool:
    """Whether another serves all these lanes and more, or an earlier one the same."""
    holds = (serves >= serves[rank]).all(axis=1)
    more = serves.sum(axis=1) > serves[rank].sum()
    return bool((holds & more).any() or holds[:rank].any())
