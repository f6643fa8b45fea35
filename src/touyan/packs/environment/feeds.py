"""The stations of one simulated city at work: gather, disturb, report."""

from __future__ import annotations

import math
from copy import copy, deepcopy

import numpy as np
from numpy.typing import NDArray

from touyan.core.observations import ObservationBatch

from .air_index import PM10, PM25
from .background import Background
from .cloud import Cloud, heights
from .instrument_faults import Instruments
from .network import WEATHER_ID, AirNetwork
from .sources import AirStations, WeatherStation
from .vocabulary import AIR_STATION, MICROGRAM, WEATHER_STATION, WIND_DIRECTION, WIND_SPEED

Column = NDArray[np.float64]

INLET_M = 3.0
"""Height of a station's inlet; HJ 664 asks for 3 to 20 m above the ground."""

RESOLUTION = 1.0 * MICROGRAM
"""What one digit of an instrument's report stands for."""


class AirFeed:
    """Readings of all air stations at one moment."""

    def __init__(self, stations: AirStations, network: AirNetwork, instruments: Instruments) -> None:
        self.interval_s = stations.interval_s
        self._stations = stations
        self._ids = network.ids
        self._inlets = heights(network.places, INLET_M)
        self._instruments = instruments
        self._random = np.random.default_rng([stations.seed, 13])

    def branch(self) -> AirFeed:
        """A copy with the same chance to come."""
        twin = copy(self)
        twin._random, twin._instruments = deepcopy(self._random), self._instruments.branch()
        return twin

    def report(self, cloud: Cloud, background: Background, now: float) -> ObservationBatch:
        """What the stations say now."""
        background.move_to(now)
        released = cloud.at(self._inlets)
        fine = background.fine() + released
        true = {PM25: fine, PM10: fine + background.coarse()}
        values = {name: self._noisy(column) for name, column in true.items()}
        values = self._instruments.disturbed(values, cloud.seconds, self._random)
        lost = self._random.random(len(self._ids)) < self._stations.loss
        for column in values.values():
            column[lost] = np.nan
        return ObservationBatch(AIR_STATION, self._stations.name, self._ids, np.full(len(self._ids), now), values)

    def _noisy(self, column: Column) -> Column:
        noisy = np.maximum(column * self._random.normal(1.0, self._stations.noise, len(column)), 0.0)
        return np.round(noisy / RESOLUTION) * RESOLUTION


class WeatherFeed:
    """The weather station of a city."""

    def __init__(self, station: WeatherStation) -> None:
        self.interval_s = station.interval_s
        self._station = station
        self._random = np.random.default_rng([station.seed, 17])

    def branch(self) -> WeatherFeed:
        """A copy with the same chance to come."""
        twin = copy(self)
        twin._random = deepcopy(self._random)
        return twin

    def report(self, cloud: Cloud, now: float) -> ObservationBatch:
        """What the weather station says now."""
        speed, direction = cloud.wind.at(cloud.seconds)
        speed *= max(0.0, float(self._random.normal(1.0, self._station.noise)))
        direction += float(self._random.normal(0.0, self._station.turning)) if self._station.turning else 0.0
        values = {WIND_SPEED: np.array([speed]), WIND_DIRECTION: np.array([math.radians(direction % 360.0)])}
        return ObservationBatch(WEATHER_STATION, self._station.name, (WEATHER_ID,), np.array([now]), values)
