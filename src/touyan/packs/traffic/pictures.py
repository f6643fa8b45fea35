"""A city seen from above as pixels, for films of learners at work."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from touyan.core.protocols import Scene

from .demand import Floats
from .network import RoadNetwork

Pixels = NDArray[np.uint8]

_MARGIN = 8  # pixels around the network
_MOST_HIGH = 4  # times as high as wide, at most
_GROUND, _ROAD = (24, 26, 32), (72, 76, 86)
_SLOW, _FAST = np.array([230.0, 70.0, 60.0]), np.array([90.0, 210.0, 120.0])
_HALF = 1  # a vehicle is a square of 2 * _HALF + 1 pixels


class Picture:
    """Pictures of one network, `width` pixels wide; north is up."""

    def __init__(self, network: RoadNetwork, width: int = 600) -> None:
        first, points = network.drivable_shape
        self._low = points.min(axis=0)
        extent = np.maximum(points.max(axis=0) - self._low, 1.0)
        self._pixels_a_metre = (width - 1 - 2 * _MARGIN) / max(extent[0], extent[1] / _MOST_HIGH)
        height = round(extent[1] * self._pixels_a_metre) + 1 + 2 * _MARGIN
        self._fastest = float(network.lane_speed_limit.max())
        self._ground = np.full((height, width, 3), _GROUND, np.uint8)
        starts = np.delete(np.arange(len(points) - 1), first[1:-1] - 1)  # not from one shape's end to the next one
        rows, columns = self._places(_along(points[starts], points[starts + 1], 1 / self._pixels_a_metre))
        self._ground[rows, columns] = _ROAD

    def of(self, scene: Scene) -> Pixels:
        """The vehicles of a moment, from red for standing to green for fast; shape (height, width, 3)."""
        picture = self._ground.copy()
        rows, columns = self._places(np.column_stack([scene.x, scene.y]).astype(float))
        speed = np.clip(scene.speed / self._fastest, 0, 1)[:, np.newaxis]
        colour = (_SLOW + speed * (_FAST - _SLOW)).astype(np.uint8)
        for down in range(-_HALF, _HALF + 1):
            for right in range(-_HALF, _HALF + 1):
                picture[rows + down, columns + right] = colour
        return picture

    def _places(self, metres: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and columns of places; those outside are put on the edge."""
        height, width, _ = self._ground.shape
        across, up = ((metres - self._low) * self._pixels_a_metre).T.round().astype(np.int64)
        rows = np.clip(height - 1 - _MARGIN - up, _HALF, height - 1 - _HALF)
        return rows, np.clip(across + _MARGIN, _HALF, width - 1 - _HALF)


def _along(starts: Floats, ends: Floats, step_m: float) -> Floats:
    """Points along segments, at most a step apart."""
    counts = np.ceil(np.hypot(*(ends - starts).T) / step_m).astype(np.int64) + 1
    segment = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(segment)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = (place / np.maximum(counts[segment] - 1, 1))[:, np.newaxis]
    points: Floats = starts[segment] + share * (ends - starts)[segment]
    return points
