"""What programs can ask of the brain, and how it says no."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from touyan.core.text import Text
from touyan.runtime.view import Figure

from .fake_city import START, FakeCity

PROBLEM = "application/problem+json"


def test_about_says_what_runs_and_how_metres_become_degrees(client: TestClient) -> None:
    """A page must be able to place local metres without knowing the ellipsoid."""
    about = client.get("/api/about").json()
    assert (about["city"]["zh"], about["simulated"], about["twin"]) == ("网格 4×3", True, "own")
    east, north = about["projection"]["metres_per_degree"]
    assert east == pytest.approx(96_250, rel=1e-3)
    assert north == pytest.approx(110_860, rel=1e-3)


def test_layers_are_listed_and_come_as_geojson(client: TestClient) -> None:
    """The map draws whatever packs offer, so each listed layer must be there as a collection."""
    for layer in client.get("/api/layers").json():
        answer = client.get(f"/api/layers/{layer['name']}")
        assert answer.headers["content-type"] == "application/geo+json"
        assert answer.json()["type"] == "FeatureCollection"


def test_an_unknown_layer_is_a_problem_with_the_nearest_name(client: TestClient) -> None:
    """A typing mistake should be put right at once: the answer says what was meant."""
    answer = client.get("/api/layers/road")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == PROBLEM
    assert answer.json()["type"] == "urn:touyan:problem:not-found"
    assert "did you mean 'roads'?" in answer.json()["hint"]


def test_figures_come_with_method_and_origin(client: TestClient, city: FakeCity) -> None:
    """Every number must say where it came from."""
    assert client.get("/api/figures").json() == {"at": None, "figures": []}
    city.beat()
    answer = client.get("/api/figures").json()
    assert answer["at"] == START + 1
    assert all(figure["method"]["zh"] and figure["origin"] for figure in answer["figures"])


def test_a_figure_that_is_not_known_is_null_not_nan(
    client: TestClient, city: FakeCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NaN is no JSON: one unknown figure must not make the whole answer unreadable."""
    unknown = Figure("f", Text("f", "f"), "SEC", float("nan"), None, Text("m", "m"), "sensors")
    monkeypatch.setattr(city, "_figures", lambda: [unknown])
    city.beat()
    assert client.get("/api/figures").json()["figures"][0]["city"] is None


def test_commands_are_the_newest_and_as_many_as_asked_for(client: TestClient) -> None:
    """The record of commands grows without end, so a caller says how much to read."""
    assert len(client.get("/api/commands").json()) == 100
    newest = client.get("/api/commands?most=3").json()
    assert [command["identifier"] for command in newest] == ["command-199", "command-198", "command-197"]
    assert newest[0]["state"] == "proposed"


@pytest.mark.parametrize("most", ["0", "-1", "1001", "ten", "٣", ""])
def test_a_senseless_number_of_commands_is_refused_with_words(client: TestClient, most: str) -> None:
    """A wrong query must be told apart from an empty record."""
    answer = client.get("/api/commands", params={"most": most})
    assert answer.status_code == 422
    assert "expected a whole number from 1 to 1000" in answer.json()["detail"]


def test_an_alert_is_acknowledged_then_closed_with_notes(client: TestClient, city: FakeCity) -> None:
    """The log must keep who did what and why, in order."""
    alert = city.warn()
    path = f"/api/alerts/{alert.identifier}"
    assert client.get("/api/alerts").json()[0]["state"] == "open"
    taken = client.post(f"{path}/acknowledge", json={"by": " Lin ", "note": "patrol sent"}).json()
    assert (taken["state"], taken["log"][-1]["by"], taken["log"][-1]["note"]) == ("acknowledged", "Lin", "patrol sent")
    closed = client.post(f"{path}/close", json={"by": "Wei"}).json()
    assert [step["state"] for step in closed["log"]] == ["open", "acknowledged", "closed"]


def test_a_second_acknowledge_is_refused_with_who_and_when(client: TestClient, city: FakeCity) -> None:
    """Two people must not both believe that they took the alert on."""
    path = f"/api/alerts/{city.warn().identifier}/acknowledge"
    client.post(path, json={"by": "Lin"})
    answer = client.post(path, json={"by": "Wei"})
    assert answer.status_code == 409
    assert (answer.json()["state"], answer.json()["who"]) == ("acknowledged", "Lin")
    assert answer.json()["when"].startswith("2026-03-02T08:00:00")


def test_an_unknown_alert_is_not_found(client: TestClient) -> None:
    """An action on nothing must not look like success."""
    answer = client.post("/api/alerts/nothing/close", json={"by": "Lin"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 400, "not JSON"),
        (b"\xff", 400, "not JSON"),
        (b"[]", 422, "Expected `object`"),
        (b'{"note": "x"}', 422, "missing required field `by`"),
        (b'{"by": "  "}', 422, "$.by"),
        (b'{"by": "Lin", "force": true}', 422, "unknown field `force`"),
        (b'{"by": "Lin", "note": 1}', 422, "$.note"),
        (b'{"by": "' + b"x" * 101 + b'"}', 422, "$.by"),
        (b" " * 20_000, 413, "longer than"),
    ],
)
def test_a_wrong_body_is_refused_with_its_place(
    client: TestClient, city: FakeCity, body: bytes, status: int, words: str
) -> None:
    """Bad input must name what is wrong and change nothing."""
    path = f"/api/alerts/{city.warn().identifier}/acknowledge"
    answer = client.post(path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    assert city.alerts()[0].state == "open"


def test_a_form_is_refused_because_any_site_could_post_one(client: TestClient, city: FakeCity) -> None:
    """HTML forms travel across sites without a question, JSON does not."""
    answer = client.post(f"/api/alerts/{city.warn().identifier}/close", data={"by": "Lin"})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("GET", "/api/nothing", 404), ("DELETE", "/api/alerts", 405)],
)
def test_every_refusal_of_the_router_is_a_problem(client: TestClient, method: str, path: str, status: int) -> None:
    """A program must be able to read every error in one shape."""
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert set(answer.json()) >= {"type", "title", "status", "detail"}


def test_a_fault_of_ours_is_a_problem_without_internals(
    client: TestClient, city: FakeCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller learns that it is our fault, an attacker learns nothing."""

    def broken() -> Any:
        raise RuntimeError("secret path")

    monkeypatch.setattr(city, "layers", broken)
    answer = client.get("/api/layers")
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_health_tells_a_brain_that_failed_from_one_that_finished(client: TestClient, city: FakeCity) -> None:
    """A supervisor restarts what failed and leaves alone what ended in order."""
    assert client.get("/health").json()["state"] == "starting"
    city.beat()
    assert client.get("/health").json()["state"] == "running"
    city.state = "finished"
    assert client.get("/health").status_code == 200
    city.state = "failed"
    assert client.get("/health").status_code == 503
