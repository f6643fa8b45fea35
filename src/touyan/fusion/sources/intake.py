"""The way in: a bounded buffer before the store, dead letters beside it, back-off around the connection.

                    ┌── letters that cannot be understood ──▶ dead letters
connector ──▶ buffer ──▶ understood ──▶ sink (durable) ──▶ connector confirms
   ▲  └─ full: the connector waits                  └─ no room: wait, and try the same again
   └──── lost: wait longer each time, connect again
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from touyan.core.errors import BusyError, StorageFullError

from ..quality.checks import Checks
from ..quality.score_cards import ScoreCard
from .arrivals import Arrival, Letter
from .backoff import Backoff
from .connector import ConnectionLostError
from .dead_letters import DeadLetters
from .declared import DeclaredSource
from .mapping import Understood

Sink = Callable[[Sequence[Understood]], Awaitable[None]]
"""Stores what was understood; returns when it is durable; raises StorageFullError."""

_TOGETHER = 256
"""Letters that are stored at once: one sync of the disk serves them all."""
_logger = logging.getLogger(__name__)


@dataclass
class Tally:
    """How a source fares; times are epoch seconds, 0 for never."""

    letters: int = 0
    readings: int = 0
    refused: int = 0
    dead: int = 0
    attempts: int = 0
    connected: bool = False
    heard_at: float = 0.0
    trouble: str = ""


class _Waiting(NamedTuple):
    letter: Letter
    stored: asyncio.Future[None]


class Intake:
    """One source at work: run it in a task, end it by cancelling."""

    def __init__(self, declared: DeclaredSource, sink: Sink, dead_letters: DeadLetters) -> None:
        self.declared = declared
        self.tally = Tally()
        self.card = ScoreCard(declared.name)
        mapped = declared.mapping.values if declared.mapping else {}
        self._checks = Checks(ranges={name: value.range() for name, value in mapped.items()})
        self._sink, self._dead_letters = sink, dead_letters
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(declared.connector.buffer)
        self._backoff = Backoff(declared.connector.first_wait_s, declared.connector.longest_wait_s)
        self._full = Backoff(0.5, 30.0)

    async def run(self) -> None:
        """Receive and store until the source has no more or the task is cancelled."""
        storing, receiving = asyncio.create_task(self._store()), asyncio.create_task(self._receive_all())
        try:
            done, _ = await asyncio.wait({storing, receiving}, return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
        finally:
            storing.cancel()
            receiving.cancel()

    async def take(self, letter: Letter) -> None:
        """Hand over a letter; returns when it is stored or put aside."""
        waiting = _Waiting(letter, asyncio.get_running_loop().create_future())
        await self._queue.put(waiting)
        await waiting.stored

    async def push(self, letter: Letter) -> None:
        """Hand over a letter that somebody sent; raises BusyError rather than wait for room."""
        if self._queue.full():
            raise BusyError(f"source {self.declared.name}", self.declared.connector.buffer)
        await self.take(letter)

    async def _receive_all(self) -> None:
        await self._receive()
        await self._queue.join()

    async def _receive(self) -> None:
        """Connect again and again, after longer and longer waits."""
        while True:
            self.tally.attempts += 1
            self.tally.connected = True
            try:
                await self.declared.connector.letters(self._heard)
            except ConnectionLostError as error:
                self.tally.trouble = str(error)
                _logger.warning("source %s: %s", self.declared.name, error)
            else:
                return
            finally:
                self.tally.connected = False
            await asyncio.sleep(self._backoff.next_s())

    async def _heard(self, letter: Letter) -> None:
        self._backoff.succeeded()
        await self.take(letter)

    async def _store(self) -> None:
        while True:
            group = [await self._queue.get()]
            while len(group) < _TOGETHER and not self._queue.empty():
                group.append(self._queue.get_nowait())
            await self._store_group(group)
            for waiting in group:
                if not waiting.stored.done():
                    waiting.stored.set_result(None)
                self._queue.task_done()

    async def _store_group(self, group: list[_Waiting]) -> None:
        """Understand and store letters; a full disk is waited for, so that nothing is confirmed and lost."""
        told = [self._understood(waiting.letter) for waiting in group]
        while True:
            try:
                await self._sink([each for each in told if each is not None])
            except StorageFullError as error:
                self.tally.trouble = error.message
                _logger.error("source %s: %s", self.declared.name, error.message)
                await asyncio.sleep(self._full.next_s())
            else:
                self._full.succeeded()
                return

    def _understood(self, letter: Letter) -> Understood | None:
        """What a letter says; None for one that is dead."""
        self.tally.letters += 1
        self.tally.heard_at = time.time()
        try:
            told = self.declared.read(letter)
        except ValueError as error:
            self.tally.dead += 1
            self._dead_letters.keep(self.declared.name, letter, str(error))
            return None
        self.tally.readings += sum(len(arrival.ids) for arrival in told.arrivals)
        if told.refused:
            self.tally.refused += len(told.refused)
            first = told.refused[0]
            reason = f"{len(told.refused)} records left out, the first: record {first.record}: {first.reason}"
            self._dead_letters.keep(self.declared.name, letter, reason)
        return told._replace(arrivals=[self._checked(arrival, letter.at) for arrival in told.arrivals])

    def _checked(self, arrival: Arrival, now: float) -> Arrival:
        """The same with flags of quality, noted on the score card."""
        batch = arrival.batch()
        flags = self._checks.check(batch, now)
        self.card.note(batch.values, flags, now - batch.observed_at)
        return replace(arrival, flags=flags)


async def replay(
    declared: DeclaredSource, sink: Sink, dead_letters: DeadLetters, most: int = 10_000
) -> tuple[int, int]:
    """Try the dead letters of a source again; how many were understood now, and how many not."""
    done = still = 0
    for dead in dead_letters.of(declared.name, most):
        try:
            told = declared.read(dead.letter)
        except ValueError:
            told = None
        if told is None or told.refused:
            still += 1
            continue
        await sink([told])
        dead_letters.forget(dead.number)
        done += 1
    return done, still
