"""The order in which entities are listed (clause 4.23)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .contexts import TermMap
from .model import Entity, Instance
from .parameters import Order
from .reading import checked_name

_OWN = {"id", "type", "scope", "createdAt", "modifiedAt"}
_Key = tuple[int, Any]


def in_order(entities: Iterable[Entity], orders: list[Order], terms: TermMap) -> list[Entity]:
    """Entities sorted by several keys; those without a key come last in ascending order."""
    found = list(entities)
    for order in reversed(orders):
        head, *rest = [checked_name(part, "orderBy") for part in order.path.split(".")]
        path = (terms.expand(head), *(part if part in _OWN else terms.expand(part) for part in rest))
        found.sort(key=lambda entity: _key(entity, head, path), reverse=order.descending)
    return found


def _key(entity: Entity, name: str, path: tuple[str, ...]) -> _Key:
    if name in _OWN:
        own = {"id": entity.id, "type": min(entity.types), "scope": min(entity.scope, default="")}
        return _sortable(own.get(name, entity.created if name == "createdAt" else entity.modified))
    instance = entity.default(path[0])
    for part in path[1:]:
        if instance is None:
            break
        if part in _OWN:
            return _sortable(instance.created if part == "createdAt" else instance.modified)
        instance = _part(instance, part)
    return (9, 0) if instance is None else _sortable(instance.value)


def _part(instance: Instance, name: str) -> Instance | None:
    return next(iter(instance.parts.get(name, ())), None)


def _sortable(value: Any) -> _Key:
    """Values of different kinds never meet: booleans, then numbers, then texts, then the rest."""
    if isinstance(value, bool):
        return (0, value)
    if isinstance(value, (int, float)):
        return (1, value)
    return (2, value) if isinstance(value, str) else (3, str(value))
