"""`touyan import`: what a city's files hold, what is left out, and the network as a map."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from touyan.core.units import unit

from .files import check_writable
from .loading import loaded, warn_of_refused
from .messages import tell, told
from .options import Config, Debug, Json, Quiet
from .screen import say, show, show_table

if TYPE_CHECKING:
    from touyan.core.surveys import Fact, Survey


def import_city(
    files: Annotated[list[Path], typer.Argument(help=tell("argument.files"))],
    export: Annotated[Path | None, typer.Option("--export", help=tell("option.export"))] = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Read a city, and print its size and what was left out."""
    from touyan.runtime.cities import find_scenario

    if export:
        check_writable(export)
    _, registry = loaded(config)
    scenario = find_scenario(registry, files)
    warn_of_refused(registry)
    survey = scenario.survey()
    if export:
        scenario.export(export)
    show({"city": scenario.label().en, **survey.as_dict(), "export": str(export) if export else None})
    say(told(scenario.label()))
    _show_survey(survey)
    if export:
        say(str(export))


def _show_survey(survey: Survey) -> None:
    facts = [(told(fact.title), _number(fact), unit(fact.unit_code).symbol) for fact in survey.facts]
    show_table([tell("column.figure"), tell("column.value"), tell("column.unit")], facts)
    if not survey.omissions:
        say(tell("said.whole"))
        return
    rows = [(f"{omission.times:,}", told(omission.title)) for omission in survey.omissions]
    show_table([tell("column.times"), tell("column.left-out")], rows)


def _number(fact: Fact) -> str:
    """A count whole, a measure with three decimals."""
    return f"{fact.value:,.0f}" if fact.unit_code == "C62" else f"{fact.value:,.3f}"
