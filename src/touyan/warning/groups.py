"""Which alert a new raw alert belongs to: the same cause, near in place and time, or the same storm."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from touyan.core.alerts import Alert
from touyan.core.geometry import Projection

from .desk import Grouping

Cause = tuple[str, str]


@dataclass
class _Group:
    """Where and when an alert that others may join was raised."""

    place: str
    location: tuple[float, float] | None
    metres_per_degree: tuple[float, float]
    last: float

    def near(self, location: tuple[float, float] | None, metres: float) -> bool:
        """Whether a location is known to be so near."""
        if self.location is None or location is None:
            return False
        east = (location[0] - self.location[0]) * self.metres_per_degree[0]
        north = (location[1] - self.location[1]) * self.metres_per_degree[1]
        return math.hypot(east, north) <= metres


class Groups:
    """The alerts that still take in others, by cause."""

    def __init__(self, policy: Grouping) -> None:
        self._policy = policy
        self._groups: dict[Cause, dict[str, _Group]] = {}
        self._cause_of: dict[str, Cause] = {}
        self._arrivals: dict[Cause, deque[float]] = {}

    def find(self, raw: Alert) -> str | None:
        """The alert that a raw alert joins; None when it is one of its own."""
        if raw.group == "none":
            return None
        storm = self._storm(raw)
        groups = self._recent(raw)
        found = next((identifier for identifier, group in groups.items() if self._same(raw, group)), None)
        if found is None and storm and groups:
            found = next(reversed(groups))
        if found is not None:
            groups[found].last = max(groups[found].last, raw.sent)
        return found

    def add(self, identifier: str, raw: Alert) -> None:
        """An alert that others may join."""
        if raw.group == "none":
            return
        scale = Projection(*raw.location).metres_per_degree() if raw.location else (0.0, 0.0)
        group = _Group(raw.place, raw.location, scale, raw.sent)
        self._groups.setdefault(_cause(raw), {})[identifier] = group
        self._cause_of[identifier] = _cause(raw)

    def forget(self, identifier: str) -> None:
        """An alert that takes in no more."""
        cause = self._cause_of.pop(identifier, None)
        if cause is not None:
            self._groups[cause].pop(identifier, None)

    def _same(self, raw: Alert, group: _Group) -> bool:
        if raw.group == "cause":
            return raw.place == group.place
        return bool(raw.place and raw.place == group.place) or group.near(raw.location, self._policy.near_m)

    def _storm(self, raw: Alert) -> bool:
        """Whether this cause reports faster than people can read."""
        arrivals = self._arrivals.setdefault(_cause(raw), deque(maxlen=self._policy.storm))
        full = len(arrivals) == self._policy.storm and raw.sent - arrivals[0] <= self._policy.storm_s
        arrivals.append(raw.sent)
        return full

    def _recent(self, raw: Alert) -> dict[str, _Group]:
        """The groups of a cause that are not too old; the others are forgotten."""
        groups = self._groups.setdefault(_cause(raw), {})
        old = [name for name, group in groups.items() if raw.sent - group.last > self._policy.within_s]
        for identifier in old:
            self.forget(identifier)
        return groups


def _cause(raw: Alert) -> Cause:
    return (raw.cause or raw.rule, raw.status)
