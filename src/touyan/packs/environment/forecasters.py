"""What PM2.5 is likely to come at the stations of a living city, without anything learned before."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from touyan.core.components import Forecaster
from touyan.core.protocols import Forecast, Plant, State
from touyan.core.settings import setting

from .air_index import PM25
from .network import AirNetwork
from .readings import fresh_column
from .vocabulary import AIR_STATION, REPORT_INTERVAL_S

_STEP_S = 3600.0


class ParticleOutlook(Forecaster):
    """PM2.5 goes back from its present value to its mean of the last day.

    What a station has beside its mean is halved in `half_life_s`; trained forecasts of the same hours are in
    `forecasting.py`, and need years of the city's own readings.
    """

    quantity: ClassVar[str] = PM25
    unit_code: ClassVar[str] = "GQ"
    needs: ClassVar[tuple[str, ...]] = (AIR_STATION,)
    half_life_s: float = setting(21600.0, unit="SEC", at_least=60.0, help="Time in which a deviation is halved.")
    memory_s: float = setting(86400.0, unit="SEC", at_least=3600.0, help="Time over which the mean is taken.")

    def start(self, plant: Plant) -> None:
        """Begin with nothing heard."""
        network: AirNetwork = plant.model
        self._ids = network.ids
        self._mean = np.full(len(self._ids), np.nan)
        self._at = plant.now

    def forecast(self, state: State, until: float) -> Forecast:
        """Each hour from now until a time."""
        now = fresh_column(state, PM25, REPORT_INTERVAL_S)
        kept = np.exp(-(state.now - self._at) / self.memory_s)
        mixed = kept * self._mean + (1 - kept) * now
        self._mean = np.where(np.isnan(self._mean), now, np.where(np.isnan(now), self._mean, mixed))
        self._at = state.now
        ahead = np.arange(_STEP_S, until - state.now + 1e-6, _STEP_S)
        left = 0.5 ** (ahead / self.half_life_s)
        return Forecast(self._ids, state.now + ahead, self._mean + left[:, None] * (now - self._mean))
