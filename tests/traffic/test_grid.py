"""Generated cities: the form of the published networks, and the laws of a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.core.geometry import Projection
from touyan.packs.traffic.cityflow import read_flow, read_network
from touyan.packs.traffic.grid import grid_flow, grid_network, grid_roadnet, write_city
from touyan.packs.traffic.network import LEFT, RIGHT, STRAIGHT
from touyan.packs.traffic.poisson import PoissonDemand

from .files import Json, real

sizes = st.integers(1, 3)


def differences(ours: Any, theirs: Any, place: str = "$") -> list[str]:
    """Places where two JSON values differ by more than rounding; the order of green links is free."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        return [line for key in ours for line in differences(ours[key], theirs[key], f"{place}.{key}")]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        if place.endswith("availableRoadLinks"):
            ours, theirs = sorted(ours), sorted(theirs)
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [line for index, (a, b) in pairs for line in differences(a, b, f"{place}[{index}]")]
    same = abs(ours - theirs) < 1e-9 if isinstance(ours, float) and isinstance(theirs, int | float) else ours == theirs
    return [] if same else [f"{place}: {ours} and {theirs}"]


@pytest.mark.parametrize(
    ("city", "rows", "columns", "east_m", "north_m"),
    [("hangzhou_4x4", 4, 4, 800, 600), ("jinan_3x4", 3, 4, 400, 800)],
)
def test_a_grid_is_written_as_the_published_cities_are(
    city: str, rows: int, columns: int, east_m: float, north_m: float
) -> None:
    """Ids, order, points, links and phases are theirs, so that results on grids compare."""
    published = msgspec.json.decode((real(city) / "roadnet.json").read_bytes(), type=Json)
    assert differences(grid_roadnet(rows, columns, east_m, north_m), published) == []


@settings(max_examples=9, deadline=None)
@given(sizes, sizes)
def test_every_inner_crossing_has_all_its_turns(rows: int, columns: int) -> None:
    """Four ways in, each left, straight on and right, each into all three lanes."""
    network = grid_network(rows, columns)
    assert len(network.signalised) == rows * columns
    assert int(network.crossing_virtual.sum()) == 2 * (rows + columns)
    assert len(network.road_ids) == 2 * (rows * (columns + 1) + columns * (rows + 1))
    for crossing in network.signalised.tolist():
        movements = network.movements_of(crossing)
        types = network.movement_type[movements.start : movements.stop].tolist()
        assert sorted(types) == [RIGHT] * 4 + [LEFT] * 4 + [STRAIGHT] * 4
        assert (np.bincount(network.link_movement, minlength=movements.stop)[movements.start :][:12] == 3).all()


@settings(max_examples=9, deadline=None)
@given(sizes, sizes)
def test_movements_join_the_roads_at_their_crossing(rows: int, columns: int) -> None:
    """What flows into a crossing flows out of the same one, on lanes that exist."""
    network = grid_network(rows, columns)
    assert (network.road_to[network.movement_from_road] == network.movement_crossing).all()
    assert (network.road_from[network.movement_to_road] == network.movement_crossing).all()
    assert (network.lane_road[network.link_from_lane] == network.movement_from_road[network.link_movement]).all()
    assert (network.lane_road[network.link_to_lane] == network.movement_to_road[network.link_movement]).all()


@settings(max_examples=9, deadline=None)
@given(sizes, sizes)
def test_links_begin_and_end_on_their_lanes(rows: int, columns: int) -> None:
    """A vehicle must not jump on its way from a lane to a link and on."""
    network = grid_network(rows, columns)
    for link in range(network.link_count):
        path = network.link_shape.of(link)
        assert path[0] == pytest.approx(network.lane_shape.of(int(network.link_from_lane[link]))[-1])
        assert path[-1] == pytest.approx(network.lane_shape.of(int(network.link_to_lane[link]))[0])


def test_a_grid_looks_the_same_from_every_side() -> None:
    """Each approach has links of the same lengths: no direction is favoured by the geometry."""
    network = grid_network(1, 1)
    heading = network.movement_from_road[network.link_movement]
    by_side = [sorted(network.link_length[heading == road].round(6).tolist()) for road in set(heading.tolist())]
    assert len(by_side) == 4
    assert by_side[0] == by_side[1] == by_side[2] == by_side[3]


