"""A city's air as it was: hourly files played back, hour by hour, with what was kept out of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from touyan.core.commands import Command
from touyan.core.errors import InputError
from touyan.core.observations import Column, ObservationBatch
from touyan.core.surveys import Omission
from touyan.core.text import Text
from touyan.core.units import to_si

from .air_index import CO, NO2, O3, PM10, PM25, SO2
from .hours import FROM, HOUR_S, WIND, read_hours
from .network import WEATHER_ID, AirNetwork, read_network
from .vocabulary import AIR_STATION, WEATHER_STATION, WIND_DIRECTION, WIND_SPEED

STATIONS, HOURS = "stations*.csv", ("hours*.csv*", "PRSA_Data_*.csv*")
NO_POSITION = "no position"
_SOURCE = "recorded-hours"

_REASONS = {
    "negative": Text("negative readings", "负值"),
    "absurd": Text("readings that air cannot have", "荒谬值"),
    "wrong unit": Text("readings in a unit that cannot be converted", "单位无法换算的读数"),
    "duplicate hour": Text("second reports of an hour", "同一小时的重复上报"),
    "no such hour": Text("hours that the clock left out", "夏令时跳过的小时"),
    NO_POSITION: Text("readings of stations without a position", "无位置站点的读数"),
}


def files_in(folder: Path) -> tuple[Path, list[Path]] | None:
    """The stations and the hours of a folder.

    None where one of them is missing.
    """
    stations = sorted(folder.glob(STATIONS))
    hours = [path for pattern in HOURS for path in sorted(folder.glob(pattern))]
    return (stations[0], hours) if stations and hours else None


class Recording:
    """Hours of stations with a position, and what was kept out."""

    def __init__(self, folder: Path) -> None:
        found = files_in(folder)
        if found is None:
            raise InputError(str(folder), "", "no stations or no hours", f"{STATIONS} and {' or '.join(HOURS)}")
        self.network = read_network(found[0])
        self.hours = read_hours(found[1])
        self.kept_out = Counter[str]()
        for (_, _, reason), times in self.hours.kept_out.items():
            self.kept_out[reason] += times
        self._rows = [self._row(name) for name in self.network.names]
        self._count_homeless()

    def omissions(self) -> list[Omission]:
        """What was kept out, for people."""
        return [Omission(reason, _REASONS[reason], times) for reason, times in sorted(self.kept_out.items())]

    def column(self, quantity: str, hour: int) -> Column:
        """A quantity at the stations in one hour, as filed."""
        column = self.hours.columns[quantity]
        return np.array([column[row, hour] if row is not None else np.nan for row in self._rows])

    def _row(self, name: str) -> int | None:
        return self.hours.stations.index(name) if name in self.hours.stations else None

    def _count_homeless(self) -> None:
        homeless = [row for row, name in enumerate(self.hours.stations) if name not in self.network.names]
        count = sum(int((~np.isnan(self.hours.columns[PM25][row])).sum()) for row in homeless)
        if count:
            self.kept_out[NO_POSITION] += count


class RecordedAir:
    """Keeps `Plant`: each full hour the stations say what they said then."""

    def __init__(self, recording: Recording, begins: int) -> None:
        self._recording = recording
        self._hour = begins
        self.now = float(recording.hours.starts_at + begins * HOUR_S)
        self.inventory = recording.network.inventory()

    @property
    def model(self) -> AirNetwork:
        """The stations, which everybody may know."""
        return self._recording.network

    def advance(self, seconds: float) -> list[ObservationBatch]:
        """Let time pass, and return the hours that ended meanwhile."""
        self.now += seconds
        until = min(math.floor((self.now - self._recording.hours.starts_at) / HOUR_S), self._recording.hours.count)
        batches = [batch for hour in range(self._hour, until) for batch in self._said(hour)]
        self._hour = max(until, self._hour)
        return batches

    def obey(self, command: Command) -> bool:
        """No command moves the past."""
        return False

    def _said(self, hour: int) -> Iterator[ObservationBatch]:
        """What was said of one hour, at its end."""
        at, network = float(self._recording.hours.starts_at + (hour + 1) * HOUR_S), self._recording.network
        values = {name: self._si(name, hour) for name in (PM25, PM10, SO2, NO2, CO, O3)}
        yield ObservationBatch(AIR_STATION, _SOURCE, network.ids, np.full(len(network.ids), at), values)
        speed, angle = _mean_wind(self._recording.column(WIND, hour), self._recording.column(FROM, hour))
        wind = {WIND_SPEED: np.array([speed]), WIND_DIRECTION: np.array([angle])}
        yield ObservationBatch(WEATHER_STATION, _SOURCE, (WEATHER_ID,), np.array([at]), wind)

    def _si(self, quantity: str, hour: int) -> Column:
        return np.asarray(to_si(self._recording.column(quantity, hour), "GQ"), np.float64)


def _mean_wind(speed: Column, degrees: Column) -> tuple[float, float]:
    """Speed (m/s) and direction (radians from north) of the mean of the stations' winds."""
    known = ~np.isnan(speed) & ~np.isnan(degrees)
    if not known.any():
        return math.nan, math.nan
    angle = np.radians(degrees[known])
    east, north = float((speed[known] * np.sin(angle)).mean()), float((speed[known] * np.cos(angle)).mean())
    return math.hypot(east, north), math.atan2(east, north) % (2 * math.pi)
