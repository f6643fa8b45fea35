"""How a piece of evidence reads in the texts of a rule."""

from __future__ import annotations

from touyan.core.alerts import Evidence
from touyan.core.time import to_iso
from touyan.core.units import unit


def told(evidence: Evidence, entity: str) -> dict[str, str]:
    """The values for a rule's placeholders, in the city's time."""
    return {
        "entity": entity,
        "quantity": evidence.quantity,
        "value": figure(evidence.value),
        "threshold": figure(evidence.threshold),
        "unit": unit(evidence.unit_code).symbol,
        "since": to_iso(evidence.since)[:19].replace("T", " "),
    }


def figure(value: float) -> str:
    """A number for people: three significant digits, no exponent."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
