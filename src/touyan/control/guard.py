"""The guard: asks every rule about every command; no setting switches it off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from touyan.core.commands import Command
from touyan.core.components import GuardRule
from touyan.core.faults import Fault, attempt
from touyan.core.protocols import Plant, State

from .effect import RELEASE


class Objection(NamedTuple):
    """Which rule objects to a command, why, whether the rule itself failed, whether time heals it."""

    rule: str
    reason: str
    failed: bool = False
    passes: bool = False


class Guard:
    """All guard rules together; without any rule it objects to everything.

    A rule that raises objects to the command; one that raised while it learnt the street or took note of
    what was applied objects for good, since its record has a gap. The one exception is the release: it
    brings the safe state, and a broken rule must not keep an entity from it.
    """

    def __init__(self, plant: Plant, rules: Sequence[GuardRule]) -> None:
        self._rules = tuple(rules)
        self._broken: dict[GuardRule, Fault] = {}
        self.faults: dict[GuardRule, Fault] = {}
        """The first fault of each rule that ever raised."""
        for rule in self._rules:
            self._note(rule, attempt(rule.kind, rule.name, plant.now, rule.start, plant))

    @property
    def broken(self) -> bool:
        """Whether some rule objects for good."""
        return bool(self._broken)

    def objection(self, command: Command, state: State) -> Objection | None:
        """The gravest objection to a command; None when no rule has any."""
        if not self._rules:
            return None if command.action == RELEASE else Objection("guard", "no guard rule is loaded")
        objections = [found for rule in self._rules if (found := self._ask(rule, command, state))]
        # What never passes comes first, so that nothing waits in vain.
        return min(objections, key=lambda objection: objection.passes, default=None)

    def applied(self, command: Command, at: float) -> None:
        """Let the rules remember a command that the street took."""
        for rule in self._rules:
            self._note(rule, attempt(rule.kind, rule.name, at, rule.applied, command, at))

    def note(self, state: State) -> None:
        """Let the rules look at the street; one that cannot has a gap in its record."""
        for rule in self._rules:
            self._note(rule, attempt(rule.kind, rule.name, state.now, rule.note, state))

    def overdue(self, state: State) -> dict[str, Objection]:
        """What must go back to its own programme now, with the rule that says so."""
        found: dict[str, Objection] = {}
        for rule in self._rules:
            answer = attempt(rule.kind, rule.name, state.now, rule.overdue, state)
            self._note(rule, answer)
            if not isinstance(answer, Fault):
                found.update({entity: Objection(rule.name, why) for entity, why in answer.items()})
        return found

    def _ask(self, rule: GuardRule, command: Command, state: State) -> Objection | None:
        broken = self._broken.get(rule)
        answer: str | Fault | None = broken or attempt(rule.kind, rule.name, state.now, rule.objection, command, state)
        if isinstance(answer, Fault):
            self.faults.setdefault(rule, answer)
            failed = Objection(rule.name, f"the rule failed: {answer.words}", failed=True)
            return None if command.action == RELEASE else failed
        return None if answer is None else Objection(rule.name, answer, passes=rule.passes)

    def _note(self, rule: GuardRule, answer: object) -> None:
        if isinstance(answer, Fault):
            self._broken.setdefault(rule, answer)
            self.faults.setdefault(rule, answer)
