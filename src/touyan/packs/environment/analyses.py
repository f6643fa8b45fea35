"""Figures of the air for people, from what stations say."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from touyan.core.components import Indicator
from touyan.core.protocols import Measure, State
from touyan.core.settings import setting
from touyan.core.text import Text
from touyan.core.units import from_si

from .air_index import PM25
from .readings import fresh_column
from .vocabulary import AIR_STATION, REPORT_INTERVAL_S

_INTERVAL_HELP = "Time between two reports of an air station."


class StationIndicator(Indicator):
    """A figure from the air stations that are heard."""

    abstract = True
    needs: ClassVar[tuple[str, ...]] = (AIR_STATION,)
    interval_s: float = setting(REPORT_INTERVAL_S, unit="SEC", at_least=1.0, help=_INTERVAL_HELP)


class MedianParticles(StationIndicator):
    """The middle of the stations' PM2.5."""

    def measure(self, state: State) -> Measure:
        """Now, of the stations that are heard."""
        known = fresh_column(state, PM25, self.interval_s)
        value = from_si(float(np.nanmedian(known)), "GQ") if (~np.isnan(known)).any() else float("nan")
        method = Text("median of the stations heard", "在线站点的中位数")
        return Measure("pm25_median", Text("PM2.5 in the city", "全市PM2.5"), value, "GQ", method)


class StationsHeard(StationIndicator):
    """The share of air stations that are heard."""

    def measure(self, state: State) -> Measure:
        """In per cent, now."""
        known = fresh_column(state, PM25, self.interval_s)
        share = float((~np.isnan(known)).mean()) if len(known) else float("nan")
        method = Text("stations with PM2.5 in the last 3 intervals", "最近3个周期内有PM2.5读数的站点占比")
        return Measure(
            "air_stations_heard", Text("Air stations heard", "站点在线率"), from_si(share, "P1"), "P1", method
        )
