"""Counted vehicles: on roads, on lanes or at turns, interval by interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from touyan.core.errors import InputError, NotFoundError

from .network import Floats, Ints, RoadNetwork
from .tables import Row, read_table, span

_MOST = 1e7  # vehicles of one count

_ROAD, _LANE, _TURN = ("road",), ("lane",), ("from_road", "to_road")


class Point(NamedTuple):
    """Where vehicles are counted: leaving a road, a lane, or by a turn."""

    road: int
    lane: int = -1
    to_road: int = -1

    def name(self, network: RoadNetwork) -> str:
        """As people call it."""
        if self.lane >= 0:
            return network.lane_ids[self.lane]
        start = network.road_ids[self.road]
        return start if self.to_road < 0 else f"{start} → {network.road_ids[self.to_road]}"

    def lanes(self, network: RoadNetwork) -> list[int]:
        """The lanes whose vehicles, or some of them, are counted."""
        if self.lane >= 0:
            return [self.lane]
        lanes = network.lanes_of(self.road)
        return [lane for lane in lanes if self.to_road < 0 or (lane, self.to_road) in network.links_onward]


@dataclass(frozen=True, eq=False)
class Counts:
    """Counts in rows: at a point, between two seconds, so many vehicles."""

    points: list[Point]
    point: Ints
    """Position of each row's point."""
    begin_s: Floats
    end_s: Floats
    vehicles: Floats

    def shifted(self, seconds: float) -> Counts:
        """The same counts, so many seconds later."""
        return replace(self, begin_s=self.begin_s + seconds, end_s=self.end_s + seconds)

    @property
    def hours(self) -> Floats:
        """How long each row was counted."""
        return (self.end_s - self.begin_s) / 3600

    @property
    def edges(self) -> Floats:
        """All seconds at which an interval begins or ends."""
        return np.unique(np.concatenate([self.begin_s, self.end_s]))


def read_counts(path: Path, network: RoadNetwork) -> Counts:
    """The counts of a CSV file; raises InputError.

    Columns: `begin_s`, `end_s`, `vehicles` and one of `road`, `lane`, or `from_road` with `to_road`. A vehicle is
    counted when it leaves the road or lane at its end.
    """
    rows = read_table(path, ["begin_s", "end_s", "vehicles"], [*_ROAD, *_LANE, *_TURN])
    kinds = [names for names in (_ROAD, _LANE, _TURN) if all(name in rows[0] for name in names)]
    if len(kinds) != 1:
        expected = "one of road, lane, or from_road and to_road"
        raise InputError(str(path), "line 1", f"{len(kinds)} ways of saying where was counted", expected)
    places: dict[Point, int] = {}
    point = [places.setdefault(_point(row, kinds[0], network), len(places)) for row in rows]
    spans = np.array([span(row) for row in rows])
    vehicles = np.array([row.number("vehicles", 0, _MOST) for row in rows])
    counts = Counts(list(places), np.array(point, np.int32), spans[:, 0], spans[:, 1], vehicles)
    _check_once(rows, counts)
    return counts


def _point(row: Row, columns: tuple[str, ...], network: RoadNetwork) -> Point:
    if columns == _LANE:
        lane = _known(row, "lane", "lane", network)
        return Point(int(network.lane_road[lane]), lane)
    road = _known(row, columns[0], "road", network)
    if columns == _ROAD:
        return Point(road)
    to_road = _known(row, "to_road", "road", network)
    if to_road not in network.roads_onward[road]:
        onward = ", ".join(repr(network.road_ids[other]) for other in network.roads_onward[road])
        found = f"{network.road_ids[to_road]!r}, to which no link leads from {network.road_ids[road]!r}"
        raise row.error("to_road", found, f"one of {onward}" if onward else "another from_road, for it leads nowhere")
    return Point(road, to_road=to_road)


def _known(row: Row, column: str, kind: str, network: RoadNetwork) -> int:
    find = network.lane if kind == "lane" else network.road
    try:
        return find(row.text(column))
    except NotFoundError as error:
        found = f"{kind} {error.name!r}, which does not exist"
        raise row.error(column, found, f"the id of a {kind} of the network ({error.hint})") from None


def _check_once(rows: Sequence[Row], counts: Counts) -> None:
    seen: dict[tuple[int, float, float], int] = {}
    columns = counts.point.tolist(), counts.begin_s.tolist(), counts.end_s.tolist()
    for row, key in zip(rows, zip(*columns, strict=True), strict=True):
        if key in seen:
            place = f"line {row.line}"
            raise InputError(row.file, place, f"the place and time of line {seen[key]} again", "each count once")
        seen[key] = row.line
