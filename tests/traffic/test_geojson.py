"""What the map is given: lanes, stop bars, crossings, where they lie on the earth."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from touyan.core.geometry import Projection
from touyan.packs.traffic import geojson
from touyan.packs.traffic.cityflow import parse_network
from touyan.packs.traffic.cityflow.records import Roadnet
from touyan.packs.traffic.grid import grid_network, grid_roadnet
from touyan.packs.traffic.network import RoadNetwork

PLACE = Projection(120.12, 30.29)
NETWORK = grid_network(1, 2, 300.0, PLACE)
LAYERS = (geojson.roads, geojson.signals, geojson.crossings)


def features(collection: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The features of a collection by id; ids must be unique."""
    by_id = {feature["id"]: feature for feature in collection["features"]}
    assert len(by_id) == len(collection["features"])
    return by_id


def metres(feature: dict[str, Any]) -> np.ndarray:
    """A line feature back in local metres."""
    return PLACE.to_metres(np.array(feature["geometry"]["coordinates"]))


@pytest.mark.parametrize("layer", LAYERS)
def test_layers_are_plain_geojson(layer: Any) -> None:
    """The browser reads them as RFC 7946 says, with no NumPy number left in them."""
    collection = layer(NETWORK)
    assert collection["type"] == "FeatureCollection"
    assert {feature["type"] for feature in collection["features"]} == {"Feature"}
    assert msgspec.json.decode(msgspec.json.encode(collection)) == collection


def test_each_lane_is_a_line_where_it_lies() -> None:
    """Id, place and properties of one lane, by hand: 285 m long, 6 m right of the axis."""
    lanes = features(geojson.roads(NETWORK))
    assert list(lanes) == list(NETWORK.lane_ids)
    lane = lanes["road_0_1_0_1"]
    assert lane["properties"] == {
        "road": "road_0_1_0",
        "lane": 1,
        "speed_limit": 11.111,
        "length": 285.0,
        "width": 4.0,
    }
    assert metres(lane) == pytest.approx(np.array([[-300.0, -6.0], [-15.0, -6.0]]), abs=0.02)


def test_each_signalised_lane_has_a_stop_bar_across_it() -> None:
    """A bar of 4 m at the stop line of lane 1, green when west and east drive straight on."""
    bars = features(geojson.signals(NETWORK))
    assert len(bars) == 2 * 4 * 3
    bar = bars["road_0_1_0_1>road_1_1_0"]
    assert bar["properties"] == {"crossing": "intersection_1_1", "turn": "straight", "phases": [1, 5]}
    assert metres(bar) == pytest.approx(np.array([[-15.0, -4.0], [-15.0, -8.0]]), abs=0.02)
    assert bars["road_0_1_0_2>road_1_1_3"]["properties"]["phases"] == list(range(9))


def test_lanes_with_two_turns_show_two_bars_side_by_side() -> None:
    """Left above straight on: nobody may read one turn's light for the other's."""
    shared = _with_shared_lane()
    bars = features(geojson.signals(shared))
    left, straight = bars["road_0_1_0_1>road_1_1_1"], bars["road_0_1_0_1>road_1_1_0"]
    assert left["properties"]["turn"] == "left"
    assert metres(left) == pytest.approx(np.array([[-15.0, -4.0], [-15.0, -6.0]]), abs=0.02)
    assert metres(straight) == pytest.approx(np.array([[-15.0, -6.0], [-15.0, -8.0]]), abs=0.02)


def test_crossings_cover_their_stop_lines_and_the_border_is_points() -> None:
    """An octagon between the kerbs; where the city ends there is no area."""
    crossings = features(geojson.crossings(NETWORK))
    inner, border = crossings["intersection_1_1"], crossings["intersection_0_1"]
    assert inner["properties"] == {"virtual": False, "phases": 9}
    ring = PLACE.to_metres(np.array(inner["geometry"]["coordinates"][0]))
    assert ring[0].tolist() == ring[-1].tolist()
    assert len(ring) == 9
    assert abs(ring).max() == pytest.approx(15.0, abs=0.02)
    assert border["geometry"]["type"] == "Point"
    assert border["properties"]["virtual"]


def test_a_hull_is_convex_and_counter_clockwise() -> None:
    """Inner points, repeated points and points on an edge are not corners."""
    points = np.array([[0, 0], [2, 0], [1, 0], [2, 2], [0, 2], [1, 1], [0, 0]], float)
    assert geojson.hull(points).tolist() == [[0, 0], [2, 0], [2, 2], [0, 2]]


def _with_shared_lane() -> RoadNetwork:
    record = grid_roadnet(1, 1, 300.0)
    crossing = next(crossing for crossing in record["intersections"] if not crossing["virtual"])
    for link in crossing["roadLinks"][1]["laneLinks"]:
        link["startLaneIndex"] = 1
    return parse_network(msgspec.convert(record, Roadnet), "test", PLACE)
