"""Generated grid cities, written as CityFlow's files so that other simulators can run them too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from touyan.core.geometry import Points, Projection

from .building import bezier
from .cityflow import flow_records as grid_flow
from .cityflow import parse_network
from .cityflow.network import NOWHERE
from .cityflow.records import Intersection, Road, Roadnet
from .network import RoadNetwork
from .poisson import DRIVERS, PoissonDemand, Turning

__all__ = ["grid_network", "grid_roadnet", "grid_flow", "write_city", "PoissonDemand", "Turning"]

_STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))
"""East, north, west, south: the number is the last one in a road's id."""

_TURNS = {0: ("go_straight", 1), 1: ("turn_left", 0), 3: ("turn_right", 2)}
"""Type of a turn and the lane for it, by quarter turns to the left."""

_LANES = 3
_LANE_WIDTH_M = 4.0
_CROSSING_WIDTH_M = 15.0
_CURVE_REACH_M = 5.0  # from the ends of a link's curve to its inner control points
_SPEED_LIMIT = 11.111  # m/s, 40 km/h

_BETWEEN_S, _GREEN_S = 5.0, 30.0

_STREAMS: tuple[tuple[tuple[int, ...], tuple[str, ...]], ...] = (
    ((), ()),
    ((0, 2), ("go_straight",)),
    ((1, 3), ("go_straight",)),
    ((0, 2), ("turn_left",)),
    ((1, 3), ("turn_left",)),
    ((0,), ("go_straight", "turn_left")),
    ((2,), ("go_straight", "turn_left")),
    ((1,), ("go_straight", "turn_left")),
    ((3,), ("go_straight", "turn_left")),
)
"""What has green in each phase besides right turns: headings and types, as in the published networks."""


def grid_network(
    rows: int, columns: int, road_length_m: float = 300.0, projection: Projection = NOWHERE
) -> RoadNetwork:
    """The network of a grid city, through the importer of CityFlow's files."""
    grid = _Grid(rows, columns, road_length_m, road_length_m)
    # Record by record: all records of a large grid at once would take more memory than its traffic.
    crossings = [msgspec.convert(grid.intersection(place), Intersection) for place in grid.places]
    roads = [msgspec.convert(grid.road(road), Road) for road in grid.roads]
    return parse_network(Roadnet(crossings, roads), f"grid of {rows} × {columns}", projection)


def grid_roadnet(
    rows: int, columns: int, road_length_m: float = 300.0, north_length_m: float | None = None
) -> dict[str, Any]:
    """A grid city in the form of `roadnet.json`; roads north and south may have another length."""
    grid = _Grid(rows, columns, road_length_m, road_length_m if north_length_m is None else north_length_m)
    return {
        "intersections": [grid.intersection(place) for place in grid.places],
        "roads": [grid.road(road) for road in grid.roads],
    }


def write_city(
    folder: Path,
    rows: int,
    columns: int,
    *,
    hours: int = 1,
    road_length_m: float = 300.0,
    arrivals: float | Mapping[str, float] = 320.0,
    turning: Turning = DRIVERS,
    seed: int = 0,
) -> None:
    """Save a grid city with its demand as `roadnet.json` and `flow.json` in a folder."""
    network = grid_network(rows, columns, road_length_m)
    demand = PoissonDemand(network, arrivals, turning=turning, seed=seed)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "roadnet.json").write_bytes(msgspec.json.encode(grid_roadnet(rows, columns, road_length_m)))
    (folder / "flow.json").write_bytes(msgspec.json.encode(grid_flow(network, demand, hours * 3600)))


class _Place(NamedTuple):
    """A crossing's column and row; 0 and the one after the last lie on the border."""

    x: int
    y: int

    @property
    def id(self) -> str:
        return f"intersection_{self.x}_{self.y}"

    def ahead(self, heading: int, steps: int = 1) -> _Place:
        return _Place(self.x + _STEPS[heading][0] * steps, self.y + _STEPS[heading][1] * steps)


class _Road(NamedTuple):
    """A road by the crossing where it starts and its heading."""

    start: _Place
    heading: int

    @property
    def id(self) -> str:
        return f"road_{self.start.x}_{self.start.y}_{self.heading}"

    @property
    def end(self) -> _Place:
        return self.start.ahead(self.heading)


