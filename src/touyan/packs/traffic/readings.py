"""Sensor readings in the order of the road network, whatever sensors the city has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from touyan.core.observations import Column
from touyan.core.protocols import State

from .network import RoadNetwork
from .vocabulary import LANE_CAMERA, LANE_DETECTOR, TRAFFIC_SIGNAL, lane_cameras, lane_detectors, traffic_signals

SILENT_AFTER = 3
"""Missed reports after which what a detector said last is no longer the present."""


class Readings:
    """Columns of one entity type, one element for each of `ids`.

    NaN stands where the city has no sensor.
    """

    def __init__(self, entity_type: str, ids: tuple[str, ...]) -> None:
        self._entity_type = entity_type
        self.ids = ids
        self._asked: tuple[str, ...] = ids
        self._rows: NDArray[np.intp] = np.arange(len(ids))

    def column(self, state: State, quantity: str) -> Column:
        """The last known values of a quantity; NaN where never."""
        table = state.table(self._entity_type)
        self._follow(table.ids)
        return self._arranged(table.column(quantity), np.nan)

    def heard_at(self, state: State, quantity: str) -> Column:
        """When each value was read (epoch s); -inf where never."""
        table = state.table(self._entity_type)
        self._follow(table.ids)
        return self._arranged(table.heard_at(quantity), -np.inf)

    def fresh(self, state: State, quantity: str, interval_s: float) -> NDArray[np.bool_]:
        """Where a quantity was read within the last few intervals."""
        return self.heard_at(state, quantity) >= state.now - SILENT_AFTER * interval_s

    def _follow(self, ids: tuple[str, ...]) -> None:
        """Learn the rows of another table; -1 where it has none."""
        if ids is self._asked or ids == self._asked:
            return
        rows = {identifier: row for row, identifier in enumerate(ids)}
        self._rows = np.array([rows.get(identifier, -1) for identifier in self.ids], np.intp)
        self._asked = ids

    def _arranged(self, column: Column, missing: float) -> Column:
        if self._asked is self.ids or self._asked == self.ids:
            return column
        padded = np.append(column, missing)  # row -1 is the missing one
        return padded[self._rows]


def lane_readings(network: RoadNetwork) -> Readings:
    """What lane detectors say, in the order of the lanes."""
    return Readings(LANE_DETECTOR, lane_detectors(network))


def camera_readings(network: RoadNetwork) -> Readings:
    """What lane cameras say, in the order of the lanes."""
    return Readings(LANE_CAMERA, lane_cameras(network))


def signal_readings(network: RoadNetwork) -> Readings:
    """What signals say, in the order of `network.signalised`."""
    return Readings(TRAFFIC_SIGNAL, traffic_signals(network))
