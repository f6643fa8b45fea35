"""The stations of a city: who they are and where they stand; read from a file or made up."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from touyan.core.entities import Entity, point, urn
from touyan.core.errors import InputError, NotFoundError
from touyan.core.geometry import Projection

from .vocabulary import AIR_STATION, WEATHER_STATION, air_stations

NAME, LONGITUDE, LATITUDE = "name", "longitude", "latitude"
WEATHER_ID = urn(WEATHER_STATION, "city")


@dataclass(frozen=True, eq=False)
class AirNetwork:
    """Names and places of the stations, which everybody may know.

    Places are local metres, shape (n, 2).
    """

    names: tuple[str, ...]
    places: NDArray[np.float64]
    projection: Projection

    @property
    def ids(self) -> tuple[str, ...]:
        """NGSI-LD ids in the order of the names."""
        return air_stations(self.names)

    def station(self, name: str) -> int:
        """The row of a station; raises NotFoundError."""
        if name not in self.names:
            raise NotFoundError("air station", name, self.names)
        return self.names.index(name)

    def inventory(self) -> list[Entity]:
        """The stations, then the weather station."""
        degrees = self.projection.to_wgs84(self.places)
        stations = [
            Entity(identifier, AIR_STATION, {"name": name}, point(place))
            for identifier, name, place in zip(self.ids, self.names, degrees, strict=True)
        ]
        origin = self.projection.to_wgs84(np.zeros((1, 2)))[0]
        return [*stations, Entity(WEATHER_ID, WEATHER_STATION, {"name": "city"}, point(origin))]


def made_network(count: int, width_m: float, seed: int, projection: Projection) -> AirNetwork:
    """Stations spread evenly but not regularly over a square."""
    side = int(np.ceil(np.sqrt(count)))
    cells = np.array([(column, row) for row in range(side) for column in range(side)], np.float64)[:count]
    shaken = cells + 0.5 + np.random.default_rng([seed, 3]).uniform(-0.3, 0.3, cells.shape)
    names = tuple(f"S{number:02d}" for number in range(1, count + 1))
    return AirNetwork(names, (shaken / side - 0.5) * width_m, projection)


def read_network(path: Path) -> AirNetwork:
    """Stations from a CSV file with name, longitude and latitude in WGS-84.

    Raises InputError.

    The origin of the local metres is the middle of the stations.
    """
    rows = dict(_rows(path))
    degrees = np.array(list(rows.values()))
    projection = Projection(*degrees.mean(axis=0).tolist())
    return AirNetwork(tuple(rows), projection.to_metres(degrees), projection)


def _rows(path: Path) -> Iterator[tuple[str, tuple[float, float]]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), "", f"nothing to read ({error})", "stations as CSV") from None
    table = csv.DictReader(lines)
    missing = [column for column in (NAME, LONGITUDE, LATITUDE) if column not in (table.fieldnames or [])]
    if missing:
        raise InputError(str(path), "line 1", f"no column {missing[0]!r}", f"{NAME}, {LONGITUDE}, {LATITUDE}")
    seen: set[str] = set()
    for row in table:
        place = f"line {table.line_num}"
        name = (row[NAME] or "").strip()
        if not name or name in seen:
            raise InputError(str(path), place, f"the name {name!r}", "a name that no other station has")
        seen.add(name)
        yield name, (_degrees(path, place, row, LONGITUDE, 180.0), _degrees(path, place, row, LATITUDE, 85.0))
    if not seen:
        raise InputError(str(path), "line 2", "no station", "one station a line")


def _degrees(path: Path, place: str, row: Mapping[str, str | None], column: str, most: float) -> float:
    try:
        value = float(row[column] or "")
    except ValueError:
        value = np.nan
    if not -most <= value <= most:
        raise InputError(str(path), f"{place}, {column}", repr(row[column]), f"degrees from {-most:g} to {most:g}")
    return float(value)
