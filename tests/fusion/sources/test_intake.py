"""The way in: nothing that was confirmed is lost, whoever fails: the sender, the network or the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from touyan.core.errors import BusyError, SettingError
from touyan.fusion.sources.arrivals import Letter
from touyan.fusion.sources.backoff import Backoff
from touyan.fusion.sources.connector import ConnectionLostError, Connector, Take
from touyan.fusion.sources.dead_letters import DeadLetters
from touyan.fusion.sources.declared import DeclaredSource
from touyan.fusion.sources.files import FileSource
from touyan.fusion.sources.http import HttpPollSource, HttpPushSource
from touyan.fusion.sources.intake import Intake, replay
from touyan.fusion.sources.mapping import Mapping
from touyan.fusion.sources.mqtt import MqttSource

from ...loops import run
from .mosquitto import Mosquitto, publish
from .sinks import Shelf

MAPPING = msgspec.convert({"type": "Loop", "id": "{id}", "values": {"count": {"from": "count"}}}, Mapping)


def body(number: int) -> bytes:
    """A message about one loop."""
    return b'{"id": %d, "count": 1}' % number


def name(number: int) -> str:
    """The id that it gets."""
    return f"urn:ngsi-ld:Loop:{number}"


def source(connector: Connector) -> DeclaredSource:
    """A declared source around a connector."""
    return DeclaredSource("loops", connector, "json", MAPPING)


@pytest.fixture
def dead(tmp_path: Path) -> Iterator[DeadLetters]:
    """No dead letters yet."""
    made = DeadLetters(tmp_path)
    yield made
    made.close()


class Script(Connector):
    """Sends what it is told, and loses the connection after each part."""

    def __init__(self, parts: list[list[bytes]], **values: Any) -> None:
        super().__init__(first_wait_s=0.0, longest_wait_s=0.0, **values)
        self._parts = parts
        self.sent = 0

    async def letters(self, take: Take) -> None:
        """One part, then the end of the connection."""
        while self._parts:
            for each in self._parts.pop(0):
                self.sent += 1
                await take(Letter(each, 0.0))
            if self._parts:
                raise ConnectionLostError("the line broke")


def test_a_lost_connection_is_made_again_and_told(dead: DeadLetters) -> None:
    """The street's lines break every day; nobody should have to restart anything."""

    async def steps() -> None:
        shelf = Shelf()
        intake = Intake(source(Script([[body(1)], [body(2)], [body(3)]])), shelf, dead)
        await intake.run()
        assert shelf.ids == [name(1), name(2), name(3)]
        assert (intake.tally.attempts, intake.tally.trouble) == (3, "the line broke")

    run(steps())


def test_values_come_in_with_their_quality_and_the_source_has_a_score(dead: DeadLetters) -> None:
    """An implausible number stays on record, but never reaches the state."""

    async def steps() -> None:
        shelf = Shelf()
        mapping = msgspec.convert(
            {"type": "Loop", "id": "{id}", "values": {"count": {"from": "count", "most": 100}}}, Mapping
        )
        letters = [b'[{"id": 1, "count": 5}, {"id": 2, "count": 5000}]']
        intake = Intake(source(Script([letters]))._replace(mapping=mapping), shelf, dead)
        await intake.run()
        (arrival,) = shelf.understood[0].arrivals
        assert [entity["count"]["quality"]["value"] for entity in arrival.entities()][1].startswith("implausible")
        assert arrival.usable().values["count"][0] == 5.0
        assert arrival.usable().values["count"][1] != 5000.0
        assert intake.card.as_dict()["implausible"] == 1

    run(steps())


def test_a_full_disk_holds_letters_back_until_there_is_room(dead: DeadLetters) -> None:
    """A letter must not be confirmed to its sender while it is in memory only."""

    async def steps() -> None:
        shelf = Shelf()
        shelf.refusals = 2
        intake = Intake(source(Script([[body(1), body(2)]])), shelf, dead)
        intake._full = Backoff(0.0, 0.0)
        await intake.run()
        assert shelf.ids == [name(1), name(2)]
        assert "disk is full" in intake.tally.trouble
        assert intake.tally.letters == 2

    run(steps())


