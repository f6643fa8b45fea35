"""What people's labels say of each rule: how often it was right, and which bound would have been better."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import msgspec

from touyan.core.alerts import Alert


class Lesson(msgspec.Struct, frozen=True):
    """A rule's labels, and the bound that keeps all its true alerts and drops most false ones.

    `advised` is None where no other bound is better; `drops` are the false alerts that it would have spared.
    """

    rule: str
    true: int
    false: int
    duplicate: int
    unit_code: str
    threshold: float
    advised: float | None
    drops: int


def lessons(alerts: Iterable[Alert]) -> list[Lesson]:
    """One lesson for each rule with labels, by name."""
    told = sorted((alert for alert in alerts if alert.feedback), key=lambda alert: (alert.rule, alert.sent))
    return [_lesson(rule, list(each)) for rule, each in groupby(told, key=lambda alert: alert.rule)]


def _lesson(rule: str, alerts: list[Alert]) -> Lesson:
    newest = alerts[-1].evidence
    # Seen from the side on which the rule warns, so that higher is always worse.
    sign = 1.0 if newest.value >= newest.threshold else -1.0
    values = {
        label: sorted(sign * alert.evidence.value for alert in alerts if alert.feedback == label)
        for label in ("true", "false", "duplicate")
    }
    lowest_true = values["true"][0] if values["true"] else None
    spared = [] if lowest_true is None else [value for value in values["false"] if value < lowest_true]
    advised = None if lowest_true is None or not spared else sign * (spared[-1] + lowest_true) / 2
    counts = (len(values["true"]), len(values["false"]), len(values["duplicate"]))
    return Lesson(rule, *counts, newest.unit_code, newest.threshold, advised, len(spared))
