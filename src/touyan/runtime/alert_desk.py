"""The alerts of a running city, and what people and other systems may do about them now."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from touyan.core.alert_records import Silence
from touyan.core.alerts import (
    CATEGORIES,
    Alert,
    AlertAction,
    AlertState,
    AlertStep,
    Certainty,
    Evidence,
    Severity,
    Urgency,
)
from touyan.core.errors import NotFoundError, SettingError
from touyan.core.text import Text
from touyan.warning.book import AlertBook
from touyan.warning.cap import cap_message
from touyan.warning.cap_reading import read_cap
from touyan.warning.case import Member
from touyan.warning.lessons import Lesson, lessons
from touyan.warning.ngsi_alert import ngsi_alert
from touyan.warning.sender import Sender

BY_HAND = "reported-by-hand"
EXERCISE = "Exercise"  # CAP 1.2 status of drills, and of everything in a simulated city


class AlertDetail(msgspec.Struct, frozen=True):
    """One alert with the raw alerts in it, and earlier ones like it."""

    alert: Alert
    members: list[Member]
    similar: list[Alert]


class Report(msgspec.Struct, frozen=True):
    """What a person reports; without an entity it is about the place alone."""

    by: str
    event: Text
    headline: Text
    description: Text
    severity: Severity
    entity: str = ""
    location: tuple[float, float] | None = None
    area: dict[str, Any] | None = None
    instruction: Text | None = None
    category: str = "Other"
    drill: bool = False


class Foreign(msgspec.Struct, frozen=True):
    """What another system reports, words in English and Chinese; times are epoch seconds of the city."""

    key: str
    rule: str
    entity: str
    place: str
    headline: tuple[str, str]
    description: tuple[str, str]
    severity: Severity
    since: float
    expires: float
    labels: dict[str, str]
    source: str


class Label(msgspec.Struct, frozen=True):
    """What a person said of an alert: true, false or duplicate; times are epoch seconds."""

    alert: str
    rule: str
    detector: str
    entity: str
    since: float
    sent: float
    label: str
    by: str
    at: float
    note: str


class AlertDesk:
    """The book at the city's clock, for use from any thread; `told` is called after each change."""

    def __init__(
        self,
        book: AlertBook,
        clock: Callable[[], float],
        told: Callable[[], None],
        status: str = "Actual",
        sender: Sender | None = None,
    ) -> None:
        self._sender = sender or Sender()
        self._status = status
        self._book = book
        self._clock = clock
        self._told = told

    @property
    def now(self) -> float:
        """City time, epoch seconds."""
        return self._clock()

    def all(self) -> list[Alert]:
        """All alerts, the newest first."""
        return self._book.all()

    def current(self) -> list[Alert]:
        """All that is not closed, and the newest of what is, the newest first."""
        return self._book.current()

    def get(self, identifier: str) -> Alert:
        """One alert as it stands; raises NotFoundError."""
        return self._book.get(identifier)

    def detail(self, identifier: str, most: int = 100) -> AlertDetail:
        """One alert with its first raw alerts and with similar earlier ones; raises NotFoundError."""
        alert, members = self._book.get(identifier), self._book.members(identifier)
        return AlertDetail(alert, members[:most], self._book.similar(identifier))

    def act(
        self, action: AlertAction, identifier: str, by: str, note: str = "", to: str = "", seen: int | None = None
    ) -> Alert:
        """A person does something about an alert; on disk before it returns.

        Raises NotFoundError, StaleActionError, SettingError.
        """
        alert = self._book.act(action, identifier, by, self.now, note, to, seen)
        self._told()
        return alert

    def report(self, raws: Sequence[Alert]) -> list[Alert]:
        """Take raw alerts of other systems or of a person in; on disk before it returns."""
        alerts = self._book.open(raws)
        self._told()
        return alerts

    def report_foreign(self, told: Sequence[Foreign]) -> list[Alert]:
        """Take in what another system reports; on disk before it returns."""
        now = self.now
        return self.report([_foreign(each, now, self._status) for each in told])

    def report_cap(self, body: bytes) -> list[Alert]:
        """Take in another office's CAP message; returns the alerts that it is part of. Raises InputError."""
        behind = self.now - time.time()
        message = read_cap(body, lambda at: at + behind)
        if message.ended:
            return self.end(message.ended, message.sender)
        return self.report(message.raws)

    def cap(self, identifier: str, public: bool = True) -> bytes:
        """An alert as a CAP message; a draft until it is released. Raises NotFoundError."""
        return cap_message(self.get(identifier), self._sender, public=public)

    def entity(self, identifier: str) -> dict[str, Any]:
        """An alert as an NGSI-LD entity; raises NotFoundError."""
        return ngsi_alert(self.get(identifier))

    def get_silence(self, identifier: str) -> Silence:
        """One silence; raises NotFoundError."""
        silences = {silence.identifier: silence for silence in self.silences()}
        if identifier not in silences:
            raise NotFoundError("silence", identifier, silences)
        return silences[identifier]

    def raise_by_hand(self, report: Report) -> Alert:
        """Raise what a person reports; never part of another alert. Raises SettingError."""
        if report.location is not None and not (abs(report.location[0]) <= 180 and abs(report.location[1]) <= 90):
            raise SettingError("alert", "location", report.location, "longitude and latitude in degrees")
        if report.category not in CATEGORIES:
            raise SettingError("alert", "category", report.category, f"one of {', '.join(CATEGORIES)}")
        return self.report([_by_hand(report, self.now, len(self.all()), self._status)])[0]

    def labels(self) -> list[Label]:
        """All feedback, the oldest alert first; a later word on an alert replaces an earlier one."""
        return [_label(alert) for alert in reversed(self.all()) if alert.feedback]

    def lessons(self) -> list[Lesson]:
        """How often each rule was right, and which bound would have been better."""
        return lessons(self.all())

    def end(self, keys: Sequence[str], by: str) -> list[Alert]:
        """Note that what was reported under these keys has passed; returns the alerts that it was part of."""
        alerts = self._book.end(keys, by, self.now)
        self._told()
        return alerts

    def silences(self) -> list[Silence]:
        """All silences, those that are over too."""
        return self._book.silences()

    def silence(self, silence: Silence) -> Silence:
        """Make or change a silence; on disk before it returns."""
        kept = self._book.silence(silence, self.now)
        self._told()
        return kept

    def expire(self, identifier: str, by: str) -> Silence:
        """End a silence now; raises NotFoundError, StaleActionError."""
        ended = self._book.expire(identifier, by, self.now)
        self._told()
        return ended


