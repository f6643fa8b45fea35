"""The door to every command: options for all, and the edge where errors become words and exit codes."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from touyan.core.errors import TouyanError

from . import (
    alerts,
    bench,
    broker,
    commands,
    compare,
    control,
    demand,
    demo,
    doctor,
    importing,
    new_pack,
    replay,
    rules,
    run,
    simulate,
    source,
)
from .exits import ExitCode, exit_code_of
from .messages import tell
from .options import Debug, Json, Quiet
from .screen import SCREEN, Screen, complain, prepare_streams
from .version import show_version

_logger = logging.getLogger(__name__)

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, help=tell("app"))
_COMMANDS: dict[str, Callable[..., None]] = {
    "demo": demo.demo,
    "run": run.run,
    "simulate": simulate.simulate,
    "control": control.control,
    "demand": demand.demand,
    "import": importing.import_city,
    "source": source.source,
    "compare": compare.compare,
    "replay": replay.replay,
    "broker": broker.broker,
    "bench": bench.bench,
    "new-pack": new_pack.new_pack,
    "doctor": doctor.doctor,
}
for _name, _command in _COMMANDS.items():
    app.command(_name, help=tell(_name))(_command)
app.add_typer(rules.rules, name="rules")
app.add_typer(alerts.alerts, name="alerts")
app.add_typer(commands.commands, name="commands")


@app.callback(invoke_without_command=True)
def _every_command(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help=tell("option.version"))] = False,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    if version:
        show_version()
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: list[str]) -> int:
    """The exit code of a command line; every error becomes words."""
    prepare_streams()
    vars(SCREEN).update(vars(Screen(json="--json" in arguments, debug="--debug" in arguments)))
    # Tracebacks go through the log, which shows them with --debug only.
    _logger.setLevel(logging.ERROR if SCREEN.debug else logging.CRITICAL)
    try:
        return app(arguments, prog_name="touyan", standalone_mode=False) or ExitCode.OK
    except TouyanError as error:
        return _failed(error, exit_code_of(type(error)), error.code, error.message, error.hint)
    except typer.TyperException as error:
        hint = tell("hint.usage", command=_command_path(error))
        return _failed(error, ExitCode.USAGE, "usage", error.format_message(), hint)
    except (KeyboardInterrupt, typer.Abort) as error:
        return _failed(error, ExitCode.INTERRUPTED, "interrupted", tell("said.interrupted"), "")
    except Exception as error:
        _logger.exception("the command was given up")
        what = f"{type(error).__name__}: {error}"
        return _failed(error, ExitCode.FAILURE, "unexpected", what, tell("hint.unexpected"))


def _failed(error: BaseException, exit_code: ExitCode, code: str, message: str, hint: str) -> int:
    if SCREEN.debug and code != "unexpected":
        _logger.error("the command was given up", exc_info=error)
    complain(code, message, hint)
    return exit_code


def _command_path(error: Any) -> str:
    """The command that was meant, as far as it was understood."""
    context = getattr(error, "ctx", None)
    return context.command_path if context else "touyan"
