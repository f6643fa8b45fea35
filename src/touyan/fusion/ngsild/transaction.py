"""What one request writes: memory changes at once, and back again should the log not take it."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

import msgspec

from .changes import Change, Outcome
from .model import Entity, pack
from .population import Population
from .refusals import bad_data

ENTITY, SUBSCRIPTION, CONTEXT, HISTORY = "e", "s", "c", "h"

_encode = msgspec.msgpack.Encoder().encode


class Event(NamedTuple):
    """What happened to one entity; `before` None was created, `after` None was deleted."""

    before: Entity | None
    after: Entity | None
    changes: list[Change]


class _Step(NamedTuple):
    """One entity's bytes before and after."""

    identifier: str
    before: bytes | None
    after: bytes | None


class Transaction:
    """The writes of one request on one tenant, to be made durable as a whole.

    `records` go to the log, `events` to history and subscribers once the log has them.
    """

    def __init__(self, tenant: str, population: Population, now: int) -> None:
        self.tenant = tenant
        self.now = now
        self.records: list[bytes] = []
        self.events: list[Event] = []
        self._population = population
        self._steps: list[_Step] = []

    def note(self, kind: str, identifier: str, content: Any) -> None:
        """Add something else than an entity to the log; None deletes it."""
        self.records.append(_encode((kind, self.tenant, identifier, content)))

    def store(self, before: Entity | None, outcome: Outcome) -> None:
        """An entity was created or changed."""
        entity = outcome.entity
        try:
            blob = pack(entity)
        except (OverflowError, RecursionError):
            raise bad_data("a number has more than 64 bits, or a value is nested too deep") from None
        self._step(entity.id, blob)
        self._population.put(entity.id, entity.types, blob)
        changed = [(change.attribute, _dataset(change), change.after is None) for change in outcome.changes]
        self.records.append(_encode((ENTITY, self.tenant, entity.id, blob, changed)))
        self.events.append(Event(before, entity, outcome.changes))

    def delete(self, entity: Entity) -> None:
        """An entity was deleted."""
        self._step(entity.id, None)
        self._population.remove(entity.id)
        self.records.append(_encode((ENTITY, self.tenant, entity.id, None, self.now)))
        changes = [Change(name, one, None) for name, instances in entity.attributes.items() for one in instances]
        self.events.append(Event(entity, None, changes))

    def _step(self, identifier: str, after: bytes | None) -> None:
        self._steps.append(_Step(identifier, self._population.blob(identifier), after))

    def undo(self, later: deque[Transaction]) -> None:
        """Take the changes back; where a later one built on them, it shall go back further."""
        for step in reversed(self._steps):
            if not any(other._rebase(step) for other in later):
                self._population.restore(step.identifier, step.before)

    def _rebase(self, lost: _Step) -> bool:
        for at, step in enumerate(self._steps):
            if step.identifier == lost.identifier and step.before is lost.after:
                self._steps[at] = step._replace(before=lost.before)
                return True
        return False


def _dataset(change: Change) -> str:
    known = change.after or change.before
    return known.dataset if known else ""
