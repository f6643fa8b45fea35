"""Carries alerts out, on a thread of its own: a receiver that is slow or away holds up nobody else.

waiting ──alert changed──▶ sending ──taken──▶ waiting
                              │  └──refused for good──▶ noted, next alert
                              └──trouble──▶ pause (doubling) ──▶ sending
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence

from touyan.core.alerts import Alert
from touyan.core.errors import TouyanError
from touyan.runtime.no_store import NoStore
from touyan.runtime.store import Store
from touyan.warning.book import AlertBook
from touyan.warning.sender import Sender

from .declared import Channel
from .outbox import Outbox
from .senders import RefusedError, Trouble, send

logger = logging.getLogger(__name__)

_TELL_AFTER = 5
"""Failures in a row after which an alert says that a channel does not work."""


class Courier:
    """All channels of a centre; `failed` is told once of each channel that does not work."""

    def __init__(
        self,
        channels: Sequence[Channel],
        book: AlertBook,
        store: Store | NoStore,
        office: Sender,
        failed: Callable[[str, str], None],
    ) -> None:
        self._office, self._failed = office, failed
        self._boxes = [(channel, Outbox(channel, book, store)) for channel in channels]
        self._wakes: list[asyncio.Event] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        """Begin to carry; nothing is started where there is no channel."""
        if self._boxes:
            self._thread.start()
            self._ready.wait()

    def wake(self) -> None:
        """Some alert changed; never waits."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._set_all)

    def stop(self) -> None:
        """End after the messages under way; what is unsaid is said after the next start."""
        loop, self._loop = self._loop, None
        if loop is not None and self._thread.is_alive():
            loop.call_soon_threadsafe(self._end.set)
            self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._carry())

    async def _carry(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._wakes = [asyncio.Event() for _ in self._boxes]
        tasks = [
            asyncio.create_task(self._serve(channel, box, wake))
            for (channel, box), wake in zip(self._boxes, self._wakes, strict=True)
        ]
        self._ready.set()
        await self._end.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, channel: Channel, box: Outbox, wake: asyncio.Event) -> None:
        """Say what there is to say, wait for more, without end."""
        failures = 0
        while True:
            wake.clear()
            alert = await asyncio.to_thread(box.next)
            if alert is None:
                await wake.wait()
                continue
            outcome = await self._try(channel, alert)
            if outcome is None:
                failures += 1
                if failures == _TELL_AFTER:
                    await asyncio.to_thread(self._failed, channel.name, "its receiver does not answer")
                await asyncio.sleep(min(channel.retry_s * 2 ** (failures - 1), channel.retry_most_s))
                continue
            failures = 0
            await asyncio.to_thread(box.said, alert, outcome)

    async def _try(self, channel: Channel, alert: Alert) -> str | None:
        """What came of one message; None when it is to be tried again."""
        try:
            await send(channel, alert, self._office)
        except RefusedError as error:
            logger.warning("channel %s: %s refused: %s", channel.name, alert.identifier, error)
            return f"refused: {error}"
        except (*Trouble, TouyanError) as error:
            logger.info("channel %s: %s not sent: %s", channel.name, alert.identifier, error)
            return None
        return "taken"

    def _set_all(self) -> None:
        for wake in self._wakes:
            wake.set()
