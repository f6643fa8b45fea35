"""What a forecast looks at: the past of the station, the city, its neighbours and the weather, and the calendar.

Nothing of the future is in it: a row at an hour holds readings up to that hour, and no weather forecast. A test changes
the future and finds every row as before.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .air_index import CO, NO2, O3, PM10, PM25, SO2
from .hours import DEW_POINT, FROM, PRESSURE, RAIN, TEMPERATURE, WIND, AirHours, local_hours

Column = NDArray[np.float64]

_LAGS = (0, 1, 2, 3, 4, 6, 8, 12, 18, 24, 36, 48, 72)
_CITY_LAGS = (0, 1, 2, 3, 6, 12, 24)
_MEANS = (3, 6, 12, 24, 72, 168)
_NEW_YEARS = (
    *("2013-02-10", "2014-01-31", "2015-02-19", "2016-02-08", "2017-01-28", "2018-02-16", "2019-02-05", "2020-01-25"),
    *("2021-02-12", "2022-02-01", "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26"),
)
"""First days of the lunar year, when fireworks are lit the night before."""


def features(hours: AirHours) -> tuple[list[str], NDArray[np.float32]]:
    """Names, and a cube of shape (stations, hours, names).

    NaN where something is unknown.
    """
    shape = hours.columns[PM25].shape
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # means of hours in which nobody said anything are NaN
        parts = dict(_all(hours))
    cube = np.empty((*shape, len(parts)), np.float32)
    for place, column in enumerate(parts.values()):
        cube[:, :, place] = column
    return list(parts), cube


def _all(hours: AirHours) -> Iterator[tuple[str, Any]]:
    yield from _particles(hours.columns[PM25])
    yield from _gases(hours)
    yield from _weather(hours)
    yield from _winds(hours)
    yield from _calendar(hours)


def _particles(fine: Column) -> Iterator[tuple[str, Column]]:
    city = np.nanmean(fine, axis=0)
    for lag in _LAGS:
        yield f"pm_{lag}", before(fine, lag)
    for lag in _CITY_LAGS:
        yield f"city_{lag}", before(city, lag)
    for width in _MEANS:
        yield f"mean_{width}", _rolled(fine, width, np.nanmean)
    for width in (12, 24):
        yield f"least_{width}", _rolled(fine, width, np.nanmin)
        yield f"most_{width}", _rolled(fine, width, np.nanmax)
    yield "spread_6", _rolled(fine, 6, np.nanstd)
    yield "city_spread", np.nanstd(fine, axis=0)
    yield "city_most", np.nanmax(fine, axis=0)
    yield "city_least", np.nanmin(fine, axis=0)
    for station, column in enumerate(fine):
        yield f"at_{station}", column
        yield f"rise_{station}", column - before(column, 1)


def _gases(hours: AirHours) -> Iterator[tuple[str, Column]]:
    for name in (PM10, SO2, NO2, CO, O3):
        column = hours.columns[name]
        city = np.nanmean(column, axis=0)
        yield name, column
        yield f"{name}_1", before(column, 1)
        yield f"{name}_city", city
        yield f"{name}_city_3", before(city, 3)
        yield f"{name}_day", _rolled(city, 24, np.nanmean)


def _weather(hours: AirHours) -> Iterator[tuple[str, Column]]:
    for name in (TEMPERATURE, PRESSURE, DEW_POINT):
        city = np.nanmean(hours.columns[name], axis=0)
        yield name, hours.columns[name]
        yield f"{name}_city", city
        for lag in (1, 3, 6, 12, 24):
            yield f"{name}_change_{lag}", city - before(city, lag)
    yield "dryness", hours.columns[TEMPERATURE] - hours.columns[DEW_POINT]
    rain = np.nanmean(hours.columns[RAIN], axis=0)
    for width in (3, 12, 24):
        yield f"rain_{width}", _rolled(rain, width, np.nansum)


def _winds(hours: AirHours) -> Iterator[tuple[str, Column]]:
    speed, angle = hours.columns[WIND], np.radians(hours.columns[FROM])
    yield "wind", speed
    for name, column in (("east", -speed * np.sin(angle)), ("north", -speed * np.cos(angle))):
        city = np.nanmean(column, axis=0)
        yield name, column
        for lag in (0, 1, 3, 6, 12):
            yield f"{name}_city_{lag}", before(city, lag)
        for width in (6, 12, 24):
            yield f"{name}_mean_{width}", _rolled(city, width, np.nanmean)
    for width in (6, 12, 24):
        yield f"wind_mean_{width}", _rolled(np.nanmean(speed, axis=0), width, np.nanmean)


def _calendar(hours: AirHours) -> Iterator[tuple[str, Any]]:
    local = local_hours(hours)
    year = 2 * np.pi * np.array([time.timetuple().tm_yday for time in local]) / 365.25
    yield "hour", np.array([time.hour for time in local], np.float64)
    yield "weekday", np.array([time.weekday() for time in local], np.float64)
    yield "year_sine", np.sin(year)
    yield "year_cosine", np.cos(year)
    yield "new_year", np.array([_from_new_year(time) for time in local])
    yield "station", np.arange(len(hours.stations), dtype=np.float64)[:, None]


def _from_new_year(time: datetime) -> float:
    """Days from the nearest lunar new year's midnight; beyond three days they are all one."""
    days = [(time.replace(tzinfo=None) - datetime.fromisoformat(day)).total_seconds() / 86400 for day in _NEW_YEARS]
    return float(np.clip(min(days, key=abs), -3.0, 3.0))


def before(column: Column, lag: int) -> Column:
    """What was some hours before, along the last axis."""
    if lag == 0:
        return column
    found = np.full_like(column, np.nan)
    found[..., lag:] = column[..., :-lag]
    return found


def _rolled(column: Column, width: int, figure: Any) -> Column:
    """A figure of the last hours, this one included."""
    found = np.full_like(column, np.nan)
    found[..., width - 1 :] = figure(sliding_window_view(column, width, axis=-1), axis=-1)
    return found
