"""What the map shows of the air."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import shapely

from touyan.core.components import Layer
from touyan.core.entities import point
from touyan.core.observations import Column
from touyan.core.protocols import Plant, State
from touyan.core.settings import setting
from touyan.core.text import Text

from .air_index import PM25
from .air_measures import Grid
from .field import Kriging
from .network import AirNetwork
from .readings import fresh_column
from .vocabulary import AIR_STATION, MICROGRAM, REPORT_INTERVAL_S

_INTERVAL_HELP = "Time between two reports of an air station."
_HEAVY = 250.0
"""PM2.5 (µg/m³) at which air is heavily polluted, and the last colour begins."""


class AirLayer(Layer):
    """A layer of the air, coloured by PM2.5."""

    abstract = True
    needs: ClassVar[tuple[str, ...]] = (AIR_STATION,)
    full: ClassVar[float] = _HEAVY
    unit_code: ClassVar[str] = "GQ"
    interval_s: float = setting(REPORT_INTERVAL_S, unit="SEC", at_least=1.0, help=_INTERVAL_HELP)


class ParticleField(AirLayer):
    """PM2.5 between the stations, by kriging what they say."""

    title: ClassVar[Text] = Text("PM2.5 between stations", "站间PM2.5场")
    cells: int = setting(24, at_least=4, at_most=100, help="Cells along each side.")

    def start(self, plant: Plant) -> None:
        """Lay a grid over the stations."""
        network: AirNetwork = plant.model
        middle = (network.places.max(axis=0) + network.places.min(axis=0)) / 2
        width = float(np.ptp(network.places, axis=0).max()) * 1.15
        self._grid = Grid(width, self.cells)
        self._points = self._grid.points + middle
        self._kriging = Kriging(network.places)
        self._seen = -np.inf
        self._live: dict[str, float] = {}

    def features(self, plant: Plant) -> dict[str, Any]:
        """Every cell as an area."""
        half = self._grid.cell_m / 2
        low, high = (plant.model.projection.to_wgs84(self._points + shift).round(6) for shift in (-half, half))
        cells = shapely.box(*low.T, *high.T)
        return _collection([(str(cell), dict(shapely.geometry.mapping(area))) for cell, area in enumerate(cells)])

    def live(self, state: State) -> dict[str, float]:
        """PM2.5 of each cell; computed anew with each report."""
        newest = float(np.max(state.table(AIR_STATION).observed_at, initial=-np.inf))
        if newest > self._seen:
            self._seen = newest
            values = fresh_column(state, PM25, self.interval_s)[:, None] / MICROGRAM
            found = self._kriging.at(self._points, values)[:, 0]
            self._live = _told([str(cell) for cell in range(len(found))], found)
        return self._live


class AirStationMap(AirLayer):
    """The air stations, each coloured by its PM2.5."""

    title: ClassVar[Text] = Text("Air stations", "空气质量站")

    def features(self, plant: Plant) -> dict[str, Any]:
        """Every station as a point."""
        network: AirNetwork = plant.model
        degrees = network.projection.to_wgs84(network.places)
        return _collection([(name, point(place)) for name, place in zip(network.names, degrees, strict=True)])

    def start(self, plant: Plant) -> None:
        """Learn the names."""
        self._names = list(plant.model.names)

    def live(self, state: State) -> dict[str, float]:
        """PM2.5 of the stations that are heard."""
        return _told(self._names, fresh_column(state, PM25, self.interval_s) / MICROGRAM)


def _collection(shapes: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    features = [
        {"type": "Feature", "id": name, "geometry": geometry, "properties": {"station": name}}
        for name, geometry in shapes
    ]
    return {"type": "FeatureCollection", "features": features}


def _told(names: list[str], values: Column) -> dict[str, float]:
    """What is known, by name, rounded as people read it."""
    known = np.flatnonzero(~np.isnan(values)).tolist()
    return {names[row]: round(float(values[row]), 1) for row in known}
