"""Any JSON at any address: an answer below 500 that is JSON, and nothing of the broker is lost."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from touyan.server.ngsild.api import ROUTES
from touyan.server.ngsild.description import BODIES, PARAMETERS

PLACES = [(path, method, handler.__name__) for path, methods in ROUTES.items() for method, handler in methods.items()]
WORDS = [
    "", "a", "Road", "urn:ngsi-ld:Road:1", "speed", "speed>1", "(", "[1,2]", "-1", "0", "1", "2026-05-01T00:00:00Z",
    "before", "after", "PT1H", "avg", "near;maxDistance==1", "Point", "true", "keyValues", "temporalValues",
    "aggregatedValues", "inline", "flat", "@none", "é\u202e", "%00", "9" * 30, "a{b}", "/a/#", "urn:ngsi-ld:null",
]  # fmt: skip
words = st.sampled_from(WORDS)
scalars = st.one_of(
    words,
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
)
MEMBERS = [
    "id", "type", "value", "object", "observedAt", "unitCode", "datasetId", "@context", "entities", "notification",
    "endpoint", "uri", "q", "geoQ", "coordinates", "languageMap", "scope", "speed", "temporalQ", "watchedAttributes",
    "notificationTrigger", "expiresAt", "throttling", "vocab", "json", "valueList", "objectList",
]  # fmt: skip
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=5),
    max_leaves=12,
)
entity = st.dictionaries(st.sampled_from(["speed", "location", "scope"]), anything, max_size=2).map(
    lambda more: {"id": "urn:ngsi-ld:Road:1", "type": "Road", **more}
)


@pytest.fixture(scope="module", autouse=True)
def _names_are_known() -> None:
    """What the description says of handlers must be of handlers that there are."""
    names = {name for _, _, name in PLACES}
    assert set(PARAMETERS) | set(BODIES) <= names


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.sampled_from(PLACES), st.one_of(anything, entity, st.lists(entity, max_size=2)), st.data())
def test_no_request_makes_the_broker_fail(client: TestClient, place: Any, body: Any, data: st.DataObject) -> None:
    """Whatever comes, it is told what is wrong with it."""
    path, method, name = place
    parts = [quote(data.draw(words), safe="") if part == "*" else part for part in path]
    known = sorted(PARAMETERS.get(name, {}))
    parameters = data.draw(st.dictionaries(st.sampled_from(known), words, max_size=3)) if known else {}
    sent = {"json": body} if name in BODIES else {}
    response = client.request(method, "/" + "/".join(parts), params=parameters, **sent)
    assert response.status_code < 500 or response.status_code == 503, response.text
    if response.content:
        response.json()


def test_the_description_holds_every_address(client: TestClient) -> None:
    """Programs are made from it."""
    described = client.get("/openapi.json").json()["paths"]
    assert len(described) == len(ROUTES)
    assert described["/entities/{id}/attrs/{name}"]["patch"]["operationId"] == "attribute_patch"
