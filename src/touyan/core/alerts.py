"""Alerts with the fields of CAP 1.2 (OASIS), their evidence and their log.

open ──acknowledge──▶ acknowledged ──close──▶ closed
  └──────────────close─────────────────────────▲
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from .text import Text


class Severity(StrEnum):
    """CAP 1.2 severity."""

    EXTREME = "Extreme"
    SEVERE = "Severe"
    MODERATE = "Moderate"
    MINOR = "Minor"
    UNKNOWN = "Unknown"


class AlertState(StrEnum):
    """Where an alert stands in its life."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class Evidence(msgspec.Struct, frozen=True):
    """What was seen, against which threshold, since when (epoch s), by what."""

    quantity: str
    value: float
    threshold: float
    unit_code: str
    since: float
    detector: str


class AlertStep(msgspec.Struct, frozen=True):
    """One entry of an alert's log; `at` is epoch seconds."""

    state: AlertState
    by: str
    at: float
    note: str = ""


class Alert(msgspec.Struct, frozen=True):
    """A warning about one entity; times are epoch seconds.

    `status`, `severity`, `category` and `event` have the meaning of CAP 1.2; a simulated
    city's alerts have the status "Exercise". `ended` says when the condition passed by itself.
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

    @property
    def state(self) -> AlertState:
        """The state that the last step of the log left."""
        return self.log[-1].state
