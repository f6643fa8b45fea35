"""`touyan source`: a mapping is tried before it runs, and what it missed is not lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from touyan.cli.exits import ExitCode
from touyan.fusion.sources.arrivals import Letter
from touyan.fusion.sources.dead_letters import DeadLetters

from .calling import Shell

LOOPS = """
[source]
kind = "files"
format = "json"
pattern = "incoming/*.json"

[mapping]
type = "TrafficFlowObserved"
id = "{id}"
values.intensity = { from = "count", unit = "E58" }
texts.road = "road"
"""


@pytest.fixture
def loops(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A declaration and one message for it."""
    (empty_folder / "loops.toml").write_text(LOOPS, encoding="utf-8")
    (empty_folder / "one.json").write_text(
        '[{"id": 1, "count": 720, "road": "文一路"}, {"count": 5}]', encoding="utf-8"
    )
    monkeypatch.setenv("TOUYAN_STORE__FOLDER", str(empty_folder / "kept"))
    return empty_folder


def test_a_sample_shows_what_the_mapping_makes_of_it(touyan: Shell, loops: Path) -> None:
    """Field by field, with units, and what was left out and why."""
    told = touyan("source", "test", "loops.toml", "--sample", "one.json", "--json").document
    urn = "urn:ngsi-ld:TrafficFlowObserved:1"
    values = [(reading["entity"], reading["attribute"], reading["value"]) for reading in told["readings"]]
    assert values == [(urn, "intensity", 720.0), (urn, "road", "文一路")]
    assert told["refused"] == [{"record": 1, "reason": "the id needs 'id', which is missing"}]
    assert told["entities"][0]["intensity"]["unitCode"] == "E58"
    shown = touyan("source", "test", "loops.toml", "--sample", "one.json").out
    assert "2 readings, 1 records left out" in shown
    assert "文一路" in shown


def test_without_a_sample_the_source_itself_is_asked(touyan: Shell, loops: Path) -> None:
    """The first message that comes is shown, and nothing is taken away by it."""
    (loops / "incoming").mkdir()
    (loops / "one.json").rename(loops / "incoming" / "one.json")
    assert len(touyan("source", "test", "loops.toml", "--json").document["readings"]) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["loops.toml", "--wait", "0.2"], ExitCode.FAILURE, "nothing came within 0.2 s"),
        (["none.toml"], ExitCode.INVALID_INPUT, "nothing to read"),
        (["loops.toml", "--sample", "none.json"], ExitCode.INVALID_INPUT, "nothing to read"),
        (["loops.toml", "--sample", "loops.toml"], ExitCode.INVALID_INPUT, "no JSON"),
    ],
)
def test_what_hinders_a_trial_is_named(
    touyan: Shell, loops: Path, arguments: list[str], code: ExitCode, message: str
) -> None:
    """The author of a mapping learns whether the file, the message or the line is at fault."""
    outcome = touyan("source", "test", *arguments)
    assert outcome.code == code
    assert message in outcome.err


@pytest.fixture
def broker() -> Iterator[tuple[str, list[Any]]]:
    """A server that takes entities, and what it was given."""
    taken: list[Any] = []
    loop = asyncio.new_event_loop()

    async def upsert(request: web.Request) -> web.Response:
        taken.extend(await request.json())
        return web.Response(status=201)

    async def start() -> tuple[web.AppRunner, int]:
        app = web.Application()
        app.router.add_post("/ngsi-ld/v1/entityOperations/upsert", upsert)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner, runner.addresses[0][1]

    runner, port = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield f"http://127.0.0.1:{port}", taken
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.run_until_complete(runner.cleanup())
    loop.close()


def test_dead_letters_are_read_and_sent_again(touyan: Shell, loops: Path, broker: tuple[str, list[Any]]) -> None:
    """After the mapping was put right, what came meanwhile still reaches the city's state."""
    address, taken = broker
    dead = DeadLetters(loops / "kept" / "sources")
    dead.keep("loops", Letter(b'{"id": 9, "count": 3}', 0.0, "topic"), "the id needs 'station', which is missing")
    dead.keep("loops", Letter(b"{", 0.0, "topic"), "no JSON")
    dead.close()
    letters = touyan("source", "letters", "loops.toml", "--json").document["letters"]
    assert [letter["reason"] for letter in letters] == ["the id needs 'station', which is missing", "no JSON"]
    refused = touyan("source", "replay", "loops.toml", "--to", "http://127.0.0.1:9")
    assert refused.code == ExitCode.FAILURE
    assert "its letters are kept" in refused.err
    told = touyan("source", "replay", "loops.toml", "--to", address, "--json").document
    assert (told["replayed"], told["left"]) == (1, 1)
    assert [entity["id"] for entity in taken] == ["urn:ngsi-ld:TrafficFlowObserved:9"]
    assert "no JSON" in touyan("source", "letters", "loops.toml").out
