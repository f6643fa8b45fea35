"""How far stations are from normal: too much, more than their neighbours, or an instrument that fails."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from touyan.core.components import Detector
from touyan.core.observations import Column
from touyan.core.protocols import Finding, Plant, State
from touyan.core.settings import setting

from .air_index import HJ_633_2026, PM10, PM25, air_quality_index, daily_concentrations, sub_indices
from .network import AirNetwork
from .readings import fresh_column
from .vigil import Vigil
from .vocabulary import AIR_STATION, MICROGRAM, REPORT_INTERVAL_S

_HOUR_S = 3600.0
_INTERVAL_HELP = "Time between two reports of an air station."


class StationDetector(Detector):
    """Scores of air stations, looked at once for each report."""

    abstract = True
    entity_type: ClassVar[str] = AIR_STATION
    interval_s: float = setting(REPORT_INTERVAL_S, unit="SEC", at_least=1.0, help=_INTERVAL_HELP)

    def start(self, plant: Plant) -> None:
        """Learn which stations there are."""
        network: AirNetwork = plant.model
        self._vigil = Vigil(len(network.ids))
        self._ids = network.ids
        self._taken_at = plant.now

    def follow(self, state: State) -> Vigil:
        """The vigil after the newest report.

        A report is taken once, a missing one when it is overdue.
        """
        table = state.table(AIR_STATION)
        newest = float(np.max(table.observed_at, initial=-np.inf))
        overdue = state.now - self._taken_at >= 1.5 * self.interval_s
        if newest > self._taken_at or overdue:
            here = table.observed_at >= max(newest, self._taken_at + 0.5 * self.interval_s)
            said = [self._now(state, quantity, here) for quantity in (PM25, PM10)]
            self._vigil.take(*said)
            self._taken_at = newest if newest > self._taken_at else self._taken_at + self.interval_s
        return self._vigil

    def _now(self, state: State, quantity: str, here: NDArray[np.bool_]) -> Column:
        """Values of the newest report; NaN where it had none."""
        table = state.table(AIR_STATION)
        return np.where(here & (table.heard_at(quantity) >= table.observed_at), table.column(quantity), np.nan)


class SuddenRise(StationDetector):
    """What both instruments of a station see above what its neighbours let expect."""

    quantity: ClassVar[str] = "rise"
    unit_code: ClassVar[str] = "P1"

    def score(self, state: State) -> Finding:
        """Excess over the expected PM2.5; 1 is twice the background."""
        return Finding(self._ids, self.follow(state).rise.copy())


class InstrumentFault(StationDetector):
    """What one instrument alone sees, repeats, or leaves out."""

    quantity: ClassVar[str] = "disagreement"
    disagreement: float = setting(0.3, at_least=0.05, help="Difference of both excesses, over PM2.5, that counts as 1.")
    missing: float = setting(3.0, at_least=1.0, help="Missing reports in a row that count as 1.")

    def score(self, state: State) -> Finding:
        """1 and more is a fault."""
        vigil = self.follow(state)
        parts = (vigil.disagreement / self.disagreement, vigil.repeats, vigil.missing / self.missing)
        return Finding(self._ids, np.asarray(np.fmax.reduce(parts)))


class EpisodeLevel(Detector):
    """The level of a heavy-pollution episode.

    0 none, 1 blue, 2 yellow, 3 orange, 4 red.

    By the daily AQI (HJ 633-2026, of PM2.5 and PM10) over the last 24 h: blue over 200; yellow over 200 for 48 h;
    orange over 200 for 72 h and over 300; red over 200 for 96 h and over 300 for 48 h, or 500 (scheme of 2017). An
    hour counts once its day's mean is over the bound, so the first 24 h of an episode are in the mean already.
    """

    entity_type: ClassVar[str] = AIR_STATION
    quantity: ClassVar[str] = "episodeLevel"
    interval_s: float = setting(REPORT_INTERVAL_S, unit="SEC", at_least=1.0, help=_INTERVAL_HELP)

    def start(self, plant: Plant) -> None:
        """Begin with empty days."""
        network: AirNetwork = plant.model
        self._ids = network.ids
        self._hours: dict[str, list[Column]] = {PM25: [], PM10: []}
        self._sums = {quantity: (np.zeros(len(self._ids)), np.zeros(len(self._ids))) for quantity in self._hours}
        self._hour = math.floor(plant.now / _HOUR_S)
        self._over = {bound: np.zeros(len(self._ids)) for bound in (200.0, 300.0)}
        self._level = np.full(len(self._ids), np.nan)

    def score(self, state: State) -> Finding:
        """The level now; NaN before there was a day."""
        for quantity, (total, count) in self._sums.items():
            now = fresh_column(state, quantity, self.interval_s)
            known = ~np.isnan(now)
            self._sums[quantity] = total + np.where(known, now, 0.0), count + known
        if math.floor(state.now / _HOUR_S) > self._hour:
            self._hour = math.floor(state.now / _HOUR_S)
            self._close_hour()
        return Finding(self._ids, self._level.copy())

    def _close_hour(self) -> None:
        """Judge the day that ends with this hour."""
        for quantity, (total, count) in self._sums.items():
            with np.errstate(invalid="ignore", divide="ignore"):
                self._hours[quantity] = [*self._hours[quantity][-23:], total / count / MICROGRAM]
            self._sums[quantity] = np.zeros(len(self._ids)), np.zeros(len(self._ids))
        if len(self._hours[PM25]) < 24:
            return
        day = daily_concentrations({quantity: np.array(hours) for quantity, hours in self._hours.items()})
        index = air_quality_index(sub_indices(HJ_633_2026.daily, day))
        for bound, hours in self._over.items():
            # A day without enough hours ends nothing and adds nothing.
            self._over[bound] = np.where(np.isnan(index), hours, np.where(index > bound, hours + 1, 0.0))
        self._level = np.where(np.isnan(index), self._level, self._judged(index))

    def _judged(self, index: Column) -> Column:
        over, far_over = self._over[200.0] + 23, self._over[300.0] + 23
        red = ((over >= 96) & (far_over >= 48)) | (index >= 500)
        levels = [index > 200, over >= 48, (over >= 72) & (index > 300), red]
        heavy = index > 200
        return np.asarray(
            np.max([heavy * holds * number for number, holds in enumerate(levels, 1)], axis=0), np.float64
        )
