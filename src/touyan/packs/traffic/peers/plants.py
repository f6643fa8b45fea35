"""Our controllers on SUMO as the plant: mean delay of all vehicles in real districts, over several seeds."""

from __future__ import annotations

import time
from collections.abc import Sequence
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

from ..guards import GUARDS
from ..plants.sumo_plant import SumoPlant
from ..sources import LaneCameras, LaneDetectors, SignalHeads
from ..sumo import City, Files, files_of, read_city, recognised

Row = dict[str, Any]

_T_95 = (0.0, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""Student's t for 95 %, by degrees of freedom."""


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
    district: District, name: str, make: dict[str, Any], seconds: int, seeds: Sequence[int]
) -> list[Row]:
    """One row for each controller: means over the seeds, the delay with its 95 % interval."""
    return [_row(district, name, controller, build, seconds, seeds) for controller, build in make.items()]


def _row(district: District, name: str, controller: str, build: Any, seconds: int, seeds: Sequence[int]) -> Row:
    began = time.process_time()
    runs = [district.run(build(), seconds, seed) for seed in seeds]
    delays = [run["mean_delay_s"] for run in runs]
    means = {key: round(fmean(run[key] for run in runs), 1) for key in runs[0]}
    return {
        "district": name,
        "controller": controller,
        "seeds": len(seeds),
        "mean_delay_s": means.pop("mean_delay_s"),
        "interval_95_s": _half_width(delays),
        **means,
        "cpu_s_a_run": round((time.process_time() - began) / len(seeds), 1),
    }


def _half_width(values: Sequence[float]) -> float | None:
    """Half the 95 % interval of the mean, by Student's t; None for one value or more than ten."""
    count = len(values)
    if not 2 <= count <= len(_T_95):
        return None
    mean = fmean(values)
    deviation = (sum((value - mean) ** 2 for value in values) / (count - 1)) ** 0.5
    return round(_T_95[count - 1] * deviation / count**0.5, 1)


def _city(files: Files) -> City:
    return read_city(files, Projection(), lane_change=True)