class _Grid:
    """Crossings and roads of a grid city, and the records that describe them."""

    def __init__(self, rows: int, columns: int, east_m: float, north_m: float) -> None:
        if rows < 1 or columns < 1:
            raise ValueError(f"a grid has at least one row and one column, not {rows} × {columns}")
        if not min(east_m, north_m) > 2 * _CROSSING_WIDTH_M:
            raise ValueError(f"roads must be longer than {2 * _CROSSING_WIDTH_M:g} m, which the crossings take up")
        self._rows, self._columns = rows, columns
        self._spacing = np.array([east_m, north_m])
        places = product(range(columns + 2), range(rows + 2))
        self.places = [place for place in map(_Place._make, places) if self._inside(place) or self._on_border(place)]
        self.roads = [road for road in map(_Road._make, product(self.places, range(4))) if self._exists(road)]

    def _inside(self, place: _Place) -> bool:
        return 1 <= place.x <= self._columns and 1 <= place.y <= self._rows

    def _on_border(self, place: _Place) -> bool:
        return any(self._inside(place.ahead(heading)) for heading in range(4))

    def _exists(self, road: _Road) -> bool:
        return self._inside(road.start) or self._inside(road.end)

    def _point(self, place: _Place) -> Points:
        point: Points = (np.array(place) - 1.0) * self._spacing
        return point

    def road(self, road: _Road) -> dict[str, Any]:
        """The record of a road."""
        return {
            "id": road.id,
            "points": [_record(self._point(road.start)), _record(self._point(road.end))],
            "lanes": [{"width": _LANE_WIDTH_M, "maxSpeed": _SPEED_LIMIT}] * _LANES,
            "startIntersection": road.start.id,
            "endIntersection": road.end.id,
        }

    def intersection(self, place: _Place) -> dict[str, Any]:
        """The record of a crossing, or of a virtual one on the border."""
        roads = [_Road(place.ahead(heading, -1), heading) for heading in range(4)]
        roads += [_Road(place, heading) for heading in range(4)]
        links = list(self._road_links(place)) if self._inside(place) else []
        return {
            "id": place.id,
            "point": _record(self._point(place)),
            "width": _CROSSING_WIDTH_M if self._inside(place) else 0,
            "roads": [road.id for road in roads if self._exists(road)],
            "roadLinks": links,
            "trafficLight": _traffic_light(links),
            "virtual": not self._inside(place),
        }

    def _road_links(self, place: _Place) -> Iterator[dict[str, Any]]:
        for heading, onward in product(range(4), range(4)):
            turn = (onward - heading) % 4
            if turn in _TURNS:
                type_, lane = _TURNS[turn]
                yield {
                    "type": type_,
                    "startRoad": _Road(place.ahead(heading, -1), heading).id,
                    "endRoad": _Road(place, onward).id,
                    "direction": heading,
                    "laneLinks": [self._lane_link(place, heading, onward, lane, end) for end in range(_LANES)],
                }

    def _lane_link(self, place: _Place, heading: int, onward: int, lane: int, end_lane: int) -> dict[str, Any]:
        start_way, end_way = np.array(_STEPS[heading], float), np.array(_STEPS[onward], float)
        start = self._point(place) - start_way * _CROSSING_WIDTH_M + _to_the_right(start_way, lane)
        end = self._point(place) + end_way * _CROSSING_WIDTH_M + _to_the_right(end_way, end_lane)
        path = bezier(start, start + start_way * _CURVE_REACH_M, end - end_way * _CURVE_REACH_M, end)
        return {"startLaneIndex": lane, "endLaneIndex": end_lane, "points": [_record(point) for point in path]}


def _to_the_right(way: Points, lane: int) -> Points:
    """From the axis of a road to the middle of a lane."""
    return np.array([way[1], -way[0]]) * (_LANE_WIDTH_M * (lane + 0.5))


def _traffic_light(links: list[dict[str, Any]]) -> dict[str, Any]:
    phases = []
    for headings, types in _STREAMS:
        green = [
            index
            for index, link in enumerate(links)
            if link["type"] == "turn_right" or (link["direction"] in headings and link["type"] in types)
        ]
        phases.append({"time": _GREEN_S if headings else _BETWEEN_S, "availableRoadLinks": green})
    return {"roadLinkIndices": list(range(len(links))), "lightphases": phases}


def _record(point: Points) -> dict[str, float]:
    # A micrometre is enough, and keeps rounding out of the files.
    return {"x": round(float(point[0]), 6) + 0.0, "y": round(float(point[1]), 6) + 0.0}