def _by_hand(report: Report, now: float, number: int, status: str) -> Alert:
    return Alert(
        identifier="",
        rule=BY_HAND,
        entity=report.entity,
        event=report.event,
        headline=report.headline,
        description=report.description,
        severity=report.severity,
        sent=now,
        evidence=Evidence("report", 1.0, 1.0, "C62", now, report.by),
        log=(AlertStep(AlertState.OPEN, report.by, now, action=AlertAction.RAISE),),
        category=report.category,
        status=EXERCISE if report.drill else status,
        location=report.location,
        key=f"{BY_HAND}|{now}|{number}",
        group="none",
        urgency=Urgency.UNKNOWN,
        certainty=Certainty.UNKNOWN,
        instruction=report.instruction,
        area=report.area,
        labels={"drill": "yes"} if report.drill else {},
    )


def _foreign(told: Foreign, now: float, status: str) -> Alert:
    return Alert(
        identifier="",
        rule=told.rule,
        entity=told.entity,
        event=Text(told.rule, told.rule),
        headline=Text(*told.headline),
        description=Text(*told.description),
        severity=told.severity,
        sent=now,
        evidence=Evidence("report", 1.0, 1.0, "C62", told.since, told.source),
        log=(AlertStep(AlertState.OPEN, told.source, now, action=AlertAction.RAISE),),
        category="Other",
        status=status,
        key=told.key,
        place=told.place,
        certainty=Certainty.UNKNOWN,
        labels=told.labels,
        source=told.source,
        expires=told.expires,
    )


def _label(alert: Alert) -> Label:
    step = next(step for step in reversed(alert.log) if step.action is AlertAction.FEEDBACK)
    evidence = alert.evidence
    return Label(
        alert.identifier,
        alert.rule,
        evidence.detector,
        alert.entity,
        evidence.since,
        alert.sent,
        step.to,
        step.by,
        step.at,
        step.note,
    )
