"""The server as a process: the port, the start, the orderly stop."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from touyan.core.errors import PortInUseError

_PORTS_TRIED = 100
_LARGEST_CLIENT_MESSAGE = 4_096

# uvicorn waits for open sockets without end otherwise, so that Ctrl+C with an open tab would hang.
_SHUTDOWN_S = 2


def serve(app: ASGIApp, host: str, port: int, ready: Callable[[], None] | None = None) -> None:
    """Serve until a signal comes; `ready` is called once requests are answered.

    Port 0 takes any free one. Raises PortInUseError with the next free port, and KeyboardInterrupt after an orderly
    stop by SIGINT; SIGTERM then does what it did before.
    """
    listener = bind(host, port)
    with listener:
        make_server(app, ready or _nothing).run(sockets=[listener])


def make_server(app: ASGIApp, ready: Callable[[], None]) -> uvicorn.Server:
    """A uvicorn server with the settings that the console and the broker need."""
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        # Deflate triples the latency of large frames; positions hardly compress.
        ws_per_message_deflate=False,
        ws_max_size=_LARGEST_CLIENT_MESSAGE,
        timeout_graceful_shutdown=_SHUTDOWN_S,
    )
    return _Server(config, ready)


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to the address; raises PortInUseError with the next free port."""
    try:
        return _bound(host, port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
    raise PortInUseError(host, port, next_free_port(host, port))


def next_free_port(host: str, port: int) -> int:
    """The first free port after one that is taken; any free one when a hundred are taken."""
    for candidate in range(port + 1, min(port + _PORTS_TRIED, 65_536)):
        try:
            _bound(host, candidate).close()
        except OSError:
            continue
        return candidate
    with _bound(host, 0) as probe:
        return int(probe.getsockname()[1])


class _Server(uvicorn.Server):
    """Tells when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sends small answers at once; without, each waits 40 ms for the client's ACK.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made


def _nothing() -> None:
    """Nobody waits for the start."""
