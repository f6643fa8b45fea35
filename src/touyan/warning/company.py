"""Conditions of several entities: those that belong together, and those that another's alert made attentive."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.core.observations import Column

from .places import Degrees, Places
from .rules import After, Together

Mask = NDArray[np.bool_]

CITY = "city"


class Crowd:
    """Entities by a property that they share: how many of each group showed something lately."""

    def __init__(self, together: Together, places: Places) -> None:
        self._together, self._places = together, places
        self._ids: tuple[str, ...] = ()
        self._last_over: Column = np.empty(0)
        self._member = self._group = np.empty(0, np.intp)
        self.groups: tuple[str, ...] = ()

    @property
    def bound(self) -> float:
        """The score at which a group shows it."""
        return self._together.share or float(self._together.at_least)

    def score(self, ids: tuple[str, ...], over: Mask, now: float) -> Column:
        """How many of each group, or which share of it; NaN never."""
        self._follow(ids)
        self._last_over[over] = now
        active = (now - self._last_over <= self._together.within_s)[self._member]
        counts = np.bincount(self._group[active], minlength=len(self.groups)).astype(float)
        if not self._together.share:
            return counts
        return counts / np.maximum(np.bincount(self._group, minlength=len(self.groups)), 1)

    def behind(self, row: int, now: float) -> tuple[str, ...]:
        """The entities of a group that showed it."""
        members = self._member[self._group == row]
        active = members[now - self._last_over[members] <= self._together.within_s]
        return tuple(self._ids[member] for member in active.tolist())

    def _follow(self, ids: tuple[str, ...]) -> None:
        if ids is self._ids or ids == self._ids:
            return
        known = dict(zip(self._ids, self._last_over.tolist(), strict=True))
        self._ids = ids
        self._last_over = np.array([known.get(identifier, -np.inf) for identifier in ids], float)
        pairs = [(row, value) for row, name in enumerate(ids) for value in self._values(name)]
        self.groups = tuple(dict.fromkeys(value for _, value in pairs))
        place = {value: number for number, value in enumerate(self.groups)}
        self._member = np.array([row for row, _ in pairs], np.intp)
        self._group = np.array([place[value] for _, value in pairs], np.intp)

    def _values(self, identifier: str) -> tuple[str, ...]:
        return (CITY,) if self._together.by == CITY else self._places.values(identifier, self._together.by)


class Event(NamedTuple):
    """A rule was due on an entity."""

    entity: str
    at: float


class Attention:
    """Which entities another rule's alert made attentive, and until when."""

    def __init__(self, after: After, places: Places) -> None:
        self._after, self._places = after, places
        self._ids: tuple[str, ...] = ()
        self._until: Column = np.empty(0)
        self._events: list[Event] = []

    def allowed(self, ids: tuple[str, ...], events: Iterable[Event], now: float) -> Mask:
        """The entities that count now; `events` are new ones of the rule that comes first."""
        if ids is not self._ids and ids != self._ids:
            self._ids, self._until = ids, np.full(len(ids), -np.inf)
            new = self._events
        else:
            new = []
        fresh = [*new, *events]
        self._events = [event for event in (*self._events, *events) if event.at + self._after.within_s >= now]
        for event in fresh:
            rows = [row for row, name in enumerate(ids) if self._related(name, event.entity)]
            self._until[rows] = np.fmax(self._until[rows], event.at + self._after.within_s)
        return self._until >= now

    def _related(self, one: str, other: str) -> bool:
        if self._after.towards:
            return self._places.names(other, self._after.towards, one)
        return self._places.related(self._after.relation, one, other)


def middle(locations: Iterable[Degrees | None]) -> Degrees | None:
    """The mean of the known locations."""
    known = [location for location in locations if location is not None]
    if not known:
        return None
    return math.fsum(east for east, _ in known) / len(known), math.fsum(north for _, north in known) / len(known)
