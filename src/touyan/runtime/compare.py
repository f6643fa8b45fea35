"""Two possible cities lived through under the same seeds, and what that made of their figures."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from threading import Event
from typing import NamedTuple

from touyan.control.authority import Mode
from touyan.core.protocols import Plant
from touyan.simulation.comparison import Alteration, Comparison, Side, deltas
from touyan.simulation.comparison import Delta as Delta
from touyan.simulation.comparison import encoded as encoded
from touyan.simulation.ensemble import Pool, run_each
from touyan.simulation.results import member_run

from .packs import Registry, load_packs
from .settings import BrainSettings
from .trial import Trial, run_trial
from .what_if import WhatIf


class Stopped(Exception):
    """Ends a run that nobody waits for any more."""


class Job(NamedTuple):
    """One run of a study."""

    city: WhatIf
    seed: int


def compare(
    base: WhatIf,
    variant: WhatIf,
    seeds: Sequence[int],
    *,
    registry: Registry | None = None,
    pool: Pool | None = None,
    done: Callable[[int], None] | None = None,
) -> Comparison:
    """Base and variant under each seed; `done` hears how many of the runs are over.

    Without a pool, threads share the work. Processes are faster where most of the time is Python's; give
    `prepare` to their pool as its initialiser when packs lie outside the package.
    """
    jobs = [Job(side, seed) for seed in seeds for side in (base, variant)]
    stop = Event()
    task = run_prepared if pool is not None else partial(run_job, registry or load_packs(BrainSettings()), stop=stop)
    trials: list[Trial] = []
    for trial in run_each(task, jobs, pool, stop):
        trials.append(trial)
        if done:
            done(len(trials))
    return _comparison((base, variant), tuple(seeds), trials)


def run_job(registry: Registry, job: Job, stop: Event | None = None) -> Trial:
    """One run; raises Stopped soon after `stop` was set."""

    def watch(plant: Plant) -> None:
        if stop and stop.is_set():
            raise Stopped

    run = job.city.run
    scenario = job.city.seeded(job.seed)
    return run_trial(registry, scenario, run.controller, run.seconds, mode=Mode(run.mode), watch=watch)


_prepared: list[Registry] = []
"""The packs of a worker process, once they are loaded."""


def prepare(settings: BrainSettings) -> None:
    """Load the packs of a worker process, and leave Ctrl+C to its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _prepared[:] = [load_packs(settings)]


def run_prepared(job: Job) -> Trial:
    """One run with the packs of this process."""
    if not _prepared:
        _prepared.append(load_packs(BrainSettings()))
    return run_job(_prepared[0], job)


def _comparison(cities: tuple[WhatIf, WhatIf], seeds: tuple[int, ...], trials: Sequence[Trial]) -> Comparison:
    base, variant = (_side(city, trials[place::2]) for place, city in enumerate(cities))
    described = {measure.name: measure for trial in trials for measure in trial.measures}
    told = deltas(list(described.values()), base.runs, variant.runs)
    created_at = datetime.now(UTC).isoformat(timespec="seconds")
    return Comparison(created_at=created_at, seeds=seeds, deltas=told, base=base, variant=variant)


def _side(city: WhatIf, trials: Sequence[Trial]) -> Side:
    runs = tuple(member_run(trial.seed or 0, trial.measures) for trial in trials)
    changes = tuple(Alteration(change.name, change.values()) for change in city.changes)
    label, run = city.scenario.label().en, city.run
    return Side(label, run.controller, run.mode, run.seconds, changes, dict(city.files), runs)