def test_phases_are_the_published_nine() -> None:
    """Right turns always; then two opposite streams at a time; then one approach at a time."""
    network = grid_network(1, 1)
    crossing = int(network.signalised[0])
    phases, types = network.phases_of(crossing), network.movement_type
    green = [np.flatnonzero(network.phase_green[phase]).tolist() for phase in phases]
    assert network.phase_duration.tolist() == [5.0] + [30.0] * 8
    assert all({2, 3, 6, 10} <= set(movements) for movements in green)
    assert [[m for m in movements if types[m] != RIGHT] for movements in green] == [
        [], [0, 7], [4, 11], [1, 8], [5, 9], [0, 1], [7, 8], [4, 5], [9, 11],
    ]  # fmt: skip
    assert [types[m] for m in (0, 7, 4, 11)] == [STRAIGHT] * 4
    assert [types[m] for m in (1, 8, 5, 9)] == [LEFT] * 4


def test_roads_are_as_long_as_asked() -> None:
    """A border road gives way at one end, an inner road at both."""
    network = grid_network(1, 2, road_length_m=250.0)
    assert network.lane_length[network.lane("road_0_1_0_1")] == 235.0
    assert network.lane_length[network.lane("road_1_1_0_1")] == 220.0


@pytest.mark.parametrize(("rows", "columns"), [(0, 3), (3, -1)])
def test_a_grid_without_crossings_is_refused(rows: int, columns: int) -> None:
    """There is nothing to generate."""
    with pytest.raises(ValueError, match="at least one row and one column"):
        grid_roadnet(rows, columns)


@pytest.mark.parametrize("length", [30.0, -1.0, float("nan")])
def test_roads_shorter_than_their_crossings_are_refused(length: float) -> None:
    """Two crossings of 15 m leave nothing of 30 m."""
    with pytest.raises(ValueError, match="longer than 30 m"):
        grid_roadnet(1, 1, length)


def test_a_saved_city_is_read_as_it_was_generated(tmp_path: Path) -> None:
    """The generator, the files and the importer speak of one city."""
    write_city(tmp_path / "city", 2, 3, hours=1, road_length_m=200.0, arrivals=90.0, seed=5)
    network, generated = read_network(tmp_path / "city" / "roadnet.json"), grid_network(2, 3, 200.0)
    assert (network.road_ids, network.crossing_ids) == (generated.road_ids, generated.crossing_ids)
    assert network.lane_length.tolist() == generated.lane_length.tolist()
    assert network.cross_distance.tolist() == generated.cross_distance.tolist()
    flows = read_flow(tmp_path / "city" / "flow.json", network)
    poisson = PoissonDemand(generated, 90.0, seed=5)
    read, drawn = flows.block(0, 3600), poisson.block(0, 3600)
    assert read.step.tolist() == drawn.step.tolist()
    assert [flows.routes[r] for r in read.route] == [poisson.routes[r] for r in drawn.route]
    assert flows.types.max_speed.tolist() == [11.111]


def test_flows_of_a_grid_have_cityflows_fields() -> None:
    """CityFlow itself must be able to run a saved city."""
    network = grid_network(1, 1)
    flow = grid_flow(network, PoissonDemand(network, 50.0), 3600)[0]
    assert set(flow) == {"vehicle", "route", "interval", "startTime", "endTime"}
    assert flow["vehicle"] == {
        "length": 5.0, "width": 2.0, "maxPosAcc": 2.0, "maxNegAcc": 4.5, "usualPosAcc": 2.0, "usualNegAcc": 4.5,
        "minGap": 2.5, "maxSpeed": 11.111, "headwayTime": 2.0,
    }  # fmt: skip
    assert flow["startTime"] == flow["endTime"]
    assert isinstance(flow["startTime"], int)


def test_a_grid_lies_where_it_is_told_to() -> None:
    """The demo's city has a place on the map."""
    place = Projection(120.0, 30.0)
    assert grid_network(1, 1, 300.0, place).projection == place
