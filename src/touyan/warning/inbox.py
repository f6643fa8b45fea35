"""The book of all alerts of a run: who did what to which, on disk before anybody is told."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from touyan.core.alerts import Alert, AlertState, AlertStep
from touyan.core.errors import NotFoundError, StaleActionError
from touyan.core.time import to_iso

_ALLOWED_FROM = {
    AlertState.ACKNOWLEDGED: frozenset({AlertState.OPEN}),
    AlertState.CLOSED: frozenset({AlertState.OPEN, AlertState.ACKNOWLEDGED}),
}


class Journal(Protocol):
    """Where alerts are written down."""

    def journal_alerts(self, alerts: Sequence[Alert]) -> None:
        """Append the alerts as they stand now; durable when it returns."""


class AlertBook:
    """All alerts with their log, for use from any thread.

    Each change is written to the journal first: when the journal fails, the book is as it was.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._lock = threading.RLock()
        self._opened = 0
        self._version = 0
        # By identifier, in the order of the last change, with the version that the change made.
        self._alerts: dict[str, tuple[int, Alert]] = {}

    @property
    def version(self) -> int:
        """A number that grows with every change."""
        return self._version

    def open(self, alerts: Iterable[Alert]) -> list[Alert]:
        """Take in and number new alerts; all of them or none."""
        with self._lock:
            numbered = [
                msgspec.structs.replace(alert, identifier=f"alert-{number}")
                for number, alert in enumerate(alerts, self._opened + 1)
            ]
            self._record(numbered)
            self._opened += len(numbered)
            return numbered

    def end(self, identifiers: Iterable[str], by: str, at: float) -> list[Alert]:
        """Note that conditions passed; a person still closes the alerts."""
        with self._lock:
            ended = [_ended(self.get(identifier), by, at) for identifier in identifiers]
            self._record(ended)
            return ended

    def acknowledge(self, identifier: str, by: str, at: float, note: str = "") -> Alert:
        """A person takes an alert on; raises NotFoundError, StaleActionError."""
        return self._move(identifier, AlertStep(AlertState.ACKNOWLEDGED, by, at, note))

    def close(self, identifier: str, by: str, at: float, note: str = "") -> Alert:
        """A person ends an alert; raises NotFoundError, StaleActionError."""
        return self._move(identifier, AlertStep(AlertState.CLOSED, by, at, note))

    def get(self, identifier: str) -> Alert:
        """One alert as it stands; raises NotFoundError."""
        with self._lock:
            if identifier not in self._alerts:
                raise NotFoundError("alert", identifier, self._alerts)
            return self._alerts[identifier][1]

    def all(self) -> list[Alert]:
        """All alerts, the newest first."""
        with self._lock:
            return sorted((alert for _, alert in self._alerts.values()), key=_number, reverse=True)

    def changed_since(self, version: int) -> tuple[int, list[Alert]]:
        """The version now, and what changed after an earlier one, in order."""
        with self._lock:
            changed = []
            for changed_in, alert in reversed(self._alerts.values()):
                if changed_in <= version:
                    break
                changed.append(alert)
            return self._version, changed[::-1]

    def _move(self, identifier: str, step: AlertStep) -> Alert:
        with self._lock:
            alert = self.get(identifier)
            if alert.state not in _ALLOWED_FROM[step.state]:
                raise _stale(alert)
            moved = msgspec.structs.replace(alert, log=(*alert.log, step))
            self._record([moved])
            return moved

    def _record(self, alerts: Sequence[Alert]) -> None:
        if not alerts:
            return
        self._journal.journal_alerts(alerts)
        self._version += 1
        for alert in alerts:
            self._alerts.pop(alert.identifier, None)
            self._alerts[alert.identifier] = (self._version, alert)


def _ended(alert: Alert, by: str, at: float) -> Alert:
    step = AlertStep(alert.state, by, at, "the condition has passed")
    return msgspec.structs.replace(alert, ended=at, log=(*alert.log, step))


def _stale(alert: Alert) -> StaleActionError:
    """Names who brought the alert to where it is."""
    step = next(step for step in alert.log if step.state is alert.state)
    return StaleActionError(alert.identifier, alert.state, step.by, to_iso(step.at))


def _number(alert: Alert) -> int:
    return int(alert.identifier.removeprefix("alert-"))
