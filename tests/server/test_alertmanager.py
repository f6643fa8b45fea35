"""Clients of Prometheus Alertmanager work unchanged: amtool itself, and posts as Prometheus makes them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from touyan.core.alerts import AlertAction

from .fake_city import FakeCity
from .running import running_server

Amtool = Callable[..., str]


@pytest.fixture
def amtool(city: FakeCity) -> Iterator[Amtool]:
    """The unmodified program, pointed at a real server."""
    program = shutil.which("amtool")
    if program is None:
        pytest.skip("amtool is not installed: scripts/install_test_services.sh")

    with running_server(city) as url:

        def run(*arguments: str) -> str:
            command = [program, f"--alertmanager.url={url}", *arguments]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, done.stderr
            return done.stdout

        yield run


def test_amtool_reads_silences_and_posts(amtool: Amtool, city: FakeCity) -> None:
    """Whoever knows Alertmanager knows how to work here: the whole round with its own tool."""
    city.warn()
    [shown] = json.loads(amtool("alert", "query", "-o", "json"))
    assert shown["labels"]["alertname"] == "spill-back"
    silence = amtool(
        "silence", "add", "alertname=spill-back", "--duration=2h", "--author=Li", "--comment=works"
    ).strip()
    assert city.book.get("alert-1").muted == silence
    assert json.loads(amtool("alert", "query", "-o", "json")) == []
    [hidden] = json.loads(amtool("alert", "query", "--silenced", "-o", "json"))
    assert (hidden["status"]["state"], hidden["status"]["silencedBy"]) == ("suppressed", [silence])
    [told] = json.loads(amtool("silence", "query", "-o", "json"))
    assert (told["id"], told["createdBy"], told["comment"]) == (silence, "Li", "works")
    ends, starts = (datetime.fromisoformat(told[name]) for name in ("endsAt", "startsAt"))
    assert timedelta(hours=1, minutes=59) < ends - starts <= timedelta(hours=2)
    amtool("silence", "update", silence, "--duration=3h")
    amtool("silence", "expire", silence)
    assert city.book.get("alert-1").muted == ""
    amtool("alert", "add", "alertname=PumpDown", "severity=critical", "instance=pump:7", "--annotation=summary=Pump 7")
    posted = city.alerts()[0]
    assert (posted.rule, posted.severity, posted.headline.en) == ("PumpDown", "Severe", "Pump 7")
    [found] = json.loads(amtool("alert", "query", "severity=~crit.*", 'alertname!="spill-back"', "-o", "json"))
    assert found["labels"]["instance"] == "pump:7"
    assert "touyan" in amtool("config", "show")


def posted(name: str, minutes: float | None = None, **labels: str) -> dict[str, Any]:
    """An alert as Prometheus posts it; it ends so many minutes from now."""
    now = datetime.now(UTC)
    body: dict[str, Any] = {"labels": {"alertname": name, **labels}, "startsAt": now.isoformat()}
    return body if minutes is None else body | {"endsAt": (now + timedelta(minutes=minutes)).isoformat()}


def test_what_is_posted_again_is_the_same_alert_and_what_has_ended_passes(client: TestClient, city: FakeCity) -> None:
    """Prometheus posts every alert each minute until it ends; people must see one."""
    for _ in range(3):
        client.post("/api/v2/alerts", json=[posted("Down", 4, instance="a"), posted("Down", 4, instance="b")])
    first, second = city.alerts()[::-1]
    assert (first.count, second.count) == (3, 3)
    client.post("/api/v2/alerts", json=[posted("Down", -1, instance="a")])
    assert (city.book.get(first.identifier).ended, second.ended) == (city.now, None)
    assert [each["labels"]["instance"] for each in client.get("/api/v2/alerts").json()] == ["b"]
    city.book.tick(city.now + 241)
    assert client.get("/api/v2/alerts").json() == []


def test_a_storm_of_posts_is_few_alerts(client: TestClient, city: FakeCity) -> None:
    """A thousand instances down at once are one outage."""
    client.post("/api/v2/alerts", json=[posted("Down", instance=str(number)) for number in range(1000)])
    assert len(city.alerts()) <= 5
    assert sum(alert.count for alert in city.alerts()) == 1000
    [group] = client.get("/api/v2/alerts/groups").json()
    assert group["labels"] == {"alertname": "Down"}


def test_what_is_closed_or_resolved_is_not_shown_and_what_hides_is_named(client: TestClient, city: FakeCity) -> None:
    """Grafana shows what fires; a silence is told from an inhibition."""
    first, second = city.warn(), city.warn()
    city.desk.act(AlertAction.CLOSE, first.identifier, "Li")
    shown = client.get("/api/v2/alerts").json()
    assert [each["annotations"]["touyan_identifier"] for each in shown] == [second.identifier]
    assert shown[0]["receivers"] == [{"name": "touyan"}]
    assert client.get("/api/v2/receivers").json() == [{"name": "touyan"}]
    assert client.get("/api/v2/status").json()["versionInfo"]["version"]
    assert client.get("/api/v2/alerts?active=false").json() == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/v2/alerts?filter=%7B%7B", None, 400),
        ("GET", '/api/v2/alerts?filter=a%3D~"("', None, 422),
        ("POST", "/api/v2/alerts", [{"annotations": {}}], 422),
        ("POST", "/api/v2/alerts", {"labels": {}}, 422),
        ("POST", "/api/v2/silences", {"matchers": []}, 422),
        ("GET", "/api/v2/silence/nothing", None, 404),
        ("DELETE", "/api/v2/silence/nothing", None, 404),
    ],
)
def test_a_mistake_of_a_client_is_told_and_changes_nothing(
    client: TestClient, city: FakeCity, method: str, path: str, body: Any, status: int
) -> None:
    """Bad input names what is wrong, in the one shape that all our errors have."""
    answer = client.request(method, path, json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert city.book.version == 0


def test_a_silence_that_is_over_before_it_begins_is_refused(client: TestClient) -> None:
    """It would look as if something were hidden."""
    now = datetime.now(UTC)
    times = {"startsAt": now.isoformat(), "endsAt": (now - timedelta(hours=1)).isoformat()}
    matchers = [{"name": "alertname", "value": "x", "isRegex": False}]
    answer = client.post("/api/v2/silences", json={"matchers": matchers, "createdBy": "Li", "comment": "", **times})
    assert answer.status_code == 422
