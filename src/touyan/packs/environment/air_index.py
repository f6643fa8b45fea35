"""China's air quality index: HJ 633-2012, and HJ 633-2026 that follows it from 1 March 2026.

Concentrations are µg/m³, of CO mg/m³, as in the standards' own table; every column may have any shape. The revision
of 2026 keeps the table of 2012 but for PM2.5 (100 at 60 in place of 75) and PM10 (100 at 120 in place of 150), takes
particles by the hour in hourly reports, and says what holds above the last limit of SO2 and O3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]

SO2, NO2, CO, O3, PM10, PM25 = "so2", "no2", "co", "o3", "pm10", "pm25"
POLLUTANTS = (SO2, NO2, CO, O3, PM10, PM25)
"""By their names in FIWARE's AirQualityObserved."""

LEVELS = (0.0, 50.0, 100.0, 150.0, 200.0, 300.0, 400.0, 500.0)
"""Sub-indices at the limits of the table (HJ 633, table of IAQI and concentrations)."""

CLASSES_EN = ("excellent", "good", "lightly polluted", "moderately polluted", "heavily polluted", "severely polluted")
CLASSES_ZH = ("优", "良", "轻度污染", "中度污染", "重度污染", "严重污染")
_CLASS_ENDS = (50.0, 100.0, 150.0, 200.0, 300.0)

HOURS_OF_MEAN = 20
"""Hours that a daily mean needs (GB 3095-2012, validity of data)."""
HOURS_OF_8H = 6
"""Hours that a mean of 8 h needs (GB 3095-2012)."""
MEANS_OF_DAY = 14
"""Means of 8 h that a day's greatest needs, unless it is over the limit anyway (HJ 663-2013)."""
_O3_LIMIT = 160.0

# Sub-indices are rounded up; this much of them is a rounding error of the machine and no concentration.
_MACHINE = 1e-9


class Scale(NamedTuple):
    """Concentrations at the sub-indices of LEVELS, and the sub-index above the last.

    NaN is none.
    """

    limits: tuple[float, ...]
    beyond: float = LEVELS[-1]


class Standard(NamedTuple):
    """The scales of daily and hourly reports, by pollutant.

    O3 of a day is its greatest mean of 8 h.
    """

    name: str
    daily: Mapping[str, Scale]
    hourly: Mapping[str, Scale]
    particles_by_the_hour: bool


_GASES_OF_A_DAY = {
    SO2: Scale((0, 50, 150, 475, 800, 1600, 2100, 2620)),
    NO2: Scale((0, 40, 80, 180, 280, 565, 750, 940)),
    CO: Scale((0, 2, 4, 14, 24, 36, 48, 60)),
}
_GASES_OF_AN_HOUR = {
    NO2: Scale((0, 100, 200, 700, 1200, 2340, 3090, 3840)),
    CO: Scale((0, 5, 10, 35, 60, 90, 120, 150)),
    O3: Scale((0, 160, 200, 300, 400, 800, 1000, 1200)),
}
_SO2_OF_AN_HOUR = (0.0, 150.0, 500.0, 650.0, 800.0)
_O3_OF_8H = (0.0, 100.0, 160.0, 215.0, 265.0, 800.0)
_PARTICLES_2012 = {
    PM10: Scale((0, 50, 150, 250, 350, 420, 500, 600)),
    PM25: Scale((0, 35, 75, 115, 150, 250, 350, 500)),
}
_PARTICLES_2026 = {
    PM10: Scale((0, 50, 120, 250, 350, 420, 500, 600)),
    PM25: Scale((0, 35, 60, 115, 150, 250, 350, 500)),
}

HJ_633_2012 = Standard(
    "HJ 633-2012",
    {**_GASES_OF_A_DAY, O3: Scale(_O3_OF_8H, np.nan), **_PARTICLES_2012},
    {**_GASES_OF_AN_HOUR, SO2: Scale(_SO2_OF_AN_HOUR, np.nan), **_PARTICLES_2012},
    particles_by_the_hour=False,
)
HJ_633_2026 = Standard(
    "HJ 633-2026",
    {**_GASES_OF_A_DAY, O3: Scale(_O3_OF_8H, 300.0), **_PARTICLES_2026},
    {**_GASES_OF_AN_HOUR, SO2: Scale(_SO2_OF_AN_HOUR, 200.0), **_PARTICLES_2026},
    particles_by_the_hour=True,
)
STANDARDS = {standard.name: standard for standard in (HJ_633_2012, HJ_633_2026)}


