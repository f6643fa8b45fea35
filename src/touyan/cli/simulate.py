"""`touyan simulate`: a city under one controller, without the console."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from touyan.core.units import unit

from .completion import controller_names
from .files import check_writable, write_whole
from .loading import loaded, warn_of_refused
from .messages import tell, told
from .options import Config, Debug, Json, Quiet, Settings, settings_chosen
from .screen import progress, say, show, show_table

_Signals = Annotated[str, typer.Option("--signals", help=tell("option.controller"), autocompletion=controller_names)]


def simulate(
    files: Annotated[list[Path], typer.Argument(help=tell("argument.files"))],
    signals: _Signals = "own",
    seconds: Annotated[int, typer.Option("--seconds", min=1, help=tell("option.seconds"))] = 3600,
    seed: Annotated[int, typer.Option("--seed", help=tell("option.seed"))] = 0,
    chosen: Settings = None,
    counts: Annotated[Path | None, typer.Option("--counts", help=tell("option.counts"))] = None,
    record: Annotated[Path | None, typer.Option("--record", help=tell("option.record"))] = None,
    strict: Annotated[bool, typer.Option("--strict", help=tell("option.strict"))] = False,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Simulate and print the measures of the run."""
    from touyan.runtime.cities import find_scenario
    from touyan.runtime.recordings import record_trial
    from touyan.runtime.trial import run_trial

    for path in filter(None, (counts, record)):
        check_writable(path)
    _, registry = loaded(config)
    scenario = find_scenario(registry, files, seed=seed, **settings_chosen(chosen))
    warn_of_refused(registry)
    progress(tell("said.loading"))
    if record:
        trial = record_trial(registry, scenario, signals, seconds, record, counts=counts is not None, strict=strict)
    else:
        trial = run_trial(registry, scenario, signals, seconds, counts=counts is not None, strict=strict)
    if counts:
        write_whole(counts, msgspec.json.encode(list(trial.counts)).decode())
    show(trial.as_dict())
    figures = [(told(measure.title), measure.value, unit(measure.unit_code).symbol) for measure in trial.measures]
    show_table([tell("column.figure"), tell("column.value"), tell("column.unit")], figures)
    for path in filter(None, (counts, record)):
        say(str(path))
