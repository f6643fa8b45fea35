"""Contexts over HTTP: hosted for users, made for subscriptions, cached from the web, and counted."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from .conftest import CITY_CONTEXT, LINK, road

PLACE = "/ngsi-ld/v1/jsonldContexts/"


def hosted(client: TestClient) -> str:
    """The local id of a context that was just given to the broker."""
    made = client.post("/jsonldContexts", json={"@context": {"speed": "urn:terms:speed"}})
    assert made.status_code == 201
    return str(made.headers["location"]).removeprefix(PLACE)


def test_a_hosted_context_is_served_used_and_counted(client: TestClient) -> None:
    """Users without a web server of their own need a place for their terms."""
    identifier = hosted(client)
    assert client.get(f"/jsonldContexts/{identifier}").json() == {"@context": {"speed": "urn:terms:speed"}}
    entity = road(1) | {"@context": PLACE + identifier}
    assert client.post("/entities", json=entity, headers={"Content-Type": "application/ld+json"}).status_code == 201
    assert "urn:terms:speed" in client.get("/entities/urn:ngsi-ld:Road:1").json()
    details = client.get(f"/jsonldContexts/{identifier}", params={"details": "true"}).json()
    assert (details["kind"], details["numberOfHits"]) == ("Hosted", 1)


def test_contexts_are_listed_by_kind(client: TestClient) -> None:
    """And the cached ones are those that somebody has used."""
    identifier = hosted(client)
    assert client.post("/entities", json=road(1), headers=LINK).status_code == 201
    assert client.get("/jsonldContexts", params={"kind": "Cached"}).json() == [CITY_CONTEXT]
    assert client.get("/jsonldContexts", params={"kind": "Hosted"}).json()[0].endswith(PLACE + identifier)
    assert client.get("/jsonldContexts", params={"kind": "Other"}).status_code == 400


def test_a_subscription_with_terms_of_its_own_gets_a_place_for_them(client: TestClient) -> None:
    """Notifications name their context by a link, so there must be something at it."""
    body = {
        "id": "urn:ngsi-ld:Subscription:1",
        "type": "Subscription",
        "entities": [{"type": "Road"}],
        "notification": {"endpoint": {"uri": "http://127.0.0.1:9/"}},
        "@context": [{"Road": "urn:terms:Road"}, CITY_CONTEXT],
    }
    assert client.post("/subscriptions", json=body, headers={"Content-Type": "application/ld+json"}).status_code == 201
    place = client.get("/subscriptions/urn:ngsi-ld:Subscription:1").json()["jsonldContext"]
    assert client.get(place.removeprefix("/ngsi-ld/v1")).json() == {"@context": body["@context"]}


@pytest.mark.parametrize(
    ("identifier", "reload", "status"),
    [("unknown", "false", 404), ("unknown", "true", 400), ("unknown", "perhaps", 400)],
)
def test_what_cannot_be_deleted_is_told(client: TestClient, identifier: str, reload: str, status: int) -> None:
    """Neither what is not there, nor the core context, nor a hosted one by reloading it."""
    assert client.delete(f"/jsonldContexts/{identifier}", params={"reload": reload}).status_code == status
    core = "https%3A%2F%2Furi.etsi.org%2Fngsi-ld%2Fv1%2Fngsi-ld-core-context-v1.8.jsonld"
    assert client.delete(f"/jsonldContexts/{core}").status_code == 400
    mine = hosted(client)
    assert client.delete(f"/jsonldContexts/{mine}", params={"reload": "true"}).status_code == 400
    assert client.delete(f"/jsonldContexts/{mine}").status_code == 204
    assert client.get(f"/jsonldContexts/{mine}").status_code == 404
