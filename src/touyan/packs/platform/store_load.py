"""Load on the store alone: the log, the past, the start."""

from __future__ import annotations

import random
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from touyan.fusion.store.history import History
from touyan.fusion.store.journal import Journal
from touyan.fusion.store.questions import Period, Question, Span
from touyan.fusion.store.rows import SCHEMA
from touyan.fusion.store.settings import HistorySettings

Row = dict[str, Any]

_DAY_US = 86_400_000_000
_MINUTE_US = 60_000_000
_BEGIN = 20_500 * _DAY_US
_TYPE = "TrafficFlowObserved"


def log_rows(folder: Path, batches: int, together: int) -> list[Row]:
    """Batches of 100 updates of 120 bytes, synced; so many are under way at once."""
    journal = Journal.open(folder / "log")
    record = b"x" * 12_000
    begin, cpu = time.perf_counter(), time.process_time()
    under_way: list[Future[int]] = []
    for _ in range(batches):
        under_way.append(journal.append([record]))
        if len(under_way) == together:
            under_way.pop(0).result()
    for left in under_way:
        left.result()
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    journal.close()
    updates = 100 * batches
    return [
        {
            "what": f"log alone, {together} batches of 100 under way",
            "rate_per_s": round(updates / seconds),
            "cpu_us": round(1e6 * cpu / updates, 2),
        }
    ]


def history_rows(folder: Path, sensors: int, minutes: int, questions: int) -> list[Row]:
    """A day of values of many sensors in files: aggregates of one and of all."""
    history = History(folder / "history", HistorySettings(keep_days=0.0))
    ids = [f"urn:ngsi-ld:{_TYPE}:{number:05d}" for number in range(sensors)]
    for part, first in enumerate(range(0, minutes, 60)):
        history.add_table(_values(ids, range(first, min(first + 60, minutes))), part + 1)
        history.flush()
    span, chance = Span("observed", _BEGIN, _BEGIN + _DAY_US), random.Random(1)
    five = Period(micros=5 * _MINUTE_US)
    history.aggregate("", ids[:1], ["intensity"], span, ["avg"], five)
    one = [
        _timed(lambda: history.aggregate("", [chance.choice(ids)], ["intensity"], span, ["avg"], five))
        for _ in range(questions)
    ]
    city = [
        _timed(lambda: history.table(Question("", span=span), ["avg"], five, _BEGIN, ("attribute",))) for _ in range(5)
    ]
    each = [_timed(lambda: history.table(Question("", span=span), ["avg"], five, _BEGIN)) for _ in range(3)]
    history.close()
    points = sensors * minutes
    return [
        _asked("5-minute mean of one entity over a day", points, one),
        _asked("5-minute mean of the whole city", points, city),
        _asked("5-minute mean of each entity of the city", points, each),
    ]


def _values(ids: list[str], minutes: range) -> pa.Table:
    """One value a minute of every sensor, as columns."""
    count = len(ids) * len(minutes)
    at = np.repeat(_BEGIN + np.array(minutes, np.int64) * _MINUTE_US, len(ids))
    constant = {"tenant": "", "types": _TYPE, "attribute": "intensity", "dataset": ""}
    columns: dict[str, Any] = {name: pa.array([value] * count) for name, value in constant.items()}
    columns |= {name: pa.array(at) for name in ("observed", "created", "modified", "moment")}
    columns["entity"] = pa.array(ids * len(minutes))
    columns["instance"] = pa.array([f"urn:ngsi-ld:{minutes[0]:04d}{number:028x}" for number in range(count)])
    columns["number"] = pa.array(np.random.default_rng(minutes[0]).random(count))
    columns["value"] = pa.array([b'{"type":"Property","value":12.5}'] * count)
    columns["deleted"] = pa.nulls(count, pa.int64())
    columns["generation"] = pa.array(np.zeros(count, np.int64))
    return pa.table(columns).select(SCHEMA.names).cast(SCHEMA)


def _timed(ask: Any) -> tuple[float, float]:
    """Milliseconds on the wall, and of CPU in all threads."""
    begin, cpu = time.perf_counter(), time.process_time()
    ask()
    return 1000 * (time.perf_counter() - begin), 1000 * (time.process_time() - cpu)


def _asked(what: str, points: int, times: list[tuple[float, float]]) -> Row:
    wall, cpu = (list(column) for column in zip(*times, strict=True))
    told = {"p50_ms": _share(wall, 0.5), "p95_ms": _share(wall, 0.95), "cpu_p95_ms": _share(cpu, 0.95)}
    return {"what": what, "points": points, **told}


def _share(times_ms: list[float], share: float) -> float:
    ordered = sorted(times_ms)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)
