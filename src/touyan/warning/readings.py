"""What rules look at, computed once for all rules that look at the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from touyan.core.components import Detector, Forecaster
from touyan.core.protocols import Finding, State

from .past import Past
from .rules import RuleSpec

Lens = tuple[str, ...]
"""What tells one reading from another: its source and the way of looking."""

BEFORE_S = 300.0
"""How much of the past stands in the evidence."""


class Reading(Protocol):
    """A way to get one finding out of the state."""

    quantity: str
    source: str

    def look(self, state: State) -> Finding:
        """The finding now."""


class Score:
    """A detector's finding."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.quantity, self.source, self.unit_code = detector.quantity, detector.name, detector.unit_code

    def look(self, state: State) -> Finding:
        """Raises ValueError for a wrong shape."""
        return _checked(self._detector.score(state))


class Value:
    """The last known values of a quantity; NaN where they are not fresh or not finite."""

    def __init__(self, of: str, quantity: str, fresh_s: float) -> None:
        self._of, self.quantity, self._fresh_s = of, quantity, fresh_s
        self.source = of

    def look(self, state: State) -> Finding:
        """Raises NotFoundError for a type that the city does not have."""
        table = state.table(self._of)
        values = table.column(self.quantity)
        # An infinite reading is a fault of its sensor; it says nothing, as a missing one.
        told = (table.heard_at(self.quantity) >= state.now - self._fresh_s) & ~np.isinf(values)
        return Finding(table.ids, values if told.all() else np.where(told, values, np.nan))


class Change:
    """How fast a quantity changes, or where it goes when it goes on so for `ahead_s`."""

    def __init__(self, value: Value, over_s: float, ahead_s: float) -> None:
        self._value, self._over_s, self._ahead_s = value, over_s, ahead_s
        self._past = Past(over_s)
        self.quantity, self.source = value.quantity, value.source

    def look(self, state: State) -> Finding:
        """NaN until the past reaches back far enough."""
        ids, values, *_ = self._value.look(state)
        self._past.add(state.now, ids, values)
        rate = self._past.rate(state.now, values, self._over_s)
        return Finding(ids, values + rate * self._ahead_s if self._ahead_s else rate)


class Silence:
    """Seconds since a quantity was last heard; what was never heard is silent from the start."""

    def __init__(self, of: str, quantity: str, started: float) -> None:
        self._of, self.quantity, self._started = of, quantity, started
        self.source = of

    def look(self, state: State) -> Finding:
        """Always a number."""
        table = state.table(self._of)
        return Finding(table.ids, state.now - np.maximum(table.heard_at(self.quantity), self._started))


class Ahead:
    """The highest (or lowest) value that a forecast has within some time."""

    def __init__(self, forecaster: Forecaster, within_s: float, sign: float) -> None:
        self._forecaster, self._within_s, self._sign = forecaster, within_s, sign
        self.quantity, self.source = forecaster.quantity, forecaster.name

    def look(self, state: State) -> Finding:
        """NaN for an entity of which nothing is foreseen."""
        forecast = self._forecaster.forecast(state, state.now + self._within_s)
        told = (forecast.at > state.now) & (forecast.at <= state.now + self._within_s)
        values = self._sign * forecast.values[told]
        highest = np.fmax.reduce(values, axis=0) if len(values) else np.full(len(forecast.ids), np.nan)
        return _checked(Finding(forecast.ids, self._sign * highest))


def lens_of(rule: RuleSpec) -> Lens:
    """What a rule looks at, so that rules with the same lens share one reading."""
    if rule.detector:
        return ("detector", rule.detector)
    if rule.forecast:
        return ("forecast", rule.forecast, str(rule.within_s), str(rule.sign))
    if rule.silent:
        return ("silent", rule.of, rule.quantity)
    look = ("", rule.of, rule.quantity, str(rule.fresh_s))
    return (*look, str(rule.rate_over_s), str(rule.trend_over_s), str(rule.within_s if rule.trend_over_s else 0.0))


def make_reading(
    rule: RuleSpec, detectors: Mapping[str, Detector], forecasters: Mapping[str, Forecaster], started: float
) -> Reading:
    """The reading that a rule looks at; raises KeyError for an unknown component."""
    if rule.detector:
        return Score(detectors[rule.detector])
    if rule.forecast:
        return Ahead(forecasters[rule.forecast], rule.within_s, rule.sign)
    if rule.silent:
        return Silence(rule.of, rule.quantity, started)
    value = Value(rule.of, rule.quantity, rule.fresh_s)
    if rule.rate_over_s or rule.trend_over_s:
        return Change(value, rule.rate_over_s or rule.trend_over_s, rule.within_s if rule.trend_over_s else 0.0)
    return value


def _checked(finding: Finding) -> Finding:
    if finding.score.shape != (len(finding.ids),):
        raise ValueError(f"found {finding.score.shape} scores for {len(finding.ids)} ids; expected one for each")
    return finding
