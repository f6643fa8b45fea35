"""Our controllers on SUMO as the plant: mean delay of all vehicles in real districts, over several seeds."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from touyan.control.authority import Mode
from touyan.control.engine import Control
from touyan.control.ledger import Ledger
from touyan.core.commands import Command
from touyan.core.components import Controller
from touyan.core.errors import NotFoundError
from touyan.core.geometry import Projection
from touyan.fusion.state import CurrentState
from touyan.simulation.statistics import estimate

from ..guards import GUARDS
from ..plants.sumo_plant import SumoPlant
from ..sources import LaneCameras, LaneDetectors, SignalHeads
from ..sumo import City, Files, files_of, read_city, recognised

Row = dict[str, Any]

Make = Callable[[], Controller]


class District:
    """A SUMO scenario read once, to be run under many seeds."""

    def __init__(self, folder: Path) -> None:
        found = recognised([folder]) if folder.is_dir() else None
        if found is None:
            raise NotFoundError("folder of a SUMO city", str(folder))
        self.main, self.files = found[0], files_of(*found)
        self.city = _city(self.files)

    def run(self, controller: Controller, seconds: int, seed: int) -> dict[str, float]:
        """The figures after so many seconds under a controller."""
        sources = [LaneDetectors(), LaneCameras(), SignalHeads()]
        plant = SumoPlant(self.main, self.files, self.city, sources, 0.0, seed)
        state = CurrentState(plant.now)
        for kind in {entity.type for entity in plant.inventory}:
            state.register(kind, [entity.id for entity in plant.inventory if entity.type == kind])
        for batch in plant.advance(0.0):
            state.update(batch)
        control = Control(plant, [controller], [rule() for rule in GUARDS], Mode.AUTOMATIC, Ledger(_Unkept()))
        for _ in range(seconds):
            control.step(state)
            for batch in plant.advance(1.0):
                state.update(batch)
            state.move_to(plant.now)
        figures = {measure.name: measure.value for measure in plant.measures()}
        plant.close()
        return figures


class _Unkept:
    """A journal for runs that nobody will ask about."""

    def journal_commands(self, commands: Sequence[Command]) -> None:
        """Forget them."""


def plant_rows(
    district: District, name: str, make: Mapping[str, Make], seconds: int, seeds: Sequence[int]
) -> list[Row]:
    """One row for each controller: means over the seeds, the delay with its 95 % interval."""
    return [_row(district, name, controller, build, seconds, seeds) for controller, build in make.items()]


def _row(district: District, name: str, controller: str, build: Make, seconds: int, seeds: Sequence[int]) -> Row:
    began = time.process_time()
    runs = [district.run(build(), seconds, seed) for seed in seeds]
    delay = estimate([run["mean_delay_s"] for run in runs])
    means = {key: round(fmean(run[key] for run in runs), 1) for key in runs[0]}
    return {
        "district": name,
        "controller": controller,
        "seeds": len(seeds),
        "mean_delay_s": means.pop("mean_delay_s"),
        "low_95_s": None if delay.low is None else round(delay.low, 1),
        "high_95_s": None if delay.high is None else round(delay.high, 1),
        **means,
        "cpu_s_a_run": round((time.process_time() - began) / len(seeds), 1),
    }


def _city(files: Files) -> City:
    return read_city(files, Projection(), lane_change=True)
