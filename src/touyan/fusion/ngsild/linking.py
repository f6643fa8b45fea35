"""Entities that relationships lead to, shown inline or beside (clause 4.5.23)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from .contexts import TermMap
from .model import Entity, Instance
from .projection import Projection
from .reading import is_uri
from .refusals import bad_data
from .terms import LIST_RELATIONSHIP, RELATIONSHIP
from .writing import SIMPLIFIED, Form, Writer

Find = Callable[[str], Entity | None]
INLINE, FLAT = "inline", "flat"
_MOST_LEVELS = 10


class Join(NamedTuple):
    """How linked entities are shown, how deep, and which ones were seen on the way (containedBy)."""

    mode: str
    level: int
    contained_by: frozenset[str] = frozenset()


def join_of(parameters: Mapping[str, Any]) -> Join | None:
    """The join that a request asks for, None for none."""
    mode = parameters.get("join")
    level = parameters.get("joinLevel", 1)
    contained = parameters.get("containedBy") or ""
    if mode is None or mode == "@none":
        if "joinLevel" in parameters:
            raise bad_data("joinLevel needs join=inline or join=flat")
        return None
    if mode not in (INLINE, FLAT):
        raise bad_data(f"join: found {str(mode)[:40]!r}; expected inline, flat or @none")
    if not str(level).isdecimal() or not 1 <= int(str(level)[:9]) <= _MOST_LEVELS:
        raise bad_data(f"joinLevel: found {str(level)[:40]!r}; expected a whole number from 1 to {_MOST_LEVELS}")
    return Join(str(mode), int(level), frozenset(contained.split(",")) if contained else frozenset())


class Joiner:
    """Shows entities together with those that they link to."""

    def __init__(self, terms: TermMap, form: Form, join: Join, find: Find) -> None:
        self._terms, self._form, self._join, self._find = terms, form, join, find

    def inline(self, entity: Entity, projection: Projection, level: int | None = None) -> dict[str, Any]:
        """An entity with linked ones in the place of, or within, the relationships."""
        left = self._join.level if level is None else level
        shown = Writer(self._terms, self._form, projection).entity(entity)
        if left == 0:
            return shown
        for name, instances in entity.attributes.items():
            term = self._terms.compact(name)
            if term in shown and instances[0].kind in (RELATIONSHIP, LIST_RELATIONSHIP):
                shown[term] = self._linked(shown[term], instances, projection.of_linked(name), left - 1)
        return shown

    def _linked(self, shown: Any, instances: list[Instance], projection: Projection, level: int) -> Any:
        if len(instances) > 1:
            parts = shown if isinstance(shown, list) else [shown]
            pairs = zip(parts, instances, strict=False)
            return [self._linked(part, [instance], projection, level) for part, instance in pairs]
        entities = [
            self.inline(entity, projection, level)
            for entity in self._targets(instances[0])
            if entity.id not in self._join.contained_by
        ]
        if not entities:
            return shown
        found = entities if isinstance(instances[0].value, list) else entities[0]
        if self._form.representation == SIMPLIFIED:
            return found
        member = "entityList" if instances[0].kind == LIST_RELATIONSHIP else "entity"
        return {**(shown if isinstance(shown, dict) else {"object": shown}), member: found}

    def _targets(self, instance: Instance) -> list[Entity]:
        found = (self._find(target) for target in _uris(instance.value))
        return [entity for entity in found if entity is not None]

    def flat(self, entities: Iterable[tuple[Entity, Projection]]) -> list[dict[str, Any]]:
        """Entities with all linked ones after them, each once."""
        seen: set[str] = set(self._join.contained_by)
        shown: list[dict[str, Any]] = []
        level = [(entity, projection) for entity, projection in entities]
        for depth in range(self._join.level + 1):
            following: list[tuple[Entity, Projection]] = []
            for entity, projection in level:
                if entity.id in seen and depth > 0:
                    continue
                seen.add(entity.id)
                shown.append(Writer(self._terms, self._form, projection).entity(entity))
                following += self._links(entity, projection)
            level = following
        return shown

    def _links(self, entity: Entity, projection: Projection) -> Iterable[tuple[Entity, Projection]]:
        for name, instances in entity.attributes.items():
            if instances[0].kind in (RELATIONSHIP, LIST_RELATIONSHIP) and projection.keeps(name):
                for instance in instances:
                    for target in self._targets(instance):
                        yield target, projection.of_linked(name)


def _uris(value: Any) -> list[str]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str) and is_uri(item)]
