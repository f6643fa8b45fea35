"""What a command writes: results on standard output, the rest on standard error."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

import msgspec

_WIDE = 200
"""Columns for tables in files and pipes, where nothing needs to be cut."""


@dataclass
class Screen:
    """What the user asked of the output."""

    json: bool = False
    quiet: bool = False
    debug: bool = False


SCREEN = Screen()


def prepare_streams() -> None:
    """Let a terminal without a character show a question mark for it."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def say(text: str) -> None:
    """A line of the result, for people."""
    if not SCREEN.json:
        _write(sys.stdout, text)


def note(text: str) -> None:
    """A line beside the result."""
    if not SCREEN.quiet:
        _write(sys.stderr, text)


def progress(text: str) -> None:
    """A line that only somebody who waits at a terminal wants."""
    if sys.stderr.isatty():
        note(text)


def show(document: Mapping[str, Any]) -> None:
    """The result as one JSON document on one line, when JSON is asked for."""
    if SCREEN.json:
        encoded = msgspec.json.encode({"ok": True, **document}, enc_hook=str)
        _write(sys.stdout, encoded.decode())


def show_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Rows for people; columns line up with Chinese text in them."""
    if SCREEN.json:
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDE, highlight=False, markup=False)
    with console.capture() as drawn:
        console.print(table)
    _write(sys.stdout, "\n".join(line.rstrip() for line in drawn.get().splitlines()))


def complain(code: str, message: str, hint: str) -> None:
    """An error: for people on standard error, for programs on standard output."""
    if SCREEN.json:
        error = {"code": code, "message": message, "hint": hint}
        _write(sys.stdout, msgspec.json.encode({"ok": False, "error": error}).decode())
        return
    _write(sys.stderr, f"error: {message}")
    if hint:
        _write(sys.stderr, f"hint: {hint}")


def _cell(value: object) -> str:
    return f"{value:,.6g}" if isinstance(value, float) else str(value)


def _write(stream: TextIO, text: str) -> None:
    stream.write(f"{text}\n")
    stream.flush()
