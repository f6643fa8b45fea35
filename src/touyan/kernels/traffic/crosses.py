"""Lengths of polylines, and the points where the links of a crossing meet.

Every sum and product is in the order of the reference model (CityFlow), so that lengths agree to the last bit.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.kernels.compiled import compiled

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

TOLERANCE = 1e-8
"""Cross and dot products nearer to zero than this count as zero (m²)."""


class Meetings(NamedTuple):
    """Pairs of links that meet; column 0 is the earlier link, column 1 the later one."""

    link: Ints  # (meetings, 2)
    distance: Floats  # (meetings, 2), m along each link


@compiled
def lengths(first: Ints, points: Floats) -> Floats:
    """Length of each polyline `points[first[i]:first[i + 1]]`, in metres."""
    total = np.zeros(len(first) - 1)
    for shape in range(len(first) - 1):
        for point in range(first[shape], first[shape + 1] - 1):
            total[shape] += segment_length(points, point)
    return total


@compiled
def segment_length(points: Floats, point: int) -> float:
    """Length of the segment that starts at a point, in metres."""
    x = points[point + 1, 0] - points[point, 0]
    y = points[point + 1, 1] - points[point, 1]
    return sqrt(x * x + y * y)


@compiled
def on_segment(start_x: float, start_y: float, end_x: float, end_y: float, x: float, y: float) -> bool:
    """Whether a point lies on a segment, ends included."""
    across = (end_x - start_x) * (y - start_y) - (end_y - start_y) * (x - start_x)
    along = (x - start_x) * (x - end_x) + (y - start_y) * (y - end_y)
    return -TOLERANCE < across < TOLERANCE and along < TOLERANCE


@compiled
def meet(points: Floats, a: int, b: int) -> tuple[bool, bool, float, float]:
    """(parallel, meets, m along a, m along b) of the segments that start at points a and b."""
    a_x, a_y, b_x, b_y = points[a, 0], points[a, 1], points[b, 0], points[b, 1]
    u_x, u_y = points[a + 1, 0] - a_x, points[a + 1, 1] - a_y
    v_x, v_y = points[b + 1, 0] - b_x, points[b + 1, 1] - b_y
    turn = u_x * v_y - u_y * v_x
    if -TOLERANCE < turn < TOLERANCE:
        return True, False, 0.0, 0.0
    share = ((b_x - a_x) * v_y - (b_y - a_y) * v_x) / turn
    x, y = a_x + u_x * share, a_y + u_y * share
    if not on_segment(a_x, a_y, points[a + 1, 0], points[a + 1, 1], x, y):
        return False, False, 0.0, 0.0
    if not on_segment(b_x, b_y, points[b + 1, 0], points[b + 1, 1], x, y):
        return False, False, 0.0, 0.0
    along_a = sqrt((x - a_x) * (x - a_x) + (y - a_y) * (y - a_y))
    return False, True, along_a, sqrt((x - b_x) * (x - b_x) + (y - b_y) * (y - b_y))


@compiled
def first_meeting(first: Ints, points: Floats, a: int, b: int) -> tuple[bool, float, float]:
    """(found, m along a, m along b) of the first point, going along a, where two links meet."""
    passed_a = 0.0
    for i in range(first[a], first[a + 1] - 1):
        passed_b = 0.0
        for j in range(first[b], first[b + 1] - 1):
            parallel, meets, along_a, along_b = meet(points, i, j)
            if meets:
                return True, passed_a + along_a, passed_b + along_b
            # The reference model does not add up the segments of b that are parallel to a's.
            if not parallel:
                passed_b += segment_length(points, j)
        passed_a += segment_length(points, i)
    return False, 0.0, 0.0


@compiled
def meetings(link_first: Ints, first: Ints, points: Floats) -> tuple[Ints, Floats]:
    """All pairs of links that meet, crossing by crossing, as the columns of `Meetings`.

    Links `link_first[c]` to `link_first[c + 1]` belong to crossing c; the shape of link k is
    `points[first[k]:first[k + 1]]`.
    """
    link, distance, count = np.empty((64, 2), np.int32), np.empty((64, 2)), 0
    for crossing in range(len(link_first) - 1):
        for a in range(link_first[crossing], link_first[crossing + 1]):
            link, distance = room(link, distance, count + link_first[crossing + 1] - a)
            for b in range(a + 1, link_first[crossing + 1]):
                found, along_a, along_b = first_meeting(first, points, a, b)
                if found:
                    link[count, 0], link[count, 1] = a, b
                    distance[count, 0], distance[count, 1] = along_a, along_b
                    count += 1
    return link[:count].copy(), distance[:count].copy()


@compiled
def room(link: Ints, distance: Floats, wanted: int) -> tuple[Ints, Floats]:
    """The same columns with room for the wanted number of rows."""
    if wanted <= len(link):
        return link, distance
    size = max(wanted, 2 * len(link))
    more_links, more_distances = np.empty((size, 2), np.int32), np.empty((size, 2))
    more_links[: len(link)], more_distances[: len(link)] = link, distance
    return more_links, more_distances
