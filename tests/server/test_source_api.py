"""Sources that feed the broker: what is pushed is in the city's state when the answer comes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from touyan.core.errors import InputError
from touyan.runtime.broker import open_broker
from touyan.runtime.sources import SourceHall
from touyan.server.app import create_broker_app

PUSHED = """
[source]
kind = "http-push"
format = "json"
largest_bytes = 1000

[mapping]
type = "TrafficFlowObserved"
id = "{id}"
values.intensity = { from = "count", unit = "E58", least = 0 }
"""
URN = "urn:ngsi-ld:TrafficFlowObserved:1"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A broker that is fed by one pushed source and by files."""
    declared = tmp_path / "declared"
    declared.mkdir()
    (declared / "loops.toml").write_text(PUSHED, encoding="utf-8")
    files = PUSHED.replace("http-push", "files").replace(
        "largest", f'every_s = 0\npattern = "{tmp_path}/*.json"\nlargest'
    )
    (declared / "files.toml").write_text(files, encoding="utf-8")
    (tmp_path / "one.json").write_bytes(b'{"id": 7, "count": 3}')
    broker = open_broker(tmp_path / "broker")
    hall = SourceHall(declared, tmp_path / "kept", broker)
    with TestClient(create_broker_app(broker, sources=hall), base_url="http://127.0.0.1") as client:
        yield client


def test_a_pushed_letter_is_in_the_state_with_unit_quality_and_origin(client: TestClient) -> None:
    """A reader of the state sees where a number came from and whether to believe it."""
    assert client.post("/api/sources/loops", content=b'[{"id": 1, "count": 720}]').status_code == 204
    intensity = client.get(f"/ngsi-ld/v1/entities/{URN}").json()["intensity"]
    assert (intensity["value"], intensity["unitCode"]) == (720, "E58")
    assert (intensity["quality"]["value"], intensity["source"]["value"]) == ("good", "loops")


def test_files_feed_the_broker_too(client: TestClient) -> None:
    """Every kind of source ends in the same state."""
    while client.get(f"/ngsi-ld/v1/entities/{URN[:-1]}7").status_code != 200:
        pass
    (card,) = [card for card in client.get("/api/sources").json()["sources"] if card["source"] == "files"]
    assert (card["letters"], card["readings"], card["dead_letters"]) == (1, 1, 0)


def test_what_cannot_be_understood_is_taken_and_put_aside(client: TestClient) -> None:
    """The sender cannot mend it; whoever runs the brain reads it among the dead letters."""
    assert client.post("/api/sources/loops", content=b"{").status_code == 204
    (card,) = [card for card in client.get("/api/sources").json()["sources"] if card["source"] == "loops"]
    assert (card["dead"], card["dead_letters"]) == (1, 1)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("/api/sources/loop", b"{}", 404), ("/api/sources/files", b"{}", 404), ("/api/sources/loops", b"[" * 2000, 413)],
)
def test_letters_that_are_too_large_or_for_nobody_are_refused(
    client: TestClient, path: str, body: bytes, status: int
) -> None:
    """A problem with the right status, and no growth."""
    answer = client.post(path, content=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_mistake_in_a_declaration_stops_the_start(tmp_path: Path) -> None:
    """A source that silently does not run is missed a week later."""
    (tmp_path / "wrong.toml").write_text("[source]\n", encoding="utf-8")
    broker = open_broker()
    with pytest.raises(InputError, match=r"wrong\.toml"):
        SourceHall(tmp_path, tmp_path / "kept", broker)
    broker.close()