def test_a_slow_store_holds_the_source_back(dead: DeadLetters) -> None:
    """Memory must not grow with what waits: the sender has to feel it."""

    async def steps() -> None:
        shelf = Shelf()
        shelf.open.clear()
        connector = Script([[body(number) for number in range(50)]], buffer=3)
        task = asyncio.create_task(Intake(source(connector), shelf, dead).run())
        for _ in range(200):
            await asyncio.sleep(0)
        assert connector.sent == 1
        shelf.open.set()
        await task
        assert shelf.ids == [name(number) for number in range(50)]

    run(steps())


def test_somebody_who_pushes_too_much_is_told_so(dead: DeadLetters) -> None:
    """A pusher cannot be held back, only be asked to come again."""

    async def steps() -> None:
        shelf = Shelf()
        shelf.open.clear()
        intake = Intake(source(HttpPushSource(buffer=2)), shelf, dead)
        running = asyncio.create_task(intake.run())
        pushes = []
        for number in range(5):
            pushes.append(asyncio.create_task(intake.push(Letter(body(number), 0.0))))
            await asyncio.sleep(0.001)
        shelf.open.set()
        outcomes = await asyncio.gather(*pushes, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [type(None)] * 3 + [BusyError] * 2
        assert shelf.ids == [name(0), name(1), name(2)]
        running.cancel()

    run(steps())


def test_what_cannot_be_understood_is_kept_and_can_be_tried_again(dead: DeadLetters) -> None:
    """A wrong mapping is put right days later, and the letters are still there."""

    async def steps() -> None:
        shelf = Shelf()
        letters = [b"{", body(1), b'[{"id": 2}, {"count": 3}]']
        intake = Intake(source(Script([letters])), shelf, dead)
        await intake.run()
        assert shelf.ids == [name(1), name(2)]
        assert (intake.tally.dead, intake.tally.refused) == (1, 1)
        first, second = dead.of("loops")
        assert "no JSON" in first.reason
        assert second.letter.body == letters[2]
        assert "'id', which is missing" in second.reason
        corrected = source(Script([]))._replace(mapping=msgspec.structs.replace(MAPPING, id="{count}"))
        assert await replay(corrected, shelf, dead) == (0, 2)
        text = msgspec.structs.replace(MAPPING, id="all")
        assert await replay(corrected._replace(mapping=text), shelf, dead) == (1, 1)
        assert [letter.number for letter in dead.of()] == [first.number]

    run(steps())


def test_dead_letters_outlive_the_process_and_have_a_limit(tmp_path: Path) -> None:
    """They are evidence, but a broken device may send a million of them."""
    dead = DeadLetters(tmp_path, most=3)
    for number in range(5):
        dead.keep("loops", Letter(body(number), float(number), "topic"), "because")
    dead.close()
    again = DeadLetters(tmp_path)
    assert [letter.letter for letter in again.of("loops")] == [Letter(body(n), float(n), "topic") for n in (2, 3, 4)]
    assert (again.count("loops"), again.count("others"), again.count()) == (3, 0, 3)
    again.close()


@given(first=st.floats(0.1, 5), most=st.floats(1, 100), attempts=st.integers(0, 2000))
def test_waits_grow_to_a_limit_and_begin_anew_after_success(first: float, most: float, attempts: int) -> None:
    """A server that comes back must not be met by everybody at once, nor be forgotten."""
    backoff = Backoff(first, most)
    waits = [backoff.next_s() for _ in range(min(attempts, 40))]
    backoff.attempts += attempts
    assert all(0.5 * min(most, first * 2**n) <= wait <= min(most, first * 2**n) for n, wait in enumerate(waits))
    assert backoff.next_s() <= most
    backoff.succeeded()
    assert backoff.next_s() <= min(first, most)


# ------------------------------------------------------------ files


def test_files_are_read_once_and_again_when_they_change(tmp_path: Path, dead: DeadLetters) -> None:
    """A folder that others drop files into is the commonest interface of all."""
    (tmp_path / "a.json").write_bytes(body(1))
    connector = FileSource(pattern=str(tmp_path / "*.json"), every_s=0.01)

    async def steps() -> None:
        shelf = Shelf()
        task = asyncio.create_task(Intake(source(connector), shelf, dead).run())
        await shelf.holds(1)
        (tmp_path / "b.json").write_bytes(body(2))
        await shelf.holds(2)
        (tmp_path / "a.json").write_bytes(body(1000))
        await shelf.holds(3)
        task.cancel()
        assert shelf.ids == [name(1), name(2), name(1000)]

    run(steps())


def test_a_single_look_ends_by_itself(tmp_path: Path, dead: DeadLetters) -> None:
    """An import of old files is not a service."""
    (tmp_path / "a.json").write_bytes(body(1))

    async def steps() -> None:
        shelf = Shelf()
        await Intake(source(FileSource(pattern=str(tmp_path / "*.json"), every_s=0.0)), shelf, dead).run()
        assert shelf.ids == [name(1)]

    run(steps())


# ------------------------------------------------------------ HTTP


def test_a_polled_document_is_taken_when_it_changes_and_failures_are_waited_out(dead: DeadLetters) -> None:
    """A server that is down for a while, or has nothing new, costs nothing but patience."""

    async def steps() -> None:
        asked: list[str | None] = []

        async def answer(request: web.Request) -> web.Response:
            asked.append(request.headers.get("If-None-Match"))
            if len(asked) == 2:
                return web.Response(status=500)
            number = 1 if len(asked) < 5 else 2
            if request.headers.get("If-None-Match") == f'"{number}"':
                return web.Response(status=304)
            return web.Response(body=body(number), headers={"ETag": f'"{number}"'})

        app = web.Application()
        app.router.add_get("/loops", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        connector = HttpPollSource(
            address=f"http://127.0.0.1:{port}/loops", every_s=0.1, first_wait_s=0.0, longest_wait_s=0.0
        )
        shelf = Shelf()
        intake = Intake(source(connector), shelf, dead)
        task = asyncio.create_task(intake.run())
        await shelf.holds(2)
        task.cancel()
        await runner.cleanup()
        assert shelf.ids == [name(1), name(1), name(2)]
        assert asked[:5] == [None, '"1"', None, '"1"', '"1"']
        assert "status 500" in intake.tally.trouble

    run(steps())


def test_an_address_of_another_kind_is_refused(dead: DeadLetters) -> None:
    """A file path in the place of an address is a mistake to be told at once."""
    with pytest.raises(SettingError, match="http://"):
        run(Intake(source(HttpPollSource(address="file:///etc/passwd")), Shelf(), dead).run())
    with pytest.raises(SettingError, match="mqtt://"):
        run(Intake(source(MqttSource(topics="a", address="localhost")), Shelf(), dead).run())


# ------------------------------------------------------------ MQTT


def test_messages_come_from_a_real_broker(tmp_path: Path, dead: DeadLetters) -> None:
    """Mosquitto is what most cities run."""
    broker = Mosquitto(tmp_path)

    async def steps() -> None:
        await broker.start()
        shelf = Shelf()
        task = asyncio.create_task(
            Intake(source(MqttSource(address=broker.address, topics="loops/+")), shelf, dead).run()
        )
        await subscribed(broker, shelf)
        await publish(broker.port, "loops/a", [body(number) for number in range(100)])
        await shelf.holds(101)
        task.cancel()
        assert [each for each in shelf.ids if each != name(999)] == [name(number) for number in range(100)]

    try:
        run(steps())
    finally:
        broker.stop()


def test_what_came_while_nobody_listened_or_nothing_could_be_stored_is_not_lost(
    tmp_path: Path, dead: DeadLetters
) -> None:
    """Confirmation comes after storage, so the broker sends again what a crash or a full disk left open."""
    broker = Mosquitto(tmp_path)
    connector = MqttSource(address=broker.address, topics="loops/#", buffer=10, first_wait_s=0.05, longest_wait_s=0.1)

    async def steps() -> None:
        await broker.start()
        shelf = Shelf()
        first = asyncio.create_task(Intake(source(connector), shelf, dead).run())
        await subscribed(broker, shelf)
        shelf.open.clear()  # nothing is stored from here on
        await publish(broker.port, "loops/a", [body(number) for number in range(30)])
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await publish(broker.port, "loops/a", [body(number) for number in range(30, 60)])
        shelf.open.set()
        second = asyncio.create_task(Intake(source(connector), shelf, dead).run())
        await shelf.holds(40)
        broker.stop()
        await broker.start()
        await publish(broker.port, "loops/a", [body(number) for number in range(60, 70)])
        await shelf.holds(71)
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)

    try:
        run(steps())
    finally:
        broker.stop()


async def subscribed(broker: Mosquitto, shelf: Shelf) -> None:
    """Send a first message until it comes through: then the subscription stands."""
    while not shelf.ids:
        await publish(broker.port, "loops/first", [body(999)])
        await asyncio.sleep(0.02)
