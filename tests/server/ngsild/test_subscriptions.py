"""Subscriptions over HTTP with a real receiver: who is told what, and what becomes of those who do not answer."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest
from starlette.testclient import TestClient

from .conftest import LINK, road

PATIENCE_S = 10.0
SHORT_S = 0.3


class Letter(NamedTuple):
    """One notification as it came in."""

    headers: dict[str, str]
    body: dict[str, Any]


class Receiver:
    """A subscriber's server; answers with `status`."""

    def __init__(self) -> None:
        self.letters: queue.Queue[Letter] = queue.Queue()
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(outer.status)
                self.end_headers()
                outer.letters.put(Letter(dict(self.headers), json.loads(body)))

            def log_message(self, format: str, *values: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/notify"

    def next(self) -> Letter:
        """The next notification; fails when none comes."""
        return self.letters.get(timeout=PATIENCE_S)

    def entity(self) -> dict[str, Any]:
        """The entity of the next notification."""
        found: dict[str, Any] = self.next().body["data"][0]
        return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A subscriber that listens."""
    made = Receiver()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def subscribe(client: TestClient, receiver: Receiver, notification: dict[str, Any] | None = None, **more: Any) -> str:
    """The address of a new subscription to roads."""
    told = {"endpoint": {"uri": receiver.url}, **(notification or {})}
    body = {"type": "Subscription", "entities": [{"type": "Road"}], "notification": told, **more}
    response = client.post("/subscriptions", json=body, headers=LINK)
    assert response.status_code == 201, response.text
    return str(response.headers["location"]).removeprefix("/ngsi-ld/v1")


def make(client: TestClient, number: int = 1, **attributes: Any) -> str:
    """The address of a new road."""
    assert client.post("/entities", json=road(number, **attributes), headers=LINK).status_code == 201
    return f"/entities/urn:ngsi-ld:Road:{number}"


def test_a_subscriber_is_told_in_its_own_words(client: TestClient, receiver: Receiver) -> None:
    """The notification names the subscription and carries the entity in the subscriber's context."""
    place = subscribe(client, receiver)
    make(client)
    letter = receiver.next()
    assert letter.body["type"] == "Notification"
    assert place.endswith(letter.body["subscriptionId"])
    assert letter.body["data"] == [road(1)]
    assert letter.headers["Link"] == LINK["Link"]


def test_only_what_is_watched_and_fits_is_told(client: TestClient, receiver: Receiver) -> None:
    """Each further notification must be one of those that were asked for."""
    subscribe(client, receiver, watchedAttributes=["speed"], q="speed<20")
    address = make(client, name="Gudang Road")
    client.patch(f"{address}/attrs/name", json={"value": "Wensan Road"}, headers=LINK)
    client.patch(f"{address}/attrs/speed", json={"value": 30}, headers=LINK)
    client.patch(f"{address}/attrs/speed", json={"value": 10}, headers=LINK)
    assert receiver.entity()["speed"]["value"] == 10
    assert receiver.letters.empty()


@pytest.mark.parametrize(
    ("notification", "shown"),
    [
        ({"format": "keyValues"}, {"speed": 50}),
        ({"attributes": ["name"]}, {"name": {"type": "Property", "value": "Gudang Road"}}),
        ({"pick": ["id", "speed"]}, {"speed": {"type": "Property", "value": 50}}),
        ({"sysAttrs": True}, {"createdAt": ...}),
    ],
)
def test_the_form_is_the_subscribers_choice(
    client: TestClient, receiver: Receiver, notification: dict[str, Any], shown: dict[str, Any]
) -> None:
    """As in queries."""
    subscribe(client, receiver, notification)
    make(client, name="Gudang Road")
    entity = receiver.entity()
    assert {name: entity[name] if value is not ... else ... for name, value in shown.items()} == shown


def test_changes_are_told_with_what_was_before(client: TestClient, receiver: Receiver) -> None:
    """Whoever reacts to a change needs both values."""
    subscribe(client, receiver, {"showChanges": True}, notificationTrigger=["attributeUpdated", "attributeDeleted"])
    address = make(client)
    client.patch(f"{address}/attrs/speed", json={"value": 30}, headers=LINK)
    assert receiver.entity()["speed"] == {"type": "Property", "value": 30, "previousValue": 50}
    client.delete(f"{address}/attrs/speed", headers=LINK)
    assert receiver.entity()["speed"] == {"type": "Property", "value": "urn:ngsi-ld:null", "previousValue": 30}


def test_the_end_of_an_entity_is_told_to_those_who_asked(client: TestClient, receiver: Receiver) -> None:
    """By id, type and time."""
    subscribe(client, receiver, notificationTrigger=["entityDeleted"])
    client.delete(make(client))
    assert receiver.entity().keys() == {"id", "type", "deletedAt"}


def test_notifications_of_one_subscription_come_in_order(client: TestClient, receiver: Receiver) -> None:
    """A burst must not end with an old value on top."""
    subscribe(client, receiver)
    address = make(client)
    for value in range(30):
        client.patch(f"{address}/attrs/speed", json={"value": value}, headers=LINK)
    values = [receiver.entity()["speed"]["value"] for _ in range(31)]
    assert values == [50, *range(30)]


def test_throttling_leaves_out_what_comes_too_soon(client: TestClient, receiver: Receiver) -> None:
    """The subscriber has said how much it can take."""
    subscribe(client, receiver, throttling=3_600)
    address = make(client)
    client.patch(f"{address}/attrs/speed", json={"value": 1}, headers=LINK)
    assert receiver.entity()["speed"]["value"] == 50
    assert receiver.letters.empty()


def test_an_interval_tells_all_that_fits_again_and_again(client: TestClient, receiver: Receiver) -> None:
    """Without any change."""
    make(client)
    subscribe(client, receiver, timeInterval=SHORT_S)
    assert receiver.entity()["id"] == receiver.entity()["id"] == "urn:ngsi-ld:Road:1"


def test_a_subscriber_that_fails_is_reported_and_served_again(client: TestClient, receiver: Receiver) -> None:
    """Counted, marked as failed, and ok again after the next success."""
    receiver.status = 500
    place = subscribe(client, receiver)
    address = make(client)
    receiver.next()
    receiver.status = 200
    client.patch(f"{address}/attrs/speed", json={"value": 1}, headers=LINK)
    assert receiver.entity()["speed"]["value"] == 1
    make(client, 2)
    receiver.next()
    told = client.get(place, headers=LINK).json()["notification"]
    assert (told["timesSent"], told["timesFailed"], told["status"]) == (3, 1, "ok")


def test_one_that_is_paused_or_gone_is_told_nothing(client: TestClient, receiver: Receiver) -> None:
    """Until it is active again."""
    place = subscribe(client, receiver, isActive=False)
    gone = subscribe(client, receiver)
    assert client.delete(gone).status_code == 204
    make(client)
    assert client.get(place).json()["status"] == "paused"
    assert client.patch(place, json={"type": "Subscription", "isActive": True}, headers=LINK).status_code == 204
    make(client, 2)
    assert receiver.entity()["id"] == "urn:ngsi-ld:Road:2"
    assert receiver.letters.empty()


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "Nothing"},
        {"id": "no uri"},
        {"entities": []},
        {"entities": [{"type": "("}]},
        {"watchedAttributes": []},
        {"throttling": -1},
        {"throttling": 5, "timeInterval": 5},
        {"expiresAt": "2001-01-01T00:00:00Z"},
        {"q": "speed=="},
        {"geoQ": {"georel": "within"}},
        {"notificationTrigger": ["sunrise"]},
        {"notification": {}},
        {"notification": {"endpoint": {"uri": "ftp://e.x"}}},
        {"notification": {"endpoint": {"uri": "http://e.x", "accept": "text/html"}}},
        {"notification": {"format": "xml", "endpoint": {"uri": "http://e.x"}}},
        {"notification": {"endpoint": {"uri": "http://e.x", "receiverInfo": [{"key": "a", "value": "b\r\nc"}]}}},
        {"notification": {"attributes": ["a"], "pick": ["a"], "endpoint": {"uri": "http://e.x"}}},
        {"jsonldContext": "not a uri"},
    ],
)
def test_a_bad_subscription_is_refused(client: TestClient, wrong: dict[str, Any]) -> None:
    """Before it is stored, not when the first event comes."""
    good = {"type": "Subscription", "entities": [{"type": "Road"}], "notification": {"endpoint": {"uri": "http://e.x"}}}
    response = client.post("/subscriptions", json=good | wrong)
    assert response.status_code == 400, response.text
    assert client.get("/subscriptions").json() == []
