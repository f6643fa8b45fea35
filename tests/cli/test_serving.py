"""`touyan demo` and `touyan run`: the brain beside its console, started and stopped in order."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import typer

from touyan.cli.exits import ExitCode
from touyan.cli.serving import Address, Visit, free_address, serve_city
from touyan.core.errors import InputError, PortInUseError, TouyanError
from touyan.runtime.broker import open_broker
from touyan.runtime.settings import ServerTable
from touyan.runtime.view import Update

from ..server.fake_city import FakeCity
from ..traffic.files import saved, small_flow, small_roadnet
from .calling import start

PATIENCE_S = 20
ANYWHERE = Address("127.0.0.1", 0)
EVER = Visit("made up", "own", None, browser=False, language=None)


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """A test run in the background may have been started deaf to SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class FakeBrain(FakeCity):
    """A city that lives on a thread until it is told to stop; it may fail at a beat."""

    def __init__(self, fails_at: int | None = None) -> None:
        super().__init__(vehicles=3)
        self._fails_at = fails_at
        self._stopped = threading.Event()
        self._ends_at = float("inf")
        self._thread = threading.Thread(target=self._run_beats)
        self.life: list[str] = []

    def start(self) -> None:
        """Begin to live."""
        self.life.append("started")
        self._thread.start()

    def stop(self) -> None:
        """Ask to end."""
        self._stopped.set()

    def stop_at(self, at: float) -> None:
        """End by itself at that city time."""
        self._ends_at = at

    def join(self) -> None:
        """Wait for the end."""
        if self._thread.is_alive():
            self._thread.join()
        self.life.append("joined")

    def _run_beats(self) -> None:
        while not self._stopped.is_set() and self.now < self._ends_at and self.state == "running":
            self.state = "failed" if self.beats == self._fails_at else "running"
            self.beat()


def serve_fake(monkeypatch: pytest.MonkeyPatch, brain: Any, visit: Visit, leave: Callable[[], None]) -> None:
    """Serve a city where the server only says that it is ready and waits for a signal."""

    def serve(view: Any, host: str, port: int, ready: Callable[[], None]) -> None:
        ready()
        leave()
        threading.Event().wait(PATIENCE_S)
        raise AssertionError("no signal came")

    monkeypatch.setattr("touyan.server.serve.serve", serve)
    serve_city(brain, open_broker(), ANYWHERE, visit)


def wait_for_a_signal() -> None:
    """Nobody interrupts; the brain has to."""


def interrupt() -> None:
    """As Ctrl+C."""
    signal.raise_signal(signal.SIGINT)


def terminate() -> None:
    """As a service manager asks."""
    signal.raise_signal(signal.SIGTERM)


@pytest.mark.parametrize("leave", [interrupt, terminate])
def test_an_interruption_stops_the_brain_and_leaves_with_130(
    monkeypatch: pytest.MonkeyPatch, leave: Callable[[], None]
) -> None:
    """Both signals must end in the same order: the server, then the brain, then the last figures."""
    brain = FakeBrain()
    with pytest.raises(typer.Exit) as left:
        serve_fake(monkeypatch, brain, EVER, leave)
    assert left.value.exit_code == ExitCode.INTERRUPTED
    assert brain.life == ["started", "joined"]


def test_when_the_time_is_up_the_command_ends_by_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A demonstration for ten minutes is done, and well done, after ten minutes."""
    brain = FakeBrain()
    serve_fake(monkeypatch, brain, Visit("made up", "own", 2.0, browser=False, language=None), wait_for_a_signal)
    assert brain.beats == 120
    out = capsys.readouterr().out.splitlines()
    assert out[0].endswith("http://127.0.0.1:0/")
    assert out[1].endswith("(simulated)")
    assert out[-1] == "stopped."


def test_a_brain_that_fails_ends_the_command_as_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A console over a dead brain would look like a quiet city."""
    brain = FakeBrain(fails_at=5)
    with pytest.raises(TouyanError, match="the brain failed"):
        serve_fake(monkeypatch, brain, EVER, wait_for_a_signal)
    assert brain.life == ["started", "joined"]


