"""Transverse Mercator coordinates back to WGS-84, for networks that say how they were projected.

The series is Krüger's of 1912 in the third flattening, to the fourth order (Karney, "Transverse Mercator with an
accuracy of a few nanometers", Journal of Geodesy 85, 2011, eq. 36): exact to a micrometre within a UTM zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from touyan.core.geometry import Points

_SEMI_MAJOR_M = 6378137.0
_FLATTENING = {"WGS84": 1 / 298.257223563, "GRS80": 1 / 298.257222101}
_UTM_SCALE, _UTM_EASTING_M, _UTM_SOUTH_M = 0.9996, 500_000.0, 10_000_000.0


class TransverseMercator(NamedTuple):
    """A conformal map of a strip along a meridian: degrees, scale on the meridian, metres."""

    meridian: float
    latitude: float = 0.0
    scale: float = 1.0
    easting: float = 0.0
    northing: float = 0.0
    flattening: float = _FLATTENING["WGS84"]

    def to_wgs84(self, points: Points) -> Points:
        """Longitude and latitude of points in metres; shape (n, 2) in, (n, 2) out."""
        third = self.flattening / (2 - self.flattening)
        radius = _rectifying_radius(third) * self.scale
        start = _rectified(np.radians(self.latitude), third) * _rectifying_radius(third) * self.scale
        east = (points[:, 0] - self.easting) / radius
        north = (points[:, 1] - self.northing + start) / radius
        for order, factor in enumerate(_inverse(third), 1):
            wave = 2 * order
            along, across = wave * (points[:, 1] - self.northing + start), wave * (points[:, 0] - self.easting)
            north = north - factor * np.sin(along / radius) * np.cosh(across / radius)
            east = east - factor * np.cos(along / radius) * np.sinh(across / radius)
        conformal = np.arcsin(np.sin(north) / np.cosh(east))
        latitude = conformal + sum(f * np.sin(2 * k * conformal) for k, f in enumerate(_conformal(third), 1))
        longitude = np.radians(self.meridian) + np.arctan2(np.sinh(east), np.cos(north))
        degrees: Points = np.degrees(np.column_stack([longitude, latitude]))
        return degrees


def read_projection(text: str) -> TransverseMercator | None:
    """The projection of a PROJ text; None where it is none that is understood here."""
    terms = dict(term.removeprefix("+").partition("=")[::2] for term in text.split())
    known = {"utm": _utm, "tmerc": _mercator}.get(terms.get("proj", ""))
    ellipsoid = terms.get("ellps", terms.get("datum", "WGS84"))
    if known is None or ellipsoid not in _FLATTENING:
        return None
    try:
        return known(terms, _FLATTENING[ellipsoid])
    except ValueError:
        return None


def _utm(terms: Mapping[str, str], flattening: float) -> TransverseMercator:
    zone = int(terms.get("zone", ""))
    if not 1 <= zone <= 60:
        raise ValueError(f"there is no zone {zone}")
    northing = _UTM_SOUTH_M if "south" in terms else 0.0
    return TransverseMercator(6.0 * zone - 183, 0.0, _UTM_SCALE, _UTM_EASTING_M, northing, flattening)


def _mercator(terms: Mapping[str, str], flattening: float) -> TransverseMercator:
    number = {name: float(terms.get(name, 0.0)) for name in ("lon_0", "lat_0", "x_0", "y_0")}
    scale = float(terms.get("k", terms.get("k_0", 1.0)))
    values = (number["lon_0"], number["lat_0"], scale, number["x_0"], number["y_0"])
    if not np.isfinite(values).all() or scale <= 0:
        raise ValueError("not a projection")
    return TransverseMercator(*values, flattening)


def _rectifying_radius(n: float) -> float:
    return _SEMI_MAJOR_M / (1 + n) * (1 + n**2 / 4 + n**4 / 64)


def _rectified(latitude: float, n: float) -> float:
    """The rectifying latitude: the length of the meridian from the equator, in radians."""
    e = 2 * np.sqrt(n) / (1 + n)
    conformal = np.arctan(np.sinh(np.arcsinh(np.tan(latitude)) - e * np.arctanh(e * np.sin(latitude))))
    forward = (
        n / 2 - 2 * n**2 / 3 + 5 * n**3 / 16 + 41 * n**4 / 180,
        13 * n**2 / 48 - 3 * n**3 / 5 + 557 * n**4 / 1440,
        61 * n**3 / 240 - 103 * n**4 / 140,
        49561 * n**4 / 161280,
    )
    return float(conformal + sum(f * np.sin(2 * k * conformal) for k, f in enumerate(forward, 1)))


def _inverse(n: float) -> tuple[float, ...]:
    """Coefficients β of Karney's eq. 36."""
    return (
        n / 2 - 2 * n**2 / 3 + 37 * n**3 / 96 - n**4 / 360,
        n**2 / 48 + n**3 / 15 - 437 * n**4 / 1440,
        17 * n**3 / 480 - 37 * n**4 / 840,
        4397 * n**4 / 161280,
    )


def _conformal(n: float) -> tuple[float, ...]:
    """From the conformal to the geographic latitude, to the fourth order."""
    return (
        2 * n - 2 * n**2 / 3 - 2 * n**3 + 116 * n**4 / 45,
        7 * n**2 / 3 - 8 * n**3 / 5 - 227 * n**4 / 45,
        56 * n**3 / 15 - 136 * n**4 / 35,
        4279 * n**4 / 630,
    )