def sub_index(scale: Scale, concentration: Column) -> Column:
    """IAQI: linear between the limits, rounded up.

    NaN for NaN and below zero.
    """
    given = np.asarray(concentration, np.float64)
    value = np.interp(given, scale.limits, LEVELS[: len(scale.limits)])
    whole = np.ceil(value - _MACHINE)
    return np.where(given >= 0, np.where(given > scale.limits[-1], scale.beyond, whole), np.nan)


def sub_indices(scales: Mapping[str, Scale], concentrations: Mapping[str, Column]) -> dict[str, Column]:
    """IAQI of each pollutant that is given."""
    return {name: sub_index(scales[name], column) for name, column in concentrations.items()}


def air_quality_index(sub: Mapping[str, Column]) -> Column:
    """AQI: the greatest sub-index; NaN where there is none."""
    return np.asarray(np.fmax.reduce(list(sub.values())), np.float64)


def primary_pollutants(sub: Mapping[str, Column]) -> list[tuple[str, ...]]:
    """What the index of each place comes from, ties too.

    None up to 50.
    """
    index = air_quality_index(sub)
    return [
        tuple(name for name in sub if sub[name].flat[place] == value) if value > LEVELS[1] else ()
        for place, value in enumerate(index.flat)
    ]


def exceeding_pollutants(sub: Mapping[str, Column]) -> list[tuple[str, ...]]:
    """Pollutants of each place with an IAQI over 100."""
    count = air_quality_index(sub).size
    return [tuple(name for name in sub if sub[name].flat[place] > LEVELS[2]) for place in range(count)]


def index_class(index: Column) -> Column:
    """Class of an AQI, 1 (excellent) to 6 (severely polluted).

    NaN stays NaN.
    """
    found = np.searchsorted(_CLASS_ENDS, index, side="left") + 1.0
    return np.where(np.isnan(index), np.nan, found)


def trailing_mean(hours: Column, width: int, least: int) -> Column:
    """Mean of the last hours, of windows with enough values.

    Hours lie along the first axis.
    """
    known = ~np.isnan(hours)
    sums, counts = (_sums(np.where(known, hours, 0.0), width), _sums(known.astype(np.float64), width))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(counts >= least, sums / counts, np.nan)


def hourly_concentrations(standard: Standard, hours: Mapping[str, Column]) -> dict[str, Column]:
    """What an hourly report judges: the newest hour.

    Of particles the mean of 24 h, where the standard says so.
    """
    newest = {name: column[-1] for name, column in hours.items()}
    if not standard.particles_by_the_hour:
        for name in (PM10, PM25):
            if name in hours:
                newest[name] = trailing_mean(hours[name][-24:], min(24, len(hours[name])), HOURS_OF_MEAN)[-1]
    return newest


def daily_concentrations(hours: Mapping[str, Column]) -> dict[str, Column]:
    """What a daily report judges, of 24 hours.

    Hours lie along the first axis.
    """
    means = {name: trailing_mean(column, 24, HOURS_OF_MEAN)[-1] for name, column in hours.items() if name != O3}
    return means | ({O3: greatest_8h(hours[O3])} if O3 in hours else {})


def greatest_8h(hours: Column) -> Column:
    """The day's greatest mean of 8 h.

    Of those that end at 8 to 24 o'clock.
    """
    means = trailing_mean(hours, 8, HOURS_OF_8H)[7:]
    greatest = np.fmax.reduce(means)
    enough = (~np.isnan(means)).sum(axis=0) >= MEANS_OF_DAY
    return np.where(enough | (greatest > _O3_LIMIT), greatest, np.nan)


def _sums(column: Column, width: int) -> Column:
    """Sums over the last rows; zero before there are as many."""
    total = np.cumsum(column, axis=0)
    before = np.zeros_like(total)
    before[width:] = total[:-width]
    sums = total - before
    sums[: width - 1] = 0.0
    return sums
