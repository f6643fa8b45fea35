"""A road network as GeoJSON (RFC 7946): lanes, stop bars of signals, crossings, in WGS-84."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from touyan.core.entities import line_string, point
from touyan.core.geometry import Points

from .network import LEFT, RIGHT, STRAIGHT, RoadNetwork

_TURNS = {STRAIGHT: "straight", LEFT: "left", RIGHT: "right"}

_FROM_THE_LEFT = {LEFT: 0, STRAIGHT: 1, RIGHT: 2}
"""How the stop bars of a lane with several movements lie side by side."""


def roads(network: RoadNetwork) -> dict[str, Any]:
    """Every lane as a line: id, road, index, speed limit (m/s), length and width (m)."""
    first, points = network.lane_shape
    degrees = network.projection.to_wgs84(points)
    return _collection(
        _feature(name, line_string(degrees[first[lane] : first[lane + 1]]), _lane_properties(network, lane))
        for lane, name in enumerate(network.lane_ids)
    )


def signals(network: RoadNetwork) -> dict[str, Any]:
    """A stop bar for each signalised lane and movement; its phases are those with green.

    Bars are called `<lane id>><id of the road that the movement leads to>`, and are drawn across the lane at its stop
    line, side by side where a lane serves several movements.
    """
    bars = stop_bars(network)
    degrees = network.projection.to_wgs84(_bar_ends(network, bars).reshape(-1, 2)).reshape(-1, 2, 2)
    return _collection(
        _feature(_bar_id(network, lane, movement), line_string(ends), _bar_properties(network, movement))
        for (lane, movement), ends in zip(bars, degrees, strict=True)
    )


def crossings(network: RoadNetwork) -> dict[str, Any]:
    """Every crossing as the area between its stop lines; virtual ones as points."""
    corners = _corners(network)
    return _collection(
        _feature(name, _area(network, crossing, corners[crossing]), _crossing_properties(network, crossing))
        for crossing, name in enumerate(network.crossing_ids)
    )


def stop_bars(network: RoadNetwork) -> list[tuple[int, int]]:
    """(lane, movement) of every signalised way out of a lane, by lane, then from left to right."""
    signalised = set(network.signalised.tolist())
    pairs = set(zip(network.link_from_lane.tolist(), network.link_movement.tolist(), strict=True))
    under_signal = [pair for pair in pairs if int(network.movement_crossing[pair[1]]) in signalised]
    return sorted(
        under_signal, key=lambda pair: (pair[0], _FROM_THE_LEFT[int(network.movement_type[pair[1]])], pair[1])
    )


def _bar_ends(network: RoadNetwork, bars: list[tuple[int, int]]) -> Points:
    """Both ends of each bar in metres, shape (bars, 2, 2); bars of one lane share its width."""
    lanes = np.array([lane for lane, _ in bars], np.int32)
    last = network.lane_shape.first[lanes + 1] - 1
    stop, before = network.lane_shape.points[last], network.lane_shape.points[last - 1]
    way = (stop - before) / np.hypot(*(stop - before).T)[:, np.newaxis]
    right = np.column_stack([way[:, 1], -way[:, 0]])
    place = np.arange(len(lanes)) - np.searchsorted(lanes, lanes)
    share = np.bincount(lanes, minlength=network.lane_count)[lanes]
    sides = network.lane_width[lanes] * (np.stack([place, place + 1]) / share - 0.5)
    return np.stack([stop + right * side[:, np.newaxis] for side in sides], axis=1)


def _bar_id(network: RoadNetwork, lane: int, movement: int) -> str:
    return f"{network.lane_ids[lane]}>{network.road_ids[network.movement_to_road[movement]]}"


def _bar_properties(network: RoadNetwork, movement: int) -> dict[str, Any]:
    crossing = int(network.movement_crossing[movement])
    phases, place = network.phases_of(crossing), movement - int(network.movement_first[crossing])
    return {
        "crossing": network.crossing_ids[crossing],
        "turn": _TURNS[int(network.movement_type[movement])],
        "phases": np.flatnonzero(network.phase_green[phases.start : phases.stop, place]).tolist(),
    }


def _lane_properties(network: RoadNetwork, lane: int) -> dict[str, Any]:
    return {
        "road": network.road_ids[network.lane_road[lane]],
        "lane": int(network.lane_index[lane]),
        "speed_limit": float(network.lane_speed_limit[lane]),
        "length": round(float(network.lane_length[lane]), 2),
        "width": float(network.lane_width[lane]),
    }


def _crossing_properties(network: RoadNetwork, crossing: int) -> dict[str, Any]:
    return {"virtual": bool(network.crossing_virtual[crossing]), "phases": len(network.phases_of(crossing))}


def _corners(network: RoadNetwork) -> list[list[Points]]:
    """The kerb corners of all lanes at each crossing, in metres."""
    corners: list[list[Points]] = [[] for _ in network.crossing_ids]
    for lane, road in enumerate(network.lane_road.tolist()):
        line, half = network.lane_shape.of(lane), float(network.lane_width[lane]) / 2
        corners[network.road_from[road]].append(_across(line[0], line[1] - line[0], half))
        corners[network.road_to[road]].append(_across(line[-1], line[-1] - line[-2], half))
    return corners


def _across(middle: Points, way: Points, half: float) -> Points:
    right = np.array([way[1], -way[0]]) * (half / np.hypot(*way))
    return np.array([middle - right, middle + right])


def _area(network: RoadNetwork, crossing: int, corners: list[Points]) -> dict[str, Any]:
    ring = hull(np.concatenate(corners)) if corners and not network.crossing_virtual[crossing] else np.empty((0, 2))
    if len(ring) < 3:
        return point(network.projection.to_wgs84(network.crossing_point[crossing]))
    closed = network.projection.to_wgs84(np.concatenate([ring, ring[:1]]))
    return {"type": "Polygon", "coordinates": [line_string(closed)["coordinates"]]}


def hull(points: Points) -> Points:
    """The convex hull, counter-clockwise (Andrew's monotone chain, 1979)."""
    in_order = sorted({(x, y) for x, y in points.tolist()})
    lower, upper = _chain(in_order), _chain(in_order[::-1])
    return np.array(lower[:-1] + upper[:-1], float).reshape(-1, 2)


def _chain(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    chain: list[tuple[float, float]] = []
    for x, y in points:
        while len(chain) > 1 and _turn(chain[-2], chain[-1], (x, y)) <= 0:
            chain.pop()
        chain.append((x, y))
    return chain


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    """Positive where a to b to c turns left."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _feature(name: str, geometry: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "id": name, "geometry": geometry, "properties": properties}


def _collection(features: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}
