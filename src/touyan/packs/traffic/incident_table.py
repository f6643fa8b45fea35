"""How many blockages were found, how soon and where, and how many alarms were false."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .incident_runs import HOUR_S, Alarm, Watched

_AFTER_S = 300.0
"""An alarm on the blocked road until so long after is of the blockage: its queue is still there."""
_DAY_H = 24.0


class Case(NamedTuple):
    """One run, and the delay that its blockage cost, in vehicle-minutes per minute; NaN where nothing stood."""

    watched: Watched
    cost: float


def cost(blocked: Watched, free: Watched) -> float:
    """Vehicle-minutes of delay per minute of blockage: time spent, less that of the same run without it."""
    if blocked.stood is None:
        return float("nan")
    return (blocked.spent_s - free.spent_s) / (blocked.stood[1] - blocked.stood[0])


def found(case: Case, alarms: Sequence[Alarm]) -> tuple[float, bool] | None:
    """Delay of the first alarm while the vehicle stands, and whether it names the road; None for none."""
    if case.watched.stood is None:
        return None
    begins, ends = case.watched.stood
    within = [alarm for alarm in alarms if begins <= alarm.at_s <= ends]
    if not within:
        return None
    first = min(within, key=lambda alarm: alarm.at_s)
    return first.at_s - begins, first.road == case.watched.road


def false_alarms(case: Case, alarms: Sequence[Alarm]) -> int:
    """Alarms that no blockage explains: elsewhere, before it or long after."""
    if case.watched.stood is None:
        return len(alarms)
    begins, ends = case.watched.stood
    explained = [a for a in alarms if a.road == case.watched.road and begins <= a.at_s <= ends + _AFTER_S]
    return len(alarms) - len(explained)


def figures(cases: Sequence[Case], alarms: Sequence[Sequence[Alarm]]) -> dict[str, Any]:
    """Detection, delay, place and false alarms over all runs."""
    costly = [number for number, case in enumerate(cases) if case.cost >= 1.0]
    told = [found(cases[number], alarms[number]) for number in costly]
    hits = [hit for hit in told if hit is not None]
    false = sum(false_alarms(case, own) for case, own in zip(cases, alarms, strict=True))
    days = len(cases) * HOUR_S / 3600.0 / _DAY_H
    return {
        "runs": len(cases),
        "costly_blockages": len(costly),
        "detection_rate": _mean([hit is not None and hit[1] for hit in told]),
        "median_delay_s": float(np.median([delay for delay, _ in hits])) if hits else float("nan"),
        "right_road": _mean([right for _, right in hits]),
        "false_alarms_per_city_day": round(false / days, 2),
    }


def _mean(flags: Sequence[bool]) -> float:
    return round(float(np.mean(flags)), 4) if len(flags) else float("nan")
