"""The brain beside its console: started in order, stopped in order."""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, NamedTuple

import typer

from touyan.core.errors import InputError, TouyanError
from touyan.core.units import unit

from .exits import ExitCode
from .messages import tell, told
from .screen import progress, say, show, show_table

if TYPE_CHECKING:
    from touyan.runtime.brain import Brain
    from touyan.runtime.broker import BrokerHost
    from touyan.runtime.settings import ServerTable
    from touyan.runtime.view import BrainView, Figure, Update


@dataclass(frozen=True)
class Visit:
    """What the user wants to see, and for how long; `source` says where the data come from."""

    source: str
    twin: str | None
    minutes: float | None
    browser: bool
    language: str | None


def serve_city(brain: Brain, broker: BrokerHost, address: Address, visit: Visit) -> None:
    """Run the brain with its console and broker until somebody stops it or its time is up."""
    from touyan.server.app import create_app
    from touyan.server.serve import serve

    end = _End(brain, visit.minutes)
    progress(tell("said.loading"))

    def open_city() -> None:
        # The console answers before the city's first beat, so that nothing is missed and nobody waits for it.
        _announce(brain, address.url(visit.language), visit)
        brain.start()

    with suppress(KeyboardInterrupt), termination_as_interrupt(), _stopping(brain):
        serve(create_app(brain, address.host, broker), address.host, address.port, open_city)
    _farewell(brain, end)


class Address(NamedTuple):
    """Where the console listens."""

    host: str
    port: int

    def url(self, language: str | None) -> str:
        """What to type into a browser on this machine."""
        shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        shown = f"[{shown}]" if ":" in shown else shown
        return f"http://{shown}:{self.port}/" + (f"?lang={language}" if language else "")


def free_address(server: ServerTable) -> Address:
    """The address of the settings, a free port for 0.

    Raises PortInUseError with the next free port, InputError for an address that is not of this machine.
    """
    from touyan.server.serve import bind

    try:
        with bind(server.host, server.port) as listener:
            return Address(server.host, int(listener.getsockname()[1]))
    except OSError as error:
        place = f"{server.host}:{server.port} ({error.strerror})"
        raise InputError(
            "settings", "server", place, "an address of this machine and a port that you may use"
        ) from None


def _announce(view: BrainView, url: str, visit: Visit) -> None:
    """Say where the console is, what it shows and that it is simulated."""
    about = view.about()
    show({"event": "started", "url": url, "city": about.city.en, "simulated": about.simulated, "source": visit.source})
    say(tell("said.address", url=url))
    say(tell("said.city", city=told(about.city)))
    say(tell("said.source", source=visit.source))
    say(tell("said.controller", controller=about.controller, twin=visit.twin or "-"))
    say(tell("said.stop"))
    if visit.browser and _has_desktop():
        webbrowser.open(url)


def _has_desktop() -> bool:
    return os.name == "nt" or sys.platform == "darwin" or any(os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY"))


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """SIGTERM stops as Ctrl+C does, so that both end in the same order."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _stopping(brain: Brain) -> Iterator[None]:
    try:
        yield
    finally:
        brain.stop()
        brain.join()


class _End:
    """Watches the city's clock; `reached` is the beat at which the time was up or the brain failed."""

    def __init__(self, brain: Brain, minutes: float | None) -> None:
        self._at = math.inf if minutes is None else brain.about().started_at + minutes * 60
        self.reached: Update | None = None
        if minutes is not None:
            brain.stop_at(self._at)
        brain.subscribe(self._look)

    def _look(self, update: Update) -> None:
        if self.reached is None and (update.at >= self._at or update.state == "failed"):
            self.reached = update
            _interrupt_main_thread()


def _interrupt_main_thread() -> None:
    """The server runs there and stops, as for Ctrl+C, on this signal alone."""
    main = threading.main_thread().ident
    if sys.platform != "win32" and main is not None:
        signal.pthread_kill(main, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)


def _farewell(brain: Brain, end: _End) -> None:
    """The last figures; exit code 0 when the time was up, 130 when somebody interrupted."""
    last = end.reached or brain.latest()
    figures = [] if last is None else list(last.figures)
    show({"event": "stopped", "figures": {figure.name: [figure.city, figure.twin] for figure in figures}})
    if figures:
        columns = [tell(f"column.{name}") for name in ("figure", "city", "twin", "unit")]
        show_table(columns, [_row(figure) for figure in figures])
    say(tell("said.stopped"))
    if end.reached is None:
        raise typer.Exit(ExitCode.INTERRUPTED)
    if end.reached.state == "failed":
        raise TouyanError(tell("said.failed"), tell("hint.unexpected"))


def _row(figure: Figure) -> tuple[object, ...]:
    return told(figure.title), figure.city, "-" if figure.twin is None else figure.twin, unit(figure.unit_code).symbol
