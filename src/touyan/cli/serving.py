"""The brain beside its console: started in order, stopped in order."""

from __future__ import annotations

import os
import signal
import socket
import sys
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING

import typer

from touyan.core.errors import PortInUseError

from .exits import ExitCode
from .messages import tell, told
from .screen import progress, say, show, show_table

if TYPE_CHECKING:
    from touyan.runtime.brain import Brain
    from touyan.runtime.settings import ServerTable
    from touyan.runtime.view import BrainView, Update

_PORTS_TRIED = 100


@dataclass(frozen=True)
class Visit:
    """What the user wants to see, and for how long; `source` says where the data come from."""

    source: str
    twin: str | None
    minutes: float | None
    browser: bool
    language: str | None


def serve_city(brain: Brain, server: ServerTable, visit: Visit) -> None:
    """Run the brain with its console until somebody stops it or its time is up."""
    from touyan.server.serve import serve

    port = free_port(server.host, server.port)
    end = _End(brain, visit.minutes)
    progress(tell("said.loading"))
    with suppress(KeyboardInterrupt), _termination_as_interrupt(), _running(brain):
        serve(brain, server.host, port, lambda: _announce(brain, _address(server.host, port, visit), visit))
    _farewell(brain, end)


def free_port(host: str, port: int) -> int:
    """The port, or any free one for 0; raises PortInUseError with the next free one."""
    if port == 0 or _is_free(host, port):
        return port or _any_port(host)
    following = range(port + 1, min(port + _PORTS_TRIED, 65536))
    raise PortInUseError(host, port, next((free for free in following if _is_free(host, free)), _any_port(host)))


def _is_free(host: str, port: int) -> bool:
    with socket.socket(_family(host)) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _any_port(host: str) -> int:
    with socket.socket(_family(host)) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _address(host: str, port: int, visit: Visit) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}/" + (f"?lang={visit.language}" if visit.language else "")


def _announce(view: BrainView, url: str, visit: Visit) -> None:
    """Say where the console is, what it shows and that it is simulated."""
    about = view.about()
    show({"event": "started", "url": url, "city": about.city, "simulated": about.simulated, "source": visit.source})
    say(tell("said.address", url=url))
    say(tell("said.city", city=about.city))
    say(visit.source)
    say(tell("said.controller", controller=about.controller, twin=visit.twin or "-"))
    say(tell("said.stop"))
    if visit.browser and _has_desktop():
        webbrowser.open(url)


def _has_desktop() -> bool:
    return os.name == "nt" or sys.platform == "darwin" or any(os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY"))


@contextmanager
def _termination_as_interrupt() -> Iterator[None]:
    """SIGTERM stops as Ctrl+C does, so that both end in the same order."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _running(brain: Brain) -> Iterator[None]:
    brain.start()
    try:
        yield
    finally:
        brain.stop()
        brain.join()


class _End:
    """Watches the city's clock; `reached` holds the beat at which the time was up."""

    def __init__(self, brain: Brain, minutes: float | None) -> None:
        self._seconds = None if minutes is None else minutes * 60
        self._first: float | None = None
        self.reached: Update | None = None
        brain.subscribe(self._look)

    def _look(self, update: Update) -> None:
        self._first = update.at if self._first is None else self._first
        finished = update.state != "running"
        up = self._seconds is not None and update.at - self._first >= self._seconds
        if (finished or up) and self.reached is None and self._seconds is not None:
            self.reached = update
            # The server runs on the main thread and stops, as for Ctrl+C, on this signal alone.
            signal.raise_signal(signal.SIGINT)


def _farewell(brain: Brain, end: _End) -> None:
    """The last figures; exit code 0 when the time was up, 130 when somebody interrupted."""
    last = end.reached or brain.latest()
    figures = [] if last is None else list(last.figures)
    rows: Sequence[Sequence[object]] = [
        (told(figure.title), figure.city, "-" if figure.twin is None else figure.twin, figure.unit_code)
        for figure in figures
    ]
    show({"event": "stopped", "figures": {figure.name: [figure.city, figure.twin] for figure in figures}})
    if rows:
        show_table([tell(f"column.{name}") for name in ("figure", "value", "twin", "unit")], rows)
    say(tell("said.stopped"))
    if end.reached is None:
        raise typer.Exit(ExitCode.INTERRUPTED)
