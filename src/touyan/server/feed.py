"""The live feed: one WebSocket a tab at `/live`, all topics on it; the client sends nothing.

Text frames are JSON objects with a `topic`:

    about     once, at the start: what `GET /api/about` answers
    alerts    {all, alerts}: at the start (`all` true) every alert that is not closed and the newest 500 that are, then
              those that changed, at once
    figures   {at, beat, state, age_s, figures}: at most once a second. `at` is city time (epoch s), `state` one of
              starting, running, finished, failed; `age_s` is how long ago (wall time) the brain's newest beat came
    live      {at, layers: {layer: {feature id: value}}}: at most twice a second, only values that changed;
              null for a value that is gone

Binary frames are positions, at most two a second, all little-endian:

    offset  type         what
    0       4 bytes      "TYP1"
    4       uint32       n, the number of moving things
    8       float64      city time, epoch seconds
    16      uint32       beat of the brain
    20      12 bytes     reserved, zero
    32      uint32[n]    slot: stable for as long as the thing is seen, then given to another
            float32[n]   x, local metres east of the projection's origin (topic about)
            float32[n]   y, local metres north
            uint8[n]     speed in steps of 0.25 m/s
            uint8[n]     heading in 1/256 turn counter-clockwise from east

The newest wins: a client that reads slowly misses older figures and positions, never an alert, and holds up neither
the brain nor other clients.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from touyan.core.alerts import Alert
from touyan.runtime.view import BrainView, Update

from .answers import about_answer
from .board import Backlog, Board, alerts_message, keep_newer, message


class Feed:
    """Carries what the brain says from its thread to every open tab."""

    def __init__(self, view: BrainView) -> None:
        self._view = view
        self._clients: set[_Client] = set()
        self._board = Board(None, time.monotonic())
        self._inbox = _Inbox()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen to the brain for as long as the server runs."""
        latest = await run_in_threadpool(self._view.latest)
        self._board = Board(latest, time.monotonic())
        self._inbox.open(asyncio.get_running_loop(), self._deliver)
        stop = self._view.subscribe(self._inbox.put)
        try:
            yield
        finally:
            stop()
            self._inbox.close()

    def alert_changed(self, alert: Alert) -> None:
        """Tell every tab at once what a person did, whether or not the brain beats."""
        for client in self._clients:
            client.backlog.add_alert(alert)
            client.wake.set()

    async def connect(self, socket: WebSocket) -> None:
        """Serve one tab until it goes."""
        await socket.accept()
        client = _Client(socket, self._board)
        self._clients.add(client)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._serve, client)
                await client.listen()
                tasks.cancel_scope.cancel()
        finally:
            self._clients.discard(client)

    async def _serve(self, client: _Client) -> None:
        about, alerts = await run_in_threadpool(lambda: (self._view.about(), self._view.desk.current()))
        # A tab that goes while something is sent is no fault; `listen` sees it go too.
        with suppress(WebSocketDisconnect):
            await client.socket.send_text(message("about", **about_answer(about)))
            await client.socket.send_text(alerts_message(alerts, everything=True))
            await client.pump()

    def _deliver(self, update: Update) -> None:
        self._board = Board(update, time.monotonic())
        for client in self._clients:
            client.backlog.show(self._board)
            for alert in update.alerts:
                client.backlog.add_alert(alert)
            client.wake.set()


class _Client:
    """One tab: its socket and what it has still to get."""

    def __init__(self, socket: WebSocket, board: Board) -> None:
        self.socket = socket
        self.backlog = Backlog(board)
        self.wake = asyncio.Event()

    async def listen(self) -> None:
        """Read until the tab goes; what it says is ignored."""
        while (await self.socket.receive())["type"] != "websocket.disconnect":
            pass

    async def pump(self) -> None:
        """Send what is due, rest, again; a slow socket holds up only this loop."""
        while True:
            self.wake.clear()
            for content in self.backlog.take(time.monotonic()):
                await self._send(content)
            await self._rest()

    async def _send(self, content: str | bytes) -> None:
        if isinstance(content, bytes):
            await self.socket.send_bytes(content)
        else:
            await self.socket.send_text(content)

    async def _rest(self) -> None:
        """Until something is due: woken by news, or by the clock for what was held back."""
        seconds = self.backlog.rest(time.monotonic())
        if seconds is None:
            await self.wake.wait()
        elif not self.wake.is_set():
            with anyio.move_on_after(seconds):
                await self.wake.wait()


class _Inbox:
    """Takes updates on the brain's thread and merges them until the server's loop has time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._update: Update | None = None
        self._alerts: dict[str, Alert] = {}

    def open(self, loop: asyncio.AbstractEventLoop, deliver: Callable[[Update], None]) -> None:
        """From now on hand over to this loop."""
        self._deliver = deliver
        self._loop = loop

    def close(self) -> None:
        """Drop whatever still comes: the loop is about to end."""
        with self._lock:
            self._loop = None

    def put(self, update: Update) -> None:
        """Merge an update in; never waits for a client."""
        with self._lock:
            scheduled = self._update is not None
            self._update = update
            for alert in update.alerts:
                keep_newer(self._alerts, alert)
            if self._loop is not None and not scheduled:
                self._loop.call_soon_threadsafe(self._empty)

    def _empty(self) -> None:
        with self._lock:
            update, alerts = self._update, list(self._alerts.values())
            self._update, self._alerts = None, {}
        if update is not None:
            self._deliver(replace(update, alerts=alerts))
