"""`touyan demand`: demand for a city, made from data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from touyan.core.units import unit

from .completion import demand_makers
from .files import check_writable, write_whole
from .loading import loaded, warn_of_refused
from .messages import tell, told
from .options import Config, Debug, Json, Quiet, Settings, settings_chosen
from .screen import progress, say, show, show_table

_SHOWN = 10
"""Rows of details that a person sees; all are in the JSON."""


def demand(
    how: Annotated[str, typer.Argument(help=tell("argument.maker"), autocompletion=demand_makers)],
    roadnet: Annotated[Path, typer.Argument(help=tell("argument.roadnet"))],
    data: Annotated[Path, typer.Argument(help=tell("argument.demand-data"))],
    out: Annotated[Path, typer.Option("--out", "-o", help=tell("option.out"))],
    chosen: Settings = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make demand and write it to a file that `simulate` and `run` read."""
    from touyan.core.components import DemandMaker

    check_writable(out)
    _, registry = loaded(config)
    maker = registry.make(registry.find(DemandMaker, how), settings_chosen(chosen))
    warn_of_refused(registry)
    progress(tell("said.loading"))
    made = maker.make(roadnet, data)
    write_whole(out, made.content.decode())
    figures = {measure.name: measure.value for measure in made.measures}
    show({"out": str(out), "how": how, **figures, "rows": made.rows})
    rows = [(told(measure.title), measure.value, unit(measure.unit_code).symbol) for measure in made.measures]
    show_table([tell("column.figure"), tell("column.value"), tell("column.unit")], rows)
    _show_details(made.rows)
    say(str(out))


def _show_details(rows: Sequence[dict[str, object]]) -> None:
    """The first of the details; a long table would hide the figures above it."""
    if rows:
        columns = list(rows[0])
        say("")
        show_table(columns, [[row[column] for column in columns] for row in rows[:_SHOWN]])
    if len(rows) > _SHOWN:
        say(tell("said.more-rows", rows=len(rows) - _SHOWN))
