"""What stations say of the air: their own readings, with the noise and loss of real ones."""

from __future__ import annotations

from touyan.core.components import Source
from touyan.core.settings import setting

from .vocabulary import REPORT_INTERVAL_S


class AirStations(Source):
    """PM2.5 and PM10 at each station, reporting in intervals."""

    interval_s: int = setting(REPORT_INTERVAL_S, unit="SEC", at_least=10, help="Time between reports.")
    noise: float = setting(0.05, at_least=0.0, at_most=1.0, help="Relative standard deviation of every value.")
    loss: float = setting(0.0, at_least=0.0, at_most=1.0, help="Share of readings that get lost.")
    seed: int = setting(0, at_least=0, help="Seed of noise and loss.")


class WeatherStation(Source):
    """The wind over the city, reporting in intervals."""

    interval_s: int = setting(60, unit="SEC", at_least=10, help="Time between reports.")
    noise: float = setting(0.05, at_least=0.0, at_most=1.0, help="Relative standard deviation of the speed.")
    turning: float = setting(3.0, unit="DD", at_least=0.0, at_most=90.0, help="Standard deviation of the direction.")
    seed: int = setting(0, at_least=0, help="Seed of the noise.")
