"""Alerts with the fields of CAP 1.2 (OASIS), their evidence, and the states of their life.

            ┌──────────────────────────── reopen ─────────────────────────────┬────────────┐
            ▼                                                                 │            │
suspected ─▶ open ─acknowledge─▶ acknowledged ─assign─▶ assigned ─resolve─▶ resolved ─close─▶ closed
    │ confirm │                       │  └───────── resolve ────────────────────▲            ▲
    │         └──────── assign ───────┼──────────────▲                                       │
    └─────────┴────────── close ──────┴──────────────┴───────────────────────────────────────┘

An assigned alert is assigned anew by who saw that it was. As city management centres call the steps:
suspected 发现, open 立案, acknowledged 派遣, assigned 处置, the note of resolve 反馈, resolved 核查, closed 结案.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from .text import Text


class Severity(StrEnum):
    """CAP 1.2 severity."""

    EXTREME = "Extreme"
    SEVERE = "Severe"
    MODERATE = "Moderate"
    MINOR = "Minor"
    UNKNOWN = "Unknown"


class Urgency(StrEnum):
    """CAP 1.2 urgency: when something should be done."""

    IMMEDIATE = "Immediate"
    EXPECTED = "Expected"
    FUTURE = "Future"
    PAST = "Past"
    UNKNOWN = "Unknown"


class Certainty(StrEnum):
    """CAP 1.2 certainty: how sure it is."""

    OBSERVED = "Observed"
    LIKELY = "Likely"
    POSSIBLE = "Possible"
    UNLIKELY = "Unlikely"
    UNKNOWN = "Unknown"


class AlertState(StrEnum):
    """Where an alert stands in its life."""

    SUSPECTED = "suspected"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    RESOLVED = "resolved"
    CLOSED = "closed"


class AlertAction(StrEnum):
    """What a step of an alert's log did."""

    SUSPECT = "suspect"
    RAISE = "raise"
    CONFIRM = "confirm"
    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    RESOLVE = "resolve"
    CLOSE = "close"
    REOPEN = "reopen"
    APPROVE = "approve"
    COMMENT = "comment"
    FEEDBACK = "feedback"
    END = "end"
    RESUME = "resume"
    MUTE = "mute"
    UNMUTE = "unmute"
    ESCALATE = "escalate"
    OVERDUE = "overdue"


class Move(NamedTuple):
    """From which states an action is allowed, and where it leads (None: it stays)."""

    allowed: frozenset[AlertState]
    leads_to: AlertState | None


CATEGORIES = (
    *("Geo", "Met", "Safety", "Security", "Rescue", "Fire"),
    *("Health", "Env", "Transport", "Infra", "CBRNE", "Other"),
)
"""CAP 1.2 categories."""

_ANY = frozenset(AlertState)
_LIVE = _ANY - {AlertState.CLOSED}

MOVES: dict[AlertAction, Move] = {
    AlertAction.CONFIRM: Move(frozenset({AlertState.SUSPECTED}), AlertState.OPEN),
    AlertAction.ACKNOWLEDGE: Move(frozenset({AlertState.SUSPECTED, AlertState.OPEN}), AlertState.ACKNOWLEDGED),
    AlertAction.ASSIGN: Move(
        frozenset({AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.ASSIGNED}), AlertState.ASSIGNED
    ),
    AlertAction.RESOLVE: Move(frozenset({AlertState.ACKNOWLEDGED, AlertState.ASSIGNED}), AlertState.RESOLVED),
    AlertAction.CLOSE: Move(_LIVE, AlertState.CLOSED),
    AlertAction.REOPEN: Move(frozenset({AlertState.RESOLVED, AlertState.CLOSED}), AlertState.OPEN),
    AlertAction.APPROVE: Move(_LIVE - {AlertState.SUSPECTED}, None),
    AlertAction.COMMENT: Move(_ANY, None),
    AlertAction.FEEDBACK: Move(_ANY, None),
}
"""What people may do."""

LABELS = ("true", "false", "duplicate")
"""What feedback may say of an alert."""

NEED_RELEASE = frozenset({Severity.EXTREME, Severity.SEVERE})
"""The two highest levels reach the public only when two persons have approved."""

APPROVERS = 2


class Evidence(msgspec.Struct, frozen=True):
    """What was seen, against which threshold, since when (epoch s), by what.

    `value` and `threshold` are in the unit of `unit_code`, all others in SI. Where the value is a score, `seen` is
    the reading behind it, with what was `expected` and the usual `spread`. `confidence` is 0..1; `before` holds
    (epoch s, reading) of the time before.
    """

    quantity: str
    value: float
    threshold: float
    unit_code: str
    since: float
    detector: str
    confidence: float | None = None
    expected: float | None = None
    spread: float | None = None
    contributors: tuple[str, ...] = ()
    before: tuple[tuple[float, float], ...] = ()
    seen: float | None = None


