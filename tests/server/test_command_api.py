"""Commands over HTTP: proposed by a living brain, decided by people, done by the street; all of it on record."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from touyan.cli.main import run_command
from touyan.packs.traffic.worlds import Grid
from touyan.runtime.brain import Brain
from touyan.runtime.packs import load_packs
from touyan.runtime.settings import read_settings
from touyan.runtime.store import Store
from touyan.runtime.view import Update

from .running import running_server

WITHIN_S = 60.0
SPEED = 20.0


class Living:
    """A brain in the mode confirm behind a server; it lives while the test looks on."""

    def __init__(self, folder: Path, address: str, brain: Brain) -> None:
        self.folder, self.address, self.brain = folder, address, brain
        self._beat = threading.Condition()
        brain.subscribe(self._noted)

    def _noted(self, update: Update) -> None:
        with self._beat:
            self._beat.notify_all()

    def call(self, path: str, body: object = None) -> Any:
        """The answer of the API to a question or, with a body, to a post."""
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.address + path, data, {"Content-Type": "application/json"})) as answer:
            return json.loads(answer.read())

    def until(self, found: Callable[[], Any]) -> Any:
        """What is found, as soon as it is."""
        with self._beat:
            assert self._beat.wait_for(lambda: bool(found()), WITHIN_S)
        return found()

    def waiting(self) -> list[dict[str, Any]]:
        """The commands that wait for a person."""
        commands: list[dict[str, Any]] = self.call("/api/commands?state=guarded")
        return commands

    def ended(self, identifier: str, state: str) -> list[dict[str, Any]]:
        """The record of a command once it is in that state."""
        self.until(lambda: self.call(f"/api/commands/{identifier}")["state"] == state)
        record: list[dict[str, Any]] = self.call(f"/api/commands/{identifier}")["record"]
        return record


@pytest.fixture
def living(tmp_path: Path) -> Iterator[Living]:
    """Two crossings under max-pressure; a command waits 25 city seconds for a person."""
    options = {
        "brain.speed": SPEED,
        "brain.mode": "confirm",
        "authority.waits_s": 25.0,
        "authority.set_by": "duty officer",
        "authority.apart": False,
    }
    settings = read_settings(environment={}, options=options)
    brain = Brain(settings, load_packs(settings), Grid(rows=1, columns=2), "max-pressure:30", None, tmp_path)
    with running_server(brain) as address:
        made = Living(tmp_path, address, brain)
        brain.start()
        try:
            yield made
        finally:
            brain.stop()
            brain.join()


def states(record: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What happened, and who did it."""
    return [(step["state"], step["by"]) for step in record]


def test_a_proposal_is_approved_over_http_applied_and_verified(living: Living) -> None:
    """The whole way of a command, with the person's name and note; the store has the same record."""
    command = living.until(living.waiting)[0]
    assert command["reason"]["zh"]
    assert living.call("/api/authority")["mode"] == "confirm"
    answer = living.call(f"/api/commands/{command['identifier']}/approve", {"by": "Li Na", "note": "go"})
    assert answer["state"] in ("approved", "applied")
    record = living.ended(command["identifier"], "verified")
    assert states(record) == [
        ("proposed", "max-pressure"),
        ("guarded", "guard"),
        ("approved", "Li Na"),
        ("applied", "plant"),
        ("verified", "sensors"),
    ]
    assert record[2]["note"] == "go"
    kept = {each.identifier: each for each in Store.open(living.folder).commands(1)}[command["identifier"]]
    assert [(step.state.value, step.by) for step in kept.record] == states(record)


def test_a_proposal_is_refused_over_http_and_the_second_person_learns_by_whom(living: Living) -> None:
    """Refused is refused: 409 for whoever comes later, and nothing reaches the street."""
    command = living.until(living.waiting)[0]
    path = f"/api/commands/{command['identifier']}"
    assert living.call(f"{path}/refuse", {"by": "Wang Wei", "note": "school is out"})["state"] == "refused"
    with pytest.raises(HTTPError) as refusal:
        living.call(f"{path}/approve", {"by": "Li Na"})
    assert refusal.value.code == 409
    problem = json.loads(refusal.value.read())
    assert (problem["state"], problem["who"]) == ("refused", "Wang Wei")
    assert states(living.call(path)["record"])[-1] == ("refused", "Wang Wei")


def test_a_proposal_that_nobody_answers_expires(living: Living) -> None:
    """An old decision must not be carried out later; the record says that nobody came."""
    command = living.until(living.waiting)[0]
    record = living.ended(command["identifier"], "expired")
    assert record[-1]["note"] == "nobody approved in time"
    with pytest.raises(HTTPError, match="409"):
        living.call(f"/api/commands/{command['identifier']}/approve", {"by": "Li Na"})


def test_the_mode_is_set_over_http_and_stands_on_every_screen(living: Living) -> None:
    """Automatic from now on: the next command carries the name of who said so."""
    assert living.call("/api/authority", {"mode": "automatic", "by": "Li Na"})["set_by"] == "Li Na"
    assert living.call("/api/about")["mode"] == "automatic"
    verified = living.until(lambda: living.call("/api/commands?state=verified"))[0]
    assert ("approved", "automatic mode, set by Li Na") in states(verified["record"])
    with pytest.raises(HTTPError, match="422"):
        living.call("/api/authority", {"mode": "wild", "by": "Li Na"})


def test_the_command_line_does_the_same(living: Living, capsys: pytest.CaptureFixture[str]) -> None:
    """List, show, approve and mode go over the same API."""
    command = living.until(living.waiting)[0]["identifier"]
    there = ["--url", living.address, "--json"]
    assert run_command(["commands", "approve", command, "--by", "Li Na", *there]) == 0
    assert json.loads(capsys.readouterr().out)["command"]["record"][2]["by"] == "Li Na"
    assert run_command(["commands", "list", *there]) == 0
    assert command in {each["identifier"] for each in json.loads(capsys.readouterr().out)["commands"]}
    assert run_command(["commands", "show", command, "--url", living.address]) == 0
    assert "approved (Li Na)" in capsys.readouterr().out
    assert run_command(["commands", "mode", "advise", "--by", "Li Na", *there]) == 0
    assert json.loads(capsys.readouterr().out)["authority"]["mode"] == "advise"
    assert run_command(["commands", "refuse", command, "--by", "Li Na", *there]) != 0
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "stale-action"


def test_bad_requests_are_refused_in_words(living: Living) -> None:
    """No name, no such command, a number of commands that is none."""
    with pytest.raises(HTTPError, match="404"):
        living.call("/api/commands/command-999")
    with pytest.raises(HTTPError, match="422"):
        living.call("/api/commands/command-1/approve", {"by": " "})
    with pytest.raises(HTTPError, match="422"):
        living.call("/api/commands?most=many")
