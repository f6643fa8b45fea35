"""What one request writes: memory changes at once, and back again should the log not take it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from ..store.rows import Row
from .changes import Change, Outcome
from .model import Entity, Instance, pack, unpack
from .past import SCOPE, Fact, Struck, deleted, row_of, rows_of, scope_instance
from .population import Population
from .terms import PROPERTY

ENTITY, SUBSCRIPTION, CONTEXT, HISTORY = "e", "s", "c", "h"


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

    `records` go to the log; once it has them, `facts` go to the history and `events` to subscribers.
    `subscriptions` are the ids of those that came, changed or went.
    """

    def __init__(self, tenant: str, population: Population, now: int) -> None:
        self.tenant = tenant
        self.now = now
        self.records: list[bytes] = []
        self.events: list[Event] = []
        self.facts: list[Fact] = []
        self.subscriptions: list[str] = []
        self._put_back: list[Callable[[], None]] = []
        self._population = population
        self._steps: list[_Step] = []

    def note(self, kind: str, identifier: str, content: Any, put_back: Callable[[], None]) -> None:
        """Add something else than an entity to the log; None deletes it, `put_back` undoes it in memory."""
        self.records.append(pack((kind, self.tenant, identifier, content)))
        self._put_back.append(put_back)
        if kind == SUBSCRIPTION:
            self.subscriptions.append(identifier)

    def store(self, before: Entity | None, outcome: Outcome) -> None:
        """An entity was created or changed."""
        entity = outcome.entity
        blob = pack(entity)
        self._step(entity.id, blob)
        self._population.put(entity, blob)
        changed = [(change.attribute, _dataset(change), change.after is None) for change in outcome.changes]
        self.records.append(pack((ENTITY, self.tenant, entity.id, blob, changed)))
        self.facts += rows_of(self.tenant, entity, outcome.changes, self.now)
        self.events.append(Event(before, entity, outcome.changes))

    def delete(self, entity: Entity) -> None:
        """An entity was deleted."""
        self._step(entity.id, None)
        self._population.remove(entity.id)
        self.records.append(pack((ENTITY, self.tenant, entity.id, None, self.now)))
        changes = [Change(name, one, None) for name, instances in entity.attributes.items() for one in instances]
        self.facts += rows_of(self.tenant, entity, changes, self.now)
        self.events.append(Event(entity, None, changes))

    def remember(self, facts: Iterable[Fact]) -> None:
        """Something is to be known of the past alone."""
        found = list(facts)
        self.records.append(pack((HISTORY, self.tenant, "", [_plain(fact) for fact in found])))
        self.facts += found

    def remember_ends(self, entity: Entity, attribute: str, ended: Iterable[Instance]) -> None:
        """Instances that stand in the past alone have ended."""
        if attribute == SCOPE:
            self.remember([row_of(self.tenant, entity, SCOPE, scope_instance((), self.now))])
        else:
            self.remember(row_of(self.tenant, entity, attribute, deleted(one, self.now)) for one in ended)

    def _step(self, identifier: str, after: bytes | None) -> None:
        self._steps.append(_Step(identifier, self._population.blob(identifier), after))

    def undo(self, later: deque[Transaction]) -> None:
        """Take the changes back; where a later one built on them, it shall go back further."""
        for put_back in reversed(self._put_back):
            put_back()
        for step in reversed(self._steps):
            if not any(other._rebase(step) for other in later):
                self._population.restore(step.identifier, step.before)

    def _rebase(self, lost: _Step) -> bool:
        for at, step in enumerate(self._steps):
            if step.identifier == lost.identifier and step.before is lost.after:
                self._steps[at] = step._replace(before=lost.before)
                return True
        return False


def _plain(fact: Fact) -> tuple[Any, ...]:
    return tuple(fact)


def facts_of(kind: str, tenant: str, identifier: str, content: Any, rest: list[Any]) -> Iterator[Fact]:
    """What a record of the log says to the history."""
    if kind == HISTORY:
        for each in content:
            yield Struck(*each) if len(each) == len(Struck._fields) else Row(*each)._replace(types=tuple(each[2]))
    elif kind == ENTITY and content is not None and rest:
        entity = unpack(content)
        for attribute, dataset, gone in rest[0]:
            found = next((one for one in entity.attributes.get(attribute, ()) if one.dataset == dataset), None)
            if found is not None and not gone:
                yield row_of(tenant, entity, attribute, found)
            elif gone:
                ended = Instance(entity.modified, entity.modified, None, PROPERTY, dataset)
                yield row_of(tenant, entity, attribute, deleted(ended, entity.modified))


def _dataset(change: Change) -> str:
    known = change.after or change.before
    return known.dataset if known else ""
