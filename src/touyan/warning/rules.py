"""What a rule says: which reading, beyond which bound, for how long, of which entities together, becomes which alert.

A rule reads one of: `detector` (its score), `quantity` of an entity type `of`, or `forecast` (a component that gives
values to come). `rate_over_s`, `trend_over_s` and `silent` look at a quantity another way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec

from touyan.core.alerts import CATEGORIES, Certainty, Evidence, Severity, Urgency
from touyan.core.components import Rule
from touyan.core.errors import SettingError
from touyan.core.text import Text
from touyan.core.units import UNITS, to_si

from .wording import told

STATE_OF_TEMPLATES = Evidence("quantity", 1.0, 1.0, "C62", 0.0, "detector")
"""Any evidence: a template that fails on it would fail at night."""


class Together(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Several entities with the same value of the property `by` must show it within `within_s`.

    `at_least` of them, or a `share` of all that have the value; "city" as `by` takes all entities as one.
    """

    by: str
    at_least: int = 1
    share: float = 0.0
    within_s: float = 0.0


class After(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Counts only within `within_s` after the rule `rule` was due on a related entity (see `Places.related`).

    With `towards`, on an entity whose property of that name names this one: what lies downstream, say.
    """

    rule: str
    within_s: float
    relation: str = "same"
    towards: str = ""


class RuleSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule as it is declared; bounds are in the unit of `unit_code`, times in seconds.

    `above` or `below` is the bound, `clears_at` where the condition has passed (the bound itself without it).
    `for_s` is how long it must hold before an alert opens, `suspect_s` before it is suspected. Readings older than
    `fresh_s` say nothing. `where` holds the values that properties of an entity must have. `group` is "place",
    "cause" or "none"; `place_by` a property whose value is the place.
    """

    name: str
    event: Text
    headline: Text
    description: Text
    detector: str = ""
    of: str = ""
    quantity: str = ""
    forecast: str = ""
    above: float | None = None
    below: float | None = None
    clears_at: float | None = None
    for_s: float = 0.0
    suspect_s: float | None = None
    fresh_s: float = 900.0
    rate_over_s: float = 0.0
    trend_over_s: float = 0.0
    within_s: float = 0.0
    silent: bool = False
    where: dict[str, tuple[str, ...]] = {}
    together: Together | None = None
    after: After | None = None
    unit_code: str = "C62"
    severity: Severity = Severity.MODERATE
    urgency: Urgency = Urgency.IMMEDIATE
    certainty: Certainty = Certainty.OBSERVED
    category: str = "Transport"
    instruction: Text | None = None
    group: str = "place"
    cause: str = ""
    place_by: str = ""

    @property
    def sign(self) -> float:
        """1 where high values count, -1 where low ones do."""
        return 1.0 if self.below is None else -1.0

    @property
    def bound(self) -> float:
        """The bound in SI, with its sign, so that the condition is always at or above it."""
        bound = self.above if self.below is None else self.below
        return self.sign * to_si(bound or 0.0, self.unit_code)

    @property
    def clear_below(self) -> float:
        """The signed SI value under which the condition has passed; never above the bound."""
        clears = self.bound if self.clears_at is None else self.sign * to_si(self.clears_at, self.unit_code)
        return min(clears, self.bound)

    def check(self) -> None:
        """Refuse what could not work; raises SettingError with the field."""
        for field, wrong, expected in self._mistakes():
            if wrong:
                raise SettingError(self.name, field, getattr(self, field), expected)
        for field in ("event", "headline", "description"):
            _check_template(self.name, field, getattr(self, field))

    def _mistakes(self) -> Iterable[tuple[str, bool, str]]:
        sources = [bool(self.detector), bool(self.quantity), bool(self.forecast)]
        one_bound = (self.above is None) != (self.below is None)
        yield "detector", sum(sources) != 1, "one of detector, quantity or forecast"
        yield "of", bool(self.quantity) and not self.of, "the entity type that has the quantity"
        yield "above", not (one_bound or (self.silent and self.above is None)), "either above or below"
        looks = [self.rate_over_s > 0, self.trend_over_s > 0, self.silent]
        yield "silent", sum(looks) > 1, "at most one of rate_over_s, trend_over_s and silent"
        yield "quantity", any(looks) and not self.quantity, "a quantity for rate_over_s, trend_over_s or silent"
        yield "within_s", bool(self.forecast or self.trend_over_s) and self.within_s <= 0, "how far ahead, in seconds"
        yield "unit_code", self.unit_code not in UNITS, f"one of {', '.join(sorted(UNITS))}"
        yield "for_s", self.for_s < 0, "a time of at least 0"
        yield "suspect_s", self.suspect_s is not None and not 0 <= self.suspect_s < self.for_s, "0 to less than for_s"
        yield "clears_at", self._clears_wrong(), "a value on the quiet side of the bound"
        yield "category", self.category not in CATEGORIES, f"one of {', '.join(CATEGORIES)}"
        yield "group", self.group not in ("place", "cause", "none"), "place, cause or none"

    def _clears_wrong(self) -> bool:
        if self.clears_at is None or self.silent:
            return False
        return self.sign * to_si(self.clears_at, self.unit_code) > self.bound


def of_component(rule: Rule) -> RuleSpec:
    """What a pack's rule says."""
    return RuleSpec(
        rule.name,
        rule.event,
        rule.headline,
        rule.description,
        detector=rule.detector,
        above=rule.threshold,
        clears_at=min(rule.clear_below, rule.threshold),
        for_s=rule.holds_for_s,
        severity=rule.severity,
    )


def check_together(rules: Sequence[RuleSpec], detectors: Collection[str], forecasts: Collection[str]) -> None:
    """Refuse names that nothing bears, names used twice, and rules that wait for one another."""
    names = [rule.name for rule in rules]
    for rule in rules:
        if names.count(rule.name) > 1:
            raise SettingError(rule.name, "name", rule.name, "a name that no other rule has")
        if rule.detector and rule.detector not in detectors:
            raise SettingError(rule.name, "detector", rule.detector, f"one of {_listed(detectors)}")
        if rule.forecast and rule.forecast not in forecasts:
            raise SettingError(rule.name, "forecast", rule.forecast, f"one of {_listed(forecasts)}")
        if rule.after and rule.after.rule not in names:
            raise SettingError(rule.name, "after", rule.after.rule, f"one of {_listed(names)}")
    waits: dict[str, tuple[str, ...]] = {rule.name: (rule.after.rule,) for rule in rules if rule.after}
    cycle = find_cycle(waits)
    if cycle:
        raise SettingError(cycle[0], "after", " → ".join(cycle), "rules that do not wait for one another in a circle")


def check_city(rules: Iterable[RuleSpec], types: Collection[str]) -> None:
    """Refuse a rule about entities that the city does not have."""
    for rule in rules:
        if rule.of and rule.of not in types:
            raise SettingError(rule.name, "of", rule.of, f"an entity type of this city: {_listed(types)}")


def in_order(rules: Iterable[RuleSpec]) -> list[RuleSpec]:
    """Each rule behind the one that it waits for."""
    by_name = {rule.name: rule for rule in rules}
    return sorted(by_name.values(), key=lambda rule: _depth(rule, by_name))


def find_cycle(leads_to: dict[str, tuple[str, ...]]) -> list[str]:
    """Names that lead back to the first of them; empty when there is no such circle."""
    safe: set[str] = set()
    for start in leads_to:
        found = _walk(start, leads_to, [], safe)
        if found:
            return found
    return []


def _walk(name: str, leads_to: dict[str, tuple[str, ...]], way: list[str], safe: set[str]) -> list[str]:
    if name in way:
        return [*way[way.index(name) :], name]
    if name in safe:
        return []
    for following in leads_to.get(name, ()):
        found = _walk(following, leads_to, [*way, name], safe)
        if found:
            return found
    safe.add(name)
    return []


def _depth(rule: RuleSpec, by_name: dict[str, RuleSpec]) -> int:
    depth = 0
    while rule.after is not None and rule.after.rule in by_name and depth <= len(by_name):
        rule, depth = by_name[rule.after.rule], depth + 1
    return depth


def _check_template(rule: str, field: str, text: Text) -> None:
    try:
        text.filled(**told(STATE_OF_TEMPLATES, "entity"))
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        known = ", ".join(f"{{{name}}}" for name in told(STATE_OF_TEMPLATES, ""))
        found = f"{text.en} / {text.zh} ({type(error).__name__}: {error})"
        raise SettingError(rule, field, found, f"a text whose placeholders are of {known}") from None


def _listed(names: Iterable[Any]) -> str:
    return ", ".join(sorted(names)) or "none"
