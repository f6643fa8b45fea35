"""A made-up street for the tests of control: gates that can be raised, seen only through sensors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from touyan.control.authority import Mode
from touyan.control.effect import COMMANDED, RELEASE
from touyan.control.engine import Control, Terms
from touyan.control.ledger import Ledger
from touyan.core.commands import Command, Explanation
from touyan.core.components import Controller, GuardRule
from touyan.core.entities import Entity, urn
from touyan.core.observations import ObservationBatch
from touyan.core.protocols import Plant, Proposal, State
from touyan.core.text import Text
from touyan.fusion.state import CurrentState

GATES = tuple(urn("Gate", name) for name in ("north", "south"))
WHY = Text("because", "因为")


class Street:
    """Gates that obey after one second, unless they are jammed or deaf."""

    def __init__(self) -> None:
        self.now = 0.0
        self.model: Any = None
        self.inventory: Sequence[Entity] = ()
        self.level = dict.fromkeys(GATES, 0.0)
        self.commanded = dict.fromkeys(GATES, 0.0)
        self.obeyed: list[Command] = []
        self.deaf = self.jammed = self.burning = False

    def obey(self, command: Command) -> bool:
        """Take a command."""
        if self.burning:
            raise OSError("the cable burns")
        if self.deaf:
            return False
        self.obeyed.append(command)
        self.commanded[command.entity] = float(command.action != RELEASE)
        if not self.jammed and command.action == "level":
            self.level[command.entity] = command.value
        return True

    def advance(self, seconds: float) -> list[ObservationBatch]:
        """Let time pass; every gate reports."""
        self.now += seconds
        readings = {"level": self.level, COMMANDED: self.commanded}
        columns = {name: np.array([of[gate] for gate in GATES]) for name, of in readings.items()}
        return [ObservationBatch("Gate", "eyes", GATES, np.full(len(GATES), self.now), columns)]


class Wish(Controller):
    """Proposes what a test puts in its hands."""

    def __init__(self, name: str = "wish") -> None:
        super().__init__()
        self.name = name  # type: ignore[misc]
        self.wishes: list[tuple[str, str, float]] = []
        self.ill = False
        self.explained: Explanation | None = None

    def start(self, plant: Plant) -> None:
        """Nothing to learn."""

    def decide(self, state: State) -> list[Proposal]:
        """Each wish once."""
        if self.ill:
            raise RuntimeError("out of ideas")
        wishes, self.wishes = self.wishes, []
        return [Proposal(entity, action, value, WHY, self.explained) for entity, action, value in wishes]


class NotAbove(GuardRule):
    """Objects to levels above nine; a level of NaN breaks it."""

    def __init__(self) -> None:
        super().__init__()
        self.remembered: list[Command] = []

    def start(self, plant: Plant) -> None:
        """Nothing to learn."""

    def objection(self, command: Command, state: State) -> str | None:
        """Nothing above nine."""
        if math.isnan(command.value):
            raise ValueError("what is NaN?")
        return "too high" if command.value > 9 else None

    def applied(self, command: Command, at: float) -> None:
        """Remember it."""
        self.remembered.append(command)


class Moment(NotAbove):
    """Objects until the moment has come."""

    passes = True
    ready = False

    def objection(self, command: Command, state: State) -> str | None:
        """Not yet."""
        return None if self.ready else "not yet"


class Paper:
    """A journal that remembers; it fails on demand."""

    def __init__(self) -> None:
        self.lines: list[Command] = []
        self.full = False

    def journal_commands(self, commands: Sequence[Command]) -> None:
        """Append, or fail as a full disk would."""
        if self.full:
            raise OSError("no space left on device")
        self.lines.extend(commands)


class Scene:
    """Control over the street, with everything around it."""

    def __init__(
        self,
        mode: Mode = Mode.AUTOMATIC,
        controllers: Sequence[Controller] | None = None,
        guards: Sequence[GuardRule] | None = None,
        terms: Terms | None = None,
    ) -> None:
        self.street, self.paper, self.wish = Street(), Paper(), Wish()
        self.rule = NotAbove()
        self.ledger = Ledger(self.paper)
        self.state = CurrentState(0.0)
        self.state.register("Gate", GATES)
        self.control = Control(
            self.street,
            [self.wish, *(controllers or [])],
            [self.rule] if guards is None else guards,
            mode,
            self.ledger,
            terms or Terms(set_by="Li Na"),
        )

    def beat(self, seconds: float = 1.0, silent: bool = False) -> None:
        """Control acts, then time passes and sensors report."""
        self.control.step(self.state)
        batches = self.street.advance(seconds)
        self.state.move_to(self.street.now)
        for batch in batches if not silent else []:
            self.state.update(batch)

    def ask(self, value: float, entity: str = GATES[0], action: str = "level") -> Command:
        """Let the controller propose, and return the command that came of it."""
        self.wish.wishes.append((entity, action, value))
        self.beat()
        return self.ledger.newest(1)[0]

    def steps(self, identifier: str) -> list[tuple[str, str]]:
        """The states of a command and who brought it there."""
        return [(step.state.value, step.by) for step in self.ledger.get(identifier).record]
