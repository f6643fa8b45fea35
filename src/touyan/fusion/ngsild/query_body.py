"""A query as a JSON object (clauses 5.2.23 and 5.2.33): the selection, and the rest as parameters."""

from __future__ import annotations

from typing import Any

from .contexts import TermMap
from .query import parse_query
from .refusals import bad_data
from .selection import Selection, Who, place_of, scope_query, who_of

_KNOWN = {
    "type", "entities", "attrs", "q", "geoQ", "csf", "temporalQ", "scopeQ", "lang", "join", "joinLevel", "containedBy",
    "pick", "omit", "ordering", "orderBy", "datasetId", "geometryProperty", "jsonKeys", "expandValues", "local",
    "@context", "id", "aggrParams", "entityMap", "splitEntities",
}  # fmt: skip
_AS_PARAMETERS = ("lang", "join", "joinLevel", "containedBy", "datasetId", "geometryProperty", "attrs", "pick", "omit")


def query_of(payload: Any, terms: TermMap) -> tuple[Selection, dict[str, str]]:
    """The selection and the other parameters of a Query object."""
    if not isinstance(payload, dict) or payload.get("type") != "Query":
        raise bad_data("expected an object whose type is 'Query'")
    for name in payload:
        if name not in _KNOWN:
            raise bad_data(f"{name[:80]!r} is unknown in a query")
    return selection_in(payload, terms), {
        name: _as_text(payload[name], name) for name in _AS_PARAMETERS if name in payload
    }


def temporal_part(payload: dict[str, Any]) -> dict[str, str]:
    """What the members temporalQ and aggrParams say, as parameters."""
    found: dict[str, str] = {}
    for member in ("temporalQ", "aggrParams"):
        part = payload.get(member, {})
        if not isinstance(part, dict):
            raise bad_data(f"{member}: expected an object")
        found |= {name: _as_text(value, name) for name, value in part.items()}
    return found


def selection_in(payload: dict[str, Any], terms: TermMap) -> Selection:
    """What the members entities, q, scopeQ and geoQ of an object select."""
    entities = payload.get("entities", ())
    if not isinstance(entities, (list, tuple)) or ("entities" in payload and not entities):
        raise bad_data("entities: expected a list of selectors")
    query, scope, place = payload.get("q"), payload.get("scopeQ"), payload.get("geoQ")
    if place is not None and not isinstance(place, dict):
        raise bad_data("geoQ: expected an object with georel, geometry and coordinates")
    return Selection(
        tuple(_selector(entity, terms) for entity in entities),
        None if query is None else parse_query(_text(query, "q"), terms),
        None if scope is None else scope_query(_text(scope, "scopeQ")),
        None if place is None else place_of(place, terms),
    )


def _selector(entity: object, terms: TermMap) -> Who:
    if not isinstance(entity, dict):
        raise bad_data("entities: expected objects with type, id or idPattern")
    ids, types, pattern = entity.get("id"), entity.get("type"), entity.get("idPattern")
    if types is None and ids is None and pattern is None:
        raise bad_data("entities: a selector needs a type, an id or an idPattern")
    return who_of(
        None if ids is None else _as_text(ids, "id"),
        None if types in (None, "*") else _as_text(types, "type"),
        None if pattern is None else _text(pattern, "idPattern"),
        terms,
    )


def _as_text(value: object, name: str) -> str:
    """A text, a number or a list of texts, as parameters write it."""
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return ",".join(value)
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return str(value)
    raise bad_data(f"{name}: expected a text or a list of texts")


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise bad_data(f"{name}: expected a text")
    return value
