"""One city under one controller for some time, without console and twin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from touyan.control.authority import Mode
from touyan.core.components import Scenario
from touyan.core.protocols import Judged, Lawful, Measure, Observable, Plant

from .loop import make_loop
from .no_store import NoStore
from .packs import Registry

TICK_S = 1.0
"""As the brain's shortest beat, so that a trial and the brain decide at the same seconds."""


@dataclass(frozen=True)
class Trial:
    """What came of a run; `counts` holds the things under way after each second, if asked for."""

    city: str
    controller: str
    seconds: int
    seed: int | None
    measures: list[Measure]
    counts: list[int]

    def as_dict(self) -> dict[str, Any]:
        """The run as plain values, each measure under its name."""
        told = {"city": self.city, "signals": self.controller, "seconds": self.seconds, "seed": self.seed}
        return {**told, **{measure.name: measure.value for measure in self.measures}}


def run_trial(
    registry: Registry,
    scenario: Scenario,
    controller: str,
    seconds: int,
    counts: bool = False,
    *,
    mode: Mode = Mode.AUTOMATIC,
    watch: Callable[[Plant], None] | None = None,
    strict: bool = False,
) -> Trial:
    """Run a scenario from its first second under a controller's spec (`max-pressure:30`).

    `watch` is shown the plant at the start and after each second; what it raises ends the run.
    With `strict` a world that breaks its own laws raises BrokenWorldError.
    """
    loop = make_loop(registry, scenario, controller, mode, NoStore())
    running: list[int] = []
    count = _counter(loop.plant) if counts else None
    watchers = [*([watch] if watch else []), *([check_laws] if strict else [])]
    for each in watchers:
        each(loop.plant)
    for _ in range(round(seconds / TICK_S)):
        loop.decide()
        loop.absorb(loop.plant.advance(TICK_S))
        if count:
            running.append(count())
        for each in watchers:
            each(loop.plant)
    measures = loop.plant.measures() if isinstance(loop.plant, Judged) else []
    return Trial(scenario.label().en, controller, seconds, getattr(scenario, "seed", None), measures, running)


def _counter(plant: Plant) -> Callable[[], int]:
    """How many things are under way on a plant that people may look at."""
    if not isinstance(plant, Observable):
        raise ValueError("only a simulated city can count what is under way")
    return lambda: plant.under_way


def check_laws(plant: Plant) -> None:
    """Raise BrokenWorldError if a simulated city breaks its own laws."""
    if not isinstance(plant, Lawful):
        raise ValueError("only a simulated city that knows its laws can be checked")
    plant.check()
