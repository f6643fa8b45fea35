"""The words of air and water that stations say and the brain reads.

Types and terms are those of FIWARE's Smart Data Models; values in the brain are SI, so concentrations are kg/m³.
"""

from __future__ import annotations

from touyan.core.entities import urn

AIR_STATION = "AirQualityObserved"
WEATHER_STATION = "WeatherObserved"
WATER_STATION = "WaterQualityObserved"

WIND_SPEED = "windSpeed"  # m/s
WIND_DIRECTION = "windDirection"  # radians clockwise from north, from where it blows

MICROGRAM = 1e-9
"""One µg/m³ in kg/m³."""
MILLIGRAM = 1e-6
"""One mg/m³ in kg/m³."""

REPORT_INTERVAL_S = 300
"""How often an air station reports, unless the city says otherwise."""


def air_stations(names: tuple[str, ...]) -> tuple[str, ...]:
    """Ids of air-quality stations."""
    return tuple(urn(AIR_STATION, name) for name in names)
