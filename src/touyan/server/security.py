"""Who may talk to the server: the host guard and the origin guard; every answer gets the security headers.

Touyan has no login yet and listens on this machine, so the dangers are other web pages in the same browser: one that
posts here (refused by its Origin) and one whose name was pointed at this machine (DNS rebinding, refused by its Host).
Programs that are not browsers send no Origin and pass.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .headers import HEADERS
from .problems import problem

_READING = {"GET", "HEAD", "OPTIONS"}


class HostRule:
    """Which Host headers are ours: loopback and the address that we listen on."""

    def __init__(self, bound: str = "127.0.0.1") -> None:
        address = _address(bound)
        # Bound to every address of the machine, any address is ours; a rebound name still is not.
        self._any_address = address is not None and address.is_unspecified
        self._names = {"localhost", bound.lower()} | ({socket.gethostname().lower()} if self._any_address else set())

    def allows(self, host_header: str) -> bool:
        """Whether a Host header (with or without a port) names this server."""
        name = _host_name(host_header)
        address = _address(name)
        return name in self._names or (address is not None and (self._any_address or address.is_loopback))


class Guard:
    """ASGI middleware: refuses foreign hosts and origins, adds the security headers."""

    def __init__(self, app: ASGIApp, hosts: HostRule) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with a problem."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        objection = self._objection(scope)
        if objection is None:
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": objection[1]})
        else:
            await problem(*objection)(scope, receive, _with_headers(send))

    def _objection(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._hosts.allows(host):
            return 421, f"this server is not called {host!r}; use the address that it printed"
        origin = headers.get("origin")
        writes = scope["type"] == "websocket" or scope["method"] not in _READING
        if writes and origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return 403, f"a page of {origin} may not act here"
        return None


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return send_with_headers


def _host_name(host_header: str) -> str:
    try:
        return urlsplit(f"//{host_header}").hostname or ""
    except ValueError:
        return ""


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
