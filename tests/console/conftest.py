"""A real browser on a real server; skipped with a reason where Chromium or the built modules are missing.

`browser`, `open_tab` and `watched` serve any address, so tests of the whole brain can use them too.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from touyan.server.static_files import StaticFiles

from ..server.fake_city import FakeCity
from ..server.running import running_server
from .watching import FLAGS, Ticker, Watched

OpenTab = Callable[..., Page]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright with Debian's Chromium."""
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not installed")
    if not StaticFiles().complete:
        pytest.skip("the console's modules are not built: run make setup with Node.js")
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser with WebGL in software."""
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def watched() -> Iterator[Watched]:
    """Collects console errors, page errors and foreign requests; any of them fails the test at its end."""
    watched = Watched()
    yield watched
    assert watched.faults == []


@pytest.fixture
def open_tab(browser: Browser, watched: Watched) -> Iterator[OpenTab]:
    """Opens an address in a browser profile of its own, watched, ready to look at."""
    contexts = []

    def open_one(url: str, width: int = 1440, height: int = 900, **more: object) -> Page:
        options = {"viewport": {"width": width, "height": height}, "locale": "en-GB", **more}
        contexts.append(browser.new_context(**options))  # type: ignore[arg-type]
        page = contexts[-1].new_page()
        watched.follow(page, url)
        page.goto(url)
        page.wait_for_selector(".map[data-ready]")
        return page

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def city() -> FakeCity:
    """A city of 200 vehicles."""
    return FakeCity(vehicles=200)


@pytest.fixture
def ticker(city: FakeCity) -> Iterator[Ticker]:
    """Lets the city live until it is paused."""
    with Ticker(city) as ticker:
        yield ticker


@pytest.fixture
def url(city: FakeCity, ticker: Ticker) -> Iterator[str]:
    """The address of the living city's console."""
    with running_server(city) as url:
        yield url
