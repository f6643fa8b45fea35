"""The API described by itself (OpenAPI 3.0), made from the table of routes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from touyan import __version__

from .answers import ROOT
from .asked import JSON, LD_JSON

_WORDS = {"type": "string"}
_FLAG = {"type": "boolean"}
_WHOLE = {"type": "integer", "minimum": 0}
_URI = {"type": "string", "format": "uri", "example": "urn:ngsi-ld:Road:1"}
_MOMENT = {"type": "string", "format": "date-time"}

_SHOWING = {"options": _WORDS, "format": _WORDS, "lang": _WORDS, "attrs": _WORDS, "pick": _WORDS, "omit": _WORDS}
_CHOOSING = {
    "id": _WORDS, "type": _WORDS, "idPattern": _WORDS, "q": _WORDS, "scopeQ": _WORDS, "georel": _WORDS,
    "geometry": _WORDS, "coordinates": _WORDS, "geoproperty": _WORDS, "local": _FLAG,
}  # fmt: skip
_PAGING = {"limit": _WHOLE, "offset": _WHOLE, "count": _FLAG}
_LINKING = {"join": _WORDS, "joinLevel": _WHOLE, "containedBy": _WORDS}
_TIME = {
    "timerel": {"type": "string", "enum": ["before", "after", "between"]}, "timeAt": _MOMENT, "endTimeAt": _MOMENT,
    "timeproperty": _WORDS, "lastN": _WHOLE, "aggrMethods": _WORDS, "aggrPeriodDuration": _WORDS,
}  # fmt: skip

PARAMETERS: dict[str, Mapping[str, Any]] = {
    "entity_list": {**_CHOOSING, **_SHOWING, **_LINKING, **_PAGING, "orderBy": _WORDS, "datasetId": _WORDS},
    "entity_show": {**_SHOWING, **_LINKING, "geometryProperty": _WORDS, "datasetId": _WORDS},
    "entity_purge": {**_CHOOSING, "keep": _WORDS, "drop": _WORDS},
    "entity_merge": {"options": _WORDS, "observedAt": _MOMENT, "lang": _WORDS},
    "attributes_append": {"options": _WORDS},
    "attribute_delete": {"datasetId": _WORDS, "deleteAll": _FLAG},
    "batch_upsert": {"options": _WORDS},
    "batch_update": {"options": _WORDS},
    "batch_query": {**_PAGING, "options": _WORDS},
    "type_list": {"details": _FLAG},
    "attribute_list": {"details": _FLAG},
    "subscription_list": {**_PAGING, "options": _WORDS},
    "past_list": {**_CHOOSING, **_SHOWING, **_TIME, **_PAGING, "orderBy": _WORDS},
    "past_show": {**_SHOWING, **_TIME},
    "past_attribute_delete": {"datasetId": _WORDS, "deleteAll": _FLAG},
    "context_list": {"details": _FLAG, "kind": _WORDS},
    "context_serve": {"details": _FLAG},
    "context_delete": {"reload": _FLAG},
}
"""Query parameters by handler; a handler that is not here knows none."""

KINDS = ("Property", "Relationship", "GeoProperty", "LanguageProperty", "JsonProperty", "ListProperty")

_ATTRIBUTE = {
    "type": "object",
    "properties": {
        "type": {"enum": list(KINDS)},
        "value": {}, "object": _URI, "languageMap": {"type": "object"}, "json": {},
        "valueList": {"type": "array", "items": {}},
        "observedAt": _MOMENT, "unitCode": _WORDS, "datasetId": _URI,
    },
}  # fmt: skip
_ENTITY = {
    "type": "object",
    "properties": {"id": _URI, "type": {"type": "string", "example": "Road"}, "scope": _WORDS},
    "required": ["id", "type"],
    "additionalProperties": _ATTRIBUTE,
}
_FRAGMENT = {"type": "object", "additionalProperties": _ATTRIBUTE}
_SUBSCRIPTION = {
    "type": "object",
    "properties": {
        "type": {"enum": ["Subscription"]},
        "entities": {"type": "array", "items": {"type": "object", "properties": {"type": _WORDS, "id": _URI}}},
        "watchedAttributes": {"type": "array", "items": _WORDS},
        "q": _WORDS,
        "throttling": {"type": "number"},
        "timeInterval": {"type": "number"},
        "notification": {
            "type": "object",
            "properties": {"endpoint": {"type": "object", "properties": {"uri": _URI}}, "format": _WORDS},
        },
    },
    "required": ["type", "notification"],
}
_QUERY = {
    "type": "object",
    "properties": {
        "type": {"enum": ["Query"]}, "entities": {"type": "array", "items": {"type": "object"}}, "q": _WORDS,
        "temporalQ": {"type": "object", "properties": _TIME},
    },
    "required": ["type"],
}  # fmt: skip
_LIST = {"type": "array", "minItems": 1}

BODIES: dict[str, Any] = {
    "entity_create": _ENTITY,
    "entity_merge": _FRAGMENT,
    "entity_replace": _ENTITY,
    "attributes_append": _FRAGMENT,
    "attributes_update": _FRAGMENT,
    "attribute_patch": _ATTRIBUTE,
    "attribute_replace": _ATTRIBUTE,
    "batch_create": {**_LIST, "items": _ENTITY},
    "batch_upsert": {**_LIST, "items": _ENTITY},
    "batch_update": {**_LIST, "items": _ENTITY},
    "batch_merge": {**_LIST, "items": _ENTITY},
    "batch_delete": {**_LIST, "items": _URI},
    "batch_query": _QUERY,
    "subscription_create": _SUBSCRIPTION,
    "subscription_update": _SUBSCRIPTION,
    "past_create": _ENTITY,
    "past_append": _FRAGMENT,
    "past_instance_patch": _ATTRIBUTE,
    "past_query": _QUERY,
    "context_add": {"type": "object", "properties": {"@context": {"type": "object"}}, "required": ["@context"]},
}
"""What the bodies of requests look like, by handler."""

_PROBLEM = {
    "description": "what is wrong, and where",
    "content": {"application/problem+json": {"schema": {"type": "object"}}},
}


def described(routes: Mapping[tuple[str, ...], Mapping[str, Any]]) -> dict[str, Any]:
    """The OpenAPI description of a table of routes."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "Touyan NGSI-LD broker", "version": __version__},
        "servers": [{"url": ROOT}],
        "paths": {_path(path): _operations(path, methods) for path, methods in routes.items()},
    }


