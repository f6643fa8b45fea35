"""The area to warn: where a cloud may reach a limit, as polygons in WGS-84."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import shapely
from contourpy import FillType, contour_generator
from numpy.typing import NDArray

from touyan.core.geometry import Projection
from touyan.simulation.ensemble import Ensemble

from .air_measures import Grid
from .plant import SimulatedAir

Column = NDArray[np.float64]


class WarnArea(NamedTuple):
    """A GeoJSON geometry, its size (m²), and reach by cell.

    `share` is that of the futures in which each cell of the grid is reached.
    """

    geometry: dict[str, Any]
    area: float
    share: Column


def area_to_warn(plant: SimulatedAir, seconds: float, *, members: int = 20, share: float = 0.1) -> WarnArea:
    """Where the limit is reached in a share of the futures.

    The futures are branches of the city as it stands, each with a wind of its own; the city itself stays as it is.
    """
    branches = [plant.branch() for _ in range(members)]
    for number, branch in enumerate(branches):
        branch.cloud.wind.reseed(number)
    with Ensemble(branches) as futures:
        futures.advance(seconds)
        reached = [member.reached for member in futures.members]
    found = np.mean(reached, axis=0)
    shape = polygons(plant.grid, found, share)
    geometry = degrees(shape, plant.projection)
    return WarnArea(dict(shapely.geometry.mapping(geometry)), float(shape.area), found)


def polygons(grid: Grid, field: Column, level: float) -> shapely.Geometry:
    """Where a field is at least at a level, in metres."""
    square = np.asarray(field, np.float64).reshape(grid.cells, grid.cells)
    # A rim of nothing closes areas that touch the edge of the grid.
    axis = np.concatenate([[grid.axis[0] - grid.cell_m], grid.axis, [grid.axis[-1] + grid.cell_m]])
    lines = contour_generator(axis, axis, np.pad(square, 1), fill_type=FillType.OuterOffset)
    filled: Any = lines.filled(level, np.inf)
    found = [_polygon(points, offsets) for points, offsets in zip(*filled, strict=True)]
    return shapely.union_all(found)


def degrees(shape: shapely.Geometry, projection: Projection) -> shapely.Geometry:
    """A shape in local metres as one in WGS-84 degrees."""
    return shapely.transform(shape, lambda points: projection.to_wgs84(points).round(6))


def _polygon(points: Any, offsets: Any) -> shapely.Geometry:
    """One area of the contours: its rim and its holes."""
    rings = [points[begin:end] for begin, end in pairwise(offsets)]
    return shapely.make_valid(shapely.Polygon(rings[0], rings[1:]))
