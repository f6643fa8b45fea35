"""Hourly air and weather of many stations from CSV files; what cannot be right is kept out and counted.

A file has one row an hour and station: `station`, the local time as `time` (ISO 8601) or as `year`, `month`, `day` and
`hour`, and quantities by the names of COLUMNS, with a unit in brackets where it is not the usual one: `PM2.5 [mg/m3]`.
Compressed files (.xz) are read too. Inside, concentrations are µg/m³, the rest is in the unit that LIMITS names.
"""

from __future__ import annotations

import io
import lzma
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
from numpy.typing import NDArray

from touyan.core.errors import InputError
from touyan.core.time import CITY_ZONE

from .air_index import CO, NO2, O3, PM10, PM25, SO2

Column = NDArray[np.float64]

HOUR_S = 3600
TEMPERATURE, PRESSURE, DEW_POINT, RAIN, WIND, FROM = "temperature", "pressure", "dewPoint", "rain", "wind", "from"
COLUMNS = {
    "PM2.5": PM25,
    "PM10": PM10,
    "SO2": SO2,
    "NO2": NO2,
    "CO": CO,
    "O3": O3,
    "TEMP": TEMPERATURE,
    "PRES": PRESSURE,
    "DEWP": DEW_POINT,
    "RAIN": RAIN,
    "WSPM": WIND,
    "wd": FROM,
}
"""Names in the files (those of the public Beijing data) and in the brain."""

LIMITS: dict[str, tuple[float, float, str]] = {
    PM25: (0.0, 2000.0, "µg/m³"),
    PM10: (0.0, 5000.0, "µg/m³"),
    SO2: (0.0, 3000.0, "µg/m³"),
    NO2: (0.0, 2000.0, "µg/m³"),
    CO: (0.0, 60_000.0, "µg/m³"),
    O3: (0.0, 1500.0, "µg/m³"),
    TEMPERATURE: (-60.0, 60.0, "°C"),
    PRESSURE: (500.0, 1100.0, "hPa"),
    DEW_POINT: (-80.0, 40.0, "°C"),
    RAIN: (0.0, 300.0, "mm"),
    WIND: (0.0, 60.0, "m/s"),
    FROM: (0.0, 360.0, "°"),
}
"""What the air over a city can have: outside is an instrument's or a writer's mistake. With the unit of each."""

NEGATIVE, ABSURD, WRONG_UNIT = "negative", "absurd", "wrong unit"
DUPLICATE, NO_SUCH_HOUR = "duplicate hour", "no such hour"

_POINTS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
_UNIT = re.compile(r"^(.*?)\s*[\[(]\s*(.*?)\s*[\])]$")
_FACTORS = {"µg/m³": 1.0, "μg/m³": 1.0, "ug/m3": 1.0, "mg/m3": 1000.0, "mg/m³": 1000.0}
_PARTS = ("year", "month", "day", "hour")


@dataclass
class AirHours:
    """Columns of stations and hours from `starts_at` (epoch s) on.

    Shape (stations, hours), NaN where nothing usable was said.

    `kept_out` counts the readings that were not taken over, by station, quantity and reason.
    """

    stations: tuple[str, ...]
    starts_at: int
    zone: ZoneInfo
    columns: dict[str, Column]
    kept_out: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """How many hours."""
        return len(next(iter(self.columns.values()))[0])

    def hour_of(self, local: str) -> int:
        """The place of a local time (ISO 8601) in the columns."""
        at = datetime.fromisoformat(local).replace(tzinfo=self.zone).timestamp()
        return round((at - self.starts_at) / HOUR_S)


