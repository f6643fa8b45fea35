"""What a release did to a city: how much escaped, how far it was over a limit, what the stations got."""

from __future__ import annotations

from copy import copy

import numpy as np
from numpy.typing import NDArray

from touyan.core.protocols import Measure
from touyan.core.text import Text
from touyan.core.units import from_si

from .cloud import Cloud, heights

BREATHING_M = 1.5
"""Height at which people breathe."""


class Grid:
    """Square cells over a city, seen from above.

    `points` are their middles, row by row from the south.
    """

    def __init__(self, width_m: float, cells: int) -> None:
        self.cells = cells
        self.cell_m = width_m / cells
        self.axis = (np.arange(cells) + 0.5) * self.cell_m - width_m / 2
        east, north = np.meshgrid(self.axis, self.axis)
        self.points = np.column_stack([east.ravel(), north.ravel()])
        self.cell_area = self.cell_m**2


class Exposure:
    """Greatest concentration at each place so far, and the dose at the stations.

    The field is looked at every `every_s`; `limit` (kg/m³) is that of the area told of.
    """

    def __init__(self, grid: Grid, places: NDArray[np.float64], limit: float, every_s: float = 60.0) -> None:
        self.limit = limit
        self.greatest = np.zeros(len(grid.points))
        self.grid = grid
        self._field, self._places = heights(grid.points, BREATHING_M), heights(places, BREATHING_M)
        self._dose = np.zeros(len(places))
        self._peak = np.zeros(len(places))
        self._every_s = every_s
        self._looked_at = 0.0

    def branch(self) -> Exposure:
        """An independent copy."""
        twin = copy(self)
        twin.greatest, twin._dose, twin._peak = self.greatest.copy(), self._dose.copy(), self._peak.copy()
        return twin

    @property
    def reached(self) -> NDArray[np.bool_]:
        """The cells in which the limit was reached so far."""
        return np.asarray(self.greatest >= self.limit)

    def look(self, cloud: Cloud) -> None:
        """Take note of the cloud, where it is time."""
        seconds = cloud.seconds - self._looked_at
        if seconds < self._every_s:
            return
        self._looked_at = cloud.seconds
        if len(cloud.puffs):
            np.maximum(self.greatest, cloud.at(self._field), out=self.greatest)
            here = cloud.at(self._places)
            self._dose += here * seconds
            np.maximum(self._peak, here, out=self._peak)

    def measures(self, cloud: Cloud) -> list[Measure]:
        """The figures of a run until now."""
        area = float(self.reached.sum()) * self.grid.cell_area
        limit = f"{from_si(self.limit, 'GQ'):g} µg/m³"
        over = Text(f"cells of the field that were at {limit} or more", f"曾达到{limit}及以上的网格面积")
        mass = Text("sum over all puffs", "全部烟团质量之和")
        gone = Text("puffs whose middle left the area", "烟团中心离开区域的质量")
        peak = Text("greatest of the release alone at any station", "各站点仅由泄漏造成的最大浓度")
        dose = Text(
            "of the release alone, µg/m³ · h, at the station with most", "受影响最大站点仅由泄漏造成的剂量，µg/m³·h"
        )
        return [
            Measure(
                "released", Text("Released", "泄漏总量"), cloud.released, "KGM", Text("term of the source", "源项")
            ),
            Measure("in_air", Text("In the air", "空中质量"), cloud.in_air, "KGM", mass),
            Measure("gone", Text("Gone with the wind", "随风离开"), cloud.gone, "KGM", gone),
            Measure("area_over_limit", Text("Area over the limit", "超限面积"), from_si(area, "KMK"), "KMK", over),
            Measure("peak", Text("Peak at a station", "站点峰值"), from_si(_most(self._peak), "GQ"), "GQ", peak),
            Measure("dose", Text("Dose at a station", "站点剂量"), _most(self._dose) / 1e-9 / 3600.0, "C62", dose),
        ]


def _most(column: NDArray[np.float64]) -> float:
    return float(column.max(initial=0.0))
