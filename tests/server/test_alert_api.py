"""The API of alerts: choose, act, act on many, silence, raise by hand, and CAP in and out."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from touyan.core.alerts import Severity

from .fake_city import FakeCity

BY = {"by": "Lin"}


def act(client: TestClient, action: str, number: int = 1, **more: Any) -> Any:
    """What the server answers to an action on an alert."""
    return client.post(f"/api/alerts/alert-{number}/{action}", json={**BY, **more})


def test_an_alert_is_led_through_its_whole_life(client: TestClient, city: FakeCity) -> None:
    """Every step has its route, and the answer says where the alert stands."""
    city.warn()
    states = [
        act(client, "acknowledge").json()["state"],
        act(client, "assign", to="patrol 7").json()["assignee"],
        act(client, "resolve", note="towed away").json()["state"],
        act(client, "close").json()["state"],
        act(client, "reopen").json()["state"],
        act(client, "feedback", to="true").json()["feedback"],
        act(client, "approve").json()["released"],
        client.post("/api/alerts/alert-1/approve", json={"by": "Wang"}).json()["released"],
    ]
    assert states == ["acknowledged", "patrol 7", "resolved", "closed", "open", "true", False, True]


def test_a_step_that_was_not_seen_makes_an_action_stale(client: TestClient, city: FakeCity) -> None:
    """The page may be a minute old; the answer says who was faster, and when."""
    city.warn()
    act(client, "acknowledge", seen=1)
    answer = client.post("/api/alerts/alert-1/close", json={"by": "Wang", "seen": 1})
    assert (answer.status_code, answer.json()["who"]) == (409, "Lin")


def test_an_unknown_action_is_named_with_the_nearest(client: TestClient, city: FakeCity) -> None:
    """A misspelt action must not look like success."""
    city.warn()
    answer = act(client, "acknowlege")
    assert (answer.status_code, answer.json()["hint"]) == (404, "did you mean 'acknowledge'?")


def test_alerts_are_chosen_by_what_is_asked(client: TestClient, city: FakeCity) -> None:
    """Somebody on duty asks for the open and severe ones, not for all of the year."""
    city.warn("gridlock", Severity.EXTREME)
    city.warn("spill-back", Severity.MINOR)
    act(client, "acknowledge", 2)
    chosen = {
        query: [alert["identifier"] for alert in client.get(f"/api/alerts?{query}").json()]
        for query in ("state=open", "severity=Minor,Extreme", "rule=gridlock", "state=closed", "most=1", "muted=yes")
    }
    assert chosen == {
        "state=open": ["alert-1"],
        "severity=Minor,Extreme": ["alert-2", "alert-1"],
        "rule=gridlock": ["alert-1"],
        "state=closed": [],
        "most=1": ["alert-2"],
        "muted=yes": [],
    }
    assert client.get("/api/alerts?text=QUEUE").json() != []
    assert client.get("/api/alerts?state=opened").status_code == 422
    assert client.get("/api/alerts?stat=open").status_code == 422


def test_many_are_closed_at_once_and_each_refusal_is_told(client: TestClient, city: FakeCity) -> None:
    """After a storm nobody clicks a hundred times; what was not done is named."""
    for _ in range(3):
        city.warn()
    act(client, "close", 2)
    body = {"action": "close", "identifiers": ["alert-2", "alert-9"], "query": {"state": ["open"]}, **BY}
    answer = client.post("/api/alerts/bulk", json=body).json()
    assert [alert["identifier"] for alert in answer["done"]] == ["alert-3", "alert-1"]
    assert {name: each["code"] for name, each in answer["refused"].items()} == {
        "alert-2": "stale-action",
        "alert-9": "not-found",
    }


def test_one_alert_comes_with_its_raw_alerts_and_what_was_done_before(client: TestClient, city: FakeCity) -> None:
    """What helped the last time is the best first idea."""
    city.warn()
    act(client, "close", note="towed away")
    city.warn()
    detail = client.get("/api/alerts/alert-2").json()
    assert [member["entity"] for member in detail["raw"]] == ["urn:ngsi-ld:Lane:road_1_1_0_0"]
    assert [earlier["log"][-1]["note"] for earlier in detail["similar"]] == ["towed away"]


def test_silences_are_made_listed_and_ended(client: TestClient, city: FakeCity) -> None:
    """Planned works hide their alerts for so long, and say by whom."""
    city.warn()
    body = {"matchers": [{"name": "alertname", "value": "spill-back"}], "seconds": 60, "maintenance": True, **BY}
    made = client.post("/api/silences", json=body).json()
    assert (made["identifier"], made["ends"] - made["starts"]) == ("silence-1", 60)
    assert client.get("/api/alerts").json()[0]["muted"] == "silence-1"
    assert client.delete("/api/silences/silence-1?by=Wang").status_code == 200
    assert client.get("/api/silences").json()[0]["comment"].endswith("(ended early by Wang)")
    assert client.post("/api/silences", json=body | {"seconds": None}).status_code == 422


HAND_MADE = {
    "event": {"en": "Burst main", "zh": "水管爆裂"},
    "headline": {"en": "Water on the road", "zh": "路面积水"},
    "description": {"en": "Reported by phone", "zh": "电话报告"},
    "severity": "Severe",
    **BY,
}


def test_a_person_raises_an_alert_and_a_drill_is_marked_as_one(client: TestClient) -> None:
    """Not everything has a sensor; and nobody may mistake a drill for the real thing."""
    made = client.post("/api/alerts", json={**HAND_MADE, "location": [120.1, 30.2], "drill": True})
    assert made.status_code == 201
    assert (made.json()["status"], made.json()["labels"]) == ("Exercise", {"drill": "yes"})
    for wrong in ({"location": [500, 30]}, {"category": "Traffic"}, {"severity": "Bad"}):
        assert client.post("/api/alerts", json={**HAND_MADE, **wrong}).status_code == 422


def test_labels_are_kept_for_learning(client: TestClient, city: FakeCity) -> None:
    """What people said of alerts is the teaching material of detectors."""
    city.warn()
    act(client, "feedback", to="false", note="a shadow")
    [label] = client.get("/api/labels").json()
    assert (label["detector"], label["label"], label["by"], label["note"]) == (
        "queue-length",
        "false",
        "Lin",
        "a shadow",
    )
    assert act(client, "feedback", to="maybe").status_code == 422
    [lesson] = client.get("/api/lessons").json()
    assert (lesson["rule"], lesson["false"], lesson["advised"]) == ("spill-back", 1, None)


def test_cap_goes_out_and_comes_in(client: TestClient, city: FakeCity) -> None:
    """One office's message becomes another's alert; a mistake is told with its element."""
    city.warn()
    message = client.get("/api/alerts/alert-1/cap")
    assert message.headers["content-type"] == "application/cap+xml"
    assert b"<status>Draft<" in message.content
    headers = {"content-type": "application/cap+xml"}
    real = message.content.replace(b"Draft", b"Actual")
    taken = client.post("/api/cap", content=real, headers=headers)
    assert (taken.status_code, taken.json()[0]["rule"]) == (202, "cap")
    refused = client.post("/api/cap", content=real.replace(b"<urgency>", b"<urgency>x"), headers=headers)
    assert (refused.status_code, "urgency" in refused.json()["detail"]) == (422, True)
    assert client.post("/api/cap", content=real).status_code == 415
    assert client.get("/api/alerts/alert-1/ngsi-ld").json()["type"] == "Alert"


@pytest.mark.parametrize("path", ["/api/alerts/alert-9", "/api/alerts/alert-9/cap", "/api/alerts/alert-9/ngsi-ld"])
def test_an_alert_that_is_not_there_is_named(client: TestClient, path: str) -> None:
    """An old link is answered in words."""
    assert "alert-9" in client.get(path).json()["detail"]
