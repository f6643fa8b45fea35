"""What no command to a signal may do, whoever proposes it."""

from __future__ import annotations

from typing import ClassVar

from touyan.core.commands import Command
from touyan.core.components import GuardRule
from touyan.core.protocols import Plant, State
from touyan.core.settings import setting

from .conflicts import conflicts_in_phases
from .network import RoadNetwork
from .vocabulary import ACTIONS, CLEARANCE_S, LANE_DETECTOR, PHASE, traffic_signals


class SignalGuard(GuardRule):
    """A guard of commands to signals, in cities with roads."""

    abstract = True
    needs: ClassVar[tuple[str, ...]] = (LANE_DETECTOR,)


class KnownCrossing(SignalGuard):
    """Objects to commands for what is no signal of the network."""

    def start(self, plant: Plant) -> None:
        """Learn the signals."""
        self._signals = frozenset(traffic_signals(plant.model))

    def objection(self, command: Command, state: State) -> str | None:
        """Says which entity is unknown."""
        return None if command.entity in self._signals else f"there is no signal {command.entity!r}"


class KnownPhase(SignalGuard):
    """Objects to unknown actions and phases, and to the clearance phase."""

    def start(self, plant: Plant) -> None:
        """Learn how many phases each signal has, and which one clears it."""
        network: RoadNetwork = plant.model
        signals = zip(traffic_signals(network), network.signalised.tolist(), strict=True)
        self._phases = {
            signal: (len(network.phases_of(crossing)), int(network.clearance_phase[crossing]))
            for signal, crossing in signals
        }

    def objection(self, command: Command, state: State) -> str | None:
        """Says which actions or phases there are."""
        if command.action not in ACTIONS:
            return f"a signal has no action {command.action!r}, only {' and '.join(ACTIONS)}"
        if command.action != PHASE:
            return None
        count, clearance = self._phases.get(command.entity, (0, -1))
        if command.value not in range(count):
            return f"there is no phase {command.value:g}, only 0 to {count - 1}"
        return (
            f"phase {clearance} clears the crossing and is inserted by itself" if command.value == clearance else None
        )


class MinimumGreen(SignalGuard):
    """Objects to ending a green too early, by its own record.

    A release is never held up: it brings the safe state, and the street's own controller keeps its times.
    """

    min_green_s: float = setting(5.0, unit="SEC", at_least=0.0, help="How long a phase must have had green.")
    clearance_s: float = setting(CLEARANCE_S, unit="SEC", at_least=0.0, help="What the street inserts before a green.")

    def start(self, plant: Plant) -> None:
        """Begin with an empty record."""
        self._greens: dict[str, tuple[float, float]] = {}

    def objection(self, command: Command, state: State) -> str | None:
        """Says how long the present phase has had green."""
        phase, since = self._greens.get(command.entity, (command.value, 0.0))
        if command.action != PHASE or command.value == phase or state.now >= since + self.min_green_s:
            return None
        had = max(0.0, state.now - since)
        return f"phase {phase:g} has had green for {had:g} s, and must have it for {self.min_green_s:g} s"

    def applied(self, command: Command, at: float) -> None:
        """Remember which phase is shown, and from when it is green."""
        if command.action != PHASE:
            self._greens.pop(command.entity, None)
        elif self._greens.get(command.entity, (None,))[0] != command.value:
            self._greens[command.entity] = (command.value, at + self.clearance_s)


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


class ClearanceExists(SignalGuard):
    """Objects to commanding a crossing that has no clearance phase."""

    def start(self, plant: Plant) -> None:
        """Learn which signals have no clearance phase."""
        network: RoadNetwork = plant.model
        without = network.clearance_phase[network.signalised] < 0
        self._without = frozenset(
            name for name, missing in zip(traffic_signals(network), without, strict=True) if missing
        )

    def objection(self, command: Command, state: State) -> str | None:
        """Says that the crossing cannot be cleared."""
        if command.action == PHASE and command.entity in self._without:
            return "the crossing has no clearance phase, so greens cannot be changed safely"
        return None


def _way(network: RoadNetwork, movement: int) -> str:
    """A movement in words: from which road to which."""
    roads = network.road_ids
    return f"{roads[network.movement_from_road[movement]]} → {roads[network.movement_to_road[movement]]}"
