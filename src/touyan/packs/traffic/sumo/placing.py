"""Where a network lies on Earth: from the file's metres to ours."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from touyan.core.geometry import Points, Projection

from .records import Net
from .utm import TransverseMercator, read_projection


class Place(NamedTuple):
    """The local metres of a network; without a projection the file's metres are taken as they are."""

    projection: Projection
    offset: tuple[float, float] = (0.0, 0.0)
    mercator: TransverseMercator | None = None

    @property
    def known(self) -> bool:
        """Whether the file says where it lies."""
        return self.mercator is not None

    def local(self, points: Points) -> Points:
        """Points of the file in metres around the origin; shape (n, 2) in, (n, 2) out."""
        if self.mercator is None:
            return points
        return self.projection.to_metres(self.mercator.to_wgs84(points - np.array(self.offset)))


def place_of(net: Net, otherwise: Projection) -> Place:
    """The place that a file states, with its origin amid the junctions; else the given one."""
    mercator = read_projection(net.location.projection) if net.location else None
    if mercator is None or net.location is None or not net.junctions:
        return Place(otherwise)
    corners = np.array([junction.point for junction in net.junctions.values()])
    middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
    longitude, latitude = mercator.to_wgs84(np.array([middle - np.array(net.location.offset)]))[0].round(6)
    if not (np.isfinite(longitude) and abs(latitude) <= 85):
        return Place(otherwise)
    return Place(Projection(float(longitude), float(latitude)), net.location.offset, mercator)