def _path(path: tuple[str, ...]) -> str:
    return "/" + "/".join(f"{{{_name(path, at)}}}" if part == "*" else part for at, part in enumerate(path))


def _name(path: tuple[str, ...], at: int) -> str:
    if path[at - 1] == "*":
        return "instance"
    return {"attrs": "name", "attributes": "name", "types": "type"}.get(path[at - 1], "id")


def _operations(path: tuple[str, ...], methods: Mapping[str, Any]) -> dict[str, Any]:
    inner = [
        {"name": _name(path, at), "in": "path", "required": True, "schema": _WORDS}
        for at, part in enumerate(path)
        if part == "*"
    ]
    return {
        method.lower(): _operation(handler, inner)
        for method, handler in methods.items()
        if not handler.__name__.startswith("_")
    }


def _operation(handler: Any, inner: list[dict[str, Any]]) -> dict[str, Any]:
    name = handler.__name__
    given = [{"name": each, "in": "query", "schema": schema} for each, schema in PARAMETERS.get(name, {}).items()]
    told: dict[str, Any] = {
        "operationId": name,
        "summary": handler.__doc__,
        "parameters": [*inner, *given],
        "responses": {"2XX": {"description": "done"}, "4XX": _PROBLEM, "503": _PROBLEM, "507": _PROBLEM},
    }
    if name in BODIES:
        content = {media_type: {"schema": BODIES[name]} for media_type in (JSON, LD_JSON)}
        told["requestBody"] = {"required": True, "content": content}
    return told
