"""What a request says about attributes, read and checked: normalized, concise and simplified (clauses 4.5.1 to 4.5.4).

A fragment (of an update, patch or merge) may leave things out and may hold the NGSI-LD Null; what it leaves out is
UNSET in `Instance.value` and empty elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from msgspec import UNSET

from .contexts import TermMap
from .geometry import check_geometry
from .model import Attributes, Instance
from .moments import moment
from .refusals import bad_data, invalid_request
from .terms import (
    GEO_PROPERTY,
    GEOMETRIES,
    JSON_PROPERTY,
    KIND_OF_MEMBER,
    LANGUAGE_PROPERTY,
    LIST_PROPERTY,
    LIST_RELATIONSHIP,
    NGSI_LD,
    NULL,
    PROPERTY,
    RELATIONSHIP,
    VALUE_MEMBER,
    VOCAB_PROPERTY,
)

_MOST_NESTED = 8
_LONGEST_NAME = 2_048
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`\x00-\x20]+")
_BAD_IN_NAME = re.compile(r"[\s<>\"'=;()\x00-\x1f]")

ENTITY_MEMBERS = frozenset({"id", "type", "scope", "@context", "@id", "@type", "createdAt", "modifiedAt", "deletedAt"})
_INSTANCE_MEMBERS = frozenset(
    {
        "type", "observedAt", "unitCode", "datasetId", "createdAt", "modifiedAt", "deletedAt", "instanceId",
        "objectType", "entity", "entityList", "lang", "@type", *KIND_OF_MEMBER,
    }
)  # fmt: skip


class Draft(NamedTuple):
    """What a request says about one entity; `scope` None was not said."""

    id: str
    types: tuple[str, ...]
    scope: tuple[str, ...] | None
    attributes: Attributes


class Reader:
    """Reads attributes with one context at one moment.

    `fragment` allows nulls and things left out; `simplified` takes every object as a value (keyValues); `temporal`
    allows several instances of one data set.
    """

    def __init__(
        self, terms: TermMap, now: int, *, fragment: bool = False, simplified: bool = False, temporal: bool = False
    ) -> None:
        self._terms = terms
        self._temporal = temporal
        self._now = now
        self._fragment = fragment
        self._simplified = simplified

    def entity(self, payload: object) -> Draft:
        """A whole entity, with id and type."""
        draft = self.part(payload)
        if not draft.id:
            raise bad_data("the entity has no id")
        if not draft.types:
            raise bad_data("the entity has no type")
        return draft

    def part(self, payload: object) -> Draft:
        """An entity or a part of one."""
        if not isinstance(payload, dict):
            raise invalid_request(f"found {_kind_of(payload)}; expected a JSON object that is an entity")
        if not payload and not self._fragment:
            raise bad_data("the entity is empty")
        identifier: Any = payload.get("id", payload.get("@id", ""))
        if identifier != "" or "id" in payload:
            check_uri(identifier, "id")
        types = payload.get("type", payload.get("@type"))
        return Draft(
            identifier,
            () if types is None else self.types(types),
            None if "scope" not in payload else scopes(payload["scope"]),
            self.attributes(payload, ENTITY_MEMBERS),
        )

    def types(self, given: object) -> tuple[str, ...]:
        """Entity types as IRIs."""
        names = given if isinstance(given, list) else [given]
        if not names:
            raise bad_data("type: the list is empty")
        found = tuple(dict.fromkeys(self._terms.expand(checked_name(name, "type")) for name in names))
        if any(iri.startswith("@") for iri in found):
            raise bad_data(f"type: {str(given)[:80]!r} is a word of JSON-LD itself")
        return found

    def attributes(self, payload: dict[str, Any], reserved: frozenset[str]) -> Attributes:
        """All attributes of an object, by IRI."""
        expand = self._terms.expand
        return {
            expand(checked_name(name, "attribute")): self.instances(name, value)
            for name, value in payload.items()
            if name not in reserved
        }

    def instances(self, name: str, value: Any, depth: int = 0) -> list[Instance]:
        """The instances of one attribute, one for each datasetId."""
        if depth > _MOST_NESTED:
            raise bad_data(f"{name[:80]}: attributes are nested more than {_MOST_NESTED} times")
        if not self._is_list_of_instances(value):
            return [self.instance(name, value, depth)]
        found = [self.instance(name, item, depth) for item in value]
        if not self._temporal and len({instance.dataset for instance in found}) < len(found):
            raise bad_data(f"{name[:80]}: two instances have the same datasetId")
        return found

    def _is_list_of_instances(self, value: object) -> bool:
        return (
            isinstance(value, list)
            and bool(value)
            and not self._simplified
            and all(isinstance(item, dict) and self._says_kind(item) for item in value)
        )

    def _says_kind(self, item: dict[str, Any]) -> bool:
        return self._kind(item.get("type")) in VALUE_MEMBER or any(member in item for member in KIND_OF_MEMBER)

    def _kind(self, given: object) -> str:
        """The kind of attribute that a type names, short."""
        return given.removeprefix(NGSI_LD).removeprefix("ngsi-ld:") if isinstance(given, str) else ""

    def instance(self, name: str, value: Any, depth: int = 0) -> Instance:
        """One instance of an attribute."""
        if not isinstance(value, dict):
            return self._bare(name, value)
        kind = self._kind(value.get("type"))
        if kind in VALUE_MEMBER:
            return self._full(name, kind, value, depth)
        if (kind in GEOMETRIES and "coordinates" in value) or kind == "GeometryCollection":
            return self._bare_geometry(name, value)
        member = next((member for member in KIND_OF_MEMBER if member in value), None)
        if self._simplified:
            return self._bare_object(name, value, member)
        if "type" in value:
            raise bad_data(f"{name[:80]}: found the type {str(value['type'])[:80]!r}; expected one of {_kinds()}")
        if member is not None:
            kind = KIND_OF_MEMBER[member]
            return self._full(name, _geo_kind(kind, value.get("value")), value, depth)
        if self._fragment:
            return self._full(name, "", value, depth)
        return Instance(self._now, self._now, _checked_value(name, value))

    def _bare(self, name: str, value: Any) -> Instance:
        """A concise or simplified property: the value alone."""
        if value is None:
            raise bad_data(f"{name[:80]}: null is no value; {NULL!r} deletes an attribute")
        if value == NULL and not self._fragment:
            raise bad_data(f"{name[:80]}: {NULL!r} is only for updates")
        return Instance(self._now, self._now, value)

    def _bare_geometry(self, name: str, value: dict[str, Any]) -> Instance:
        check_geometry(value, name)
        return Instance(self._now, self._now, value, GEO_PROPERTY)

    def _bare_object(self, name: str, value: dict[str, Any], member: str | None) -> Instance:
        """A simplified object: the value itself, save for those kinds that are written as one (clause 4.5.4)."""
        if member in ("languageMap", "vocab", "json", "valueList", "objectList") and len(value) == 1:
            return self._full(name, KIND_OF_MEMBER[member], value, 0)
        return Instance(self._now, self._now, _checked_value(name, value))

    def _full(self, name: str, kind: str, given: dict[str, Any], depth: int) -> Instance:
        value: Any = UNSET
        member = VALUE_MEMBER.get(kind, "value")
        if member in given:
            value = self._value(name, kind, given[member])
        elif not self._fragment:
            raise bad_data(f"{name[:80]}: a {kind} needs {member!r}")
        return Instance(
            self._now,
            self._now,
            value,
            kind,
            _dataset(given),
            self._observed(given),
            self._unit(given),
            target=self._target(given),
            parts=self._parts(given, depth),
        )

    def _value(self, name: str, kind: str, value: Any) -> Any:
        if value is None and kind != JSON_PROPERTY:
            raise bad_data(f"{name[:80]}: null is no value; {NULL!r} deletes an attribute")
        if value == NULL:
            if not self._fragment:
                raise bad_data(f"{name[:80]}: {NULL!r} is only for updates")
            return value
        check = _CHECKS.get(kind)
        if check is not None:
            check(name, value)
        if kind == VOCAB_PROPERTY:
            return self._vocabulary(value)
        return _flat_objects(value) if kind == LIST_RELATIONSHIP else value

    def _vocabulary(self, value: Any) -> Any:
        expand = self._terms.expand
        return expand(value) if isinstance(value, str) else [expand(word) for word in value]

    def _observed(self, given: dict[str, Any]) -> str:
        observed = given.get("observedAt", "")
        if observed != "" and not (self._fragment and observed == NULL):
            moment(observed, "observedAt")
        return observed if isinstance(observed, str) else ""

    def _unit(self, given: dict[str, Any]) -> str:
        unit = given.get("unitCode", "")
        if not isinstance(unit, str):
            raise bad_data(f"unitCode: found {_kind_of(unit)}; expected a UN/CEFACT code as text")
        return unit

    def _target(self, given: dict[str, Any]) -> tuple[str, ...]:
        target = given.get("objectType")
        return () if target is None else self.types(target)

    def _parts(self, given: dict[str, Any], depth: int) -> Attributes:
        expand = self._terms.expand
        return {
            expand(checked_name(name, "attribute")): self.instances(name, value, depth + 1)
            for name, value in given.items()
            if name not in _INSTANCE_MEMBERS
        }


def scopes(given: object) -> tuple[str, ...]:
    """The scopes of an entity (clause 4.18)."""
    found = tuple(given) if isinstance(given, list) else (given,)
    for scope in found:
        if not isinstance(scope, str) or not scope.strip("/"):
            raise bad_data(f"scope: found {str(scope)[:80]!r}; expected a path such as /Madrid/Gardens")
    return tuple("/" + scope.strip("/") if scope != NULL else scope for scope in found)


def check_uri(value: object, name: str) -> str:
    """The value when it is a URI; BadRequestData else."""
    if not isinstance(value, str) or len(value) > _LONGEST_NAME or not _URI.fullmatch(value):
        raise bad_data(f"{name}: {str(value)[:80]!r} is no URI such as urn:ngsi-ld:Vehicle:1")
    return value


def is_uri(value: str) -> bool:
    """Whether a text has the form of a URI."""
    return _URI.fullmatch(value) is not None


def checked_name(name: object, what: str) -> str:
    """The name when it can be one (clause 4.6.2); BadRequestData else."""
    if isinstance(name, str) and _can_be_name(name):
        return name
    raise bad_data(f"{what}: {str(name)[:80]!r} cannot be a name")


@lru_cache(65_536)
def _can_be_name(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_NAME and _BAD_IN_NAME.search(text) is None


def _dataset(given: dict[str, Any]) -> str:
    dataset = given.get("datasetId", "")
    if dataset in ("", "@none"):
        return ""
    return check_uri(dataset, "datasetId")


def _geo_kind(kind: str, value: object) -> str:
    geometric = isinstance(value, dict) and value.get("type") in GEOMETRIES
    return GEO_PROPERTY if kind == PROPERTY and geometric else kind


def _check_objects(name: str, value: Any) -> None:
    for item in value if isinstance(value, list) and value else [value]:
        check_uri(item, f"{name[:80]}.object")


def _check_language_map(name: str, value: Any) -> None:
    right = isinstance(value, dict) and all(
        isinstance(text, str) or (isinstance(text, list) and all(isinstance(line, str) for line in text))
        for text in value.values()
    )
    if not right:
        raise bad_data(f"{name[:80]}.languageMap: expected an object from language tags to texts")


def _check_vocabulary(name: str, value: Any) -> None:
    words = value if isinstance(value, list) else [value]
    if not words or not all(isinstance(word, str) and word for word in words):
        raise bad_data(f"{name[:80]}.vocab: expected a word or a list of words")


def _check_list(name: str, value: Any) -> None:
    if not isinstance(value, list):
        raise bad_data(f"{name[:80]}.valueList: expected a list")


def _check_object_list(name: str, value: Any) -> None:
    _check_list(name, value)
    for item in _flat_objects(value):
        check_uri(item, f"{name[:80]}.objectList")


def _flat_objects(value: list[Any]) -> list[Any]:
    return [item.get("object") if isinstance(item, dict) else item for item in value]


def _checked_value(name: str, value: Any) -> Any:
    if isinstance(value, dict) and not value:
        raise bad_data(f"{name[:80]}: an empty object is no attribute")
    return value


_CHECKS: dict[str, Callable[[str, Any], None]] = {
    RELATIONSHIP: _check_objects,
    GEO_PROPERTY: lambda name, value: check_geometry(value, name),
    LANGUAGE_PROPERTY: _check_language_map,
    VOCAB_PROPERTY: _check_vocabulary,
    LIST_PROPERTY: _check_list,
    LIST_RELATIONSHIP: _check_object_list,
}


def _kinds() -> str:
    return ", ".join(VALUE_MEMBER)


def _kind_of(value: object) -> str:
    """What a JSON value is, in words."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), "null")
