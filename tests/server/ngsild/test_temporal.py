"""The past over HTTP: what was reported is there in order, in spans, and in aggregates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from touyan.fusion.ngsild.broker import Broker
from touyan.fusion.store.history import History
from touyan.runtime.broker import BrokerHost
from touyan.server.app import create_broker_app

from .conftest import LINK, road

ROAD = "/temporal/entities/urn:ngsi-ld:Road:1"


def at(minute: int, value: Any, **more: Any) -> dict[str, Any]:
    """A speed that was observed so many minutes after eight."""
    return {"type": "Property", "value": value, "observedAt": f"2026-05-01T08:{minute:02}:00Z", **more}


def told(client: TestClient, **parameters: str) -> Any:
    """The past of the road."""
    response = client.get(ROAD, params=parameters, headers=LINK)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.fixture
def past(client: TestClient) -> TestClient:
    """A broker that was told four speeds of one road."""
    entity = road(1, speed=[at(0, 50), at(10, 60), at(20, 40), at(50, 30)])
    assert client.post("/temporal/entities", json=entity, headers=LINK).status_code == 201
    return client


@pytest.mark.parametrize(
    ("parameters", "values"),
    [
        ({}, [50, 60, 40, 30]),
        ({"timerel": "before", "timeAt": "2026-05-01T08:20:00Z"}, [50, 60]),
        ({"timerel": "after", "timeAt": "2026-05-01T08:20:00Z"}, [30]),
        ({"timerel": "between", "timeAt": "2026-05-01T08:05:00Z", "endTimeAt": "2026-05-01T08:30:00Z"}, [60, 40]),
        ({"lastN": "2"}, [40, 30]),
    ],
)
def test_a_span_holds_what_was_observed_in_it(past: TestClient, parameters: dict[str, str], values: list[int]) -> None:
    """Analyses ask for times, and an instant at the edge must not be counted twice."""
    assert [each["value"] for each in told(past, **parameters)["speed"]] == values


def test_values_with_their_times_are_short(past: TestClient) -> None:
    """A day of readings shall not carry the same words a thousand times."""
    shown = told(past, options="temporalValues")["speed"]
    assert shown == {"type": "Property", "values": [[value, f"2026-05-01T08:{minute}:00Z"] for minute, value in FOUR]}


FOUR = [("00", 50), ("10", 60), ("20", 40), ("50", 30)]


def test_aggregates_are_told_for_each_period(past: TestClient) -> None:
    """Mean and largest speed of each half hour, from the first reading on."""
    shown = told(past, options="aggregatedValues", aggrMethods="avg,max,totalCount", aggrPeriodDuration="PT30M")[
        "speed"
    ]
    first, second = ("2026-05-01T08:00:00Z", "2026-05-01T08:30:00Z"), ("2026-05-01T08:30:00Z", "2026-05-01T09:00:00Z")
    assert shown["avg"] == [[50.0, *first], [30.0, *second]]
    assert shown["max"] == [[60.0, *first], [30.0, *second]]
    assert shown["totalCount"] == [[3, *first], [1, *second]]


def test_updates_of_the_present_become_past(client: TestClient) -> None:
    """Nobody has to report twice."""
    assert client.post("/entities", json=road(1, speed=at(0, 50)), headers=LINK).status_code == 201
    changed = client.patch("/entities/urn:ngsi-ld:Road:1/attrs/speed", json=at(5, 30), headers=LINK)
    assert changed.status_code == 204
    assert [each["value"] for each in told(client)["speed"]] == [50, 30]


def test_the_end_of_an_attribute_is_told(client: TestClient) -> None:
    """A sensor that was taken away is something else than one that is silent."""
    assert client.post("/entities", json=road(1, speed=at(0, 50)), headers=LINK).status_code == 201
    assert client.delete("/entities/urn:ngsi-ld:Road:1/attrs/speed", headers=LINK).status_code == 204
    ended = told(client, timeproperty="deletedAt")["speed"]
    assert [each["value"] for each in ended] == ["urn:ngsi-ld:null"]
    assert [each["value"] for each in told(client)["speed"]] == [50]


def test_the_same_moment_reported_again_replaces_what_was_said(past: TestClient) -> None:
    """A source that sends twice must not count twice."""
    again = past.post("/temporal/entities", json=road(1, speed=[at(10, 61)]), headers=LINK)
    assert again.status_code == 204
    assert [each["value"] for each in told(past)["speed"]] == [50, 61, 40, 30]


def test_one_instance_can_be_corrected_and_removed(past: TestClient) -> None:
    """By its own id, and nothing else changes."""
    instance = told(past)["speed"][1]["instanceId"]
    corrected = past.patch(f"{ROAD}/attrs/speed/{instance}", json=at(10, 66), headers=LINK)
    assert corrected.status_code == 204
    assert [each["value"] for each in told(past)["speed"]] == [50, 66, 40, 30]
    assert past.delete(f"{ROAD}/attrs/speed/{instance}", headers=LINK).status_code == 204
    assert [each["value"] for each in told(past)["speed"]] == [50, 40, 30]
    assert past.delete(f"{ROAD}/attrs/speed/{instance}", headers=LINK).status_code == 404


def test_a_query_finds_entities_by_what_they_once_were(past: TestClient) -> None:
    """Which roads were ever slow in that hour?"""
    span = {"type": "Road", "timerel": "after", "timeAt": "2026-05-01T07:00:00Z"}
    for query, count in (("speed<35", 1), ("speed>100", 0)):
        found = past.get("/temporal/entities", params={**span, "q": query}, headers=LINK)
        assert len(found.json()) == count
    body = {
        "type": "Query",
        "entities": [{"type": "Road"}],
        "temporalQ": {"timerel": "after", "timeAt": span["timeAt"]},
    }
    assert len(past.post("/temporal/entityOperations/query", json=body, headers=LINK).json()) == 1


def test_a_forgotten_past_is_not_found(past: TestClient) -> None:
    """And forgetting it twice says so."""
    assert past.delete(ROAD).status_code == 204
    assert past.get(ROAD).status_code == 404
    assert past.delete(ROAD).status_code == 404


@pytest.mark.parametrize(
    "parameters",
    [
        {"timerel": "after"},
        {"timerel": "during", "timeAt": "2026-05-01T08:00:00Z"},
        {"timeAt": "2026-05-01T08:00:00Z"},
        {"timeproperty": "bornAt"},
        {"lastN": "0"},
        {"options": "aggregatedValues"},
        {"options": "aggregatedValues", "aggrMethods": "median"},
        {"options": "aggregatedValues", "aggrMethods": "avg", "aggrPeriodDuration": "an hour"},
        {"options": "aggregatedValues", "aggrMethods": "avg", "aggrPeriodDuration": "P9999999Y"},
    ],
)
def test_a_bad_question_about_the_past_is_refused(past: TestClient, parameters: dict[str, str]) -> None:
    """Rather than answered with something else."""
    assert past.get(ROAD, params=parameters, headers=LINK).status_code == 400


def test_an_answer_that_is_cut_tells_its_range(tmp_path: Path) -> None:
    """A reader must see that there is more, and from where to ask on."""
    host = BrokerHost(Broker(History(tmp_path), most_instances=10))
    with TestClient(create_broker_app(host), base_url="http://127.0.0.1:8600/ngsi-ld/v1") as client:
        speeds = [at(minute, minute) for minute in range(40)]
        assert client.post("/temporal/entities", json=road(1, speed=speeds)).status_code == 201
        first, last = client.get(ROAD), client.get(ROAD, params={"lastN": "20"})
    assert first.status_code == last.status_code == 206
    assert first.headers["content-range"] == "date-time 2026-05-01T08:00:00Z-2026-05-01T08:09:00Z/*"
    assert last.headers["content-range"] == "date-time 2026-05-01T08:39:00Z-2026-05-01T08:30:00Z/20"
