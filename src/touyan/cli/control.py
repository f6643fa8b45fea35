"""`touyan control`: another simulator's city under one of our controllers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from touyan.core.units import unit

from .completion import controller_names
from .loading import loaded, warn_of_refused
from .messages import tell, told
from .options import Config, Debug, Json, Quiet, Settings, settings_chosen
from .screen import progress, show, show_table

_Controller = Annotated[
    str, typer.Option("--controller", help=tell("option.controller"), autocompletion=controller_names)
]


def control(
    plant: Annotated[str, typer.Argument(help=tell("argument.plant"))],
    files: Annotated[list[Path], typer.Argument(help=tell("argument.files"))],
    controller: _Controller = "max-pressure:30",
    seconds: Annotated[int, typer.Option("--seconds", min=1, help=tell("option.seconds"))] = 3600,
    seed: Annotated[int, typer.Option("--seed", help=tell("option.seed"))] = 0,
    chosen: Settings = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Control and print the measures of the run."""
    from touyan.runtime.cities import find_scenario
    from touyan.runtime.trial import run_trial

    _, registry = loaded(config)
    scenario = find_scenario(registry, files, plant, seed=seed, **settings_chosen(chosen))
    warn_of_refused(registry)
    progress(tell("said.loading"))
    trial = run_trial(registry, scenario, controller, seconds)
    show({"plant": plant, **trial.as_dict()})
    figures = [(told(measure.title), measure.value, unit(measure.unit_code).symbol) for measure in trial.measures]
    show_table([tell("column.figure"), tell("column.value"), tell("column.unit")], figures)
