"""Raw alerts for the tests of the book."""

from __future__ import annotations

from typing import Any

from touyan.core.alerts import Alert, AlertAction, AlertState, AlertStep, Evidence, Severity
from touyan.core.text import Text

WORDS = Text("Fire", "火灾")


def raw(sent: float = 0.0, house: int = 1, *, rule: str = "fire", suspected: bool = False, **more: Any) -> Alert:
    """A raw alert on a house, as a rule reports it."""
    state = AlertState.SUSPECTED if suspected else AlertState.OPEN
    action = AlertAction.SUSPECT if suspected else AlertAction.RAISE
    told = {"severity": Severity.MODERATE, "group": "none", **more}
    return Alert(
        identifier="",
        rule=rule,
        entity=f"urn:ngsi-ld:House:{house}",
        event=WORDS,
        headline=WORDS,
        description=WORDS,
        sent=sent,
        evidence=Evidence("heat", 2.0, 1.0, "C62", sent, "nose"),
        log=(AlertStep(state, rule, sent, action=action),),
        **told,
    )
