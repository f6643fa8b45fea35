"""Where vehicles are in the plane, for a map."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from touyan.kernels.compiled import compiled, inlined

from .layout import Floats, Ints, World


@inlined
def place_vehicle(
    slot: int, drivable: int, world: World, first: Ints, points: Floats, out: NDArray[np.float32]
) -> None:
    """Write x, y (m), speed (m/s) and heading (rad) of one vehicle, given the shapes of all drivables."""
    rest = world.vehicles[slot].x
    last = first[drivable + 1] - 2
    for point in range(first[drivable], last + 1):
        east = points[point + 1, 0] - points[point, 0]
        north = points[point + 1, 1] - points[point, 1]
        length = math.hypot(east, north)
        if rest <= length or point == last:
            share = rest / length if length > 0 else 0.0
            out[0] = points[point, 0] + share * east
            out[1] = points[point, 1] + share * north
            out[2] = world.vehicles[slot].speed
            out[3] = math.atan2(north, east)
            return
        rest -= length


@compiled
def place_vehicles(
    world: World, shape_first: Ints, shape_points: Floats, out: NDArray[np.float32], number: Ints
) -> None:
    """Write x, y (m), speed (m/s), heading (rad) and number of each running vehicle; out is (running, 4)."""
    rows = world.rows
    row = 0
    for drivable in range(len(rows.filled)):
        for slot in range(rows.heads[drivable].front, rows.heads[drivable].front + rows.filled[drivable]):
            if world.vehicles[slot].number >= 0:
                place_vehicle(slot, drivable, world, shape_first, shape_points, out[row])
                number[row] = world.vehicles[slot].number
                row += 1
