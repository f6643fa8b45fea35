"""How wide a cloud is after some way, by stability: Briggs (1973), as in Gifford, Nuclear Safety 17 (1976), 68-86.

Pasquill's classes A (very unstable) to F (stable); the curves for open country and for cities hold from 100 m to
10 km and are continued beyond. In cities A and B are one, and so are E and F.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.core.errors import NotFoundError

Column = NDArray[np.float64]

STABILITIES = ("A", "B", "C", "D", "E", "F")
OPEN_COUNTRY, CITY = "open-country", "city"
GROUNDS = (OPEN_COUNTRY, CITY)


class Curve(NamedTuple):
    """Spread (m) after a way x (m).

    slope · x · (1 + bend · x) ** power
    """

    slope: float
    bend: float = 0.0
    power: float = 0.0

    def at(self, way: Column) -> Column:
        """The spread after each way."""
        return self.slope * way * (1.0 + self.bend * way) ** self.power


class Spread(NamedTuple):
    """The curves across and upward of one stability and ground."""

    across: Curve
    upward: Curve


_CURVES: dict[str, dict[str, Spread]] = {
    OPEN_COUNTRY: {
        "A": Spread(Curve(0.22, 1e-4, -0.5), Curve(0.20)),
        "B": Spread(Curve(0.16, 1e-4, -0.5), Curve(0.12)),
        "C": Spread(Curve(0.11, 1e-4, -0.5), Curve(0.08, 2e-4, -0.5)),
        "D": Spread(Curve(0.08, 1e-4, -0.5), Curve(0.06, 1.5e-3, -0.5)),
        "E": Spread(Curve(0.06, 1e-4, -0.5), Curve(0.03, 3e-4, -1.0)),
        "F": Spread(Curve(0.04, 1e-4, -0.5), Curve(0.016, 3e-4, -1.0)),
    },
    CITY: {
        "A": Spread(Curve(0.32, 4e-4, -0.5), Curve(0.24, 1e-3, 0.5)),
        "B": Spread(Curve(0.32, 4e-4, -0.5), Curve(0.24, 1e-3, 0.5)),
        "C": Spread(Curve(0.22, 4e-4, -0.5), Curve(0.20)),
        "D": Spread(Curve(0.16, 4e-4, -0.5), Curve(0.14, 3e-4, -0.5)),
        "E": Spread(Curve(0.11, 4e-4, -0.5), Curve(0.08, 1.5e-3, -0.5)),
        "F": Spread(Curve(0.11, 4e-4, -0.5), Curve(0.08, 1.5e-3, -0.5)),
    },
}


def spread_of(stability: str, ground: str = OPEN_COUNTRY) -> Spread:
    """The curves of a stability class; raises NotFoundError."""
    if ground not in _CURVES:
        raise NotFoundError("kind of ground", ground, GROUNDS)
    if stability not in _CURVES[ground]:
        raise NotFoundError("stability class", stability, STABILITIES)
    return _CURVES[ground][stability]


def plume(
    spread: Spread, rate: float, wind_speed: float, height: float, along: Column, across: Column, z: float = 0.0
) -> Column:
    """Concentration (kg/m³) of a steady plume by its formula.

    Zero against the wind.

    C = Q / (2π u σy σz) exp(-y²/2σy²) (exp(-(z-H)²/2σz²) + exp(-(z+H)²/2σz²)).
    """
    way = np.maximum(along, 1e-9)
    wide, high = spread.across.at(way), spread.upward.at(way)
    mirrored = np.exp(-((z - height) ** 2) / (2 * high**2)) + np.exp(-((z + height) ** 2) / (2 * high**2))
    found = rate / (2 * np.pi * wind_speed * wide * high) * np.exp(-(across**2) / (2 * wide**2)) * mirrored
    return np.where(np.asarray(along) > 0, found, 0.0)


def stability_class(wind_speed: float, sun: float, cloud: float = 0.5) -> str:
    """Pasquill's class from wind, sun and cloud.

    Wind at 10 m in m/s, the sun's height in °, the cover of cloud from 0 to 1.

    Turner's reading of Pasquill's table (Pasquill, Meteorol. Mag. 90 (1961); Turner, Workbook, 1970): by day the
    sun's strength, moderate from 35° and strong from 60°, by night the cloud; A-B is told as B, B-C as C, C-D as D.
    """
    rows = (2.0, 3.0, 5.0, 6.0)
    row = int(np.searchsorted(rows, wind_speed, side="right"))
    if cloud >= 0.95:
        return "D"
    if sun <= 0:
        return ("F" if cloud < 0.4 else "E", "F" if cloud < 0.4 else "E", "E" if cloud < 0.4 else "D", "D", "D")[row]
    strength = 0 if sun > 60 else 1 if sun > 35 else 2
    return ("ABB", "BBC", "BCC", "CDD", "CDD")[row][strength]