def test_the_last_figures_are_those_of_the_beat_that_ended_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of a later beat would differ from run to run."""
    brain, seen = FakeBrain(), list[Update]()
    brain.subscribe(seen.append)
    serve_fake(monkeypatch, brain, Visit("made up", None, 1.0, browser=False, language=None), wait_for_a_signal)
    assert seen[-1].at == brain.about().started_at + 60


def test_port_0_takes_a_free_one_and_a_taken_one_names_the_next() -> None:
    """Many people share a machine."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert free_address(ServerTable(port=0)).port not in (0, port)
        with pytest.raises(PortInUseError) as caught:
            free_address(ServerTable(port=port))
    assert caught.value.free != port


def test_an_address_of_another_machine_is_the_users_mistake() -> None:
    """The message must name the setting, not a system call."""
    with pytest.raises(InputError, match=r"at server: found 203\.0\.113\.7:8600"):
        free_address(ServerTable(host="203.0.113.7"))


@pytest.mark.parametrize(
    ("host", "language", "url"),
    [
        ("127.0.0.1", None, "http://127.0.0.1:8600/"),
        ("0.0.0.0", "zh", "http://127.0.0.1:8600/?lang=zh"),
        ("::", None, "http://[::1]:8600/"),
    ],
)
def test_the_address_told_is_one_to_type(host: str, language: str | None, url: str) -> None:
    """A listening address like 0.0.0.0 does not open in every browser."""
    assert Address(host, 8600).url(language) == url


def read_line(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """The next document that a command prints."""
    assert process.stdout
    told: dict[str, Any] = json.loads(process.stdout.readline() or "null")
    return told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_answers_and_stops_in_order(number: signal.Signals) -> None:
    """No network, no configuration: an address that answers, and the truth that it is simulated."""
    with start("demo", "--no-browser", "--port", "0", "--json") as process:
        started = read_line(process)
        with urlopen(started["url"], timeout=10) as page:
            assert page.status == 200
        process.send_signal(number)
        stopped = read_line(process)
        assert process.wait(timeout=30) == ExitCode.INTERRUPTED
    assert started["simulated"] is True
    assert stopped["event"] == "stopped"


def ended(*arguments: str) -> dict[str, Any]:
    """The last document of a command that ends by itself."""
    with start(*arguments, "--no-browser", "--port", "0", "--speed", "max", "--json") as process:
        out, err = process.communicate(timeout=120)
    assert process.returncode == ExitCode.OK, err
    document: dict[str, Any] = json.loads(out.splitlines()[-1])
    return document


def test_the_same_seed_ends_with_the_same_digits() -> None:
    """Two people must be able to check each other's figures digit by digit."""
    arguments = ("demo", "--minutes", "1", "--seed", "3")
    first, second, other = ended(*arguments), ended(*arguments), ended("demo", "--minutes", "1", "--seed", "4")
    assert first == second
    assert first["figures"] != other["figures"]


def test_a_folder_with_a_network_and_flows_is_a_city(tmp_path: Path) -> None:
    """The figures of the console and of `simulate` are the same for the same seconds."""
    city = tmp_path / "town"
    city.mkdir()
    files = [saved(city, "roadnet.json", small_roadnet()), saved(city, "flow_day.json", small_flow())]
    seen = ended("run", str(city), "--minutes", "2", "--flow", "flow_day", "--controller", "cycle:20")
    for place, signals in enumerate(("cycle:20", "own")):
        command = ["simulate", *map(str, files), "--seconds", "120", "--signals", signals, "--json"]
        with start(*command) as process:
            told = json.loads(process.communicate(timeout=60)[0])
        assert seen["figures"]["average_travel_time_s"][place] == told["average_travel_time_s"]
    assert len(list(city.iterdir())) == 2, "a run must not write into the user's folder"
