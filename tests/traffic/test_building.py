"""Lanes and links derived from axes, in figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touyan.core.geometry import Projection
from touyan.packs.traffic import building
from touyan.packs.traffic.building import CityPlan, CrossingPlan, LinkPlan, MovementPlan, PhasePlan, RoadPlan
from touyan.packs.traffic.network import LEFT, STRAIGHT, RoadNetwork

EAST = np.array([[0.0, 0.0], [100.0, 0.0]])
NORTH = np.array([[100.0, 0.0], [100.0, 100.0]])


def city(points: np.ndarray | None = None, *, width: float = 15.0) -> RoadNetwork:
    """Two roads, east then north, that meet at a crossing with one link."""
    movement = MovementPlan(LEFT, 0, 1, [LinkPlan(0, 1, points)])
    crossings = [
        CrossingPlan("west", (0.0, 0.0), 0.0, True, [], []),
        CrossingPlan("middle", (100.0, 0.0), width, False, [movement], [PhasePlan(5.0, []), PhasePlan(30.0, [0])]),
        CrossingPlan("north", (100.0, 100.0), 0.0, True, [], []),
    ]
    roads = [
        RoadPlan("in", 0, 1, EAST, [4.0, 3.0], [10.0, 11.0]),
        RoadPlan("out", 1, 2, NORTH, [4.0, 3.0], [12.0, 13.0]),
    ]
    return building.build(CityPlan(crossings, roads, Projection()))


def test_lanes_lie_to_the_right_of_the_axis() -> None:
    """Lane 0 is next to the axis and each lane is in its own middle: offsets 2 m, then 5.5 m."""
    network = city()
    assert network.lane_shape.of(0).tolist() == [[0.0, -2.0], [85.0, -2.0]]
    assert network.lane_shape.of(1).tolist() == [[0.0, -5.5], [85.0, -5.5]]
    assert network.lane_shape.of(2).tolist() == [[102.0, 15.0], [102.0, 100.0]]


def test_lanes_give_way_to_real_crossings_only() -> None:
    """The crossing takes its width; the border of the city takes nothing."""
    network = city()
    assert network.lane_length.tolist() == [85.0, 85.0, 85.0, 85.0]
    assert network.road_shape.of(0).tolist() == EAST.tolist()


def test_bends_take_the_mean_direction() -> None:
    """The reference model makes no mitre: at a right angle the offset stays 2 m, at 45°."""
    line = building.lane_lines(np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]]), [4.0])[0]
    assert line == pytest.approx(np.array([[0.0, -2.0], [10 + 2**0.5, -(2**0.5)], [12.0, 10.0]]))


def test_given_link_points_are_kept() -> None:
    """What the file draws is what vehicles drive: 3 m and 4 m make 7 m."""
    network = city(np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]]))
    assert network.link_shape.of(0).tolist() == [[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]]
    assert network.link_length.tolist() == [7.0]


def test_a_link_without_points_is_a_curve_between_its_lanes() -> None:
    """It starts a crossing's width before the end of the full lane and ends one into the next."""
    curve = city().link_shape.of(0)
    assert curve.shape == (11, 2)
    assert curve[0].tolist() == [85.0, -2.0]
    assert curve[-1].tolist() == [105.5, 15.0]
    assert (np.diff(curve, axis=0) >= 0).all(), "a left turn goes east and north only"


def test_a_short_curve_keeps_the_reference_models_turned_point() -> None:
    """Under 10 m the second inner point lies 5 m ahead of the end, not behind it."""
    start, end, east = np.array([0.0, 0.0]), np.array([8.0, 0.0]), np.array([1.0, 0.0])
    curve = building.curve(start, east, end, east, (5.0, 5.0))
    expected = building.bezier(start, np.array([5.0, 0.0]), np.array([13.0, 0.0]), end)
    assert curve.tolist() == expected.tolist()
    narrow = building.curve(start, east, end, east, (4.0, 4.0))
    assert narrow.tolist() == building.bezier(start, np.array([4.0, 0.0]), np.array([4.0, 0.0]), end).tolist()


def test_columns_refer_to_one_another() -> None:
    """Indices are the network's grammar: one slip sends vehicles elsewhere."""
    network = city()
    assert network.lane_ids == ("in_0", "in_1", "out_0", "out_1")
    assert network.link_from_lane.tolist() == [0]
    assert network.link_to_lane.tolist() == [3]
    assert network.movement_first.tolist() == [0, 0, 1, 1]
    assert network.phase_first.tolist() == [0, 0, 2, 2]
    assert network.phase_green.tolist() == [[False], [True]]
    assert network.signalised.tolist() == [1]
    assert network.lane_speed_limit.tolist() == [10.0, 11.0, 12.0, 13.0]
    assert network.movement_type.tolist() == [LEFT]
    assert network.links_onward == {(0, 1): [0]}
    assert network.roads_onward == [[1], []]


def test_a_city_without_links_can_be_built() -> None:
    """An import in progress, or a single road, is no reason to fail."""
    ends = [CrossingPlan(name, (0.0, 0.0), 0.0, True, [], []) for name in ("a", "b")]
    network = building.build(CityPlan(ends, [RoadPlan("r", 0, 1, EAST, [3.0], [14.0])], Projection()))
    assert network.lane_length.tolist() == [100.0]
    assert network.link_count == len(network.cross_distance) == 0


@given(st.floats(-np.pi, np.pi), st.floats(50, 2000), st.lists(st.floats(2.5, 5), min_size=1, max_size=5))
def test_straight_lanes_are_as_long_as_their_axis(angle: float, length: float, widths: list[float]) -> None:
    """Offsets must not change the length of a straight road, wherever it points."""
    axis = np.array([[0.0, 0.0], [length * np.cos(angle), length * np.sin(angle)]])
    lines = building.lane_lines(building.trimmed(axis, 15.0, 10.0), widths)
    lengths = [float(np.hypot(*(line[1] - line[0]))) for line in lines]
    assert lengths == pytest.approx([length - 25.0] * len(widths))


def test_straight_movements_have_the_highest_rank() -> None:
    """The number of a type is its right of way."""
    assert STRAIGHT > LEFT
