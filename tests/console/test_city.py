"""The whole brain behind the console: a city with a breakdown, run as a person runs it and seen in a real browser."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from .conftest import OpenTab

TOUYAN = Path(sys.executable).with_name("touyan")
DEMO = ["demo", "--incident", "--port", "0", "--no-browser", "--speed", "60", "--seed", "0", "--language", "en"]
STARTS_WITHIN_S, ENDS_WITHIN_S = 60.0, 30.0
WARNS_WITHIN_MS = 60_000
INCIDENT_AT_S, WARNED_WITHIN_S = 60.0, 300.0
INTERRUPTED = 130


class Demo:
    """The demonstration in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [TOUYAN, *DEMO], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=_plain()
        )
        self.lines: list[str] = []
        self.url = ""
        self._told = threading.Event()
        self._reader = threading.Thread(target=self._read, name="demo's words")
        self._reader.start()
        self._told.wait(STARTS_WITHIN_S)

    def interrupt(self) -> int:
        """Ctrl+C; gives the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(ENDS_WITHIN_S)

    def end(self) -> None:
        """Leave nothing running."""
        self.process.kill()
        self.process.wait()
        self._reader.join()

    def ask(self, path: str) -> Any:
        """What the interface answers."""
        with urlopen(urljoin(self.url, path), timeout=STARTS_WITHIN_S) as answer:
            return json.load(answer)

    def _read(self) -> None:
        """Keep the pipe empty, and find the address; no address is told only at the end."""
        assert self.process.stdout is not None
        with self.process.stdout as words:
            for line in words:
                self._keep(line)
        self._told.set()

    def _keep(self, line: str) -> None:
        self.lines.append(line)
        address = [word for word in line.split() if word.startswith("http://")]
        if address and not self.url:
            self.url = address[0]
            self._told.set()


def _plain() -> dict[str, str]:
    """The environment without what would change how a terminal is written to."""
    return {**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"}


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """A running demonstration whose console answers."""
    demo = Demo(tmp_path)
    try:
        assert demo.url, "".join(demo.lines)
        yield demo
    finally:
        demo.end()


def _wait(page: Page, condition: str, argument: object = None) -> None:
    """Wait for a condition; a function, as the page's policy forbids eval."""
    page.wait_for_function(f"(argument) => {condition}", arg=argument, timeout=WARNS_WITHIN_MS)


def _text_changes(page: Page, selector: str) -> None:
    """Wait until a figure is there, then until it is another."""
    there = f"/[0-9]/.test(document.querySelector('{selector}')?.innerText)"
    _wait(page, there)
    _wait(page, f"{there} && document.querySelector('{selector}').innerText !== argument", page.inner_text(selector))


def test_the_address_that_is_printed_answers_and_ctrl_c_ends_it(demo: Demo) -> None:
    """The first minute of everybody's experience; works without a browser."""
    with urlopen(demo.url, timeout=STARTS_WITHIN_S) as answer:
        assert answer.status == 200
        assert answer.headers.get_content_type() == "text/html"
    assert demo.ask("/api/about")["twin"] == "own"
    assert {layer["name"] for layer in demo.ask("/api/layers")} >= {"crossings", "roads", "signals", "queues"}
    assert demo.interrupt() == INTERRUPTED


def test_a_breakdown_is_seen_warned_of_and_taken_on(open_tab: OpenTab, demo: Demo) -> None:
    """What the demonstration promises: a city that lives, beside its twin, and a timely warning with its evidence."""
    page = open_tab(demo.url)
    expect(page.locator(".connection")).to_have_text("Live")
    expect(page.locator(".badge")).to_have_text("Simulated")
    seen = page.evaluate("() => ({ ...document.querySelector('.map').dataset })")
    _wait(page, "Number(document.querySelector('.map').dataset.frames) > argument", int(seen["frames"]) + 3)
    _wait(page, "document.querySelector('.map').dataset.first !== argument", seen.get("first"))
    _wait(page, "Number(document.querySelector('.map').dataset.vehicles) > 0")
    _text_changes(page, ".figure .value")
    _text_changes(page, ".figure .twin")
    row = page.locator(".alert-row", has_text="Spill-back").first
    expect(row).to_be_visible(timeout=WARNS_WITHIN_MS)
    spilled = [alert for alert in demo.ask("/api/alerts") if alert["rule"] == "spill-back"]
    first = min(alert["sent"] for alert in spilled) - demo.ask("/api/about")["started_at"]
    assert INCIDENT_AT_S < first <= INCIDENT_AT_S + WARNED_WITHIN_S
    row.click()
    page.locator(".alert [data-action=acknowledge]").first.click()
    expect(page.locator("[data-filter=acknowledged] .count")).to_have_text("1")
    assert [alert["state"] for alert in demo.ask("/api/alerts")].count("acknowledged") == 1
