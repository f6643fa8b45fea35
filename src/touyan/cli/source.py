"""`touyan source`: try a declared source, read its dead letters, send them again."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from .loading import loaded
from .messages import tell
from .options import Config, Debug, Json, Quiet
from .screen import progress, say, show, show_table

_SHOWN = 20
"""Rows that a person sees; all are in the JSON."""


class SourceAction(StrEnum):
    """What is to be done with the source."""

    TEST = "test"
    LETTERS = "letters"
    REPLAY = "replay"


def source(
    action: Annotated[SourceAction, typer.Argument(help=tell("argument.source-action"))],
    declaration: Annotated[Path, typer.Argument(help=tell("argument.declaration"))],
    sample: Annotated[Path | None, typer.Option("--sample", help=tell("option.sample"))] = None,
    wait: Annotated[float, typer.Option("--wait", min=0.1, help=tell("option.wait"))] = 10.0,
    to: Annotated[str, typer.Option("--to", help=tell("option.brain"))] = "http://127.0.0.1:8600",
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Do one of the three things with a declared source."""
    if action is SourceAction.TEST:
        _test(declaration, sample, wait)
        return
    from touyan.runtime.sources import dead_letters_of, replay_dead_letters

    folder = loaded(config)[0].store.path / "sources"
    if action is SourceAction.LETTERS:
        letters = dead_letters_of(declaration, folder, 10_000)
        show({"letters": letters})
        _table(letters)
        return
    done, still = replay_dead_letters(declaration, folder, to)
    show({"replayed": done, "left": still})
    say(tell("said.replayed", done=done, still=still))


def _test(declaration: Path, sample: Path | None, wait: float) -> None:
    from touyan.runtime.sources import try_source

    progress(tell("said.loading"))
    trial = try_source(declaration, sample, wait)
    show(trial._asdict())
    told = {"place": trial.place, "bytes": trial.size}
    say(tell("said.understood", **told, readings=len(trial.readings), refused=len(trial.refused)))
    _table(trial.readings)
    _table(trial.refused)


def _table(rows: Sequence[dict[str, Any]]) -> None:
    """The first rows, with the keys of the JSON as headings."""
    if rows:
        show_table(list(rows[0]), [list(row.values()) for row in rows[:_SHOWN]])
    if len(rows) > _SHOWN:
        say(tell("said.more-rows", rows=len(rows) - _SHOWN))