def read_hours(paths: Sequence[Path], zone: ZoneInfo = CITY_ZONE) -> AirHours:
    """All stations of some files.

    Raises InputError for a missing column or a time that is none.
    """
    kept_out: Counter[tuple[str, str, str]] = Counter()
    parts = [_read(path, zone, kept_out) for path in paths]
    stations = tuple(dict.fromkeys(name for names, _, _ in parts for name in np.unique(names).tolist()))
    first = min(int(times[times >= 0].min()) for _, times, _ in parts)
    last = max(int(times.max()) for _, times, _ in parts)
    shape = (len(stations), (last - first) // HOUR_S + 1)
    hours = AirHours(stations, first, zone, {name: np.full(shape, np.nan) for name in COLUMNS.values()}, kept_out)
    for names, times, values in parts:
        rows = np.array([stations.index(name) for name in names.tolist()])
        good = times >= 0
        for quantity, column in values.items():
            hours.columns[quantity][rows[good], (times[good] - first) // HOUR_S] = column[good]
    return hours


def _read(path: Path, zone: ZoneInfo, kept_out: Counter[tuple[str, str, str]]) -> tuple[Any, Any, dict[str, Column]]:
    """Station, epoch (-1 for rows kept out) and quantities of each row of one file."""
    table = _table(path)
    names = np.array(_texts(path, table, "station"), object)
    times = _times(path, table, names, zone, kept_out)
    values: dict[str, Column] = {}
    for header in table.column_names:
        name, unit = _named(header)
        if name in COLUMNS:
            values[COLUMNS[name]] = _usable(table, header, COLUMNS[name], unit, names, kept_out)
    if PM25 not in values:
        raise InputError(str(path), "line 1", "no column 'PM2.5'", f"at least station, a time and one of {[*COLUMNS]}")
    return names, times, values


def _table(path: Path) -> pa.Table:
    try:
        raw = path.read_bytes()
        text = lzma.decompress(raw) if path.suffix == ".xz" else raw
        convert = pcsv.ConvertOptions(null_values=["", "NA", "NaN"], strings_can_be_null=True)
        return pcsv.read_csv(io.BytesIO(text), convert_options=convert)
    except (OSError, lzma.LZMAError, pa.ArrowInvalid) as error:
        raise InputError(str(path), "", f"nothing to read ({error})", "hourly readings as CSV") from None


def _texts(path: Path, table: pa.Table, column: str) -> list[str]:
    if column not in table.column_names:
        raise InputError(str(path), "line 1", f"no column {column!r}", "station, a time and quantities")
    return [str(value) for value in table[column].to_pylist()]


def _named(header: str) -> tuple[str, str]:
    """Name and unit of a header; the unit is empty where the header names none."""
    found = _UNIT.match(header)
    return (found[1], found[2]) if found else (header.strip(), "")


def _usable(
    table: pa.Table, header: str, quantity: str, unit: str, names: Any, kept_out: Counter[tuple[str, str, str]]
) -> Column:
    """The readings of a column that can be right, NaN elsewhere."""
    low, high, usual = LIMITS[quantity]
    column = _numbers(table, header, quantity)
    known = ~np.isnan(column)
    if unit and unit != usual and (usual != "µg/m³" or unit not in _FACTORS):
        _count(kept_out, names[known], quantity, WRONG_UNIT)
        return np.full(len(column), np.nan)
    column = column * _FACTORS.get(unit, 1.0)
    negative, absurd = known & (column < low), known & (column > high)
    _count(kept_out, names[negative], quantity, NEGATIVE if low == 0 else ABSURD)
    _count(kept_out, names[absurd], quantity, ABSURD)
    return np.where(negative | absurd, np.nan, column)


def _numbers(table: pa.Table, header: str, quantity: str) -> Column:
    """Numbers of a column; winds may be points of the compass, and what is no number is missing."""
    column = table[header]
    if pa.types.is_string(column.type):
        words = {point: 22.5 * place for place, point in enumerate(_POINTS)} if quantity == FROM else {}
        return np.array([_number(text, words) for text in column.to_pylist()])
    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def _number(text: str | None, words: dict[str, float]) -> float:
    try:
        return words[text.strip()] if text and text.strip() in words else float(text or "nan")
    except ValueError:
        return float("nan")


def _times(
    path: Path, table: pa.Table, names: Any, zone: ZoneInfo, kept_out: Counter[tuple[str, str, str]]
) -> NDArray[np.int64]:
    """Epoch seconds of each row; -1 for a second report of an hour and for an hour that never was."""
    walls = _walls(path, table)
    epochs = {wall: _epochs(wall, zone) for wall in set(walls)}
    seen: Counter[tuple[str, datetime]] = Counter()
    times = np.full(len(walls), -1, np.int64)
    for row, (name, wall) in enumerate(zip(names.tolist(), walls, strict=True)):
        place = seen[name, wall]
        seen[name, wall] += 1
        if place < len(epochs[wall]):
            times[row] = epochs[wall][place]
        else:
            kept_out[name, "", DUPLICATE if epochs[wall] else NO_SUCH_HOUR] += 1
    if not (times >= 0).any():
        raise InputError(str(path), "", "no hour that can be used", "one row an hour and station")
    return times


def _walls(path: Path, table: pa.Table) -> list[datetime]:
    """The local time of each row, as on the wall."""
    try:
        if "time" in table.column_names:
            column = [str(value) for value in table["time"].to_pylist()]
            return [datetime.fromisoformat(text).replace(minute=0, second=0) for text in column]
        parts = [table[part].to_pylist() for part in _PARTS]
        return [datetime(*row) for row in zip(*parts, strict=True)]  # noqa: DTZ001  # a clock on the wall
    except KeyError as error:
        raise InputError(str(path), "line 1", f"no column {error.args[0]}", "time, or year, month, day, hour") from None
    except (ValueError, TypeError) as error:
        raise InputError(str(path), "time", f"a time that is none ({error})", "a date and an hour") from None


def _epochs(wall: datetime, zone: ZoneInfo) -> list[int]:
    """When a clock on the wall shows a time: twice when summer time ends, never when it begins."""
    if wall.tzinfo is not None:
        return [int(wall.timestamp())]
    both = {int(wall.replace(tzinfo=zone, fold=fold).timestamp()) for fold in (0, 1)}
    return sorted(at for at in both if datetime.fromtimestamp(at, UTC).astimezone(zone).replace(tzinfo=None) == wall)


def _count(kept_out: Counter[tuple[str, str, str]], names: Iterable[str], quantity: str, reason: str) -> None:
    for name, times in Counter(names).items():
        kept_out[name, quantity, reason] += times


def local_hours(hours: AirHours) -> list[datetime]:
    """The local time of every hour."""
    first = datetime.fromtimestamp(hours.starts_at, UTC)
    return [(first + timedelta(hours=hour)).astimezone(hours.zone) for hour in range(hours.count)]
