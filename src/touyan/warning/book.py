"""The book of all alerts: who did what to which, on disk before anybody is told.

raw alert ─▶ its key is live: repeated ─▶ its key was in an alert: joins it again ─▶ near one of its cause: joins
          ─▶ a new alert
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import msgspec

from touyan.core.alert_records import AlertRecord, Joined, Left, Raised, Repeated, Silence, Silenced, Stepped
from touyan.core.alerts import LABELS, MOVES, Alert, AlertAction, AlertState, AlertStep
from touyan.core.errors import NotFoundError, SettingError, StaleActionError
from touyan.core.time import to_iso

from .case import CAME_BACK, FLICKERS, PASSED, Case, Member
from .desk import Desk
from .groups import Groups
from .muting import next_edge, veil
from .places import Places
from .timers import Timers

BY_DESK = "desk"
_MOST_FLICKERS = 10
"""How often a log tells that a condition came and went: a day of it would hide what people did."""
_BY_PERSONS = frozenset(MOVES) - {AlertAction.COMMENT}


class Journal(Protocol):
    """Where alerts are written down."""

    def journal_alerts(self, records: Sequence[AlertRecord]) -> None:
        """Append records in one transaction; durable when it returns."""


class AlertBook:
    """All alerts with their log, for use from any thread.

    Each change is written to the journal first: when the journal fails, the book is as it was. `past` are the
    records of earlier, `now` is the clock at which the book is opened (epoch s).
    """

    def __init__(
        self,
        journal: Journal,
        past: Iterable[AlertRecord] = (),
        desk: Desk | None = None,
        places: Places | None = None,
        now: float = 0.0,
    ) -> None:
        self._journal = journal
        self._desk = desk or Desk()
        self._places = places or Places()
        self._lock = threading.RLock()
        self._version = 0
        self._cases: dict[str, Case] = {}
        # By identifier, in the order of the last change, with the version that the change made.
        self._changes: dict[str, int] = {}
        self._keys: dict[str, str] = {}
        self._groups = Groups(self._desk.grouping)
        self._silences: dict[str, Silence] = {}
        self._expiries: list[tuple[float, str]] = []
        self._mute_anew, self._mute_at = True, now
        self._timers = self._take_over(past, now)

    def _take_over(self, past: Iterable[AlertRecord], now: float) -> Timers:
        """Play the record back; no timer of it runs before the present clock is known."""
        latest = now
        for record in past:
            latest = max(latest, _time(record))
            self._apply(record)
        taken = {identifier: len(case.alert.log) for identifier, case in self._cases.items()}
        timers = Timers(self._desk, taken, latest - now)
        for case in self._cases.values():
            timers.follow(case)
            if case.alert.state not in (AlertState.CLOSED, AlertState.RESOLVED):
                self._groups.add(case.alert.identifier, case.alert)
        return timers

    # ------------------------------------------------------------ what is reported

    def open(self, raws: Sequence[Alert]) -> list[Alert]:
        """Take raw alerts in, all or none; returns the alert that each is now part of."""
        with self._lock:
            plan = _Plan(len(self._cases))
            try:
                places = [self._plan(raw, plan) for raw in raws]
                self._record(plan.records)
            except BaseException:
                for identifier in plan.new:
                    self._groups.forget(identifier)
                raise
            self._mute(max((raw.sent for raw in raws), default=0.0))
            return [self._cases[identifier].alert for identifier in places]

    def end(self, keys: Iterable[str], by: str, at: float) -> list[Alert]:
        """Note that conditions passed, as each one's rule says without `by`; a person closes what was confirmed."""
        with self._lock:
            by_case: dict[str, list[str]] = {}
            for key in keys:
                if self._live(key):
                    by_case.setdefault(self._keys[key], []).append(key)
            self._record([record for name, left in by_case.items() for record in self._ending(name, left, by, at)])
            self._mute(at)
            return [self._cases[identifier].alert for identifier in by_case]

    def confirm(self, keys: Iterable[str], at: float) -> None:
        """What was suspected has lasted: it is an alert now, as its rule says."""
        with self._lock:
            names = dict.fromkeys(self._keys[key] for key in keys if key in self._keys)
            suspected = [name for name in names if self._cases[name].alert.state is AlertState.SUSPECTED]
            self._record(
                [self._step(name, AlertAction.CONFIRM, self._cases[name].alert.rule, at) for name in suspected]
            )

    def lasting(self, rule: str) -> dict[str, bool]:
        """The entities on which a rule's raw alert lasts, and whether it is only suspected."""
        with self._lock:
            return {
                member.entity: case.alert.state is AlertState.SUSPECTED
                for case in self._cases.values()
                for member in case.members.values()
                if member.rule == rule and member.ended is None
            }

    # ------------------------------------------------------------ what people do

    def act(
        self,
        action: AlertAction,
        identifier: str,
        by: str,
        at: float,
        note: str = "",
        to: str = "",
        seen: int | None = None,
    ) -> Alert:
        """A person does something about an alert; raises NotFoundError, StaleActionError, SettingError.

        `seen` is how many steps of the log the person had seen: when somebody did something since, it is stale.
        """
        with self._lock:
            alert = self.get(identifier)
            self._check(alert, action, by, to, seen)
            self._record([self._step(identifier, action, by, at, note, to)])
            self._mute(at)
            return self.get(identifier)

    def acknowledge(self, identifier: str, by: str, at: float, note: str = "") -> Alert:
        """A person takes an alert on; raises NotFoundError, StaleActionError."""
        return self.act(AlertAction.ACKNOWLEDGE, identifier, by, at, note)

    def close(self, identifier: str, by: str, at: float, note: str = "") -> Alert:
        """A person ends an alert; raises NotFoundError, StaleActionError."""
        return self.act(AlertAction.CLOSE, identifier, by, at, note)

    def silence(self, silence: Silence, at: float) -> Silence:
        """Make or change a silence; without an identifier it is a new one. Raises SettingError for a bad pattern."""
        for matcher in silence.matchers:
            matcher.check()
        with self._lock:
            identifier = silence.identifier or f"silence-{len(self._silences) + 1}"
            kept = msgspec.structs.replace(silence, identifier=identifier, updated=at)
            self._record([Silenced(kept)])
            self._mute_anew = True
            self._mute(at)
            return kept

    def expire(self, identifier: str, by: str, at: float) -> Silence:
        """End a silence now; raises NotFoundError, StaleActionError when it is over."""
        with self._lock:
            if identifier not in self._silences:
                raise NotFoundError("silence", identifier, self._silences)
            silence = self._silences[identifier]
            if silence.ends <= at:
                raise StaleActionError(identifier, "over", silence.by, to_iso(silence.ends))
            comment = f"{silence.comment} (ended early by {by})" if by else silence.comment
            ended = msgspec.structs.replace(silence, ends=at, starts=min(silence.starts, at), comment=comment)
            return self.silence(ended, at)

    # ------------------------------------------------------------ the clock

    def tick(self, now: float) -> None:
        """Let time pass: what was not repeated passes, what is late escalates, what is hidden changes."""
        with self._lock:
            expired = [key for key in self._expired(now) if self._live(key)]
            if expired:
                self.end(expired, BY_DESK, now)
            self._mute(now)
            late = [self._cases[identifier].alert for identifier in self._timers.due(now)]
            self._record([Stepped(alert.identifier, step) for alert in late for step in self._timers.steps(alert, now)])

    # ------------------------------------------------------------ what stands in it

    @property
    def version(self) -> int:
        """A number that grows with every change."""
        return self._version

    def get(self, identifier: str) -> Alert:
        """One alert as it stands; raises NotFoundError."""
        return self._case(identifier).alert

    def members(self, identifier: str) -> list[Member]:
        """The raw alerts in an alert by key, the oldest first; raises NotFoundError."""
        with self._lock:
            return list(self._case(identifier).members.values())

    def similar(self, identifier: str, most: int = 5) -> list[Alert]:
        """Earlier alerts of the same rule that are closed: of the same entity first, then the newest."""
        with self._lock:
            this = self._case(identifier).alert
            earlier = [case.alert for case in self._cases.values() if case.alert.rule == this.rule]
        closed = [other for other in earlier if other.identifier != identifier and other.state is AlertState.CLOSED]
        closed.sort(key=lambda other: (other.entity != this.entity, -other.sent))
        return closed[:most]

    def all(self) -> list[Alert]:
        """All alerts, the newest first."""
        with self._lock:
            return [case.alert for case in reversed(self._cases.values())]

    def current(self, closed: int = 500) -> list[Alert]:
        """All that is not closed, and the newest of what is, the newest first."""
        found, left = [], closed
        for alert in self.all():
            over = alert.state is AlertState.CLOSED
            left -= over
            if not over or left >= 0:
                found.append(alert)
        return found

    def silences(self) -> list[Silence]:
        """All silences, those that are over too, the oldest first."""
        with self._lock:
            return list(self._silences.values())

    def changed_since(self, version: int) -> tuple[int, list[Alert]]:
        """The version now, and what changed after an earlier one, in order."""
        with self._lock:
            changed = []
            for identifier in reversed(self._changes):
                if self._changes[identifier] <= version:
                    break
                changed.append(self._cases[identifier].alert)
            return self._version, changed[::-1]

    # ------------------------------------------------------------ inside

    def _case(self, identifier: str) -> Case:
        with self._lock:
            if identifier not in self._cases:
                raise NotFoundError("alert", identifier, self._cases)
            return self._cases[identifier]

    def _plan(self, raw: Alert, plan: _Plan) -> str:
        """Which alert a raw alert is part of, with the records that make it so."""
        raw = msgspec.structs.replace(raw, key=raw.key or f"{raw.rule}|{raw.entity}")
        known = plan.keys.get(raw.key) or self._keys.get(raw.key)
        if known is not None and (raw.key in plan.keys or self._same(known, raw)):
            plan.records.append(Repeated(known, raw.key, raw.sent, raw.expires))
            return known
        if known is not None and self._cases[known].alert.state is AlertState.CLOSED:
            known = None
        found = known or self._groups.find(raw)
        name = self._join(found, raw, plan) if found else self._raise(raw, plan)
        plan.keys[raw.key] = name
        return name

    def _same(self, name: str, raw: Alert) -> bool:
        """Whether a raw alert says only that it lasts; one that got worse or better is worth its record."""
        return self._live(raw.key) and self._cases[name].members[raw.key].severity == raw.severity.value

    def _join(self, name: str, raw: Alert, plan: _Plan) -> str:
        plan.records.append(Joined(name, msgspec.structs.replace(raw, identifier=name)))
        case = self._cases.get(name)
        if case is not None and name not in plan.resumed:
            plan.resumed.add(name)
            plan.records += self._resuming(case.alert, raw)
        return name

    def _resuming(self, alert: Alert, raw: Alert) -> Iterator[Stepped]:
        """The steps of an alert whose condition had passed and is back."""
        if alert.state is AlertState.SUSPECTED and raw.state is AlertState.OPEN:
            yield self._step(alert.identifier, AlertAction.CONFIRM, raw.rule, raw.sent, "another sign of it")
        if alert.state is AlertState.RESOLVED:
            yield self._step(alert.identifier, AlertAction.REOPEN, raw.rule, raw.sent, CAME_BACK)
        if alert.ended is not None and _flickers(alert) < _MOST_FLICKERS:
            state = AlertState.OPEN if alert.state is AlertState.RESOLVED else alert.state
            yield Stepped(alert.identifier, AlertStep(state, raw.rule, raw.sent, CAME_BACK, AlertAction.RESUME))

    def _raise(self, raw: Alert, plan: _Plan) -> str:
        name = f"alert-{plan.next_number}"
        plan.next_number += 1
        first = msgspec.structs.replace(raw.log[0], due=self._desk.due(raw.severity, raw.log[0].state, raw.sent))
        alert = msgspec.structs.replace(raw, identifier=name, log=(first, *raw.log[1:]), last=raw.sent)
        self._groups.add(name, alert)
        plan.new.append(name)
        plan.records.append(Raised(alert))
        return name

    def _ending(self, name: str, keys: Sequence[str], by: str, at: float) -> Iterator[AlertRecord]:
        case = self._cases[name]
        by = by or case.alert.rule
        yield from (Left(name, key, at) for key in keys)
        if len(keys) < case.lasting:
            return
        times = _flickers(case.alert) + 1
        if times <= _MOST_FLICKERS:
            note = PASSED if times < _MOST_FLICKERS else FLICKERS
            yield Stepped(name, AlertStep(case.alert.state, by, at, note, AlertAction.END))
        if case.alert.state is AlertState.SUSPECTED:
            yield self._step(name, AlertAction.CLOSE, by, at, "it passed before it was confirmed")

    def _check(self, alert: Alert, action: AlertAction, by: str, to: str, seen: int | None) -> None:
        """Refuse what the state does not allow, and what somebody else was faster with."""
        move = MOVES.get(action)
        if move is None:
            raise SettingError("alert", "action", action.value, f"one of {', '.join(sorted(MOVES))}")
        if alert.state not in move.allowed:
            raise _stale(alert.identifier, alert.state.value, alert.entered)
        since = [] if seen is None else [step for step in alert.log[seen:] if step.action in _BY_PERSONS]
        again = action is AlertAction.ASSIGN and alert.state is AlertState.ASSIGNED and seen is None
        if since or again:
            raise _stale(alert.identifier, alert.state.value, since[-1] if since else alert.entered)
        if action is AlertAction.ASSIGN and not to:
            raise SettingError("assign", "to", to, "the name of who shall work on it")
        if action is AlertAction.FEEDBACK and to not in LABELS:
            raise SettingError("feedback", "to", to, f"one of {', '.join(LABELS)}")
        if action is AlertAction.APPROVE:
            _check_approval(alert, by)

    def _step(self, name: str, action: AlertAction, by: str, at: float, note: str = "", to: str = "") -> Stepped:
        alert = self._cases[name].alert
        leads_to = MOVES[action].leads_to
        due = None if leads_to is None else self._desk.due(alert.severity, leads_to, at)
        return Stepped(name, AlertStep(leads_to or alert.state, by, at, note, action, to, due))

    def _live(self, key: str) -> bool:
        return key in self._keys and self._cases[self._keys[key]].members[key].ended is None

    def _expired(self, now: float) -> Iterator[str]:
        while self._expiries and self._expiries[0][0] <= now:
            _, key = heapq.heappop(self._expiries)
            member = self._cases[self._keys[key]].members.get(key) if key in self._keys else None
            if member is not None and member.expires is not None and member.expires <= now:
                yield key

    def _mute(self, now: float) -> None:
        """Note what hides which alert, where that may have changed."""
        if not self._mute_anew and now < self._mute_at:
            return
        if not (self._silences or self._desk.maintenance or self._desk.inhibitions):
            return
        standing = [case for case in self._cases.values() if case.alert.state is not AlertState.CLOSED]
        silences = [silence for silence in self._silences.values() if silence.ends > now]
        records: list[AlertRecord] = []
        for case in standing:
            name, words = veil(case, standing, silences, self._desk, self._places, now)
            if name != case.alert.muted:
                action = AlertAction.MUTE if name else AlertAction.UNMUTE
                records.append(
                    Stepped(case.alert.identifier, AlertStep(case.alert.state, BY_DESK, now, words, action, name))
                )
        self._record(records)
        self._mute_anew, self._mute_at = False, next_edge(silences, self._desk, now)

    def _record(self, records: Sequence[AlertRecord]) -> None:
        if not records:
            return
        self._journal.journal_alerts(records)
        self._version += 1
        for record in records:
            self._apply(record)
        for name in dict.fromkeys(record.identifier for record in records if not isinstance(record, Silenced)):
            self._changes.pop(name, None)
            self._changes[name] = self._version
            self._follow(self._cases[name])

    def _apply(self, record: AlertRecord) -> None:
        """What a record does to the book; the same when it is played back."""
        if isinstance(record, Silenced):
            self._silences[record.identifier] = record.silence
            return
        if isinstance(record, Raised):
            self._cases[record.identifier] = Case(record.alert)
            self._changes[record.identifier] = self._version
        else:
            self._cases[record.identifier].apply(record)
        self._index(record)

    def _index(self, record: AlertRecord) -> None:
        """Keep the ways to a raw alert: by key, and by when it expires."""
        raw = record.alert if isinstance(record, Raised) else record.raw if isinstance(record, Joined) else None
        if raw is not None:
            self._keys[raw.key] = record.identifier
        expires = raw.expires if raw is not None else record.expires if isinstance(record, Repeated) else None
        if expires is not None:
            heapq.heappush(self._expiries, (expires, raw.key if raw is not None else record.key))  # type: ignore[union-attr]
        self._mute_anew |= not isinstance(record, Repeated)

    def _follow(self, case: Case) -> None:
        if case.alert.state in (AlertState.CLOSED, AlertState.RESOLVED):
            self._groups.forget(case.alert.identifier)
        self._timers.follow(case)


