"""One rule at work: its condition over all entities, and what belongs together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from touyan.core.alerts import Alert, AlertState
from touyan.core.protocols import Finding

from .company import Attention, Crowd, Event, Mask
from .condition import LIVE, QUIET, SUSPECTED, Condition, Rows, Turn
from .drafts import Drafter
from .places import Places
from .readings import Lens
from .rules import RuleSpec


class Turned(NamedTuple):
    """What turned of one rule: new raw alerts, keys of suspicions that lasted, keys of what has passed."""

    rule: WatchedRule
    turn: Turn
    drafts: list[Alert]
    confirmed: list[str]
    ended: list[str]

    def __bool__(self) -> bool:
        return bool(self.drafts or self.confirmed or self.ended)


class WatchedRule:
    """A rule with what it remembers of each entity; `events` are those on which it was due in this step."""

    def __init__(
        self, spec: RuleSpec, lens: Lens, drafter: Drafter, places: Places, lasting: Mapping[str, bool]
    ) -> None:
        self.spec, self.lens = spec, lens
        self._drafter, self._places = drafter, places
        self._crowd = Crowd(spec.together, places) if spec.together else None
        self._attention = Attention(spec.after, places) if spec.after else None
        bound, clear_below = spec.bound, spec.clear_below
        if self._crowd:
            bound = clear_below = self._crowd.bound
        self.condition = Condition(bound, clear_below, spec.for_s, spec.suspect_s, lasting)
        self.events: list[Event] = []
        self._ids: tuple[str, ...] = ()
        self._where: Mask | None = None

    def key(self, entity: str) -> str:
        """What tells the raw alert on an entity from all others."""
        return f"{self.spec.name}|{entity}"

    def turn(self, finding: Finding, first: Sequence[Event], now: float) -> Turned:
        """What turns now, and what is to be put on record of it; `first` are events of the rule that comes before."""
        self.events = []
        shown, turn = self.look(finding, first, now)
        if not (turn.suspected.size or turn.due.size):
            return Turned(self, turn, [], [], self._keys(shown, turn.passed))
        self.remember(shown, turn.due, now)
        phases = np.array(self.condition.phases(turn.due), int)
        confirmed = self._keys(shown, turn.due[phases == SUSPECTED])
        return Turned(self, turn, self.drafts(shown, turn, now), confirmed, self._keys(shown, turn.passed))

    def turned(self, turned: Turned) -> None:
        """Note that it is on record."""
        self.condition.turned(turned.turn.suspected, SUSPECTED)
        self.condition.turned(turned.turn.due, LIVE)
        self.condition.turned(turned.turn.passed, QUIET)

    def _keys(self, shown: Finding, rows: Rows) -> list[str]:
        return [self.key(shown.ids[row]) for row in rows.tolist()]

    def look(self, finding: Finding, first: Sequence[Event], now: float) -> tuple[Finding, Turn]:
        """What is shown, of entities or of groups of them, and what turns in it."""
        score = finding.score if self.spec.sign > 0 else -finding.score
        allowed = self._allowed(finding.ids, first, now)
        if self._crowd is None:
            return finding, self.condition.look(finding.ids, score, now, allowed)
        over = score >= self.spec.bound
        counted = self._crowd.score(finding.ids, over if allowed is None else over & allowed, now)
        crowd = self._crowd
        shown = Finding(crowd.groups, counted, contributors=lambda row: crowd.behind(row, now))
        return shown, self.condition.look(shown.ids, shown.score, now)

    def drafts(self, shown: Finding, turn: Turn, now: float) -> list[Alert]:
        """The raw alerts of what is newly suspected or due."""
        phases = np.array(self.condition.phases(turn.due), int)
        due = turn.due[phases < SUSPECTED]
        rows = [(row, AlertState.SUSPECTED) for row in turn.suspected.tolist()]
        rows += [(row, AlertState.OPEN) for row in due.tolist()]
        return [
            self._drafter.draft(shown, row, self.condition.since(row), now, state, self._crowd is not None)
            for row, state in rows
        ]

    def remember(self, shown: Finding, due: Rows, now: float) -> None:
        """Keep on which entities the rule was due, for the rules that come after it."""
        for row in due.tolist():
            behind = shown.contributors(row) if self._crowd and shown.contributors else (shown.ids[row],)
            self.events += [Event(entity, now) for entity in behind]

    def _allowed(self, ids: tuple[str, ...], first: Sequence[Event], now: float) -> Mask | None:
        """The entities that the rule is about and, of a sequence, those whose turn it is."""
        if self.spec.where and ids is not self._ids:
            self._where = np.array([self._chosen(identifier) for identifier in ids], np.bool_)
            self._ids = ids
        if self._attention is None:
            return self._where
        attentive = self._attention.allowed(ids, first, now)
        return attentive if self._where is None else attentive & self._where

    def _chosen(self, identifier: str) -> bool:
        wanted = self.spec.where.items()
        return all(set(values) & set(self._places.values(identifier, name)) for name, values in wanted)
