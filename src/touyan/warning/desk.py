"""How a city's desk works: who is on call, how long each step may take, who is told when nobody acts.

Times of the steps follow the seven steps of city management centres (see `touyan.core.alerts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from touyan.core.alert_records import Matcher
from touyan.core.alerts import AlertState, Severity

_DAY_S, _HOUR_S, _MINUTE_S = 86_400.0, 3_600.0, 60.0


class Relief(msgspec.Struct, frozen=True):
    """Somebody stands in for whoever is on call from `starts` to `ends` (epoch s)."""

    member: str
    starts: float
    ends: float


class Rota(msgspec.Struct, frozen=True):
    """Who is on call: the members in turn, a shift each, from `starts` (epoch s) on."""

    name: str
    members: tuple[str, ...]
    starts: float = 0.0
    shift_s: float = 8 * _HOUR_S
    reliefs: tuple[Relief, ...] = ()

    def on_call(self, at: float) -> str:
        """The member on call at a time."""
        for relief in self.reliefs:
            if relief.starts <= at < relief.ends:
                return relief.member
        return self.members[int((at - self.starts) // self.shift_s) % len(self.members)]


class Rung(msgspec.Struct, frozen=True):
    """Who is told when an alert was not taken on for so long (s after it was opened)."""

    after_s: float
    to: str


class Inhibition(msgspec.Struct, frozen=True):
    """A live alert of the rule `source` hides those of `targets` on related entities.

    `relation` is "same" (one entity), "city" (any), or a property of entities: the target's names the source's
    entity, or both have the same value. `equal` are labels that must be the same.
    """

    source: str
    targets: tuple[str, ...]
    relation: str = "same"
    equal: tuple[str, ...] = ()


class Maintenance(msgspec.Struct, frozen=True):
    """A window that comes back on some weekdays (0 is Monday), in seconds of the city's day."""

    name: str
    matchers: tuple[Matcher, ...]
    weekdays: tuple[int, ...]
    from_s: float
    to_s: float

    def covers(self, weekday: int, second: float) -> bool:
        """Whether a moment of the city's week lies in the window; it may go past midnight."""
        if self.from_s <= self.to_s:
            return weekday in self.weekdays and self.from_s <= second < self.to_s
        evening = weekday in self.weekdays and second >= self.from_s
        morning = (weekday - 1) % 7 in self.weekdays and second < self.to_s
        return evening or morning


class Grouping(msgspec.Struct, frozen=True):
    """Which raw alerts of one cause are one alert.

    Those within `near_m` of the first and `within_s` of the last; and, when more than `storm` new alerts of a cause
    came in `storm_s`, all that follow within `within_s`.
    """

    near_m: float = 200.0
    within_s: float = 300.0
    storm: int = 4
    storm_s: float = 10.0


DEADLINES: Mapping[Severity, Mapping[AlertState, float]] = {
    Severity.EXTREME: {
        AlertState.SUSPECTED: 2 * _MINUTE_S,
        AlertState.OPEN: 2 * _MINUTE_S,
        AlertState.ACKNOWLEDGED: 5 * _MINUTE_S,
        AlertState.ASSIGNED: 2 * _HOUR_S,
        AlertState.RESOLVED: 8 * _HOUR_S,
    },
    Severity.SEVERE: {
        AlertState.SUSPECTED: 5 * _MINUTE_S,
        AlertState.OPEN: 5 * _MINUTE_S,
        AlertState.ACKNOWLEDGED: 15 * _MINUTE_S,
        AlertState.ASSIGNED: 4 * _HOUR_S,
        AlertState.RESOLVED: _DAY_S,
    },
    Severity.MODERATE: {
        AlertState.SUSPECTED: 15 * _MINUTE_S,
        AlertState.OPEN: 15 * _MINUTE_S,
        AlertState.ACKNOWLEDGED: _HOUR_S,
        AlertState.ASSIGNED: _DAY_S,
        AlertState.RESOLVED: 2 * _DAY_S,
    },
}
"""How long each state may last, unless the desk's file says otherwise; lower levels have no deadline."""


@dataclass(frozen=True)
class Desk:
    """The rules of work of one operation centre."""

    deadlines: Mapping[Severity, Mapping[AlertState, float]] = field(default_factory=lambda: DEADLINES)
    ladders: Mapping[Severity, tuple[Rung, ...]] = field(default_factory=dict)
    rotas: Mapping[str, Rota] = field(default_factory=dict)
    inhibitions: tuple[Inhibition, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    grouping: Grouping = field(default_factory=Grouping)

    def due(self, severity: Severity, state: AlertState, at: float) -> float | None:
        """When a state that is entered now must be left."""
        seconds = self.deadlines.get(severity, {}).get(state)
        return None if seconds is None else at + seconds

    def rung(self, severity: Severity, level: int) -> Rung | None:
        """The next step of the ladder for an alert that was escalated so often."""
        ladder = self.ladders.get(severity, ())
        return ladder[level] if level < len(ladder) else None

    def named(self, to: str, at: float) -> str:
        """Whom a rota's name means now; any other name means itself."""
        return f"{to}: {self.rotas[to].on_call(at)}" if to in self.rotas else to
