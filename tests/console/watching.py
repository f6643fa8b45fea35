"""What stands beside a test in the browser: the clock of the city, the eye on the page."""

from __future__ import annotations

import threading
from types import TracebackType
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request

from ..server.fake_city import FakeCity

FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-swiftshader",
]
NO_WEBGL = "--disable-3d-apis"
BEAT_EVERY_S = 0.25


class Watched:
    """Everything that must not happen on a page."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.expected: list[str] = []

    def follow(self, page: Page, url: str) -> None:
        """Watch a page that may talk to this address only."""
        page.on("console", self._read)
        page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        page.on("request", lambda request: self._check(request, urlsplit(url).netloc))

    def _read(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(words in message.text for words in self.expected):
            self.faults.append(f"console error: {message.text}")

    def _check(self, request: Request, home: str) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != home:
            self.faults.append(f"request to another origin: {request.url}")


class Ticker:
    """Beats a city four times a second, on a thread of its own as a brain does."""

    def __init__(self, city: FakeCity) -> None:
        self._city = city
        self._running = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="city")

    def __enter__(self) -> Ticker:
        self._running.set()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._running.set()
        self._thread.join()

    def pause(self) -> None:
        """No more beats."""
        self._running.clear()

    def resume(self) -> None:
        """Beats again."""
        self._running.set()

    def _tick(self) -> None:
        while not self._ended.wait(BEAT_EVERY_S):
            self._running.wait()
            self._city.beat()
