"""The watch: asks every detector, and turns scores that last into alerts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from touyan.core.alerts import Alert, AlertAction, AlertState, AlertStep, Evidence
from touyan.core.components import Component, Detector, Rule
from touyan.core.errors import NotFoundError
from touyan.core.faults import Fault, attempt
from touyan.core.protocols import Finding, Plant, State
from touyan.core.units import from_si

from .book import AlertBook
from .condition import Condition
from .failure import component_failed
from .places import Places
from .wording import told

_Answer = TypeVar("_Answer")


class Watch:
    """Evaluates detectors and rules; one live alert for each rule and entity.

    A detector or rule that raises is switched off with an alert about itself; the others go on. `status`
    is the CAP status of the alerts: "Actual", or "Exercise" for a simulated city.
    """

    def __init__(
        self,
        plant: Plant,
        detectors: Sequence[Detector],
        rules: Sequence[Rule],
        book: AlertBook,
        status: str = "Actual",
    ) -> None:
        self._book = book
        self._status = status
        self._places = Places(plant.inventory)
        self._off: set[Component] = set()
        self._detectors = {detector.name: detector for detector in detectors}
        self._conditions = [Condition(rule, book.lasting(rule.name)) for rule in rules]
        for detector in detectors:
            self._attempt(detector, plant.now, detector.start, plant)
        for rule in rules:
            self._attempt(rule, plant.now, self._detector_of, rule)

    def step(self, state: State) -> None:
        """Look at the state once: open due alerts, end passed ones."""
        now = state.now
        findings = {detector.name: self._attempt(detector, now, _scores, detector, state) for detector in self._asked}
        for condition in self._conditions:
            finding = findings.get(condition.rule.detector)
            if finding is not None and condition.rule not in self._off:
                self._open(condition, self._attempt(condition.rule, now, self._drafts, condition, finding, now) or [])
                self._end(condition, condition.passed(finding), now)

    @property
    def _asked(self) -> list[Detector]:
        """The detectors that work and that some working rule reads."""
        read = {condition.rule.detector for condition in self._conditions if condition.rule not in self._off}
        return [self._detectors[name] for name in sorted(read) if self._detectors[name] not in self._off]

    def _detector_of(self, rule: Rule) -> Detector:
        """The detector that a rule reads; raises NotFoundError."""
        if rule.detector not in self._detectors:
            raise NotFoundError("detector", rule.detector, self._detectors)
        return self._detectors[rule.detector]

    def _drafts(self, condition: Condition, finding: Finding, now: float) -> list[Alert]:
        return [
            self._draft(condition, finding.ids[row], float(finding.score[row]), float(condition.since[row]), now)
            for row in condition.due(finding, now).tolist()
        ]

    def _draft(self, condition: Condition, entity: str, score: float, since: float, now: float) -> Alert:
        rule, detector = condition.rule, self._detectors[condition.rule.detector]
        code = detector.unit_code
        evidence = Evidence(
            detector.quantity, from_si(score, code), from_si(rule.threshold, code), code, since, detector.name
        )
        words = told(evidence, self._places.name(entity))
        return Alert(
            identifier="",
            rule=rule.name,
            entity=entity,
            event=rule.event.filled(**words),
            headline=rule.headline.filled(**words),
            description=rule.description.filled(**words),
            severity=rule.severity,
            sent=now,
            evidence=evidence,
            log=(AlertStep(AlertState.OPEN, rule.name, now, action=AlertAction.RAISE),),
            status=self._status,
            location=self._places.location(entity),
            key=f"{rule.name}|{entity}",
        )

    def _open(self, condition: Condition, drafts: Sequence[Alert]) -> None:
        self._book.open(drafts)
        condition.alerts.update((draft.entity, draft.key) for draft in drafts)

    def _end(self, condition: Condition, entities: Sequence[str], now: float) -> None:
        self._book.end([condition.alerts[entity] for entity in entities], condition.rule.name, now)
        for entity in entities:
            del condition.alerts[entity]

    def _attempt(self, part: Component, now: float, call: Callable[..., _Answer], *given: Any) -> _Answer | None:
        """The answer of a pack's part; one that raises is switched off."""
        answer = attempt(part.kind, part.name, now, call, *given)
        if not isinstance(answer, Fault):
            return answer
        self._off.add(part)
        self._book.open([component_failed(answer, self._status)])
        return None


def _scores(detector: Detector, state: State) -> Finding:
    """A detector's finding; raises ValueError for a wrong shape."""
    finding = detector.score(state)
    if finding.score.shape != (len(finding.ids),):
        raise ValueError(f"found {finding.score.shape} scores for {len(finding.ids)} ids; expected one for each")
    return finding
