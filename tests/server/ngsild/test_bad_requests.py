"""Bad requests over HTTP: a problem with the right status and type, never a 500."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from .conftest import LINK, road

ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "InvalidRequest"),
        (b'{"id": ', "InvalidRequest"),
        (b"[" * 10_000 + b"]" * 10_000, "InvalidRequest"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "InvalidRequest"),
        (b'{"id": "urn:a:b", "type": "T", "x": 1e999}', "InvalidRequest"),
        (b'{"id": "urn:a:b", "type": "T", "x": ' + b"9" * 400 + b"}", "BadRequestData"),
        (b'{"id": "urn:a:b", "type": "T", "x": {"type": "Property"}}', "BadRequestData"),
        (b'{"id": "urn:a:b", "type": "T", "x": null}', "BadRequestData"),
        (b'{"id": "urn:a:b", "type": "T", "x": {"type": "Relationship", "object": "not a uri"}}', "BadRequestData"),
        (
            b'{"id": "urn:a:b", "type": "T", "x": {"type": "Property", "value": 1, "observedAt": "now"}}',
            "BadRequestData",
        ),
        (b'{"id": "urn:a:b", "type": "T", "x": {"type": "GeoProperty", "value": {"type": "Point"}}}', "BadRequestData"),
        (b'{"id": "not a uri", "type": "T"}', "BadRequestData"),
        (b'{"id": "urn:a:b", "type": "T", "bad name": 1}', "BadRequestData"),
        (b'{"id": "urn:a:b", "type": "T", "@context": "https://e.x/c"}', "BadRequestData"),
        (b'{"id": "urn:a:b"}', "BadRequestData"),
    ],
)
def test_a_bad_body_is_told_what_is_wrong_with_it(client: TestClient, body: bytes, kind: str) -> None:
    """The writer must learn what to change, and the broker must not fall over."""
    response = client.post("/entities", content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["type"]) == (400, ERRORS + kind), response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert client.get("/types").json()["typeList"] == []


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"type": "Road", "q": "speed>>1"},
        {"type": "Road", "q": "(speed>1"},
        {"type": "Road", "q": 'name=="open'},
        {"type": "Road", "q": "name~=(["},
        {"type": "Road", "q": "(" * 500 + "a" + ")" * 500},
        {"type": "Road", "limit": "-1"},
        {"type": "Road", "limit": "0"},
        {"type": "Road", "offset": "9" * 40},
        {"type": "Road", "georel": "near;maxDistance==1"},
        {"type": "Road", "georel": "near", "geometry": "Point", "coordinates": "[1,2]"},
        {"type": "Road", "georel": "within", "geometry": "Polygon", "coordinates": "[[[0,0],[1,1]]]"},
        {"type": "Road", "georel": "within", "geometry": "Point", "coordinates": "[" * 2_000},
        {"type": "Road", "idPattern": "("},
        {"type": "Road", "scopeQ": "a b"},
        {"type": "Road", "attrs": "id"},
        {"type": "Road", "pick": "a{b"},
        {"type": "Road", "join": "sideways"},
        {"type": "Road", "options": "verbose"},
        {"type": "Road", "unheardOf": "1"},
        {"type": "Road;"},
    ],
)
def test_a_bad_query_is_refused(client: TestClient, parameters: dict[str, str]) -> None:
    """A query that means nothing must not answer something."""
    response = client.get("/entities", params=parameters)
    assert response.status_code == 400, response.text
    assert response.json()["type"].removeprefix(ERRORS) in {"BadRequestData", "InvalidRequest"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/entities", {"Content-Type": "text/plain"}, 415),
        ("GET", "/entities?type=Road", {"Accept": "text/html"}, 406),
        ("DELETE", "/types", {}, 405),
        ("GET", "/nowhere", {}, 404),
        ("GET", "/entities?type=Road", {"NGSILD-Tenant": "../etc"}, 400),
        ("GET", "/entities?type=%FF", {}, 400),
        ("GET", "/entities?q=" + "a" * 40_000, {}, 414),
        ("POST", "/entities", {"Content-Type": "application/json", "Content-Length": "99999999999"}, 413),
    ],
)
def test_http_itself_is_kept(client: TestClient, method: str, path: str, headers: dict[str, str], status: int) -> None:
    """Each status has its one meaning."""
    response = client.request(method, path, headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")


def test_a_context_that_cannot_be_had_is_told_as_such(client: TestClient) -> None:
    """Without it the names mean nothing, so nothing is stored."""
    entity: dict[str, Any] = road(1) | {"@context": "http://127.0.0.1:9/context.jsonld"}
    response = client.post("/entities", json=entity, headers={"Content-Type": "application/ld+json"})
    assert (response.status_code, response.json()["type"]) == (503, ERRORS + "LdContextNotAvailable")


def test_hostile_names_and_texts_come_back_as_they_were(client: TestClient) -> None:
    """Texts are data: quotes, markup, other alphabets and zero bytes too."""
    text = "';--<script>\u202e\x00頭雁🦆" * 10
    assert client.post("/entities", json=road(1, name={"value": text}), headers=LINK).status_code == 201
    shown = client.get("/entities/urn:ngsi-ld:Road:1", params={"options": "keyValues"}, headers=LINK).json()
    assert shown["name"] == text