class _Plan:
    """What a batch of raw alerts will do, before any of it is done."""

    def __init__(self, count: int) -> None:
        self.next_number = count + 1
        self.records: list[AlertRecord] = []
        self.keys: dict[str, str] = {}
        self.new: list[str] = []
        self.resumed: set[str] = set()


def _flickers(alert: Alert) -> int:
    """How often the log says that the condition has passed."""
    return sum(step.action is AlertAction.END for step in alert.log)


def _check_approval(alert: Alert, by: str) -> None:
    """Nobody approves twice, and what is released needs no approval."""
    mine = [step for step in alert.log if step.action is AlertAction.APPROVE and _same(step.by, by)]
    if any(_same(name, by) for name in alert.approvers):
        raise _stale(alert.identifier, "approved; a second person must approve", mine[-1])
    if alert.released:
        raise _stale(alert.identifier, "released", alert.entered)


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _stale(what: str, state: str, step: AlertStep) -> StaleActionError:
    return StaleActionError(what, state, step.by, to_iso(step.at))


def _time(record: AlertRecord) -> float:
    """When a record was made."""
    match record:
        case Raised():
            return record.alert.sent
        case Joined():
            return record.raw.sent
        case Stepped():
            return record.step.at
        case Silenced():
            return record.silence.updated
        case _:
            return record.at