class AlertStep(msgspec.Struct, frozen=True):
    """One entry of an alert's log; `at` is epoch seconds.

    `to` is whom or what the action names: an assignee, a label, who is told. `due` is when the state that the
    step led to must be left.
    """

    state: AlertState
    by: str
    at: float
    note: str = ""
    action: AlertAction = AlertAction.COMMENT
    to: str = ""
    due: float | None = None


class Alert(msgspec.Struct, frozen=True):
    """A warning about one place and cause; times are epoch seconds.

    `status`, `severity`, `urgency`, `certainty`, `category` and `event` have the meaning of CAP 1.2; a simulated
    city's alerts and those of a drill have the status "Exercise". `ended` says when the condition passed by itself.
    `key` tells one raw alert from another; `count` raw alerts of `members` keys are in it, the last at `last`.
    `area` is a GeoJSON geometry, `source` the system that another's alert came from, `expires` when a raw alert
    that is not repeated has passed. `group` says which alerts of the same cause are one: "place", "cause" or "none".
    """

    identifier: str
    rule: str
    entity: str
    event: Text
    headline: Text
    description: Text
    severity: Severity
    sent: float
    evidence: Evidence
    log: tuple[AlertStep, ...]
    category: str = "Transport"
    status: str = "Actual"
    ended: float | None = None
    location: tuple[float, float] | None = None
    key: str = ""
    cause: str = ""
    place: str = ""
    group: str = "place"
    urgency: Urgency = Urgency.IMMEDIATE
    certainty: Certainty = Certainty.OBSERVED
    instruction: Text | None = None
    area: dict[str, Any] | None = None
    labels: dict[str, str] = {}
    source: str = ""
    expires: float | None = None
    count: int = 1
    members: int = 1
    last: float | None = None

    @property
    def state(self) -> AlertState:
        """The state that the last step of the log left."""
        return self.log[-1].state

    @property
    def entered(self) -> AlertStep:
        """The step that brought the alert to its present state."""
        return self.log[self._entered()]

    @property
    def due(self) -> float | None:
        """When the present state must be left; None without a deadline."""
        return next((step.due for step in reversed(self.log[self._entered() :]) if step.due is not None), None)

    @property
    def overdue(self) -> bool:
        """Whether the present state's deadline was missed."""
        for step in reversed(self.log[self._entered() :]):
            if step.action is AlertAction.OVERDUE or step.due is not None:
                return step.action is AlertAction.OVERDUE
        return False

    @property
    def assignee(self) -> str:
        """Who works on it; empty when nobody was named since it was opened."""
        return next((step.to for step in self._since_opened() if step.action is AlertAction.ASSIGN), "")

    @property
    def level(self) -> int:
        """How often it was escalated since it was opened."""
        return sum(step.action is AlertAction.ESCALATE for step in self._since_opened())

    @property
    def approvers(self) -> tuple[str, ...]:
        """Who approved that the public is told, since it was opened."""
        approvals = [step.by for step in self._since_opened() if step.action is AlertAction.APPROVE]
        return tuple(dict.fromkeys(reversed(approvals)))

    @property
    def released(self) -> bool:
        """Whether the public may be told."""
        if all(step.state is AlertState.SUSPECTED for step in self.log):
            return False
        return self.severity not in NEED_RELEASE or len(self.approvers) >= APPROVERS

    @property
    def feedback(self) -> str:
        """What people said of it last: one of LABELS, or nothing."""
        return next((step.to for step in reversed(self.log) if step.action is AlertAction.FEEDBACK), "")

    @property
    def muted(self) -> str:
        """What hides it now: a silence, a maintenance window or another alert; empty when it is not hidden."""
        said = (step for step in reversed(self.log) if step.action in (AlertAction.MUTE, AlertAction.UNMUTE))
        step = next(said, None)
        return step.to if step and step.action is AlertAction.MUTE else ""

    def label_set(self) -> dict[str, str]:
        """The labels that silences and routes are matched against."""
        own = {"alertname": self.rule, "entity": self.entity, "severity": self.severity.value, "status": self.status}
        told = {**own, "cause": self.cause, "place": self.place, "source": self.source, **self.labels}
        return {name: value for name, value in told.items() if value}

    def _entered(self) -> int:
        """The place in the log of the step that led to the present state."""
        place = len(self.log) - 1
        while (
            place > 0 and self.log[place - 1].state is self.state and self.log[place].action is not AlertAction.REOPEN
        ):
            place -= 1
        return place

    def _since_opened(self) -> list[AlertStep]:
        """The steps since it was raised or reopened, the newest first."""
        steps = []
        for step in reversed(self.log):
            steps.append(step)
            if step.action is AlertAction.REOPEN:
                break
        return steps
