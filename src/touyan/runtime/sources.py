"""Sources at work for a brain or a trial: what a declaration makes of what comes in."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp

from touyan.core.errors import InputError, NotFoundError, TouyanError
from touyan.core.time import to_iso
from touyan.fusion.sources.arrivals import Arrival, Letter
from touyan.fusion.sources.connector import ConnectionLostError
from touyan.fusion.sources.dead_letters import DeadLetters
from touyan.fusion.sources.declared import DeclaredSource, read_declaration
from touyan.fusion.sources.http import HttpPushSource
from touyan.fusion.sources.intake import Intake, replay
from touyan.fusion.sources.mapping import Understood

from .broker import BrokerHost

_logger = logging.getLogger(__name__)


class SourceTrial(NamedTuple):
    """What one letter of a source says, as its declaration reads it."""

    place: str
    size: int
    readings: list[dict[str, Any]]
    refused: list[dict[str, Any]]
    entities: list[dict[str, Any]]


def try_source(declaration: Path, sample: Path | None, seconds: float) -> SourceTrial:
    """Read a declaration and one letter: a sample, or the first to come; raises InputError, TouyanError."""
    source = read_declaration(declaration)
    letter = _sample(sample) if sample else asyncio.run(_first_letter(source, seconds))
    try:
        told = source.read(letter)
    except ValueError as error:
        raise InputError(
            letter.place or source.name, "", str(error), f"a message in the format {source.format}"
        ) from None
    return SourceTrial(
        letter.place,
        len(letter.body),
        [reading for arrival in told.arrivals for reading in _readings(arrival)],
        [{"record": refused.record, "reason": refused.reason} for refused in told.refused],
        _entities(told),
    )


async def _first_letter(source: DeclaredSource, seconds: float) -> Letter:
    """The first letter that comes within a time."""
    came: asyncio.Future[Letter] = asyncio.get_running_loop().create_future()

    async def take(letter: Letter) -> None:
        if not came.done():
            came.set_result(letter)
        await asyncio.Event().wait()  # never confirmed, so that the trial takes nothing away

    listening = asyncio.create_task(source.connector.letters(take))
    waited: set[asyncio.Future[Any]] = {came, listening}
    await asyncio.wait(waited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    listening.cancel()
    (outcome,) = await asyncio.gather(listening, return_exceptions=True)
    if came.done():
        return came.result()
    if isinstance(outcome, TouyanError):
        raise outcome
    reason = str(outcome) if isinstance(outcome, ConnectionLostError) else f"nothing came within {seconds:g} s"
    raise TouyanError(f"source {source.name}: {reason}", "check the address, wait longer, or give a file with --sample")


def _sample(path: Path) -> Letter:
    try:
        return Letter(path.read_bytes(), time.time(), str(path))
    except OSError as error:
        raise InputError(str(path), "", f"nothing to read ({error.strerror})", "a file with one message") from None


def _readings(arrival: Arrival) -> Iterator[dict[str, Any]]:
    for row, identifier in enumerate(arrival.ids):
        told = {"entity": identifier, "observed_at": to_iso(float(arrival.observed_at[row]))}
        for name, column in arrival.values.items():
            yield {**told, "attribute": name, "value": float(column[row]), "unit_code": arrival.units.get(name, "")}
        for name, texts in arrival.texts.items():
            yield {**told, "attribute": name, "value": texts[row], "unit_code": ""}


def _entities(told: Understood) -> list[dict[str, Any]]:
    return told.entities or [entity for arrival in told.arrivals for entity in arrival.entities()]


class SourceHall:
    """All declared sources of a folder at work, each reading goes to the broker's store."""

    def __init__(self, folder: Path, kept: Path, broker: BrokerHost) -> None:
        declared = [read_declaration(path) for path in sorted(folder.glob("*.toml"))]
        self._dead, self._broker = DeadLetters(kept), broker
        self._intakes = {source.name: Intake(source, self._store, self._dead) for source in declared}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Receive while the block runs."""
        tasks = [asyncio.create_task(self._receive(intake)) for intake in self._intakes.values()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._dead.close()

    async def push(self, name: str, body: bytes, place: str) -> None:
        """Take a letter that somebody sent; stored when it returns; raises NotFoundError, BusyError."""
        pushed = [name for name, each in self._intakes.items() if isinstance(each.declared.connector, HttpPushSource)]
        if name not in pushed:
            raise NotFoundError("source to push to", name, pushed)
        await self._intakes[name].push(Letter(body, time.time(), place))

    def largest(self, name: str) -> int:
        """How many bytes a letter of a source may have; 0 for an unknown source."""
        return self._intakes[name].declared.connector.largest_bytes if name in self._intakes else 0

    def cards(self) -> list[dict[str, Any]]:
        """How each source fares: connection, letters, and the score card of its values."""
        return [
            {**vars(intake.tally), **intake.card.as_dict(), "dead_letters": self._dead.count(name)}
            for name, intake in self._intakes.items()
        ]

    async def _store(self, understood: Sequence[Understood]) -> None:
        """One commit for all; several messages about one entity stay in their order."""
        entities = [entity for told in understood for entity in _entities(told)]
        if entities:
            await self._broker.upsert(entities)

    @staticmethod
    async def _receive(intake: Intake) -> None:
        """A source that is declared wrongly stops alone, and says so."""
        try:
            await intake.run()
        except TouyanError as error:
            intake.tally.trouble = error.message
            _logger.error("source %s: %s", intake.declared.name, error.message)


def dead_letters_of(declaration: Path, folder: Path, most: int) -> list[dict[str, Any]]:
    """Letters of a source that could not be understood, the oldest first."""
    name = read_declaration(declaration).name
    with closing(DeadLetters(folder)) as dead:
        return [
            {
                "number": found.number,
                "came_at": to_iso(found.letter.at),
                "place": found.letter.place,
                "bytes": len(found.letter.body),
                "reason": found.reason,
            }
            for found in dead.of(name, most)
        ]


def replay_dead_letters(declaration: Path, folder: Path, address: str) -> tuple[int, int]:
    """Try them again and send what is understood to a broker; how many were, and how many not."""
    source = read_declaration(declaration)
    with closing(DeadLetters(folder)) as dead:
        return asyncio.run(_replayed(source, dead, address))


async def _replayed(source: DeclaredSource, dead: DeadLetters, address: str) -> tuple[int, int]:
    url = f"{address.rstrip('/')}/ngsi-ld/v1/entityOperations/upsert?options=update"
    async with aiohttp.ClientSession() as session:

        async def upsert(understood: Sequence[Understood]) -> None:
            for told in understood:
                await _send(session, url, _entities(told))

        return await replay(source, upsert, dead)


async def _send(session: aiohttp.ClientSession, url: str, entities: list[dict[str, Any]]) -> None:
    """Hand entities to a broker; raises TouyanError where it does not take them."""
    try:
        async with session.post(url, json=entities) as answer:
            if answer.status in (200, 201, 204):
                return
            reason = f"status {answer.status}: {(await answer.text())[:200]}"
    except aiohttp.ClientError as error:
        reason = str(error)
    raise TouyanError(f"{url}: {reason}", "check that the brain runs there; its letters are kept")
