"""`touyan bench`: the one door to every benchmark of every pack."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING, Annotated, Any

import typer

import touyan
from touyan.core.errors import NotFoundError

from .completion import benchmark_names
from .loading import loaded, warn_of_refused
from .messages import tell
from .options import Config, Debug, Json, Quiet
from .screen import progress, say, show, show_table
from .version import source_commit

if TYPE_CHECKING:
    from touyan.core.components import Benchmark
    from touyan.runtime.packs import Registry


def bench(
    name: Annotated[str | None, typer.Argument(help=tell("argument.benchmark"), autocompletion=benchmark_names)] = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Run the benchmarks and print what was measured."""
    _, registry = loaded(config)
    chosen = _chosen(registry, name)
    warn_of_refused(registry)
    machine = machine_now()
    say(tell("said.machine", machine=", ".join(f"{key} {value}" for key, value in machine.items())))
    results = [_measured(registry, benchmark, must_run=name is not None) for benchmark in chosen]
    show({"machine": machine, "benchmarks": results})
    if not chosen:
        say(tell("said.none"))


def machine_now() -> dict[str, Any]:
    """What a reader must know of the machine to judge a figure; load is the 1-minute average."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "touyan": touyan.__version__,
        "commit": source_commit(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load": load,
    }


def _chosen(registry: Registry, name: str | None) -> list[type[Benchmark]]:
    """All benchmarks, those of a pack, or one by its name."""
    from touyan.core.components import Benchmark

    found = registry.all(Benchmark)
    if name in registry.packs:
        return [kind for kind in found if registry.pack_of(kind).name == name]
    return found if name is None else [registry.find(Benchmark, name)]


def _measured(registry: Registry, kind: type[Benchmark], must_run: bool) -> dict[str, Any]:
    """One benchmark's rows; without its data it is skipped, unless it was asked for by name."""
    pack = registry.pack_of(kind).name
    told = {"name": kind.name, "pack": pack, "protocol": kind.protocol}
    say(f"\n{pack}/{kind.name}: {kind.protocol}")
    progress(f"{kind.name} ...")
    try:
        rows = registry.make(kind).rows()
    except NotFoundError as error:
        if must_run:
            raise
        say(tell("said.skipped", reason=error.message))
        return {**told, "skipped": error.message}
    columns = list(dict.fromkeys(column for row in rows for column in row))
    show_table(columns, [[row.get(column, "") for column in columns] for row in rows])
    return {**told, "rows": rows}
