"""Units: SI inside, UN/CEFACT Recommendation 20 codes at the edge."""

from __future__ import annotations

from typing import NamedTuple

from .errors import NotFoundError


class Unit(NamedTuple):
    """A unit as written for people, and its factor to the SI unit."""

    symbol: str
    to_si: float


UNITS: dict[str, Unit] = {
    "C62": Unit("", 1.0),
    "P1": Unit("%", 0.01),
    "SEC": Unit("s", 1.0),
    "MIN": Unit("min", 60.0),
    "HUR": Unit("h", 3600.0),
    "MTR": Unit("m", 1.0),
    "KMT": Unit("km", 1000.0),
    "MTS": Unit("m/s", 1.0),
    "KMH": Unit("km/h", 1 / 3.6),
    "MSK": Unit("m/s²", 1.0),
    "E58": Unit("/h", 1 / 3600.0),
}


def unit(code: str) -> Unit:
    """The unit of a UN/CEFACT code; raises NotFoundError for an unknown code."""
    if code not in UNITS:
        raise NotFoundError("unit code", code, UNITS)
    return UNITS[code]


def to_si(value: float, code: str) -> float:
    """A value in the coded unit, as SI."""
    return value * unit(code).to_si


def from_si(value: float, code: str) -> float:
    """An SI value in the coded unit."""
    return value / unit(code).to_si
