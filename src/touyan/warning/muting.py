"""What hides alerts: silences, maintenance windows, and alerts that explain them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from touyan.core.alert_records import Silence
from touyan.core.alerts import Alert, AlertState
from touyan.core.time import CITY_ZONE

from .case import Case
from .desk import Desk, Inhibition
from .places import Places


class Veil(NamedTuple):
    """What hides an alert, and in which words."""

    name: str
    words: str


def veil(case: Case, cases: Iterable[Case], silences: Iterable[Silence], desk: Desk, places: Places, at: float) -> Veil:
    """What hides an alert now; an empty name when nothing does."""
    labels = case.alert.label_set()
    for silence in silences:
        if silence.hides(labels, at):
            return Veil(silence.identifier, f"{silence.comment} ({silence.by})")
    weekday, second = _moment(at)
    for window in desk.maintenance:
        if window.covers(weekday, second) and all(matcher.matches(labels) for matcher in window.matchers):
            return Veil(f"maintenance {window.name}", "planned maintenance")
    for inhibition in desk.inhibitions:
        if case.alert.rule in inhibition.targets:
            source = _explaining(case, cases, inhibition, places)
            if source is not None:
                return Veil(source.identifier, f"explained by {source.headline.en}")
    return Veil("", "")


def next_edge(silences: Iterable[Silence], desk: Desk, at: float) -> float:
    """When what is hidden may change by itself."""
    edges = [edge for silence in silences for edge in (silence.starts, silence.ends) if edge > at]
    minute = [at - at % 60 + 60] if desk.maintenance else []
    return min([*edges, *minute], default=float("inf"))


def _explaining(case: Case, cases: Iterable[Case], inhibition: Inhibition, places: Places) -> Alert | None:
    """A live alert of the inhibition's source that is related to all that lasts of the target."""
    entities = {member.entity for member in case.members.values() if member.ended is None}
    for other in cases:
        if other is not case and _explains(other.alert, case.alert, inhibition):
            sources = {member.entity for member in other.members.values() if member.ended is None}
            if all(any(places.related(inhibition.relation, one, source) for source in sources) for one in entities):
                return other.alert
    return None


def _explains(source: Alert, target: Alert, inhibition: Inhibition) -> bool:
    if source.rule != inhibition.source or source.status != target.status or source.ended is not None:
        return False
    if source.state in (AlertState.SUSPECTED, AlertState.CLOSED):
        return False
    one, other = source.label_set(), target.label_set()
    return all(one.get(label) == other.get(label) for label in inhibition.equal)


def _moment(at: float) -> tuple[int, float]:
    """Weekday and second of the city's day."""
    local = datetime.fromtimestamp(at, UTC).astimezone(CITY_ZONE)
    return local.weekday(), local.hour * 3600 + local.minute * 60 + local.second + local.microsecond / 1e6
