"""`touyan compare`: what would be different, over several seeds, with intervals."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from touyan.core.units import unit

from .files import check_writable, write_whole
from .loading import loaded, warn_of_refused
from .messages import tell, told
from .options import Config, Debug, Json, Quiet, Seed
from .screen import note, progress, say, show, show_table

if TYPE_CHECKING:
    from touyan.runtime.compare import Delta

_UNKNOWN = "-"


def compare(
    base: Annotated[Path, typer.Argument(help=tell("argument.base"), metavar="BASE_FILE")],
    variant: Annotated[Path, typer.Argument(help=tell("argument.variant"), metavar="VARIANT_FILE")],
    seeds: Annotated[int, typer.Option("--seeds", min=1, help=tell("option.seeds"))] = 10,
    seed: Seed = None,
    out: Annotated[Path | None, typer.Option("--out", help=tell("option.save"))] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help=tell("option.workers"))] = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Compare two possible cities under the same seeds."""
    from touyan.runtime import compare as comparing
    from touyan.runtime.what_if import read_what_if
    from touyan.runtime.workers import processes, worker_count

    if out:
        check_writable(out)
    settings, registry = loaded(config)
    cities = [read_what_if(path, registry) for path in (base, variant)]
    warn_of_refused(registry)
    first = cities[0].seed if seed is None else seed
    count = min(workers or worker_count(), 2 * seeds)
    progress(tell("said.loading"))
    with processes(count, settings) if count > 1 else nullcontext() as pool:
        comparison = comparing.compare(
            cities[0],
            cities[1],
            range(first, first + seeds),
            registry=registry,
            pool=pool,
            done=lambda done: progress(tell("said.runs", done=done, all=2 * seeds)),
        )
    if out:
        write_whole(out, comparing.encoded(comparison))
    show(msgspec.to_builtins(comparison))
    columns = [tell(f"column.{name}") for name in ("figure", "base", "variant", "difference", "interval", "unit")]
    show_table([*columns, tell("column.distinguishable")], [_row(delta) for delta in comparison.deltas])
    if not comparison.seeds_differ and seeds > 1:
        note(tell("said.no-chance"))
    if out:
        say(str(out))


def _row(delta: Delta) -> list[object]:
    difference = delta.difference
    means = [_UNKNOWN if mean is None else mean for mean in (delta.base.mean, delta.variant.mean, difference.mean)]
    known = difference.low is not None and difference.high is not None
    interval = f"{difference.low:,.6g} … {difference.high:,.6g}" if known else _UNKNOWN
    word = tell("word.yes" if delta.distinguishable else "word.no") if known else _UNKNOWN
    return [told(delta.title), *means, interval, unit(delta.unit_code).symbol, word]
