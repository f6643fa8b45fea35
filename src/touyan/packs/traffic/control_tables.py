"""The tables of signal control: which controllers run how, in which cities, and what others have published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from touyan.core.components import Controller
from touyan.core.errors import NotFoundError

from .control_trials import Outcome, Sensors, own_guard, published_guard, run_trial
from .controllers import (
    Actuated,
    AdvancedPressure,
    EfficientPressure,
    FixedCycle,
    LookAhead,
    MaxPressure,
    Webster,
)
from .intergreens import before_phases
from .worlds import CityFlowCity

Row = dict[str, Any]

_NO_LIMIT = 1e6  # of red, s: the published protocol has none


class ControlCity(NamedTuple):
    """A city of the published tables; `best` is the best published travel time (s) of each table that has one."""

    folder: str
    flow: str
    best: dict[str, float]

    def scenario(self, data: Path, seed: int, clearance_s: float) -> CityFlowCity:
        """The city, ready to start; raises NotFoundError where its files are not here."""
        files = data / self.folder / "roadnet.json", data / self.folder / self.flow
        for file in files:
            if not file.is_file():
                raise NotFoundError("file", str(file), [])
        return CityFlowCity(roadnet=files[0], flow=files[1], seed=seed, lane_change=True, clearance_s=clearance_s)


# Bests: LLMLight and XLight papers and repositories for 30 s; CoordLight (second hand, protocol not the same) for 5 s.
CONTROL_CITIES = {
    "jinan 6295": ControlCity("jinan_3x4", "flow_real.json", {"30 s": 271.85, "5 s": 199.24}),
    "hangzhou 2983": ControlCity("hangzhou_4x4", "flow_real.json", {"30 s": 304.47}),
    "hangzhou 5816": ControlCity("hangzhou_4x4", "flow_real_5816.json", {"30 s": 327.82, "5 s": 250.87}),
}


class Entry(NamedTuple):
    """One line of a table: a controller, and under what conditions it works."""

    label: str
    make: Callable[[int], Controller]
    sensors: Sensors = Sensors()
    own_guard: bool = False  # as it comes, and clearances as long as it asks for


class Table(NamedTuple):
    """Lines that are compared, and how long the street is cleared at each change (s)."""

    entries: Sequence[Entry]
    clearance_s: float = 5.0


def _ahead(**settings: Any) -> Callable[[int], Controller]:
    return lambda seed: LookAhead(**{"longest_red_s": _NO_LIMIT, "seed": seed} | settings)


def _of(kind: type[Controller], **settings: Any) -> Callable[[int], Controller]:
    return lambda seed: kind(**settings)


def _interval(seconds: float, phases: int) -> list[Entry]:
    """The controllers that decide in even intervals."""
    how = {"interval_s": seconds, "candidate_phases": phases}
    return [
        Entry("max-pressure", _of(MaxPressure, **how)),
        Entry("efficient-pressure", _of(EfficientPressure, **how)),
        Entry("advanced-pressure", _of(AdvancedPressure, **how)),
        Entry("rollout", _ahead(**how)),
    ]


_FAULTS = {
    "no faults": Sensors(),
    "10 % silent": Sensors(silent=0.1),
    "20 % noise": Sensors(noise=0.2),
    "5 s late": Sensors(delay_s=5),
    "all three": Sensors(silent=0.1, noise=0.2, delay_s=5),
}

TABLES = {
    "30 s": Table(
        [
            Entry("cycle", _of(FixedCycle)),
            Entry("webster", _of(Webster)),
            Entry("actuated", _of(Actuated)),
            *_interval(30.0, 4),
        ]
    ),
    "15 s": Table(_interval(15.0, 4)),
    "10 s": Table(
        [
            *_interval(10.0, 0),
            Entry(
                "rollout, own guard", _ahead(interval_s=10.0, candidate_phases=0, longest_red_s=240.0), own_guard=True
            ),
        ]
    ),
    "5 s": Table(_interval(5.0, 0), clearance_s=2.0),
    "model": Table(
        [
            Entry("rollout", _ahead()),
            Entry("headway +10 %", _ahead(headway_s=2.2)),
            Entry("headway -10 %", _ahead(headway_s=1.8)),
            Entry("acceleration +10 %", _ahead(acceleration=2.2)),
            Entry("acceleration -10 %", _ahead(acceleration=1.8)),
            Entry("5 % unseen", _ahead(), Sensors(unseen=0.05)),
        ]
    ),
    "sensors": Table(
        [
            entry
            for name, faults in _FAULTS.items()
            for entry in (
                Entry(f"max-pressure, {name}", _of(MaxPressure), faults),
                Entry(f"rollout, {name}", _ahead(), faults),
            )
        ]
    ),
}
"""Decisions every 30 s among four phases, 15 s, 10 s among all phases, 5 s with 2 s of clearance; errors and faults."""


def table_rows(name: str, city: str, data: Path, seeds: int, seconds: int, only: str = "") -> list[Row]:
    """One row for each line of a table whose label has a text in it, in one city."""
    table = TABLES[name]
    return [
        _row(name, city, entry, [_outcome(table, entry, city, data, seed, seconds) for seed in range(seeds)])
        for entry in table.entries
        if only in entry.label
    ]


def _outcome(table: Table, entry: Entry, city: str, data: Path, seed: int, seconds: int) -> Outcome:
    clearance_s = table.clearance_s
    scenario = CONTROL_CITIES[city].scenario(data, seed, clearance_s)
    if entry.own_guard:
        clearance_s = float(np.ceil(before_phases(scenario.network()).max()))
        scenario = CONTROL_CITIES[city].scenario(data, seed, clearance_s)
    guards = own_guard() if entry.own_guard else published_guard(clearance_s)
    return run_trial(scenario, entry.make(seed), guards, entry.sensors, seconds)


def _row(table: str, city: str, entry: Entry, outcomes: Sequence[Outcome]) -> Row:
    """Means over the seeds, and how far apart they are."""
    tables = [outcome.tables_s for outcome in outcomes]
    decisions = np.concatenate([outcome.decisions_s for outcome in outcomes])
    row = {
        "table": table,
        "city": city,
        "controller": entry.label,
        "travel_time_s": _rounded(tables),
        "spread_s": round(max(tables) - min(tables), 2),
        "engine_travel_time_s": _rounded([outcome.engine_s for outcome in outcomes]),
        "queue": _rounded([outcome.queue for outcome in outcomes]),
        "waiting_s": _rounded([outcome.waiting_s for outcome in outcomes]),
        "cpu_s_per_decision": round(float(decisions.mean()), 4),
        "cpu_s_p95": round(float(np.percentile(decisions, 95)), 4),
    }
    best = CONTROL_CITIES[city].best.get(table)
    return row | ({} if best is None else {"best_published_s": best})


def _rounded(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 2)
