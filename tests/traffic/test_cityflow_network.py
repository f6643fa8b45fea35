"""Road networks as CityFlow writes them: real ones, and every mistake that we know of."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from touyan.core.errors import InputError
from touyan.core.geometry import Projection
from touyan.packs.traffic.cityflow import read_network
from touyan.packs.traffic.network import LEFT, RIGHT, STRAIGHT

from .files import DROPPED, Json, changed, real, saved, small_network, small_roadnet

INSIDE = 2
"""Position of the first crossing that is not virtual among the intersections of the small city."""

Steps = tuple[str | int, ...]
CROSSING: Steps = ("intersections", INSIDE)
PHASES: Steps = (*CROSSING, "trafficLight", "lightphases")
ROAD_LINK: Steps = (*CROSSING, "roadLinks", 2)
LANE_LINK: Steps = (*ROAD_LINK, "laneLinks", 1)
HERE = "$.intersections[2]"
PHASE = f"{HERE}.trafficLight.lightphases"
TURN = f"{HERE}.roadLinks[2]"
LINK = f"{TURN}.laneLinks[1]"
SAME_POINT = [{"x": 1, "y": 1}]
BACK = [{"x": 0, "y": 0}, {"x": 90, "y": 0}, {"x": 0, "y": 0}]

MISTAKES: list[tuple[Steps, object, str, str, str]] = [
    # what is changed, into what; place, found, expected
    (("roads",), DROPPED, "$", "an object with 'intersections'", "the field 'roads' too"),
    (("roads",), [], "$.roads", "[]", "a list of length at least 1"),
    (("roads", 0, "lanes"), [], "$.roads[0].lanes", "[]", "a list of length at least 1"),
    (("roads", 0, "lanes"), DROPPED, "$.roads[0]", "an object with 'id'", "the field 'lanes' too"),
    (("roads", 0, "lanes", 1, "width"), -4, "$.roads[0].lanes[1].width", "-4", "a number above 0"),
    (("roads", 0, "lanes", 1, "maxSpeed"), 0, "$.roads[0].lanes[1].maxSpeed", "0", "a number above 0"),
    (("roads", 0, "lanes", 1, "maxSpeed"), -11.1, "$.roads[0].lanes[1].maxSpeed", "-11.1", "a number above 0"),
    (("roads", 0, "lanes", 1, "maxSpeed"), "11", "$.roads[0].lanes[1].maxSpeed", '"11"', "a number"),
    (("roads", 0, "points", 1, "x"), 1e300, "$.roads[0].points[1].x", "1e300", "a number at most 100000000"),
    (("roads", 0, "points"), SAME_POINT, "$.roads[0].points", '[{"x":1,"y":1}]', "a list of length at least 2"),
    (
        ("roads", 0, "points"),
        SAME_POINT * 2,
        "$.roads[0].points[1]",
        "the same point as points[0]",
        "no segment of zero",
    ),
    (("roads", 0, "points"), BACK, "$.roads[0].points[1]", "a road that turns back on itself", "a bend under 180°"),
    (("roads", 0, "id"), "road_1_1_0", "$.roads[2].id", "'road_1_1_0', which is also the id of roads[0]", "an id that"),
    (("roads", 0, "id"), "", "$.roads[0].id", '""', "text of length at least 1"),
    (
        ("roads", 0, "startIntersection"),
        "intersection_0_7",
        "$.roads[0].startIntersection",
        "intersection 'intersection_0_7', which does not exist",
        "the id of an intersection, 'intersection_0_1' perhaps",
    ),
    (("roads", 0, "endIntersection"), 7, "$.roads[0].endIntersection", "7", "text"),
    ((*CROSSING, "id"), "intersection_0_1", f"{HERE}.id", "also the id of intersections[0]", "an id that nothing else"),
    ((*CROSSING, "point"), [0, 0], f"{HERE}.point", "[0,0]", "an object"),
    ((*CROSSING, "virtual"), 1, f"{HERE}.virtual", "1", "true or false"),
    ((*CROSSING, "virtual"), True, f"{HERE}.roadLinks", "road links", "none, for the intersection is virtual"),
    ((*CROSSING, "roads", 0), "road_9", f"{HERE}.roads[0]", "road 'road_9', which does not exist", "the id of a road"),
    ((*CROSSING, "width"), DROPPED, HERE, "no 'width'", "the field 'width' too, for the intersection is not virtual"),
    ((*CROSSING, "width"), -15, f"{HERE}.width", "-15", "a number at least 0"),
    ((*CROSSING, "width"), 300, "$.roads[0].points", "300 m of road", "a length above zero after the intersections'"),
    ((*CROSSING, "trafficLight"), None, HERE, "no 'trafficLight'", "the field 'trafficLight' too"),
    ((*CROSSING, "roadLinks"), DROPPED, HERE, "no 'roadLinks'", "the field 'roadLinks' too"),
    (PHASES, [], PHASE, "no phases", "at least one phase, or a virtual intersection"),
    ((*PHASES, 2, "time"), 0, f"{PHASE}[2].time", "0", "a number above 0"),
    ((*PHASES, 2, "time"), "30", f"{PHASE}[2].time", '"30"', "a number"),
    (
        (*PHASES, 2, "availableRoadLinks"),
        [0, 12],
        f"{PHASE}[2].availableRoadLinks[1]",
        "road link 12",
        "a number from 0 to 11, for there are 12 road links here",
    ),
    ((*PHASES, 2, "availableRoadLinks"), [-1], f"{PHASE}[2].availableRoadLinks[0]", "-1", "a whole number at least 0"),
    ((*PHASES, 2, "availableRoadLinks"), [0.5], f"{PHASE}[2].availableRoadLinks[0]", "0.5", "a whole number"),
    ((*ROAD_LINK, "type"), "u_turn", f"{TURN}.type", '"u_turn"', "one of go_straight, turn_left, turn_right"),
    ((*ROAD_LINK, "startRoad"), "nowhere", f"{TURN}.startRoad", "road 'nowhere', which does not exist", "the id of a"),
    (
        (*ROAD_LINK, "startRoad"),
        "road_1_1_0",
        f"{TURN}.startRoad",
        "'road_1_1_0', which ends at 'intersection_2_1'",
        "a road that ends at 'intersection_1_1'",
    ),
    (
        (*ROAD_LINK, "endRoad"),
        "road_0_1_0",
        f"{TURN}.endRoad",
        "'road_0_1_0', which starts at 'intersection_0_1'",
        "a road that starts at 'intersection_1_1'",
    ),
    ((*LANE_LINK, "startLaneIndex"), 3, f"{LINK}.startLaneIndex", "lane 3", "from 0 to 2, for there are 3 lanes of"),
    ((*LANE_LINK, "endLaneIndex"), 9, f"{LINK}.endLaneIndex", "lane 9", "from 0 to 2, for there are 3 lanes of"),
    ((*LANE_LINK, "endLaneIndex"), -1, f"{LINK}.endLaneIndex", "-1", "a whole number at least 0"),
    ((*LANE_LINK, "points"), SAME_POINT, f"{LINK}.points", "one point", "two points or more, or none for a curve"),
    ((*LANE_LINK, "points"), SAME_POINT * 3, f"{LINK}.points", "a lane link of 0 m", "points that are apart"),
]


def refusal(path: Path) -> InputError:
    """Why a road network file is refused."""
    with pytest.raises(InputError) as caught:
        read_network(path)
    assert caught.value.file == str(path)
    assert str(path) in caught.value.message
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(("steps", "value", "place", "found", "expected"), MISTAKES)
def test_each_mistake_is_named(
    tmp_path: Path, steps: Steps, value: object, place: str, found: str, expected: str
) -> None:
    """Whoever wrote the file must see where it is wrong, what is there and what would be right."""
    error = refusal(saved(tmp_path, "roadnet.json", changed(small_roadnet(), steps, value)))
    assert error.place == place
    assert found in error.found
    assert expected in error.expected


@pytest.mark.parametrize(
    ("content", "place", "found", "expected"),
    [
        (b"", "", "an empty file", "JSON"),
        (b'{"intersections":', "line 1, column 18", "the end of the file in the middle of a value", "the whole file"),
        (b'{\n "roads": NaN}', "line 2, column 11", "NaN", "a number; JSON has no such value"),
        (b'{\n "roads": Infinity}', "line 2, column 11", "Infinity", "a number; JSON has no such value"),
        (b'{"lanes": [],}', "line 1, column 14", "'}' (JSON is malformed: trailing comma in object)", "JSON"),
        ('{"路": 1 2}'.encode(), "line 1, column 9", "'2}' (JSON is malformed", "JSON"),
        (b"[]", "$", "[]", "an object"),
        (b"null", "$", "null", "an object"),
        (b"\xff\xfe{\x00", "byte 0", "bytes that are not UTF-8", "text in UTF-8"),
        (b'{"a":' + b"[" * 100_000, "", "brackets nested too deep to read", "the JSON of CityFlow"),
        (b'{"intersections": [{"id": [', "$.intersections[0].id", "a list", "text"),
    ],
)
def test_files_that_are_not_json_are_refused_with_their_place(
    tmp_path: Path, content: bytes, place: str, found: str, expected: str
) -> None:
    """A download cut short or a wrong file must be told from a wrong city."""
    error = refusal(saved(tmp_path, "roadnet.json", content))
    assert (error.place, error.expected) == (place, expected)
    assert found in error.found


def test_numbers_beyond_floating_point_are_refused(tmp_path: Path) -> None:
    """1e999 is valid JSON and no place on earth."""
    text = msgspec.json.encode(small_roadnet()).replace(b'"x":-300.0', b'"x":1e999', 1)
    error = refusal(saved(tmp_path, "roadnet.json", text))
    assert error.place == "$.intersections[0].point.x"
    assert (error.found, error.expected) == ("a number beyond all measure", "a number that a city can hold")


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    """Both are slips at the command line, with different cures."""
    assert refusal(tmp_path).found == "a folder"
    assert refusal(tmp_path / "roadnet.json").found == "no such file"


def test_a_file_behind_another_file_is_refused(tmp_path: Path) -> None:
    """What the system says must reach the user as words, not as a traceback."""
    assert "cannot be read" in refusal(saved(tmp_path, "a.json", b"{}") / "roadnet.json").found


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    """Editors on Windows write one; the file is the same."""
    path = saved(tmp_path, "roadnet.json", b"\xef\xbb\xbf" + msgspec.json.encode(small_roadnet()))
    assert read_network(path).road_ids == small_network().road_ids


def test_a_lane_without_length_is_refused(tmp_path: Path) -> None:
    """Points that are apart may fall together beside the axis; a vehicle would stand there for ever."""
    record = changed(small_roadnet(), (*CROSSING, "width"), 0)
    speck = [{"x": 0, "y": 0}, {"x": 1e-20, "y": 1e-20}]
    error = refusal(saved(tmp_path, "roadnet.json", changed(record, ("roads", 0, "points"), speck)))
    assert (error.place, error.found) == ("$.roads[0].lanes[0]", "a lane of 0 m")
    assert error.expected == "a lane with a length"


def test_points_too_near_for_arithmetic_are_the_same_point(tmp_path: Path) -> None:
    """The square of their distance is zero: the road would have no direction."""
    speck = [{"x": 0, "y": 0}, {"x": 1e-170, "y": 0}]
    error = refusal(saved(tmp_path, "roadnet.json", changed(small_roadnet(), ("roads", 0, "points"), speck)))
    assert (error.place, error.found) == ("$.roads[0].points[1]", "the same point as points[0]")


def test_links_without_points_become_curves(tmp_path: Path) -> None:
    """The points are optional in CityFlow's format."""
    record = changed(small_roadnet(), (*LANE_LINK, "points"), DROPPED)
    network = read_network(saved(tmp_path, "roadnet.json", record))
    assert network.link_shape.of(7).shape == (11, 2)
    assert network.link_length[7] == pytest.approx(small_network().link_length[7], rel=0.2)


