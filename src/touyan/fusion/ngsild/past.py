"""What happened to entities as rows of the history, and rows back as instances."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from ..store.history import History
from ..store.rows import Row
from .changes import Change
from .model import Entity, Instance, pack, unpack_instance
from .moments import microseconds
from .terms import LANGUAGE_PROPERTY, NGSI_LD, NULL

SCOPE = NGSI_LD + "scope"
"""The name under which the history keeps an entity's scopes."""

_INSTANCE = "urn:ngsi-ld:Instance:"


class Struck(NamedTuple):
    """Rows that shall be no more: all of an entity, an attribute, a data set or one instance."""

    entity: str
    attribute: str | None = None
    dataset: str | None = None
    instance: str | None = None


Fact = Row | Struck
"""Something for the history."""


def rows_of(tenant: str, entity: Entity, changes: Iterable[Change], now: int) -> Iterator[Row]:
    """A row for each change of an entity; what was deleted is told as the NGSI-LD Null."""
    for change in changes:
        if change.after is not None:
            yield row_of(tenant, entity, change.attribute, change.after)
        elif change.before is not None:
            yield row_of(tenant, entity, change.attribute, deleted(change.before, now))


def row_of(tenant: str, entity: Entity, attribute: str, instance: Instance) -> Row:
    """One instance as a row."""
    value = instance.value
    name = instance.instance or instance_name(entity.id, attribute, instance.dataset, instance.modified)
    return Row(
        tenant,
        entity.id,
        entity.types,
        attribute,
        instance.dataset,
        name,
        microseconds(instance.observed) if instance.observed else None,
        instance.created,
        instance.modified,
        instance.deleted or None,
        float(value) if isinstance(value, (int, float)) else None,
        pack(instance),
    )


def instance_of(row: Row) -> Instance:
    """The instance that a row holds, with its id."""
    instance: Instance = msgspec.structs.replace(unpack_instance(row.value), instance=row.instance)
    return instance


def deleted(before: Instance, now: int) -> Instance:
    """How the end of an instance is told."""
    value: Any = {"@none": NULL} if before.kind == LANGUAGE_PROPERTY else NULL
    return Instance(before.created, now, value, before.kind, before.dataset, deleted=now)


def scope_instance(scopes: tuple[str, ...], now: int) -> Instance:
    """An entity's scopes as a value in time; none of them tells of their end."""
    return Instance(now, now, list(scopes), deleted=0 if scopes else now)


def instance_name(entity: str, attribute: str, dataset: str, modified: int, number: int = 0) -> str:
    """A name for an instance, the same whenever the log is read again."""
    key = f"{entity}\n{attribute}\n{dataset}\n{modified}\n{number}"
    return _INSTANCE + blake2b(key.encode(), digest_size=16).hexdigest()


def remember(history: History, tenant: str, facts: Iterable[Fact], position: int) -> None:
    """Let the history know what the log has at a position."""
    rows: list[Row] = []
    with history.together():
        for fact in facts:
            if isinstance(fact, Row):
                rows.append(fact)
                continue
            history.add(rows, position)
            rows = []
            history.remove(tenant, *fact, position=position)
        if rows:
            history.add(rows, position)
