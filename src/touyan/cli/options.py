"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from touyan.core.errors import InputError

from .completion import controller_names
from .messages import tell
from .screen import SCREEN


def _json(value: bool) -> bool:
    SCREEN.json |= value
    return value


def _quiet(value: bool) -> bool:
    SCREEN.quiet |= value
    return value


def _debug(value: bool) -> bool:
    SCREEN.debug |= value
    return value


Json = Annotated[bool, typer.Option("--json", help=tell("option.json"), callback=_json)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help=tell("option.quiet"), callback=_quiet)]
Debug = Annotated[bool, typer.Option("--debug", help=tell("option.debug"), callback=_debug)]
Config = Annotated[Path | None, typer.Option("--config", help=tell("option.config"))]
Host = Annotated[str | None, typer.Option("--host", help=tell("option.host"))]
Port = Annotated[int | None, typer.Option("--port", help=tell("option.port"))]
Seed = Annotated[int | None, typer.Option("--seed", help=tell("option.seed"))]
Minutes = Annotated[float | None, typer.Option("--minutes", min=0.0, help=tell("option.minutes"))]
Speed = Annotated[str | None, typer.Option("--speed", help=tell("option.speed"))]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help=tell("option.no-browser"))]
Language = Annotated[str | None, typer.Option("--language", help=tell("option.language"))]
Mode = Annotated[str | None, typer.Option("--mode", help=tell("option.mode"))]
ControllerSpec = Annotated[
    str | None, typer.Option("--controller", help=tell("option.controller"), autocompletion=controller_names)
]
Settings = Annotated[list[str] | None, typer.Option("--set", help=tell("option.set"))]


def settings_chosen(words: list[str] | None) -> dict[str, str]:
    """The settings of `name=value` words; raises InputError."""
    for word in words or []:
        if "=" not in word:
            raise InputError("command line", "--set", repr(word), "name=value")
    return dict(word.split("=", 1) for word in words or [])
