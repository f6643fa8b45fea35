"""The watch: asks every detector, and turns conditions that last into alerts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from touyan.core.alerts import Alert
from touyan.core.components import Detector, Forecaster, Rule
from touyan.core.faults import Fault, attempt
from touyan.core.protocols import Finding, Learns, Plant, State

from .book import AlertBook
from .drafts import Drafter
from .failure import component_failed
from .past import Past
from .places import Places
from .readings import BEFORE_S, Lens, Reading, lens_of, make_reading
from .rules import RuleSpec, check_together, in_order, of_component
from .watched import Turned, WatchedRule

_Answer = TypeVar("_Answer")
_Item = TypeVar("_Item")


_AT_ONCE = 500
"""Raw alerts of one transaction: a storm must not keep people from the book for longer than a blink."""


class Watch:
    """Evaluates detectors and rules; one live raw alert for each rule and entity.

    A detector or rule that raises is switched off with an alert about itself; the others go on. `status`
    is the CAP status of the alerts: "Actual", or "Exercise" for a simulated city. `specs` are rules that were
    checked when their file was loaded.
    """

    def __init__(
        self,
        plant: Plant,
        detectors: Sequence[Detector],
        rules: Sequence[Rule],
        book: AlertBook,
        status: str = "Actual",
        specs: Sequence[RuleSpec] = (),
        forecasters: Sequence[Forecaster] = (),
    ) -> None:
        self._book = book
        self._status = status
        self._places = Places(plant.inventory)
        self._off: set[tuple[str, str]] = set()
        self._detectors = {detector.name: detector for detector in detectors}
        self._forecasters = {forecaster.name: forecaster for forecaster in forecasters}
        self._started = plant.now
        self._readings: dict[Lens, Reading] = {}
        self._pasts: dict[Lens, Past] = {}
        self._taught: dict[str, str] = {}
        self._seen_version = 0
        for detector in detectors:
            self._attempt(detector.kind, detector.name, plant.now, detector.start, plant)
        for forecaster in forecasters:
            self._attempt(forecaster.kind, forecaster.name, plant.now, forecaster.start, plant)
        made = [self._attempt("rule", rule.name, plant.now, self._spec, rule) for rule in rules]
        chosen = in_order([*(spec for spec in made if spec is not None), *specs])
        watched = [self._attempt("rule", spec.name, plant.now, self._watched, spec) for spec in chosen]
        self._rules = [rule for rule in watched if rule is not None]

    def step(self, state: State) -> None:
        """Look at the state once: open due alerts, end passed ones."""
        self._teach()
        working = [rule for rule in self._rules if ("rule", rule.spec.name) not in self._off]
        findings = {lens: self._finding(lens, state) for lens in dict.fromkeys(rule.lens for rule in working)}
        by_name = {rule.spec.name: rule for rule in working}
        turns = []
        for rule in working:
            finding = findings[rule.lens]
            if finding is not None:
                first = by_name.get(rule.spec.after.rule) if rule.spec.after else None
                before = first.events if first else []
                turned = self._attempt("rule", rule.spec.name, state.now, rule.turn, finding, before, state.now)
                turns += [] if turned is None else [turned]
        self._write([turn for turn in turns if turn], state.now)

    # ------------------------------------------------------------ rules

    def _spec(self, rule: Rule) -> RuleSpec:
        """What a pack's rule says; raises SettingError."""
        spec = of_component(rule)
        spec.check()
        check_together([spec], self._detectors, self._forecasters)
        return spec

    def _watched(self, spec: RuleSpec) -> WatchedRule:
        lens = lens_of(spec)
        if lens not in self._readings:
            self._readings[lens] = make_reading(spec, self._detectors, self._forecasters, self._started)
            self._pasts[lens] = Past(BEFORE_S)
        drafter = Drafter(spec, self._readings[lens], self._pasts[lens], self._places, self._status)
        return WatchedRule(spec, lens, drafter, self._places, self._book.lasting(spec.name))

    def _finding(self, lens: Lens, state: State) -> Finding | None:
        """What a reading says now; a component that raises is off for all rules that read it."""
        reading = self._readings[lens]
        kind, name = (lens[0], lens[1]) if lens[0] in ("detector", "forecast") else ("quantity", "/".join(lens[1:3]))
        kind = Forecaster.kind if kind == "forecast" else kind
        if (kind, name) in self._off:
            return None
        finding = self._attempt(kind, name, state.now, reading.look, state)
        if finding is not None:
            seen = finding.score if finding.value is None else finding.value
            self._pasts[lens].add(state.now, finding.ids, seen)
        return finding

    def _write(self, turns: Sequence[Turned], now: float) -> None:
        """Put on record what turned, of all rules at once; what cannot be written turns again at the next step."""
        if not turns:
            return
        for drafts in _parts([draft for turn in turns for draft in turn.drafts]):
            self._book.open(drafts)
        self._book.confirm([key for turn in turns for key in turn.confirmed], now)
        for keys in _parts([key for turn in turns for key in turn.ended]):
            self._book.end(keys, "", now)
        for turn in turns:
            turn.rule.turned(turn)

    # ------------------------------------------------------------ lessons

    def _teach(self) -> None:
        """Let detectors learn from what people said since the last step."""
        self._seen_version, changed = self._book.changed_since(self._seen_version)
        for alert in changed:
            if alert.feedback and self._taught.get(alert.identifier) != alert.feedback:
                self._taught[alert.identifier] = alert.feedback
                self._tell(alert)

    def _tell(self, alert: Alert) -> None:
        detector = self._detectors.get(alert.evidence.detector)
        if isinstance(detector, Learns):
            since, label = alert.evidence.since, alert.feedback
            self._attempt(detector.kind, detector.name, since, detector.learn, alert.entity, since, label)

    def _attempt(self, kind: str, name: str, now: float, call: Callable[..., _Answer], *given: Any) -> _Answer | None:
        """The answer of a part; one that raises is switched off."""
        answer = attempt(kind, name, now, call, *given)
        if not isinstance(answer, Fault):
            return answer
        self._off.add((kind, name))
        self._book.open([component_failed(answer, self._status)])
        return None


def _parts(whole: list[_Item]) -> Iterator[list[_Item]]:
    """A list in pieces of one transaction each."""
    for first in range(0, len(whole), _AT_ONCE):
        yield whole[first : first + _AT_ONCE]
