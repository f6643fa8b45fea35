"""The compiled geometry of links against its plain twin, and its laws."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.kernels.traffic import crosses
from touyan.packs.traffic.building import shapes
from touyan.packs.traffic.cityflow import read_network
from touyan.packs.traffic.network import RoadNetwork, Shapes

from .files import real, small_network

Point = tuple[float, float]
Line = list[Point]

# Points on a coarse grid, so that parallel, touching and repeated segments come up often.
coordinates = st.integers(-3, 3).map(float)
lines = st.lists(st.tuples(coordinates, coordinates), min_size=2, max_size=5)


def length(line: Line) -> float:
    """Length of a polyline, segment by segment."""
    total = 0.0
    for (ax, ay), (bx, by) in pairwise(line):
        total += sqrt((bx - ax) * (bx - ax) + (by - ay) * (by - ay))
    return total


def cross(u: Point, v: Point) -> float:
    """Cross product."""
    return u[0] * v[1] - u[1] * v[0]


def minus(a: Point, b: Point) -> Point:
    """Difference of two points."""
    return a[0] - b[0], a[1] - b[1]


def lies_on(start: Point, end: Point, point: Point) -> bool:
    """Whether a point is on a segment, within the model's tolerance."""
    u, v = minus(point, start), minus(point, end)
    return abs(cross(minus(end, start), u)) < 1e-8 and u[0] * v[0] + u[1] * v[1] < 1e-8


def first_meeting(a: Line, b: Line) -> tuple[float, float] | None:
    """Distances along both lines of their first common point, written as the model states it."""
    along_a = 0.0
    for a1, a2 in pairwise(a):
        along_b = 0.0
        for b1, b2 in pairwise(b):
            u, v = minus(a2, a1), minus(b2, b1)
            turn = cross(u, v)
            if abs(turn) < 1e-8:
                continue
            share = cross(minus(b1, a1), v) / turn
            point = a1[0] + u[0] * share, a1[1] + u[1] * share
            if lies_on(a1, a2, point) and lies_on(b1, b2, point):
                return along_a + length([a1, point]), along_b + length([b1, point])
            along_b += length([b1, b2])
        along_a += length([a1, a2])
    return None


def crosses_by_link(first: list[int], drawn: list[Line]) -> list[list[tuple[float, int]]]:
    """(distance, other link) of every cross on each link, ascending; `first` splits links by crossing."""
    found: list[list[tuple[float, int]]] = [[] for _ in drawn]
    for start, end in pairwise(first):
        for a in range(start, end):
            for b in range(a + 1, end):
                meeting = first_meeting(drawn[a], drawn[b])
                if meeting:
                    found[a].append((meeting[0], b))
                    found[b].append((meeting[1], a))
    return [sorted(links, key=lambda pair: pair[0]) for links in found]


def shapes_of(drawn: list[Line]) -> Shapes:
    """Lines as the kernels take them."""
    return shapes(np.array(line, float) for line in drawn)


def crosses_in(network: RoadNetwork) -> list[list[tuple[float, int]]]:
    """(distance, other link) of every cross of a network by link, as it was built."""
    link = np.repeat(np.arange(network.link_count), np.diff(network.cross_first))
    pairs = list(zip(network.cross_distance.tolist(), link[network.cross_foe].tolist(), strict=True))
    return [pairs[a:b] for a, b in zip(network.cross_first, network.cross_first[1:], strict=False)]


@settings(deadline=None)  # the first example compiles
@given(st.lists(lines, max_size=6))
def test_lengths_equal_their_plain_twin(drawn: list[Line]) -> None:
    """Lengths decide in which second a vehicle arrives: they must agree to the last bit."""
    assert crosses.lengths(*shapes_of(drawn)).tolist() == [length(line) for line in drawn]


@settings(deadline=None)  # the first example compiles
@given(st.lists(lines, max_size=6), st.integers(0, 6))
def test_meetings_equal_their_plain_twin(drawn: list[Line], split: int) -> None:
    """Every pair of the same crossing is found with the same distances, and no other pair."""
    first = [0, min(split, len(drawn)), len(drawn)]
    link, distance = crosses.meetings(np.array(first, np.int32), *shapes_of(drawn))
    found = {tuple(pair): tuple(along) for pair, along in zip(link.tolist(), distance.tolist(), strict=True)}
    pairs = ((a, b) for s, e in pairwise(first) for a in range(s, e) for b in range(a + 1, e))
    expected = {(a, b): meeting for a, b in pairs if (meeting := first_meeting(drawn[a], drawn[b]))}
    assert found == expected


def test_lines_that_only_touch_meet_at_their_ends() -> None:
    """Links that leave one lane must conflict at distance 0, links that join one at their ends."""
    fork, merge = [(0.0, 0.0), (3.0, 4.0)], [(0.0, 0.0), (4.0, 3.0)]
    assert crosses.meetings(np.array([0, 2], np.int32), *shapes_of([fork, merge]))[1].tolist() == [[0.0, 0.0]]
    back = [fork[::-1], merge[::-1]]
    assert crosses.meetings(np.array([0, 2], np.int32), *shapes_of(back))[1].tolist() == [[5.0, 5.0]]


def test_parallel_segments_do_not_count_along_the_second_link() -> None:
    """The reference model skips them; vehicles yield at other points otherwise."""
    straight, bent = [(0.0, 0.0), (10.0, 0.0)], [(2.0, -5.0), (4.0, -5.0), (4.0, 5.0)]
    _, distance = crosses.meetings(np.array([0, 2], np.int32), *shapes_of([straight, bent]))
    assert distance.tolist() == [[4.0, 5.0]]


def test_no_links_have_no_crosses() -> None:
    """A city of virtual crossings only has nothing to compute."""
    link, distance = crosses.meetings(np.array([0], np.int32), np.array([0], np.int32), np.empty((0, 2)))
    assert link.shape == distance.shape == (0, 2)


@pytest.mark.parametrize("city", ["hangzhou_4x4", "jinan_3x4"])
def test_crosses_of_a_real_city_equal_their_plain_twin(city: str) -> None:
    """Conflicts of real crossings must be those of the reference model, in its order."""
    network = read_network(real(city) / "roadnet.json")
    crossing = int(network.signalised[0])
    first = np.flatnonzero(network.movement_crossing[network.link_movement] == crossing)
    drawn = [[(x, y) for x, y in network.link_shape.of(int(link)).tolist()] for link in first]
    expected = crosses_by_link([0, len(drawn)], drawn)
    assert crosses_in(network)[first[0] : first[-1] + 1] == [[(d, first[0] + k) for d, k in row] for row in expected]


def test_each_cross_is_its_foes_foe() -> None:
    """Both vehicles at a conflict must see each other."""
    network = small_network()
    assert (network.cross_foe[network.cross_foe] == np.arange(len(network.cross_foe))).all()
    link = np.repeat(np.arange(network.link_count), np.diff(network.cross_first))
    crossing = network.movement_crossing[network.link_movement[link]]
    assert (link != link[network.cross_foe]).all()
    assert (crossing == crossing[network.cross_foe]).all()


def test_crosses_lie_on_their_links_in_order() -> None:
    """A conflict outside its link would stop vehicles for ever, one out of order be missed."""
    network = small_network()
    link = np.repeat(np.arange(network.link_count), np.diff(network.cross_first))
    assert (network.cross_distance >= 0).all()
    assert (network.cross_distance <= network.link_length[link] + 1e-9).all()
    assert all(row == sorted(row, key=lambda pair: pair[0]) for row in crosses_in(network))
