"""A small made-up city for the tests of the watch: three wells that report their level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from touyan.core.alert_records import AlertRecord
from touyan.core.alerts import Severity
from touyan.core.commands import Command
from touyan.core.components import Detector, Rule
from touyan.core.entities import Entity, urn
from touyan.core.observations import ObservationBatch
from touyan.core.protocols import Finding, Plant, State
from touyan.core.text import Text
from touyan.fusion.state import CurrentState

WELLS = tuple(urn("Well", name) for name in ("north", "south", "east"))


class Wells:
    """A plant without any behaviour."""

    now = 0.0
    model: Any = None
    inventory: Sequence[Entity] = (
        Entity(WELLS[0], "Well", {"name": "North gate"}, {"type": "Point", "coordinates": [120.1, 30.2]}),
        Entity(WELLS[1], "Well", {}, {"type": "LineString", "coordinates": [[1, 2], [3, 4], [5, 6]]}),
    )

    def advance(self, seconds: float) -> list[ObservationBatch]:
        """Nothing happens."""
        return []

    def obey(self, command: Command) -> bool:
        """Nothing can be commanded."""
        return False


class Level(Detector):
    """The level of each well, in metres."""

    entity_type: ClassVar[str] = "Well"
    quantity = "level"
    unit_code = "MTR"

    def start(self, plant: Plant) -> None:
        """Nothing to learn."""

    def score(self, state: State) -> Finding:
        """The level as it was read."""
        table = state.table("Well")
        return Finding(table.ids, table.column("level"))


class Broken(Level):
    """A detector that fails on its second question."""

    asked = 0

    def score(self, state: State) -> Finding:
        """Raises from the second time on."""
        self.asked += 1
        if self.asked > 1:
            raise RuntimeError("lost the file")
        return super().score(state)


class HighWater(Rule):
    """A well that fills."""

    detector = "level"
    event = Text("High water", "高水位")
    headline = Text("High water at {entity}", "{entity}水位过高")
    description = Text(
        "{value} {unit}, threshold {threshold} {unit}, since {since}.",
        "{value} {unit}，阈值{threshold} {unit}，自{since}起。",
    )
    severity = Severity.SEVERE


class BrokenHighWater(HighWater):
    """The same, on the broken detector."""

    detector = "broken"


class Paper:
    """A journal that remembers; it fails on demand."""

    def __init__(self) -> None:
        self.lines: list[AlertRecord] = []
        self.full = False

    def journal_alerts(self, records: Sequence[AlertRecord]) -> None:
        """Append, or fail as a full disk would."""
        if self.full:
            raise OSError("no space left on device")
        self.lines.extend(records)


def wells() -> CurrentState:
    """A state that knows the wells and has heard nothing."""
    state = CurrentState(0.0)
    state.register("Well", WELLS)
    return state


def report(state: CurrentState, at: float, *levels: float) -> None:
    """Move the city to a time and let the first wells report."""
    state.move_to(at)
    count = len(levels)
    values = {"level": np.array(levels, float)}
    state.update(ObservationBatch("Well", "gauges", WELLS[:count], np.full(count, at), values))
