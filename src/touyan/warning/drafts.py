"""A raw alert with its evidence and words, made from one row of what a rule looks at."""

from __future__ import annotations

import sys

import numpy as np

from touyan.core.alerts import Alert, AlertAction, AlertState, AlertStep, Evidence
from touyan.core.observations import Column
from touyan.core.protocols import Finding
from touyan.core.units import from_si

from .company import middle
from .past import Past
from .places import Places
from .readings import Reading
from .rules import RuleSpec
from .wording import told

MOST_CONTRIBUTORS = 20
"""More names than a person reads; the raw alerts hold the rest."""


class Drafter:
    """Makes the raw alerts of one rule."""

    def __init__(self, spec: RuleSpec, reading: Reading, past: Past, places: Places, status: str) -> None:
        self._spec, self._reading, self._past = spec, reading, past
        self._places, self._status = places, status
        own = getattr(reading, "unit_code", spec.unit_code)
        self._unit = own if spec.unit_code == "C62" else spec.unit_code

    def draft(self, shown: Finding, row: int, since: float, now: float, state: AlertState, of_group: bool) -> Alert:
        """The raw alert on a row; raises what a failing template raises."""
        spec, entity = self._spec, shown.ids[row]
        evidence = self._group_evidence(shown, row, since) if of_group else self._evidence(shown, row, since)
        words = told(evidence, self._places.name(entity))
        action = AlertAction.RAISE if state is AlertState.OPEN else AlertAction.SUSPECT
        return Alert(
            identifier="",
            rule=spec.name,
            entity=entity,
            event=spec.event.filled(**words),
            headline=spec.headline.filled(**words),
            description=spec.description.filled(**words),
            severity=spec.severity,
            sent=now,
            evidence=evidence,
            log=(AlertStep(state, spec.name, now, action=action),),
            category=spec.category,
            status=self._status,
            location=self._location(entity, evidence, of_group),
            key=f"{spec.name}|{entity}",
            cause=spec.cause or spec.name,
            place=self._place(entity, of_group),
            group=spec.group,
            urgency=spec.urgency,
            certainty=spec.certainty,
            instruction=spec.instruction and spec.instruction.filled(**words),
        )

    def _evidence(self, shown: Finding, row: int, since: float) -> Evidence:
        spec, unit = self._spec, self._unit
        contributors = shown.contributors(row)[:MOST_CONTRIBUTORS] if shown.contributors else ()
        return Evidence(
            self._reading.quantity,
            _finite(from_si(float(shown.score[row]), unit)),
            from_si(spec.sign * spec.bound, unit),
            unit,
            since,
            self._reading.source,
            confidence=_at(shown.confidence, row),
            expected=_at(shown.expected, row),
            spread=_at(shown.spread, row),
            contributors=contributors,
            before=self._past.of(row),
            seen=_at(shown.value, row),
        )

    def _group_evidence(self, shown: Finding, row: int, since: float) -> Evidence:
        together = self._spec.together
        bound = (together.share or float(together.at_least)) if together else 0.0
        behind = shown.contributors(row)[:MOST_CONTRIBUTORS] if shown.contributors else ()
        score = float(shown.score[row])
        return Evidence("entities", score, bound, "C62", since, self._reading.source, contributors=behind)

    def _location(self, entity: str, evidence: Evidence, of_group: bool) -> tuple[float, float] | None:
        own = self._places.location(entity)
        return middle(map(self._places.location, evidence.contributors)) if own is None and of_group else own

    def _place(self, entity: str, of_group: bool) -> str:
        if of_group:
            return entity
        return self._places.value(entity, self._spec.place_by) if self._spec.place_by else ""


def _at(column: Column | None, row: int) -> float | None:
    return None if column is None or not np.isfinite(column[row]) else float(column[row])


def _finite(value: float) -> float:
    """A score that JSON can hold: the record must be readable after a restart."""
    return max(-sys.float_info.max, min(sys.float_info.max, value))
