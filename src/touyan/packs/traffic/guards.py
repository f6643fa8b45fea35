"""What no command to a signal may do, whoever proposes it.

| rule               | refuses                                                                             |
| ------------------ | ----------------------------------------------------------------------------------- |
| known-crossing     | what is no signal of the network                                                    |
| known-phase        | unknown actions, phases that do not exist, phases that only lie between others      |
| conflicting-greens | a phase in which movements have green whose paths meet                              |
| clearance-time     | a change at a crossing that the street clears for too short a time                  |
| minimum-green      | a change while a green was seen too briefly, while a change is under way, or blindly |
| maximum-red        | to leave those at red who have waited too long; at last the crossing goes back      |
| no-flapping        | too many changes of one crossing in a short time                                    |

A release is never held up: it brings the safe state, in which the street's own controller keeps its times.
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from touyan.core.commands import Command
from touyan.core.components import GuardRule
from touyan.core.errors import SettingError
from touyan.core.observations import Column
from touyan.core.protocols import Observable, Plant, State
from touyan.core.settings import setting

from .conflicts import conflicts_in_phases
from .intergreens import before_phases
from .network import Ints, RoadNetwork
from .readings import lane_readings
from .shown import CHANGING, UNKNOWN, GreenRows, ShownPhases
from .vocabulary import ACTIONS, HALTING, PHASE, RELEASE, TRAFFIC_SIGNAL, traffic_signals


class SignalGuard(GuardRule):
    """A guard of commands to signals, in cities with signals."""

    abstract = True
    needs: ClassVar[tuple[str, ...]] = (TRAFFIC_SIGNAL,)


class KnownCrossing(SignalGuard):
    """Objects to commands for what is no signal of the network."""

    def start(self, plant: Plant) -> None:
        """Learn the signals."""
        self._signals = frozenset(traffic_signals(plant.model))

    def objection(self, command: Command, state: State) -> str | None:
        """Says which entity is unknown."""
        return None if command.entity in self._signals else f"there is no signal {command.entity!r}"


class KnownPhase(SignalGuard):
    """Objects to unknown actions and phases, and to phases that only clear."""

    def start(self, plant: Plant) -> None:
        """Learn how many phases each signal has, and which of them only clear."""
        network: RoadNetwork = plant.model
        self._row = {signal: row for row, signal in enumerate(traffic_signals(network))}
        self._greens = GreenRows(network)
        self._clearance = network.clearance_phase[network.signalised]

    def objection(self, command: Command, state: State) -> str | None:
        """Says which actions or phases there are."""
        if command.action not in ACTIONS:
            return f"a signal has no action {command.action!r}, only {' and '.join(ACTIONS)}"
        if command.action != PHASE:
            return None
        row = self._row.get(command.entity, -1)
        count = int(self._greens.count[row]) if row >= 0 else 0
        if command.value not in range(count):
            return f"there is no phase {command.value:g}, only 0 to {count - 1}"
        if command.value == self._clearance[row]:
            return f"phase {command.value:g} clears the crossing and is inserted by itself"
        green = self._greens.of(row, int(command.value)).any()
        return None if green else f"phase {command.value:g} gives nobody green"


class ConflictingGreens(SignalGuard):
    """Objects to phases that give green to movements whose paths cross."""

    def start(self, plant: Plant) -> None:
        """Learn which phases have such greens, and between which roads."""
        network: RoadNetwork = plant.model
        names = dict(zip(network.signalised.tolist(), traffic_signals(network), strict=True))
        self._unsafe: dict[tuple[str, float], str] = {}
        for row, (one, other) in conflicts_in_phases(network).items():
            crossing = int(network.movement_crossing[one])
            place = (names[crossing], float(row - network.phases_of(crossing).start))
            self._unsafe[place] = f"{_way(network, one)} crosses {_way(network, other)}"

    def objection(self, command: Command, state: State) -> str | None:
        """Says which two ways would cross."""
        crossing_ways = self._unsafe.get((command.entity, command.value)) if command.action == PHASE else None
        return f"phase {command.value:g} gives both green: {crossing_ways}" if crossing_ways else None


class ClearanceTime(SignalGuard):
    """Objects to changes that the street clears for less than speed and width ask for.

    Yellow and all-red by `packs.traffic.intergreens`, for every pair of movements of which one stops and one starts;
    where people cross, the time that they need.
    """

    simulated_clearance_s: float = setting(
        0.0,
        unit="SEC",
        at_least=0.0,
        at_most=10.0,
        help="Simulated cities only: a clearance that is enough there, for published protocols; 0: the real one.",
    )

    def start(self, plant: Plant) -> None:
        """Learn what each phase of each signal needs, and what it gets."""
        if self.simulated_clearance_s and not isinstance(plant, Observable):
            raise SettingError(self.name, "simulated_clearance_s", self.simulated_clearance_s, "0 on a real street")
        network: RoadNetwork = plant.model
        self._needed: dict[tuple[str, float], str] = {}
        needed = before_phases(network)
        for name, crossing in zip(traffic_signals(network), network.signalised.tolist(), strict=True):
            rows = network.phases_of(crossing)
            given = network.phase_clearance_s[rows.start : rows.stop]
            self._learn(name, needed[rows.start : rows.stop].tolist(), given.tolist())

    def objection(self, command: Command, state: State) -> str | None:
        """Says how long the crossing needs, and how long it gets."""
        return self._needed.get((command.entity, command.value)) if command.action == PHASE else None

    def _learn(self, name: str, needed_s: list[float], given_s: list[float]) -> None:
        for phase, (needed, given) in enumerate(zip(needed_s, given_s, strict=True)):
            enough = self.simulated_clearance_s and given >= self.simulated_clearance_s
            if needed > given + _ROUNDING_S and not enough:
                words = f"a change to phase {phase} needs {needed:.1f} s of clearance; the street gives {given:g} s"
                self._needed[name, float(phase)] = words


class MinimumGreen(SignalGuard):
    """Objects to ending a green too early, by what was seen of the street."""

    passes = True
    min_green_s: float = setting(5.0, unit="SEC", at_least=0.0, help="How long a phase must have had green.")
    follows_within_s: float = setting(
        20.0, unit="SEC", at_least=5.0, help="How long a change may take until it is seen; then what is seen counts."
    )

    def start(self, plant: Plant) -> None:
        """Begin with an empty record; a real street always has five seconds."""
        if self.min_green_s < _LEAST_GREEN_S and not isinstance(plant, Observable):
            raise SettingError(
                self.name, "min_green_s", self.min_green_s, f"{_LEAST_GREEN_S:g} or more on a real street"
            )
        network: RoadNetwork = plant.model
        self._greens = GreenRows(network)
        self._shown = ShownPhases(network)
        self._asked: dict[str, tuple[int, float]] = {}
        self._acted: dict[str, float] = {}

    def note(self, state: State) -> None:
        """See which phase each signal shows."""
        self._shown.note(state)

    def objection(self, command: Command, state: State) -> str | None:
        """Says how long the present phase has had green."""
        if command.action != PHASE:
            return None
        row = self._shown.row.get(command.entity)
        if row is None or not 0 <= command.value < self._greens.count[row]:
            return "nobody has seen this signal or this phase"
        return self._under_way(command, row, state.now) or self._brief(command, row, state.now)

    def applied(self, command: Command, at: float) -> None:
        """Remember what was asked for, until it is seen; what was heard before says nothing any more."""
        self._acted[command.entity] = at
        if command.action == PHASE:
            self._asked[command.entity] = (int(command.value), at)
        else:
            self._asked.pop(command.entity, None)

    def _under_way(self, command: Command, row: int, now: float) -> str | None:
        """Speaks against a change while another is under way."""
        phase, at = self._asked.get(command.entity, (UNKNOWN, -np.inf))
        if phase >= 0 and self._shown.phase[row] == phase:
            del self._asked[command.entity]
        elif command.value != phase and now < at + self.follows_within_s:
            return f"the change to phase {phase} is under way"
        return None

    def _brief(self, command: Command, row: int, now: float) -> str | None:
        shown = int(self._shown.phase[row])
        current = self._shown.is_current(row, now, self._acted.get(command.entity, -np.inf))
        if shown in (UNKNOWN, CHANGING) or not current:
            mine = self._asked.get(command.entity, (UNKNOWN,))[0] == command.value
            return None if mine else "nobody knows what the signal shows"
        ends = self._greens.of(row, shown) & ~self._greens.of(row, int(command.value))
        had = now - float(self._shown.since[row])
        if not ends.any() or had >= self.min_green_s - _ROUNDING_S:
            return None
        return f"phase {shown} has had green for {had:g} s, and must have it for {self.min_green_s:g} s"


class MaximumRed(SignalGuard):
    """Objects to leaving those at red who have waited too long.

    Who waits is seen by the lane detectors; a silent detector counts as somebody. If no command lets them go within
    `patience_s` more, the crossing goes back to its own programme, which serves everybody.
    """

    max_red_s: float = setting(
        300.0, unit="SEC", at_least=60.0, at_most=900.0, help="How long somebody may wait at red under command."
    )
    simulated_max_red_s: float = setting(
        3600.0,
        unit="SEC",
        at_least=60.0,
        at_most=86400.0,
        help="The same in simulated cities, where published protocols know no such limit.",
    )
    patience_s: float = setting(
        60.0, unit="SEC", at_least=0.0, at_most=300.0, help="How much longer, until the crossing is given back."
    )

    def start(self, plant: Plant) -> None:
        """Learn which lanes wait for which movement."""
        network: RoadNetwork = plant.model
        self._limit_s = self.simulated_max_red_s if isinstance(plant, Observable) else self.max_red_s
        self._network = network
        self._greens = GreenRows(network)
        self._shown = ShownPhases(network)
        self._lanes = lane_readings(network)
        self._ever = _ever_green(network)
        self._red_since: Column = np.full(self._ever.shape, plant.now)
        self._overdue = np.zeros_like(self._ever)
        self._queue = _queue_places(network)

    def note(self, state: State) -> None:
        """See who has green, and who waits."""
        self._shown.note(state)
        green = self._greens.all(self._shown.phase) | (self._shown.phase == UNKNOWN)[:, np.newaxis]
        self._red_since = np.where(green, state.now, self._red_since)
        long = state.now - self._red_since >= self._limit_s
        self._overdue = long & self._ever & self._waited_for(state) if long.any() else np.zeros_like(self._ever)

    def objection(self, command: Command, state: State) -> str | None:
        """Says who has waited how long, where another phase would let them go."""
        row = self._shown.row.get(command.entity)
        if command.action != PHASE or row is None or not self._overdue[row].any():
            return None
        if not 0 <= command.value < self._greens.count[row]:
            return None
        served = (self._overdue[row] & self._greens.of(row, int(command.value))).any()
        return None if served else f"{self._told(row, state.now)} and must have green"

    def overdue(self, state: State) -> dict[str, str]:
        """The crossings that their own programme must put right."""
        late = self._overdue & (state.now - self._red_since >= self._limit_s + self.patience_s)
        rows = np.flatnonzero(late.any(axis=1) & self._shown.commanded).tolist()
        return {self._shown.ids[row]: self._told(row, state.now) for row in rows}

    def _waited_for(self, state: State) -> NDArray[np.bool_]:
        """Where somebody stands on a lane of the movement, or may."""
        signal, place, lane = self._queue
        halting = np.nan_to_num(self._lanes.column(state, HALTING), nan=1.0)
        waiting = np.zeros(self._ever.shape, bool)
        np.logical_or.at(waiting, (signal, place), halting[lane] > 0)
        return waiting

    def _told(self, row: int, now: float) -> str:
        place = int(np.argmax(np.where(self._overdue[row], now - self._red_since[row], -1)))
        crossing = int(self._network.signalised[row])
        way = _way(self._network, int(self._network.movement_first[crossing]) + place)
        return f"{way} has waited at red for {now - self._red_since[row, place]:g} s"


class NoFlapping(SignalGuard):
    """Objects to changing one crossing again and again."""

    most_changes: int = setting(12, at_least=2, at_most=60, help="Changes and releases of one crossing in the window.")
    window_s: float = setting(120.0, unit="SEC", at_least=60.0, at_most=600.0, help="Length of the window.")

    def start(self, plant: Plant) -> None:
        """Begin with an empty record."""
        self._changes: dict[str, deque[float]] = defaultdict(deque)
        self._last: dict[str, float | None] = {}

    def objection(self, command: Command, state: State) -> str | None:
        """Says how often the crossing has changed lately."""
        if command.action != PHASE or self._last.get(command.entity) == command.value:
            return None
        changes = self._changes[command.entity]
        while changes and changes[0] <= state.now - self.window_s:
            changes.popleft()
        if len(changes) < self.most_changes:
            return None
        return f"{len(changes)} changes in {self.window_s:g} s are enough"

    def applied(self, command: Command, at: float) -> None:
        """Count what is a change."""
        value = None if command.action == RELEASE else command.value
        if self._last.get(command.entity) != value:
            self._changes[command.entity].append(at)
            self._last[command.entity] = value


GUARDS = (KnownCrossing, KnownPhase, ConflictingGreens, ClearanceTime, MinimumGreen, MaximumRed, NoFlapping)
"""All rules; a loader takes them by their class, a trial by this list."""

# City time is a sum of steps; a rule must not refuse for a rounding error.
_ROUNDING_S = 1e-6

_LEAST_GREEN_S = 5.0
"""The shortest green on a real street: who starts needs that long to see it and to go (MUTCD practice: 5 to 15 s)."""


def _way(network: RoadNetwork, movement: int) -> str:
    """A movement in words: from which road to which."""
    roads = network.road_ids
    return f"{roads[network.movement_from_road[movement]]} → {roads[network.movement_to_road[movement]]}"


def _ever_green(network: RoadNetwork) -> NDArray[np.bool_]:
    """Which movements, by signal and position, some phase gives green."""
    most = network.phase_green.shape[1]
    rows = [network.phases_of(crossing) for crossing in network.signalised.tolist()]
    green = [network.phase_green[row.start : row.stop].any(axis=0) for row in rows]
    return np.array(green, bool).reshape(len(green), most)


def _queue_places(network: RoadNetwork) -> tuple[Ints, Ints, Ints]:
    """(signal, position of the movement, lane on which it waits), each once."""
    pairs = np.unique(np.column_stack([network.link_movement, network.link_from_lane]), axis=0)
    crossing = network.movement_crossing[pairs[:, 0]]
    signal = np.full(len(network.crossing_ids), -1, np.int32)
    signal[network.signalised] = np.arange(len(network.signalised))
    kept = signal[crossing] >= 0
    place = pairs[:, 0] - network.movement_first[crossing]
    return signal[crossing][kept], place[kept].astype(np.int32), pairs[kept, 1]
