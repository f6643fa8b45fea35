"""Matrices, zones and profiles from files: what is read, and every mistake that we know of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from touyan.core.errors import InputError
from touyan.core.geometry import Projection
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.matrices import Matrix, read_matrix, read_profile
from touyan.packs.traffic.tables import read_table
from touyan.packs.traffic.zones import Zone, read_zones, road_zones

NETWORK = grid_network(2, 2)
ZONES = {name: Zone(name, (0,), (1,)) for name in ("west", "east", "old town")}
HEADER = "origin,destination,vehicles,begin_s,end_s\n"
O_FORMAT = "$OR;D2\n* From-Time  To-Time\n7.00 8.30\n* Factor\n2.00\n*\n* comment\n west east 1.50\n east west 4\n"


def written(folder: Path, text: str | bytes, name: str = "data.csv") -> Path:
    """A file with a text, or with bytes as they are."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def plain(matrix: Matrix) -> list[tuple[str, str, float, float, float]]:
    """(origin, destination, vehicles, begin, end) of each row."""
    ends = zip(matrix.origin, matrix.destination, strict=True)
    columns = zip(matrix.vehicles.tolist(), matrix.begin_s.tolist(), matrix.end_s.tolist(), strict=True)
    return [(a.name, b.name, *row) for (a, b), row in zip(ends, columns, strict=True)]


def test_a_csv_matrix_is_read_with_comments_quotes_and_a_byte_order_mark(tmp_path: Path) -> None:
    """Spreadsheets write all of these, and the reader of the file sees none of them."""
    text = "\ufeff# counted in May\n" + HEADER + '"old town", east ,12.5,0,3600\n\neast,west,3,60,120\n'
    matrix = read_matrix(written(tmp_path, text), ZONES)
    assert plain(matrix) == [("old town", "east", 12.5, 0.0, 3600.0), ("east", "west", 3.0, 60.0, 120.0)]
    assert matrix.line == [3, 5]
    assert matrix.total == 15.5


def test_the_order_of_columns_is_free(tmp_path: Path) -> None:
    """Columns have names so that nobody must count them."""
    text = "end_s,begin_s,vehicles,destination,origin\n60,0,3,east,west\n"
    assert plain(read_matrix(written(tmp_path, text), ZONES)) == [("west", "east", 3.0, 0.0, 60.0)]


def test_the_o_format_has_its_times_in_hours_and_minutes_and_its_factor_applied(tmp_path: Path) -> None:
    """VISUM writes half past eight as 8.30."""
    matrix = read_matrix(written(tmp_path, O_FORMAT), ZONES)
    assert plain(matrix) == [("west", "east", 3.0, 25200.0, 30600.0), ("east", "west", 8.0, 25200.0, 30600.0)]
    assert matrix.line == [8, 9]


