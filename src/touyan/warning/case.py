"""One alert with its raw alerts, as its records leave it; the same records always give the same case.

raw alert:  live ──Left──▶ passed ──Joined──▶ live
"""

from __future__ import annotations

from typing import assert_never

import msgspec

from touyan.core.alert_records import Joined, Left, Raised, Repeated, Stepped
from touyan.core.alerts import Alert, AlertStep, Severity

CaseRecord = Raised | Joined | Repeated | Left | Stepped

PASSED = "the condition has passed"
CAME_BACK = "the condition has come back"
FLICKERS = "it comes and goes; further changes are on record only"

_RANKS = tuple(Severity)
"""The worst first: an alert is as severe as the worst raw alert in it."""


class Member(msgspec.Struct):
    """One key that reports into an alert: since when, until when, how often; times are epoch seconds."""

    key: str
    rule: str
    entity: str
    severity: str
    since: float
    value: float
    location: tuple[float, float] | None = None
    ended: float | None = None
    expires: float | None = None
    times: int = 1


class Case:
    """An alert and the raw alerts in it, changed by records only."""

    def __init__(self, alert: Alert) -> None:
        self.alert = alert
        self.members: dict[str, Member] = {alert.key: _member(alert)}
        self.lasting = 1

    def apply(self, record: CaseRecord) -> None:
        """Take one record into account."""
        match record:
            case Raised():
                raise ValueError(f"{record.identifier} was raised twice")
            case Joined():
                self._join(record.raw)
            case Repeated():
                self._repeat(record)
            case Left():
                self._leave(record.key, record.at)
            case Stepped():
                self._step(record.step)
            case _:
                assert_never(record)

    def _join(self, raw: Alert) -> None:
        known = self.members.get(raw.key)
        self.members[raw.key] = member = _member(raw)
        if known is not None:
            member.times, member.since = known.times + 1, known.since
        if known is None or known.ended is not None:
            self.lasting += 1
        severity = min(self.alert.severity, raw.severity, key=_RANKS.index)
        count = self.alert.count + 1
        self._replace(count=count, members=len(self.members), last=raw.sent, severity=severity, ended=None)

    def _repeat(self, record: Repeated) -> None:
        member = self.members[record.key]
        member.times += 1
        member.expires = record.expires
        self._replace(count=self.alert.count + 1, last=record.at)

    def _leave(self, key: str, at: float) -> None:
        member = self.members[key]
        if member.ended is None:
            member.ended = at
            self.lasting -= 1
        if not self.lasting:
            self._replace(ended=at)

    def _step(self, step: AlertStep) -> None:
        self._replace(log=(*self.alert.log, step))

    def _replace(self, **changes: object) -> None:
        self.alert = msgspec.structs.replace(self.alert, **changes)


def _member(raw: Alert) -> Member:
    return Member(
        raw.key,
        raw.rule,
        raw.entity,
        raw.severity.value,
        raw.sent,
        raw.evidence.value,
        raw.location,
        expires=raw.expires,
    )
