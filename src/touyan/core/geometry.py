"""Plane geometry of polylines, and the step from local metres to WGS-84."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""A polyline, shape (points, 2), in metres."""

# WGS-84 ellipsoid: semi-major axis and first eccentricity squared (NIMA TR8350.2, 2000).
_SEMI_MAJOR_M = 6378137.0
_ECCENTRICITY_2 = 6.69437999014e-3


class Projection(NamedTuple):
    """Local metres (east, north) around an origin in WGS-84 degrees."""

    longitude: float = 0.0
    latitude: float = 0.0

    def metres_per_degree(self) -> tuple[float, float]:
        """Metres in a degree of longitude and of latitude at the origin."""
        latitude = np.radians(self.latitude)
        root = np.sqrt(1 - _ECCENTRICITY_2 * np.sin(latitude) ** 2)
        east = np.radians(1) * _SEMI_MAJOR_M / root * np.cos(latitude)
        north = np.radians(1) * _SEMI_MAJOR_M * (1 - _ECCENTRICITY_2) / root**3
        return float(east), float(north)

    def to_wgs84(self, points: Points) -> Points:
        """Longitude and latitude of points in local metres; shape (n, 2) in, (n, 2) out."""
        return np.asarray(points) / self.metres_per_degree() + (self.longitude, self.latitude)

    def to_metres(self, degrees: Points) -> Points:
        """Local metres of points in WGS-84 degrees; shape (n, 2) in, (n, 2) out."""
        return (np.asarray(degrees) - (self.longitude, self.latitude)) * self.metres_per_degree()


def segment_lengths(points: Points) -> NDArray[np.float64]:
    """Length of each segment of a polyline, in metres; shape (points - 1,)."""
    steps = np.diff(points, axis=0)
    return np.hypot(steps[:, 0], steps[:, 1])


def polyline_length(points: Points) -> float:
    """Length of a polyline, in metres."""
    return float(segment_lengths(points).sum())


def point_along(points: Points, distance: float) -> Points:
    """The point at a distance (m) from the start of a polyline; clamped to its ends."""
    ends = np.concatenate([[0.0], np.cumsum(segment_lengths(points))])
    return np.array([np.interp(distance, ends, points[:, axis]) for axis in (0, 1)])
