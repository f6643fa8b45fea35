"""Zones: where trips begin and end, as roads of the network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from touyan.core.errors import InputError, NotFoundError

from .network import RoadNetwork
from .tables import Row, read_table

_KINDS = (("road",), ("crossing",), ("x", "y"), ("longitude", "latitude"))
"""The columns by which a row may say where it lies."""

_BOUNDS = {"x": 1e8, "y": 1e8, "longitude": 180.0, "latitude": 90.0}
_RADIUS = "radius_m"

Ends = tuple[Iterable[int], Iterable[int]]
"""Roads on which trips begin, and on which they end."""


@dataclass(frozen=True)
class Zone:
    """The roads on which trips begin, and those on which they end."""

    name: str
    origins: tuple[int, ...]
    destinations: tuple[int, ...]


def road_zones(network: RoadNetwork) -> dict[str, Zone]:
    """Each road as a zone of its own, by its id."""
    return {name: Zone(name, (road,), (road,)) for road, name in enumerate(network.road_ids)}


def read_zones(path: Path, network: RoadNetwork) -> dict[str, Zone]:
    """The zones of a CSV file, by name; raises InputError.

    Each row gives a `zone` one road (`road`), or the roads at a crossing: those that start there as origins, those
    that end there as destinations. The crossing is named (`crossing`) or is the nearest to a place (`x`, `y` in metres
    of the network, or `longitude`, `latitude`); with `radius_m` all crossings within it count.
    """
    rows = read_table(path, ["zone"], [*(name for names in _KINDS for name in names), _RADIUS])
    columns = next((names for names in _KINDS if all(name in rows[0] for name in names)), None)
    if columns is None:
        expected = "a column road, or crossing, or x and y, or longitude and latitude"
        raise InputError(str(path), "line 1", "nothing that says where the zones lie", expected)
    origins: dict[str, dict[int, None]] = {}
    destinations: dict[str, dict[int, None]] = {}
    for row in rows:
        begins, ends = _ends(row, columns, network)
        origins.setdefault(row.text("zone"), {}).update(dict.fromkeys(begins))
        destinations.setdefault(row.text("zone"), {}).update(dict.fromkeys(ends))
    return {name: Zone(name, tuple(begins), tuple(destinations[name])) for name, begins in origins.items()}


def zone_of(zones: Mapping[str, Zone], row: Row, column: str) -> Zone:
    """The zone that a cell names; raises InputError with the nearest name."""
    name = row.text(column)
    if name not in zones:
        error = NotFoundError("zone", name, zones)
        raise row.error(column, f"zone {name!r}, which does not exist", f"the name of a zone ({error.hint})")
    return zones[name]


def _ends(row: Row, columns: tuple[str, ...], network: RoadNetwork) -> Ends:
    if columns == ("road",):
        road = _named(row, "road", network)
        return [road], [road]
    crossings = [_named(row, "crossing", network)] if columns == ("crossing",) else _near(row, columns, network)
    starts = np.flatnonzero(np.isin(network.road_from, crossings))
    return starts.tolist(), np.flatnonzero(np.isin(network.road_to, crossings)).tolist()


def _named(row: Row, kind: str, network: RoadNetwork) -> int:
    find = network.road if kind == "road" else network.crossing
    try:
        return find(row.text(kind))
    except NotFoundError as error:
        found = f"{kind} {error.name!r}, which does not exist"
        raise row.error(kind, found, f"the id of a {kind} of the network ({error.hint})") from None


def _near(row: Row, columns: tuple[str, ...], network: RoadNetwork) -> list[int]:
    """The crossing nearest to a place, or all within the radius."""
    place = np.array([[row.number(name, -_BOUNDS[name], _BOUNDS[name]) for name in columns]])
    metres = place if columns == ("x", "y") else network.projection.to_metres(place)
    distance = np.hypot(*(network.crossing_point - metres).T)
    if _RADIUS not in row:
        return [int(np.argmin(distance))]
    radius = row.number(_RADIUS, 0)
    near: list[int] = np.flatnonzero(distance <= radius).tolist()
    if not near:
        expected = f"at least {np.ceil(distance.min()):.0f}, for the nearest crossing is so far"
        raise row.error(_RADIUS, f"{radius:g}, within which no crossing lies", expected)
    return near
