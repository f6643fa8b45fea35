"""Stations with injected faults and releases, lived through with the pack's detectors: what is found, what not."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.core.observations import ObservationBatch
from touyan.core.settings import Configurable

from .air_index import PM10, PM25
from .changes import AccidentalRelease, FailingInstrument
from .detectors import InstrumentFault
from .instrument_faults import DEAD, DRIFT, FAULT_KINDS, NOISE, OFFSET, STUCK
from .rules import InstrumentFails, ReleaseSuspected
from .sources import AirStations
from .vigil import Vigil
from .vocabulary import AIR_STATION
from .worlds import AirCity

Column = NDArray[np.float64]

FAULT, RELEASE = "fault", "release"
_REPORT_S = 300.0
_DAY_S = 86400.0
_TWICE = 1.0
"""A release that adds as much as the background is above twice the background."""
_GRACE_S = 3600.0
"""Alerts so long after the end of an event still belong to it."""


class Event(NamedTuple):
    """Something injected: when, at which stations, and of which kind."""

    kind: str
    detail: str
    stations: frozenset[int]
    from_s: float
    to_s: float


class Told(NamedTuple):
    """An alert: kind, station, when."""

    kind: str
    station: int
    at: float


@dataclass
class Outcome:
    """What came of one run."""

    events: list[Event] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    station_days: float = 0.0

    def answer(self, event: Event) -> list[Told]:
        """The alerts that belong to an event, the first one first."""
        until = event.to_s + _GRACE_S
        return [each for each in self.told if each.station in event.stations and event.from_s <= each.at <= until]

    def false_alerts(self) -> int:
        """Alerts that belong to no event."""
        answered = {each for event in self.events for each in self.answer(event)}
        return sum(each not in answered for each in self.told)


def live_through(seed: int, days: float = 5.0, stations: int = 20) -> Outcome:
    """One network with two faults and two releases.

    Each is on a day of its own, the faults at different stations.
    """
    random = np.random.default_rng([seed, 23])
    city = AirCity(seed=seed, count=stations, step_s=60.0, cells=10, background=float(random.uniform(20, 120)))
    network = city.network()
    faults = _faults(random, network.names, days)
    releases = _releases(random, network.places, city, days)
    plant = city.changed([*faults, *releases]).build([AirStations(seed=seed)])
    outcome = Outcome(station_days=stations * days)
    outcome.events += [_event(change, network.names.index(change.station)) for change in faults]
    watch = _Watch(stations)
    shares = []
    for _ in range(round(days * _DAY_S / _REPORT_S)):
        (batch,) = (each for each in plant.advance(_REPORT_S) if each.entity_type == AIR_STATION)
        outcome.told += watch.look(batch, plant.cloud.seconds)
        shares.append(plant.share_of_release() if len(plant.cloud.puffs) else np.zeros(stations))
    outcome.events += _seen(releases, np.array(shares))
    return outcome


class _Watch:
    """The pack's detectors with its rules' thresholds: one alert while a condition lasts."""

    def __init__(self, stations: int) -> None:
        self._vigil = Vigil(stations)
        self._rules = {RELEASE: _bounds(ReleaseSuspected), FAULT: _bounds(InstrumentFails)}
        self._fault = InstrumentFault()
        self._live = {kind: np.zeros(stations, bool) for kind in self._rules}

    def look(self, batch: ObservationBatch, at: float) -> list[Told]:
        """The alerts that are new after a report."""
        vigil = self._vigil
        vigil.take(batch.values[PM25], batch.values[PM10])
        parts = (vigil.disagreement / self._fault.disagreement, vigil.repeats, vigil.missing / self._fault.missing)
        scores = {RELEASE: vigil.rise, FAULT: np.fmax.reduce(parts)}
        told = []
        for kind, (threshold, clear) in self._rules.items():
            due = (scores[kind] >= threshold) & ~self._live[kind]
            told += [Told(kind, station, at) for station in np.flatnonzero(due).tolist()]
            self._live[kind] = (self._live[kind] | due) & ~(scores[kind] < clear)
        return told


def _bounds(rule: type[Configurable]) -> tuple[float, float]:
    values = rule().values()
    return float(values["threshold"]), float(values["clear_below"])


def _faults(random: np.random.Generator, names: tuple[str, ...], days: float) -> list[FailingInstrument]:
    """Two faults on the second and third day, at different stations."""
    sizes: dict[str, tuple[float, float]] = {OFFSET: (0.6, 2.0), DRIFT: (0.08, 0.2), NOISE: (0.6, 1.5)}
    found = []
    stations = random.choice(len(names), 2, replace=False)
    for number, kind in enumerate(random.choice(FAULT_KINDS, 2, replace=False).tolist()):
        low, high = sizes.get(kind, (1.0, 1.0))
        size = float(random.uniform(low, high))
        if kind == OFFSET and random.random() < 0.5:
            size = -float(random.uniform(0.5, 0.9))
        values: dict[str, Any] = {"station": names[stations[number]], "fault": kind, "size": size}
        values |= {"quantity": str(random.choice([PM25, PM10])), "for_s": 0.8 * _DAY_S}
        found.append(FailingInstrument(from_s=(1 + number + random.uniform(0, 0.1)) * _DAY_S, **values))
    return found


def _releases(random: np.random.Generator, places: Column, city: AirCity, days: float) -> list[AccidentalRelease]:
    """Two releases on the last days, upwind of a station by 500 to 2,500 m, for one to two hours."""
    angle = math.radians(city.wind_direction)
    found = []
    for day in (days - 2, days - 1):
        station = places[random.integers(len(places))]
        upwind = random.uniform(500, 2500)
        found.append(
            AccidentalRelease(
                x=float(station[0] + upwind * math.sin(angle)),
                y=float(station[1] + upwind * math.cos(angle)),
                rate=float(random.uniform(0.1, 2.0)),
                from_s=float((day + random.uniform(0.05, 0.8)) * _DAY_S),
                for_s=float(random.uniform(3600, 7200)),
            )
        )
    return found


def _event(change: FailingInstrument, station: int) -> Event:
    return Event(FAULT, change.fault, frozenset({station}), change.from_s, change.from_s + change.for_s)


def _seen(releases: list[AccidentalRelease], shares: Column) -> list[Event]:
    """The releases that were above twice the background in a report, with the stations that had any of it."""
    found = []
    for change in releases:
        first = math.ceil(change.from_s / _REPORT_S)
        last = math.ceil((change.from_s + change.for_s + 2 * _GRACE_S) / _REPORT_S)
        here = shares[first:last]
        if len(here) and here.max() >= _TWICE:
            begins = (first + int(np.argmax(here.max(axis=1) >= _TWICE)) + 1) * _REPORT_S
            stations = frozenset(np.flatnonzero(here.max(axis=0) > 0.2).tolist())
            found.append(Event(RELEASE, RELEASE, stations, begins - 1800.0, last * _REPORT_S))
    return found


def figures(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    """One row for each kind of event, and the false alerts."""
    details = [STUCK, DRIFT, OFFSET, NOISE, DEAD, RELEASE]
    rows = [_row(detail, [(o, e) for o in outcomes for e in o.events if e.detail == detail]) for detail in details]
    rows.insert(5, _row("all faults", [(o, e) for o in outcomes for e in o.events if e.kind == FAULT]))
    months = sum(outcome.station_days for outcome in outcomes) / 30.0
    false = sum(outcome.false_alerts() for outcome in outcomes)
    return [*rows, {"event": "false alerts per station and month", "count": false, "rate": round(false / months, 3)}]


def _row(name: str, cases: list[tuple[Outcome, Event]]) -> dict[str, Any]:
    answers = [(event, outcome.answer(event)) for outcome, event in cases]
    found = [(event, told) for event, told in answers if told]
    right = [told for event, told in found if told[0].kind == event.kind]
    begins = {RELEASE: 1800.0}
    delays = [told[0].at - event.from_s - begins.get(event.kind, 0.0) for event, told in found]
    count = max(len(cases), 1)
    return {
        "event": name,
        "count": len(cases),
        "found_percent": round(100 * len(found) / count, 1),
        "told_apart_percent": round(100 * len(right) / max(len(found), 1), 1),
        "median_delay_min": round(float(np.median(delays)) / 60, 1) if delays else None,
    }
