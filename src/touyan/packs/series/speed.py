"""What the way from readings to alerts costs, on one core."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from touyan.core.alert_records import AlertRecord
from touyan.core.components import Detector, Rule
from touyan.core.entities import urn
from touyan.core.observations import Column, ObservationBatch
from touyan.core.text import Text
from touyan.fusion.state import CurrentState
from touyan.warning.book import AlertBook
from touyan.warning.detectors.components import SeriesNovelty, SeriesSilence, SeriesStuck
from touyan.warning.detectors.series import Series
from touyan.warning.watch import Watch

_STEP_S = 60.0
_TYPE, _QUANTITY = "Series", "value"


class _Novelty(SeriesNovelty):
    entity_type: ClassVar[str] = _TYPE
    observed: ClassVar[str] = _QUANTITY


class _Silence(SeriesSilence):
    entity_type: ClassVar[str] = _TYPE
    observed: ClassVar[str] = _QUANTITY


class _Stuck(SeriesStuck):
    entity_type: ClassVar[str] = _TYPE
    observed: ClassVar[str] = _QUANTITY


class _Plant:
    """A city of nothing but series."""

    now = 0.0
    model: Any = None
    inventory: ClassVar[list[Any]] = []


class _Paper:
    """A journal that keeps nothing: disks are not measured here."""

    def journal_alerts(self, records: Sequence[AlertRecord]) -> None:
        """Let the records go."""


def readings(length: int, count: int, seed: int) -> Column:
    """Wandering series with noise, (length, count)."""
    rng = np.random.default_rng(seed)
    return np.cumsum(0.05 * rng.normal(size=(length, count)), axis=0) + rng.normal(size=(length, count))


def detector_speed(values: Column) -> tuple[float, int]:
    """Readings per CPU second of novelty alone, with memory already full, and bytes per series."""
    length, count = values.shape
    series, rows = Series(count), np.arange(count)
    for number in range(length):
        if number == length // 2:
            started = time.process_time()
        series.observe(rows, np.full(count, number * _STEP_S), values[number])
    return (length - length // 2) * count / (time.process_time() - started), series.bytes_per_series


def chain_speed(values: Column, rules: int) -> tuple[float, int]:
    """Readings per CPU second from batches to alerts, and how many alerts there were."""
    length, count = values.shape
    detectors: list[Detector] = [_Novelty(), _Silence(), _Stuck()]
    book = AlertBook(_Paper())
    watch = Watch(_Plant(), detectors, _rules(rules, detectors), book)  # type: ignore[arg-type]
    ids = tuple(urn(_TYPE, str(number)) for number in range(count))
    state = CurrentState(0.0)
    state.register(_TYPE, ids)
    for number in range(length):
        if number == length // 2:
            started = time.process_time()
        state.move_to((number + 1) * _STEP_S)
        state.update(ObservationBatch(_TYPE, "bench", ids, np.full(count, state.now), {_QUANTITY: values[number]}))
        watch.step(state)
    return (length - length // 2) * count / (time.process_time() - started), len(book.all())


def _rules(count: int, detectors: Sequence[Detector]) -> list[Rule]:
    """As many rules as asked, each with a threshold of its own."""
    kinds = [type(f"Rule{number}", (_Rule,), _told(number, detectors)) for number in range(count)]
    return [kind(threshold=4.0 + 0.01 * number) for number, kind in enumerate(kinds)]


def _told(number: int, detectors: Sequence[Detector]) -> dict[str, Any]:
    return {"detector": detectors[number % len(detectors)].name, "__doc__": "A rule of the benchmark."}


class _Rule(Rule):
    event: ClassVar[Text] = Text("New", "新")
    headline: ClassVar[Text] = Text("{entity}: {value}", "{entity}：{value}")
    description: ClassVar[Text] = Text("{value} since {since}", "{since}起{value}")