def test_the_projection_is_kept(tmp_path: Path) -> None:
    """The map shows a city where the user says it lies."""
    place = Projection(120.1, 30.3)
    assert read_network(saved(tmp_path, "roadnet.json", small_roadnet()), place).projection == place


@pytest.mark.parametrize(
    ("city", "crossings", "signals", "lanes", "links"),
    [("hangzhou_4x4", 32, 16, 240, 576), ("jinan_3x4", 26, 12, 186, 432)],
)
def test_real_networks_are_read_whole(city: str, crossings: int, signals: int, lanes: int, links: int) -> None:
    """Nothing of a real city is dropped, and its order is kept."""
    path = real(city) / "roadnet.json"
    network, record = read_network(path), msgspec.json.decode(path.read_bytes(), type=Json)
    assert list(network.crossing_ids) == [crossing["id"] for crossing in record["intersections"]]
    assert list(network.road_ids) == [road["id"] for road in record["roads"]]
    assert (len(network.crossing_ids), len(network.signalised)) == (crossings, signals)
    assert (network.lane_count, network.link_count) == (lanes, links)
    assert not network.crossing_virtual[network.signalised].any()
    assert {STRAIGHT, LEFT, RIGHT} == set(network.movement_type.tolist())


def test_real_phases_have_the_files_times_and_greens() -> None:
    """Hangzhou: phase 0 is 5 s of right turns, phase 1 30 s of west and east straight on."""
    network = read_network(real("hangzhou_4x4") / "roadnet.json")
    phases = network.phases_of(int(network.signalised[0]))
    assert network.phase_duration[phases.start : phases.stop].tolist() == [5.0] + [30.0] * 8
    assert np.flatnonzero(network.phase_green[phases.start]).tolist() == [2, 3, 6, 10]
    assert np.flatnonzero(network.phase_green[phases.start + 1]).tolist() == [0, 2, 3, 6, 7, 10]
