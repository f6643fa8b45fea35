"""When each alert must be looked at again: its deadline, and the next rung of its ladder."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from touyan.core.alerts import Alert, AlertAction, AlertState, AlertStep

from .case import Case
from .desk import Desk, Rung


class Timers:
    """A queue of alerts by the time at which the desk has something to say of them.

    `behind` is by how much (s) the clock was set back since the steps that were `taken` over from the record.
    """

    def __init__(self, desk: Desk, taken: dict[str, int], behind: float) -> None:
        self._desk = desk
        self._taken = taken
        self._behind = behind
        self._queue: list[tuple[float, str]] = []
        self._at: dict[str, float] = {}

    def follow(self, case: Case) -> None:
        """Set the alert's time anew."""
        alert = case.alert
        at = min(self._moments(alert), default=None)
        self._at.pop(alert.identifier, None)
        if at is not None:
            self._at[alert.identifier] = at
            heapq.heappush(self._queue, (at, alert.identifier))

    def due(self, now: float) -> Iterator[str]:
        """The alerts whose time has come."""
        while self._queue and self._queue[0][0] <= now:
            at, identifier = heapq.heappop(self._queue)
            if self._at.get(identifier) == at:
                del self._at[identifier]
                yield identifier

    def steps(self, alert: Alert, now: float) -> Iterator[AlertStep]:
        """What the desk says of an alert whose time has come."""
        entered, due = self._shifted(alert, alert.entered.at), self._due(alert)
        if due is not None and due <= now:
            yield AlertStep(alert.state, "desk", now, "the deadline of this step was missed", AlertAction.OVERDUE)
        level = alert.level
        while (rung := self._rung(alert, level)) is not None and entered + rung.after_s <= now:
            note = f"not taken on for {rung.after_s:g} s"
            yield AlertStep(alert.state, "desk", now, note, AlertAction.ESCALATE, self._desk.named(rung.to, now))
            level += 1

    def _moments(self, alert: Alert) -> Iterator[float]:
        if alert.muted or alert.state is AlertState.CLOSED:
            return
        due, rung = self._due(alert), self._rung(alert, alert.level)
        if due is not None:
            yield due
        if rung is not None:
            yield self._shifted(alert, alert.entered.at) + rung.after_s

    def _due(self, alert: Alert) -> float | None:
        due = None if alert.overdue or alert.state is AlertState.CLOSED else alert.due
        return None if due is None else self._shifted(alert, due)

    def _rung(self, alert: Alert, level: int) -> Rung | None:
        waits = alert.state is AlertState.OPEN and alert.ended is None
        return self._desk.rung(alert.severity, level) if waits else None

    def _shifted(self, alert: Alert, at: float) -> float:
        """A time of the present state by the clock that runs now."""
        steps_in_record = self._taken.get(alert.identifier, 0)
        return at - self._behind if alert.log.index(alert.entered) < steps_in_record else at
