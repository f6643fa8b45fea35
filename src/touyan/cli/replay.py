"""`touyan replay`: what a recording holds, checked to the last frame, and its frames as a table."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from .files import check_writable, write_whole
from .messages import tell
from .options import Debug, Json, Quiet
from .screen import say, show, show_table


def replay(
    recording: Annotated[Path, typer.Argument(help=tell("argument.recording"), metavar="RECORDING")],
    export: Annotated[Path | None, typer.Option("--export", help=tell("option.export-frames"))] = None,
    from_s: Annotated[float, typer.Option("--from", min=0.0, help=tell("option.from"))] = 0.0,
    to_s: Annotated[float, typer.Option("--to", min=0.0, help=tell("option.to"))] = math.inf,
    unfinished: Annotated[bool, typer.Option("--unfinished", help=tell("option.unfinished"))] = False,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Check a recording and say what it holds."""
    from touyan.runtime.recordings import described, frame_lines, open_recording

    if export:
        check_writable(export)
    with open_recording(recording, unfinished) as opened:
        figures = described(opened)
        if export:
            write_whole(export, frame_lines(opened, from_s, to_s))
    show(figures)
    rows = [(tell(f"recording.{name}"), _word(value)) for name, value in figures.items() if name != "notes"]
    rows += [(name, str(value)) for name, value in figures["notes"].items()]
    show_table([tell("column.figure"), tell("column.value")], rows)
    if export:
        say(str(export))


def _word(value: object) -> object:
    """A value as a table shows it."""
    return tell("word.yes" if value else "word.no") if isinstance(value, bool) else value
