"""Units: SI inside, UN/CEFACT Recommendation 20 codes at the edge."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from .errors import NotFoundError

if TYPE_CHECKING:  # the command line shows units without numpy, so that help comes at once
    from .observations import Column

Amount = TypeVar("Amount", float, "Column")


class Unit(NamedTuple):
    """A unit as written for people; SI = value × `to_si` + `zero`."""

    symbol: str
    to_si: float
    zero: float = 0.0


UNITS: dict[str, Unit] = {
    # Counts and shares; parts of a volume are shares too.
    "C62": Unit("", 1.0),
    "P1": Unit("%", 0.01),
    "59": Unit("ppm", 1e-6),
    "61": Unit("ppb", 1e-9),
    "2N": Unit("dB", 1.0),  # a logarithm has no SI unit
    # Time
    "C26": Unit("ms", 1e-3),
    "SEC": Unit("s", 1.0),
    "MIN": Unit("min", 60.0),
    "HUR": Unit("h", 3600.0),
    "DAY": Unit("d", 86_400.0),
    "E58": Unit("/h", 1 / 3600.0),
    "C97": Unit("/s", 1.0),
    "C94": Unit("/min", 1 / 60.0),
    # Length, area, volume
    "MMT": Unit("mm", 1e-3),
    "CMT": Unit("cm", 0.01),
    "MTR": Unit("m", 1.0),
    "KMT": Unit("km", 1000.0),
    "SMI": Unit("mi", 1609.344),
    "FOT": Unit("ft", 0.3048),
    "MTK": Unit("m²", 1.0),
    "KMK": Unit("km²", 1e6),
    "LTR": Unit("l", 1e-3),
    "MTQ": Unit("m³", 1.0),
    # Motion
    "MTS": Unit("m/s", 1.0),
    "KMH": Unit("km/h", 1 / 3.6),
    "HM": Unit("mph", 0.44704),
    "KNT": Unit("kn", 1852 / 3600),
    "MSK": Unit("m/s²", 1.0),
    "DD": Unit("°", math.pi / 180),
    "C81": Unit("rad", 1.0),
    # Weather, air and water
    "KEL": Unit("K", 1.0),
    "CEL": Unit("°C", 1.0, 273.15),
    "FAH": Unit("°F", 5 / 9, 459.67 * 5 / 9),
    "PAL": Unit("Pa", 1.0),
    "A97": Unit("hPa", 100.0),
    "KPA": Unit("kPa", 1000.0),
    "MBR": Unit("mbar", 100.0),
    "GQ": Unit("µg/m³", 1e-9),
    "GP": Unit("mg/m³", 1e-6),
    "H67": Unit("mm/h", 1e-3 / 3600),
    "MQH": Unit("m³/h", 1 / 3600),
    "MQS": Unit("m³/s", 1.0),
    "D54": Unit("W/m²", 1.0),
    "LUX": Unit("lx", 1.0),
    # Mass, energy, electricity
    "KGM": Unit("kg", 1.0),
    "TNE": Unit("t", 1000.0),
    "KGS": Unit("kg/s", 1.0),
    "WTT": Unit("W", 1.0),
    "KWT": Unit("kW", 1000.0),
    "JOU": Unit("J", 1.0),
    "KWH": Unit("kWh", 3.6e6),
    "VLT": Unit("V", 1.0),
    "AMP": Unit("A", 1.0),
    "HTZ": Unit("Hz", 1.0),
}


def unit(code: str) -> Unit:
    """The unit of a UN/CEFACT code; raises NotFoundError for an unknown code."""
    if code not in UNITS:
        raise NotFoundError("unit code", code, UNITS)
    return UNITS[code]


def to_si(value: Amount, code: str) -> Amount:
    """A value or column in the coded unit, as SI."""
    coded = unit(code)
    return value * coded.to_si + coded.zero


def from_si(value: Amount, code: str) -> Amount:
    """An SI value or column in the coded unit."""
    coded = unit(code)
    return (value - coded.zero) / coded.to_si
