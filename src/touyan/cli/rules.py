"""`touyan rules`: rules checked, and tried out on what once was."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from touyan.core.errors import InputError
from touyan.core.time import from_iso, to_iso

from .exits import ExitCode
from .loading import loaded, warn_of_refused
from .messages import tell
from .options import Config, Debug, Json, Quiet
from .screen import note, progress, say, show, show_table

rules = typer.Typer(help=tell("rules"), rich_markup_mode=None, no_args_is_help=True)

_File = Annotated[Path, typer.Argument(help=tell("argument.rules"), metavar="RULES")]
_Moment = Annotated[str | None, typer.Option("--since", help=tell("option.since"))]


@rules.command("check", help=tell("rules check"))
def check(file: _File, config: Config = None, json: Json = False, quiet: Quiet = False, debug: Debug = False) -> None:
    """Check a file of rules."""
    from touyan.runtime.alert_file import read_alert_file

    _, registry = loaded(config)
    work = read_alert_file(file, registry)
    warn_of_refused(registry)
    show({"rules": [rule.name for rule in work.rules]})
    say(tell("said.rules", count=len(work.rules)))


@rules.command("test", help=tell("rules test"))
def try_out(
    file: _File,
    data: Annotated[Path | None, typer.Option("--data", help=tell("option.history"))] = None,
    since: _Moment = None,
    until: Annotated[str | None, typer.Option("--until", help=tell("option.until"))] = None,
    step: Annotated[float, typer.Option("--step", min=0.1, help=tell("option.step"))] = 1.0,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say how many alerts each rule would have raised."""
    from touyan.runtime.alert_file import read_alert_file
    from touyan.runtime.histories import open_history
    from touyan.runtime.rule_trial import try_rules

    begins, ends = _moment("--since", since), _moment("--until", until)
    settings, registry = loaded(config)
    work = read_alert_file(file, registry)
    progress(tell("said.loading"))
    history = open_history(data or settings.store.path / "broker", registry)
    trial = try_rules(work, history, registry, begins, ends, step)
    warn_of_refused(registry)
    show(msgspec.to_builtins(trial))
    columns = [tell(f"column.{name}") for name in ("rule", "raw", "alerts", "entities", "first", "last")]
    rows = [
        (each.rule, each.raw, each.alerts, each.entities, _clock(each.first), _clock(each.last))
        for each in trial.outcomes
    ]
    show_table(columns, rows)
    for words in trial.failed:
        note(tell("said.refused", reason=words))
    if trial.failed:
        raise typer.Exit(ExitCode.PROBLEMS_FOUND)


def _moment(option: str, text: str | None) -> float | None:
    try:
        return None if text is None else from_iso(text)
    except ValueError:
        raise InputError("command line", option, repr(text), "a time as 2026-05-01T08:00") from None


def _clock(at: float | None) -> str:
    return "-" if at is None else to_iso(at)
