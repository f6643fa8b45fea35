"""Networks as files for maps and analysis: what stands in them must be valid and be the network."""

from __future__ import annotations

import json
import struct
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from touyan.core.errors import InputError, NotFoundError
from touyan.packs.traffic.exports import export, features, well_known_binary
from touyan.packs.traffic.network import RoadNetwork

from .files import small_network


def decoded(binary: bytes) -> dict[str, Any]:
    """A geometry read back from well-known binary, as OGC 06-103r4 lays it out."""
    order, kind = struct.unpack_from("<BI", binary)
    assert order == 1
    if kind == 1:
        return {"type": "Point", "coordinates": list(struct.unpack_from("<2d", binary, 5))}
    if kind == 2:
        line, end = _line(binary, 5)
        assert end == len(binary)
        return {"type": "LineString", "coordinates": line}
    rings, place = [], 9
    for _ in range(struct.unpack_from("<I", binary, 5)[0]):
        ring, place = _line(binary, place)
        rings.append(ring)
    assert (kind, place) == (3, len(binary))
    return {"type": "Polygon", "coordinates": rings}


def _line(binary: bytes, place: int) -> tuple[list[list[float]], int]:
    (count,) = struct.unpack_from("<I", binary, place)
    flat = struct.unpack_from(f"<{2 * count}d", binary, place + 4)
    return [list(flat[at : at + 2]) for at in range(0, 2 * count, 2)], place + 4 + 16 * count


def network() -> RoadNetwork:
    """One row of two crossings."""
    return small_network()


def test_every_lane_bar_and_crossing_is_a_feature_once() -> None:
    """Whoever opens the file must find the whole network."""
    found = features(network())
    kinds = [feature["properties"]["kind"] for feature in found]
    assert kinds.count("lane") == network().lane_count
    assert kinds.count("crossing") == len(network().crossing_ids)
    assert kinds.count("stop_bar") > 0
    assert len({(kind, feature["id"]) for kind, feature in zip(kinds, found, strict=True)}) == len(found)


def test_every_geometry_survives_well_known_binary() -> None:
    """Points, lines and areas alike come back as they went in."""
    found = [feature["geometry"] for feature in features(network())]
    assert {geometry["type"] for geometry in found} == {"Point", "LineString", "Polygon"}
    assert [decoded(well_known_binary(geometry)) for geometry in found] == found


def test_the_geojson_file_is_one_collection(tmp_path: Path) -> None:
    """RFC 7946: a FeatureCollection, nothing around it."""
    export(network(), tmp_path / "net.geojson")
    document = json.loads((tmp_path / "net.geojson").read_text(encoding="utf-8"))
    assert document == {"type": "FeatureCollection", "features": features(network())}


def test_the_parquet_file_has_the_metadata_of_geoparquet(tmp_path: Path) -> None:
    """Readers go by the `geo` entry: version, primary column, encoding, types and bounds."""
    import pyarrow.parquet as parquet

    export(network(), tmp_path / "net.parquet")
    table = parquet.read_table(tmp_path / "net.parquet")
    geo = json.loads(table.schema.metadata[b"geo"])
    assert (geo["version"], geo["primary_column"]) == ("1.1.0", "geometry")
    column = geo["columns"]["geometry"]
    assert (column["encoding"], column["geometry_types"]) == ("WKB", ["LineString", "Point", "Polygon"])
    geometries = [decoded(binary) for binary in table.column("geometry").to_pylist()]
    assert geometries == [feature["geometry"] for feature in features(network())]
    points = [point for geometry in geometries if geometry["type"] == "LineString" for point in geometry["coordinates"]]
    west, south, east, north = column["bbox"]
    assert all(west <= x <= east and south <= y <= north for x, y in points)
    assert table.column("kind").to_pylist()[0] == "lane"
    assert table.column("length").to_pylist()[0] == pytest.approx(network().lane_length[0], abs=0.01)


def test_areas_turn_to_the_left_as_the_metadata_says(tmp_path: Path) -> None:
    """GeoParquet's orientation counterclockwise is a promise about the outer rings."""
    areas = [feature["geometry"] for feature in features(network()) if feature["geometry"]["type"] == "Polygon"]
    for area in areas:
        (ring,) = area["coordinates"]
        doubled = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
        assert doubled > 0


def test_another_ending_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    """A guess would write a file that nobody can open."""
    with pytest.raises(NotFoundError, match=r"no export as '\.shp'") as caught:
        export(network(), tmp_path / "net.shp")
    assert ".geojson" in caught.value.hint


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A missing folder is the user's to make."""
    with pytest.raises(InputError, match="no way to write there"):
        export(network(), tmp_path / "nowhere" / "net.geojson")