@pytest.mark.parametrize(
    ("text", "place", "found", "expected"),
    [
        ("", "line 1", "an empty file", "the columns origin, destination, vehicles, begin_s, end_s"),
        (HEADER, "line 1", "no rows after the header", "at least one row"),
        ("origin,destination,vehicles,begin_s\n", "line 1", "no column 'end_s'", "the columns"),
        ("origin,origin\n", "line 1", "the column 'origin' twice", "each column once"),
        (HEADER.replace("end_s", "ends"), "line 1", "the column 'ends'", "only the columns"),
        (HEADER + "west,east,3,0\n", "line 2", "4 cells", "5, one for each column"),
        (HEADER + "west,east,many,0,60\n", "line 2, column vehicles", "'many'", "a number of at least 0"),
        (HEADER + "west,east,1_0,0,60\n", "line 2, column vehicles", "'1_0'", "a number of at least 0"),
        (HEADER + "west,east,nan,0,60\n", "line 2, column vehicles", "'nan'", "a number of at least 0"),
        (HEADER + "west,east,1e999,0,60\n", "line 2, column vehicles", "'1e999'", "a number"),
        (HEADER + "west,east,-1,0,60\n", "line 2, column vehicles", "'-1'", "a number of at least 0"),
        (HEADER + "west,east,,0,60\n", "line 2, column vehicles", "nothing", "a number"),
        (HEADER + "west,,1,0,60\n", "line 2, column destination", "nothing", "a text"),
        (HEADER + "west,eats,1,0,60\n", "line 2, column destination", "zone 'eats'", "did you mean 'east'?"),
        (HEADER + "west,east,1,60,60\n", "line 2, column end_s", "60", "a time after begin_s, which is 60"),
        (HEADER + "west,east,1,0.5,60\n", "line 2, column begin_s", "0.5", "whole seconds"),
        (HEADER + "west,east,1,-5,60\n", "line 2, column begin_s", "'-5'", "a number of at least 0"),
        (HEADER + 'west,"east,1,0,60\n', "line 2", "a broken line", "CSV"),
        ("$V;D2\n1\n", "line 1", "'$V;D2'", "$OR;D2"),
        ("$OR;D2\n", "", "the end of the file", "two times as 7.00 8.30"),
        ("$OR;D2\n7.00 7.60\n", "line 2", "'7.00 7.60'", "two times as 7.00 8.30"),
        ("$OR;D2\n8.00 7.00\n", "line 2", "'8.00 7.00'", "an end after the beginning"),
        ("$OR;D2\n7.00 8.00\n", "", "the end of the file", "a factor"),
        ("$OR;D2\n7.00 8.00\nx\n", "line 3, column factor", "'x'", "a number"),
        ("$OR;D2\n7.00 8.00\n1.0\n* nothing\n", "", "no trips", "lines of origin, destination and vehicles"),
        ("$OR;D2\n7.00 8.00\n1.0\nwest east\n", "line 4", "'west east'", "origin, destination and vehicles"),
        ("$OR;D2\n7.00 8.00\n1.0\nwest east x\n", "line 4, column vehicles", "'x'", "a number"),
        ("$OR;D2\n7.00 8.00\n1.0\nwest moon 1\n", "line 4, column destination", "zone 'moon'", "the name of a zone"),
        (b"\xff\xfe", "byte 0", "bytes that are not UTF-8", "text in UTF-8"),
    ],
)
def test_each_mistake_in_a_matrix_is_named(
    tmp_path: Path, text: str | bytes, place: str, found: str, expected: str
) -> None:
    """Whoever exported the matrix must see the line and what would be right."""
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_matrix(path, ZONES)
    assert caught.value.file == str(path)
    assert caught.value.place == place
    assert found in caught.value.found
    assert expected in caught.value.expected


def test_a_zone_on_which_no_trip_can_begin_is_named(tmp_path: Path) -> None:
    """A zone at the far end of one-way exits sends nobody, which the matrix cannot know."""
    zones = {"west": Zone("west", (), (1,)), "east": Zone("east", (0,), ())}
    for row, column in (("west,west", "origin"), ("east,east", "destination")):
        with pytest.raises(InputError) as caught:
            read_matrix(written(tmp_path, f"{HEADER}{row},1,0,60\n"), zones | {"west": zones[row[:4]]})
        assert caught.value.place == f"line 2, column {column}"


@pytest.mark.parametrize("name", ["absent.csv", "."])
def test_a_missing_file_and_a_folder_are_named(tmp_path: Path, name: str) -> None:
    """The commonest mistakes of all."""
    with pytest.raises(InputError, match=r"no such file|a folder"):
        read_table(tmp_path / name, ["zone"])


def test_zones_are_roads_by_themselves() -> None:
    """A matrix of road ids needs no file of zones."""
    zones = road_zones(NETWORK)
    assert zones.keys() == set(NETWORK.road_ids)
    road = NETWORK.road("road_1_1_0")
    assert zones["road_1_1_0"] == Zone("road_1_1_0", (road,), (road,))


def test_zones_may_be_lists_of_roads(tmp_path: Path) -> None:
    """Each row adds a road to its zone, and a road may serve several."""
    text = "zone,road\na,road_0_1_0\nb,road_0_1_0\na,road_0_2_0\n"
    zones = read_zones(written(tmp_path, text), NETWORK)
    one, two = NETWORK.road("road_0_1_0"), NETWORK.road("road_0_2_0")
    assert zones == {"a": Zone("a", (one, two), (one, two)), "b": Zone("b", (one,), (one,))}


