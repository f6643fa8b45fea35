"""Who may talk to the server, and what a browser is told to forbid."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from touyan.server.app import create_app
from touyan.server.security import HostRule

from .fake_city import FakeCity

HOME = "http://127.0.0.1:8600"
FOREIGN = ["http://evil.example", "http://127.0.0.1:9999", "http://127.0.0.1.evil.example:8600", "null", "file://"]


def _writing_paths(app: Starlette) -> list[tuple[str, str]]:
    """Every route that may change something, with its parameters filled in."""
    return [
        (method, route.path.replace("{identifier}", "alert-1").replace("{action}", "close"))
        for route in app.routes
        if isinstance(route, Route)
        for method in sorted((route.methods or set()) - {"GET", "HEAD", "OPTIONS"})
    ]


@pytest.mark.parametrize("origin", FOREIGN)
def test_every_writing_route_refuses_a_foreign_origin(client: TestClient, city: FakeCity, origin: str) -> None:
    """A page of another site must not act in this city, not even through a route that is added later."""
    city.warn()
    paths = _writing_paths(create_app(city))
    assert ("POST", "/api/alerts/alert-1/close") in paths
    for method, path in paths:
        answer = client.request(method, path, json={"by": "Mallory"}, headers={"origin": origin})
        assert answer.status_code == 403, path
        assert answer.headers["content-type"] == "application/problem+json"
    assert city.alerts()[0].state == "open"


def test_the_own_page_may_act(client: TestClient, city: FakeCity) -> None:
    """The guard must not lock out the console itself."""
    city.warn()
    answer = client.post("/api/alerts/alert-1/close", json={"by": "Lin"}, headers={"origin": HOME})
    assert answer.status_code == 200


@pytest.mark.parametrize("origin", FOREIGN)
def test_every_socket_refuses_a_foreign_origin(client: TestClient, city: FakeCity, origin: str) -> None:
    """Browsers let any page open a WebSocket to anywhere, so the server must look at the origin."""
    sockets = [route.path for route in create_app(city).routes if isinstance(route, WebSocketRoute)]
    assert sockets == ["/live"]
    for path in sockets:
        with pytest.raises(WebSocketDisconnect) as refused, _tab(client, path, origin):
            pass
        assert origin in refused.value.reason


def test_the_own_page_may_open_the_socket(client: TestClient) -> None:
    """The guard must not lock out the console's own feed."""
    with _tab(client, "/live", HOME) as tab:
        assert "about" in tab.receive()["text"]


def _tab(client: TestClient, path: str, origin: str) -> WebSocketTestSession:
    return client.websocket_connect(f"ws://127.0.0.1:8600{path}", headers={"origin": origin})


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8600", "10.0.0.7:8600", "", "[", "127.0.0.1.evil.example"]
)
def test_a_foreign_host_name_is_refused_even_for_reading(client: TestClient, host: str) -> None:
    """A name that was rebound to this machine would otherwise read the city from another site's page."""
    answer = client.get("/api/alerts", headers={"host": host})
    assert answer.status_code == 421


@pytest.mark.parametrize(
    ("bound", "host", "allowed"),
    [
        ("127.0.0.1", "localhost:8600", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "[::1]:8600", True),
        ("127.0.0.1", "192.168.0.5:8600", False),
        ("192.168.0.5", "192.168.0.5:8600", True),
        ("0.0.0.0", "192.168.0.5:8600", True),
        ("::", "192.168.0.5:8600", True),
        ("0.0.0.0", "evil.example", False),
        ("city.example", "City.Example:8600", True),
    ],
)
def test_hosts_are_loopback_and_the_bound_address(bound: str, host: str, allowed: bool) -> None:
    """Bound to every address any address of the machine is ours, a foreign name never is."""
    assert HostRule(bound).allows(host) is allowed


def test_every_answer_carries_the_security_headers(client: TestClient) -> None:
    """The browser is the second wall: no inline or foreign script, no framing, no sniffing."""
    for path in ("/", "/api/about", "/nothing"):
        headers = client.get(path).headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
