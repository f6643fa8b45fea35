"""`touyan commands`: what the running brain proposes to the street, and what one decides about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from touyan.core.time import to_iso

from .messages import language, tell
from .options import Config, Debug, Json, Quiet
from .screen import say, show, show_table
from .server_calls import server_of, who_is

commands = typer.Typer(help=tell("commands"), rich_markup_mode=None, no_args_is_help=True)

_One = Annotated[str, typer.Argument(help=tell("argument.command"), metavar="COMMAND")]
_By = Annotated[str | None, typer.Option("--by", help=tell("option.by"))]
_Note = Annotated[str, typer.Option("--note", help=tell("option.note"))]
_Url = Annotated[str | None, typer.Option("--url", help=tell("option.url"))]


@commands.command("list", help=tell("commands list"))
def list_commands(
    state: Annotated[str | None, typer.Option("--state", help=tell("option.command-state"))] = None,
    most: Annotated[int, typer.Option("--most", min=1, help=tell("option.most"))] = 50,
    url: _Url = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Show commands, the newest first."""
    found = server_of(url, config).get("/api/commands", state=state, most=most)
    show({"commands": found})
    columns = [tell(f"column.{name}") for name in ("command", "state", "entity", "action", "reason")]
    show_table(columns, [_row(command) for command in found])


@commands.command("show", help=tell("commands show"))
def show_command(
    command: _One,
    url: _Url = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Show one command with its record and what else was weighed."""
    found = server_of(url, config).get(f"/api/commands/{command}")
    show({"command": found})
    say(" ".join(map(str, _row(found))))
    for step in found["record"]:
        say(f"{to_iso(step['at'])} {step['state']} ({step['by']}) {step['note']}".rstrip())
    explanation = found["explanation"] or {"alternatives": []}
    for each in explanation["alternatives"]:
        say(f"{'*' if each['chosen'] else ' '} {found['action']} {each['value']:g}: {each['cost']:.1f}")


@commands.command("mode", help=tell("commands mode"))
def set_mode(
    mode: Annotated[str, typer.Argument(help=tell("argument.mode"))],
    by: _By = None,
    url: _Url = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Set how far the brain may act."""
    power = server_of(url, config).post("/api/authority", {"mode": mode, "by": who_is(by)})
    show({"authority": power})
    say(f"{power['mode']} ({power['set_by']})")


def _make(decision: str) -> Callable[..., None]:
    """The command of a decision."""

    def decide(
        command: _One,
        by: _By = None,
        note: _Note = "",
        url: _Url = None,
        config: Config = None,
        json: Json = False,
        quiet: Quiet = False,
        debug: Debug = False,
    ) -> None:
        done = server_of(url, config).post(f"/api/commands/{command}/{decision}", {"by": who_is(by), "note": note})
        show({"command": done})
        say(f"{done['identifier']}: {done['state']}")

    return decide


for _decision in ("approve", "refuse"):
    commands.command(_decision, help=tell(f"commands {_decision}"))(_make(_decision))


def _row(command: dict[str, Any]) -> tuple[object, ...]:
    reason = command["reason"][language()]
    action = f"{command['action']} {command['value']:g}"
    return command["identifier"], command["state"], command["entity"], action, reason
