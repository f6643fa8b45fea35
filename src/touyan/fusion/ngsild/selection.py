"""Which entities a request is about: by id, type, pattern, scope, query and place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from .contexts import TermMap
from .geometry import GeoQuery, geo_query
from .logic import Expression, holds, leaves, parse
from .model import Entity
from .query import Query, matches, parse_query
from .reading import check_uri, checked_name
from .refusals import bad_data

_LONGEST_PATTERN = 500


class Who(NamedTuple):
    """One entity selector: any of the ids or the pattern, and the types (clause 5.2.33)."""

    ids: tuple[str, ...] = ()
    types: Expression[str] | None = None
    pattern: re.Pattern[str] | None = None

    def admits(self, identifier: str, types: tuple[str, ...]) -> bool:
        """Whether an entity with this id and these types is meant."""
        if self.ids and identifier not in self.ids:
            return False
        if self.pattern is not None and not self.pattern.search(identifier):
            return False
        return self.types is None or holds(self.types, types.__contains__)

    def type_names(self) -> set[str]:
        """All types that occur in the selection."""
        return set() if self.types is None else set(leaves(self.types))


class Selection(NamedTuple):
    """Which entities are meant; an empty `who` means any."""

    who: tuple[Who, ...] = ()
    query: Query | None = None
    scope: Expression[str] | None = None
    place: GeoQuery | None = None

    def admits(self, entity: Entity) -> bool:
        """Whether an entity is meant."""
        return self.admits_who(entity.id, entity.types) and self.holds_for(entity)

    def admits_who(self, identifier: str, types: tuple[str, ...]) -> bool:
        """Whether an entity with this id and these types is meant."""
        return not self.who or any(who.admits(identifier, types) for who in self.who)

    def admits_types(self, types: tuple[str, ...]) -> bool:
        """Whether an entity with these types can be meant."""
        return not self.who or any(who.types is None or holds(who.types, types.__contains__) for who in self.who)

    def holds_for(self, entity: Entity) -> bool:
        """Whether scope, query and place fit, whoever it is."""
        if self.scope is not None and not in_scope(self.scope, entity.scope):
            return False
        if self.query is not None and not matches(self.query, entity):
            return False
        return self.place is None or self._is_there(self.place, entity)

    def _is_there(self, place: GeoQuery, entity: Entity) -> bool:
        return any(place.matches(instance.value) for instance in entity.attributes.get(place.attribute, ()))

    def says_more_than_ids(self) -> bool:
        """Whether it is narrow enough to be a query (5.7.2 wants more than ids)."""
        return any(who.types is not None for who in self.who) or self[1:] != Selection()[1:]

    def is_empty(self) -> bool:
        """Whether nothing was asked, so that every entity is meant."""
        return self == Selection()


def who_of(ids: str | None, types: str | None, pattern: str | None, terms: TermMap) -> Who:
    """A selector from texts; BadRequestData for what is none."""
    return Who(
        tuple(check_uri(item.strip(), "id") for item in ids.split(",")) if ids is not None else (),
        None if types is None else type_selection(types, terms),
        None if pattern is None else id_pattern(pattern),
    )


def type_selection(text: str, terms: TermMap) -> Expression[str]:
    """Types joined by , | (or) and ; (and), as IRIs (clause 4.17)."""
    return parse(text, "type", lambda name: terms.expand(checked_name(name, "type")), comma_is_or=True)


def id_pattern(text: str) -> re.Pattern[str]:
    """A pattern that ids must fit."""
    try:
        if len(text) <= _LONGEST_PATTERN:
            return re.compile(text)
    except (re.error, RecursionError, OverflowError):
        pass
    raise bad_data(f"idPattern: {text[:80]!r} is no regular expression of at most {_LONGEST_PATTERN} characters")


def scope_query(text: str) -> Expression[str]:
    """Scopes joined by , | (or) and ; (and), with + and # for any level and any rest (clause 4.19)."""
    return parse(text, "scopeQ", _scope_term, comma_is_or=True)


def _scope_term(text: str) -> str:
    if not re.fullmatch(r"/?[^/\s#+]*(?:/[^/\s#+]+|/\+)*(?:/#)?/?|/?\+(?:/[^/\s#]+)*(?:/#)?|/?#", text):
        raise bad_data(f"scopeQ: found {text[:80]!r}; expected scopes such as /Madrid/Gardens/#")
    return text.strip("/")


def in_scope(wanted: Expression[str], scopes: tuple[str, ...]) -> bool:
    """Whether one of an entity's scopes fits."""
    return holds(wanted, lambda term: any(_scope_fits(term, scope.strip("/")) for scope in scopes))


def _scope_fits(term: str, scope: str) -> bool:
    if term == "#":
        return True
    wanted, known = term.split("/"), scope.split("/")
    if wanted[-1] == "#":
        wanted.pop()
        known = known[: len(wanted)]
    return len(wanted) == len(known) and all(one in ("+", other) for one, other in zip(wanted, known, strict=True))


def place_of(parameters: Mapping[str, Any], terms: TermMap, property_name: str = "geoproperty") -> GeoQuery | None:
    """The geo-query of a request, None without one; BadRequestData for a part of one."""
    relation, geometry, coordinates = (parameters.get(name) for name in ("georel", "geometry", "coordinates"))
    if relation is None and geometry is None and coordinates is None:
        return None
    if not isinstance(relation, str) or not isinstance(geometry, str) or coordinates is None:
        raise bad_data("a geo-query needs georel, geometry and coordinates together")
    attribute = terms.expand(checked_name(parameters.get(property_name, "location"), property_name))
    return geo_query(relation, geometry, coordinates, attribute)


def selection_of(parameters: Mapping[str, str], terms: TermMap) -> Selection:
    """The selection that a request's parameters name."""
    ids, types, pattern = (parameters.get(name) for name in ("id", "type", "idPattern"))
    who = () if ids is types is pattern is None else (who_of(ids, types, pattern, terms),)
    query, scope = parameters.get("q"), parameters.get("scopeQ")
    return Selection(
        who,
        None if query is None else parse_query(query, terms),
        None if scope is None else scope_query(scope),
        place_of(parameters, terms),
    )