def test_zones_at_a_place_take_the_roads_of_the_nearest_crossing(tmp_path: Path) -> None:
    """Trips begin on roads that leave the crossing and end on roads that reach it."""
    x, y = NETWORK.crossing_point[NETWORK.crossing("intersection_0_1")].tolist()
    by_place = read_zones(written(tmp_path, f"zone,x,y\nwest,{x + 9},{y - 5}\n"), NETWORK)["west"]
    by_name = read_zones(written(tmp_path, "zone,crossing\nwest,intersection_0_1\n"), NETWORK)["west"]
    assert by_place == by_name
    assert [NETWORK.road_ids[road] for road in by_name.origins] == ["road_0_1_0"]
    assert [NETWORK.road_ids[road] for road in by_name.destinations] == ["road_1_1_2"]


def test_zones_with_a_radius_take_all_crossings_within(tmp_path: Path) -> None:
    """A district is wider than a crossing."""
    x, y = NETWORK.crossing_point.mean(axis=0).tolist()
    zone = read_zones(written(tmp_path, f"zone,x,y,radius_m\nmiddle,{x},{y},250\n"), NETWORK)["middle"]
    signalised = NETWORK.signalised.tolist()
    assert set(zone.origins) == set(np.flatnonzero(np.isin(NETWORK.road_from, signalised)).tolist())
    assert set(zone.destinations) == set(np.flatnonzero(np.isin(NETWORK.road_to, signalised)).tolist())


def test_zones_in_degrees_lie_where_the_network_lies(tmp_path: Path) -> None:
    """Planners have their zones on a map, not in metres of a file."""
    network = grid_network(2, 2, projection=Projection(120.1, 30.3))
    crossing = network.crossing("intersection_0_1")
    longitude, latitude = network.projection.to_wgs84(network.crossing_point[[crossing]])[0].tolist()
    text = f"zone,longitude,latitude\nwest,{longitude!r},{latitude!r}\n"
    assert read_zones(written(tmp_path, text), network)["west"].origins == (network.road("road_0_1_0"),)


@pytest.mark.parametrize(
    ("text", "place", "found", "expected"),
    [
        ("zone\na\n", "line 1", "nothing that says where the zones lie", "a column road, or crossing, or x and y"),
        ("zone,road\na,rod\n", "line 2, column road", "road 'rod', which does not exist", "the id of a road"),
        ("zone,crossing\na,c\n", "line 2, column crossing", "crossing 'c', which does not", "the id of a crossing"),
        ("zone,x,y\na,1,b\n", "line 2, column y", "'b'", "a number"),
        ("zone,longitude,latitude\na,181,0\n", "line 2, column longitude", "'181'", "at most 180"),
        ("zone,x,y,radius_m\na,5000,0,10\n", "line 2, column radius_m", "10, within which no crossing", "at least 4"),
        ("zone,road\n,road_0_1_0\n", "line 2, column zone", "nothing", "a text"),
    ],
)
def test_each_mistake_in_zones_is_named(tmp_path: Path, text: str, place: str, found: str, expected: str) -> None:
    """A zone at the wrong place sends its trips from the wrong place."""
    with pytest.raises(InputError) as caught:
        read_zones(written(tmp_path, text), NETWORK)
    assert caught.value.place == place
    assert found in caught.value.found
    assert expected in caught.value.expected


def test_a_profile_divides_each_row_over_its_time(tmp_path: Path) -> None:
    """A day's matrix and the share of each hour give the trips of each hour, none lost."""
    profile = read_profile(written(tmp_path, "begin_s,end_s,share\n0,3600,3\n3600,7200,1\n", "profile.csv"))
    whole = read_matrix(written(tmp_path, HEADER + "west,east,80,0,7200\neast,west,10,1800,5400\n"), ZONES)
    spread = whole.spread(profile)
    assert plain(spread) == [
        ("west", "east", 60.0, 0.0, 3600.0),
        ("west", "east", 20.0, 3600.0, 7200.0),
        ("east", "west", 7.5, 1800.0, 3600.0),
        ("east", "west", 2.5, 3600.0, 5400.0),
    ]
    assert spread.line == [2, 2, 3, 3]


def test_a_profile_that_misses_the_matrix_is_refused(tmp_path: Path) -> None:
    """Trips at a time of which the profile says nothing would vanish."""
    profile = read_profile(written(tmp_path, "begin_s,end_s,share\n0,3600,1\n", "profile.csv"))
    matrix = read_matrix(written(tmp_path, HEADER + "west,east,80,7200,9000\n"), ZONES)
    with pytest.raises(InputError, match="no share for the time from 7200 to 9000 s"):
        matrix.spread(profile)
