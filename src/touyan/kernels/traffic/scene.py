"""Where vehicles are in the plane, for a map."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from touyan.kernels.compiled import compiled

from .layout import RUNNING, Floats, Ints, World


@compiled
def place_vehicles(world: World, shape_first: Ints, shape_points: Floats, out: NDArray[np.float32]) -> None:
    """Write x, y (m), speed (m/s) and heading (rad) of each running vehicle; out is (running, 4).

    Shapes are those of all drivables, in one CSR.
    """
    vehicles = world.vehicles
    for position in range(world.tally[RUNNING]):
        vehicle = world.lists.active[position]
        drivable = vehicles.drivable[vehicle]
        rest = vehicles.x[vehicle]
        last = shape_first[drivable + 1] - 2
        for point in range(shape_first[drivable], last + 1):
            east = shape_points[point + 1, 0] - shape_points[point, 0]
            north = shape_points[point + 1, 1] - shape_points[point, 1]
            length = math.hypot(east, north)
            if rest <= length or point == last:
                share = rest / length if length > 0 else 0.0
                out[position, 0] = shape_points[point, 0] + share * east
                out[position, 1] = shape_points[point, 1] + share * north
                out[position, 2] = vehicles.speed[vehicle]
                out[position, 3] = math.atan2(north, east)
                break
            rest -= length
