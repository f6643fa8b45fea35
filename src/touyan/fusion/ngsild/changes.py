"""What writes do to an entity (clauses 5.6.1 to 5.6.19): append, update, patch, merge, replace, delete.

Every function here leaves the entity that it is given as it was, and answers a new one with what changed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from .model import Attributes, Entity, Instance
from .reading import Draft
from .refusals import bad_data, not_found
from .terms import GEO_PROPERTY, JSON_PROPERTY, LANGUAGE_PROPERTY, NULL, PROPERTY, VALUE_MEMBER

_replaced = msgspec.structs.replace


class Change(NamedTuple):
    """An instance before and after; `before` None was created, `after` None was deleted."""

    attribute: str
    before: Instance | None
    after: Instance | None


class Outcome(NamedTuple):
    """The entity after a write, what changed, and the attributes that were not taken (with the reason)."""

    entity: Entity
    changes: list[Change]
    refused: dict[str, str] = {}


def created(draft: Draft, now: int) -> Outcome:
    """A new entity."""
    entity = Entity(draft.id, draft.types, now, now, _known(draft.scope), draft.attributes)
    return Outcome(entity, [Change(name, None, one) for name, all_ in draft.attributes.items() for one in all_])


def replaced(entity: Entity, draft: Draft, now: int) -> Outcome:
    """The entity with everything new but its id and the moment of its creation (5.6.18)."""
    outcome = created(draft, now)
    changes = [
        Change(name, one, None)
        for name, instances in entity.attributes.items()
        for one in instances
        if not any(one.dataset == other.dataset for other in draft.attributes.get(name, ()))
    ]
    changes += [
        change._replace(before=_found(entity.attributes.get(change.attribute, []), _dataset_of(change)))
        for change in outcome.changes
    ]
    return Outcome(_replaced(outcome.entity, created=entity.created), changes)


def appended(entity: Entity, draft: Draft, now: int, *, overwrite: bool = True) -> Outcome:
    """The entity with attributes added, and replaced where allowed (5.6.3); scopes are added to, or replaced."""
    if overwrite:
        return _written(entity, draft, draft.attributes, {}, now)
    given: Attributes = {}
    for name, instances in draft.attributes.items():
        known = entity.attributes.get(name, [])
        new = [instance for instance in instances if _found(known, instance.dataset) is None]
        if new:
            given[name] = new
    refused = {name: "exists already" for name in draft.attributes if name not in given}
    added = draft._replace(scope=tuple(dict.fromkeys((*entity.scope, *(draft.scope or ())))))
    return _written(entity, added, given, refused, now)


def updated(entity: Entity, draft: Draft, now: int) -> Outcome:
    """The entity with its attributes replaced by those given, and given those that it did not have (5.6.2)."""
    if draft.scope is None or entity.scope:
        return _written(entity, draft, draft.attributes, {}, now)
    return _written(entity, draft._replace(scope=None), draft.attributes, {"scope": "does not exist"}, now)


def _written(entity: Entity, draft: Draft, given: Attributes, refused: dict[str, str], now: int) -> Outcome:
    attributes, changes = dict(entity.attributes), list[Change]()
    for name, instances in given.items():
        if instances[0].kind == "" and any(one.value is UNSET for one in instances):
            raise bad_data(f"an attribute of the fragment has neither a value nor a type: {name[:200]!r}")
        for instance in instances:
            _put(attributes, name, instance, changes)
    return Outcome(_grown(entity, draft, attributes, now), changes, refused)


def _put(attributes: Attributes, name: str, instance: Instance, changes: list[Change]) -> None:
    """Set, replace or (for the Null) delete one instance."""
    before = _found(attributes.get(name, []), instance.dataset)
    if is_null(instance):
        if before is not None:
            _remove(attributes, name, before, changes)
        return
    if instance.value is UNSET or not instance.kind:
        raise bad_data(f"an attribute of the fragment has no value: {name[:200]!r}")
    after = instance if before is None else _replaced(instance, created=before.created)
    rest = [other for other in attributes.get(name, []) if other is not before]
    attributes[name] = _ordered(attributes.get(name, []), before, after) if before is not None else [*rest, after]
    changes.append(Change(name, before, after))


def _ordered(instances: list[Instance], before: Instance, after: Instance) -> list[Instance]:
    return [after if other is before else other for other in instances]


def _remove(attributes: Attributes, name: str, before: Instance, changes: list[Change]) -> None:
    rest = [other for other in attributes[name] if other is not before]
    if rest:
        attributes[name] = rest
    else:
        del attributes[name]
    changes.append(Change(name, before, None))


def merged(entity: Entity, draft: Draft, now: int, *, observed: str = "", language: str = "") -> Outcome:
    """The entity with a fragment laid over it, member by member (5.5.12, 5.6.17).

    `observed` is given to every changed instance that has one and is not given another; a plain text for a
    language property is its text in `language`.
    """
    attributes, changes = dict(entity.attributes), list[Change]()
    for name, instances in draft.attributes.items():
        for instance in instances:
            before = _found(attributes.get(name, []), instance.dataset)
            if before is None or is_null(instance):
                _put(attributes, name, _timed(instance, before, observed), changes)
            else:
                after = _laid_over(before, _spoken(_timed(instance, before, observed), before, language), now)
                attributes[name] = _ordered(attributes[name], before, after)
                changes.append(Change(name, before, after))
    return Outcome(_grown(entity, draft, attributes, now), changes)


def _timed(instance: Instance, before: Instance | None, observed: str) -> Instance:
    wanted = observed and not instance.observed and (before is None or before.observed)
    return _replaced(instance, observed=observed) if wanted else instance


def _spoken(instance: Instance, before: Instance, language: str) -> Instance:
    if before.kind != LANGUAGE_PROPERTY or not isinstance(instance.value, str) or instance.kind != PROPERTY:
        return instance
    return _replaced(instance, kind=LANGUAGE_PROPERTY, value={language or "@none": instance.value})


def patched(entity: Entity, attribute: str, instance: Instance, now: int) -> Outcome:
    """The entity with one instance changed in part (5.6.4)."""
    before = _found(entity.attributes.get(attribute, []), instance.dataset)
    if before is None:
        raise not_found("attribute", attribute)
    attributes, changes = dict(entity.attributes), list[Change]()
    if is_null(instance):
        _remove(attributes, attribute, before, changes)
        return Outcome(_replaced(entity, modified=now, attributes=attributes), changes)
    after = _laid_over(before, instance, now, merge_objects=False)
    attributes[attribute] = _ordered(attributes[attribute], before, after)
    return Outcome(_replaced(entity, modified=now, attributes=attributes), [Change(attribute, before, after)])


def substituted(entity: Entity, attribute: str, instances: list[Instance], now: int) -> Outcome:
    """The entity with the given instances of one attribute new (5.6.19)."""
    attributes, changes = dict(entity.attributes), list[Change]()
    for instance in instances:
        if _found(attributes.get(attribute, []), instance.dataset) is None:
            raise not_found("attribute", attribute)
        _put(attributes, attribute, instance, changes)
    return Outcome(_replaced(entity, modified=now, attributes=attributes), changes)


def without(entity: Entity, attribute: str, dataset: str, now: int, *, every: bool = False) -> Outcome:
    """The entity without one instance of an attribute, or without all of them (5.6.5)."""
    instances = entity.attributes.get(attribute, [])
    gone = instances if every else [one for one in instances if one.dataset == dataset]
    if not gone:
        raise not_found("attribute", attribute)
    attributes, changes = dict(entity.attributes), list[Change]()
    for instance in gone:
        _remove(attributes, attribute, instance, changes)
    return Outcome(_replaced(entity, modified=now, attributes=attributes), changes)


def _grown(entity: Entity, draft: Draft, attributes: Attributes, now: int) -> Entity:
    """The entity with new attributes; types are only ever added, a scope is replaced."""
    same = not draft.types or draft.types == entity.types
    types = entity.types if same else tuple(dict.fromkeys((*entity.types, *draft.types)))
    scope = entity.scope if draft.scope is None else _known(draft.scope)
    return Entity(entity.id, types, entity.created, now, scope, attributes)


def _laid_over(before: Instance, given: Instance, now: int, *, merge_objects: bool = True) -> Instance:
    """An instance with what a fragment says of it; what it does not say stays."""
    if given.kind and given.kind != before.kind and not _same_family(given.kind, before.kind):
        raise bad_data(f"the attribute is a {before.kind}; a fragment cannot make it a {given.kind}")
    return Instance(
        before.created,
        now,
        _value_over(before, given.value, merge_objects=merge_objects),
        before.kind if given.kind in ("", PROPERTY) and before.kind == GEO_PROPERTY else given.kind or before.kind,
        before.dataset,
        "" if given.observed == NULL else given.observed or before.observed,
        "" if given.unit == NULL else given.unit or before.unit,
        target=given.target or before.target,
        parts=_parts_over(before.parts, given.parts, now),
    )


def _same_family(one: str, other: str) -> bool:
    return VALUE_MEMBER[one] == VALUE_MEMBER[other]


def _value_over(before: Instance, value: Any, *, merge_objects: bool) -> Any:
    if value is UNSET:
        return before.value
    mergeable = isinstance(value, dict) and isinstance(before.value, dict)
    if merge_objects and mergeable and before.kind in (PROPERTY, JSON_PROPERTY, LANGUAGE_PROPERTY):
        return _object_over(before.value, value)
    return value


def _object_over(before: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """JSON merge patch (RFC 7396) with the NGSI-LD Null in the place of null."""
    after = dict(before)
    for key, value in given.items():
        if value == NULL:
            after.pop(key, None)
        elif isinstance(value, dict) and isinstance(after.get(key), dict):
            after[key] = _object_over(after[key], value)
        else:
            after[key] = value
    return after


def _parts_over(before: Attributes, given: Attributes, now: int) -> Attributes:
    parts = dict(before)
    for name, instances in given.items():
        for instance in instances:
            old = _found(parts.get(name, []), instance.dataset)
            if old is None or is_null(instance):
                _put(parts, name, instance, [])
            else:
                parts[name] = _ordered(parts[name], old, _laid_over(old, instance, now))
    return parts


def is_null(instance: Instance) -> bool:
    """Whether a fragment asks with the NGSI-LD Null that an instance be deleted."""
    value = instance.value
    if isinstance(value, str):
        return value == NULL
    return instance.kind == LANGUAGE_PROPERTY and isinstance(value, dict) and value.get("@none") == NULL


def _found(instances: list[Instance], dataset: str) -> Instance | None:
    for instance in instances:
        if instance.dataset == dataset:
            return instance
    return None


def _dataset_of(change: Change) -> str:
    known = change.after or change.before
    assert known is not None
    return known.dataset


def _known(scope: tuple[str, ...] | None) -> tuple[str, ...]:
    return tuple(one for one in scope or () if one != NULL)
