"""A road network saved for maps and analysis: GeoJSON (RFC 7946) or GeoParquet 1.1."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from touyan.core.errors import InputError, NotFoundError

from . import geojson
from .network import RoadNetwork

ENDINGS = (".geojson", ".parquet")

_TYPES = {"Point": 1, "LineString": 2, "Polygon": 3}
"""Numbers of the geometry types in well-known binary (OGC 06-103r4)."""


def export(network: RoadNetwork, path: Path) -> None:
    """Save lanes, stop bars and crossings as the file's ending says; raises NotFoundError for another one."""
    if path.suffix not in ENDINGS:
        raise NotFoundError("export as", path.suffix or path.name, ENDINGS)
    content = features(network)
    try:
        if path.suffix == ".parquet":
            _write_parquet(content, path)
        else:
            path.write_bytes(msgspec.json.encode({"type": "FeatureCollection", "features": content}))
    except OSError as error:
        raise InputError(str(path), "", f"no way to write there ({error.strerror})", "a file in a folder") from None


def features(network: RoadNetwork) -> list[dict[str, Any]]:
    """Every lane, stop bar and crossing as a GeoJSON feature that says which of these it is."""
    kinds = {
        "lane": geojson.roads(network),
        "stop_bar": geojson.signals(network),
        "crossing": geojson.crossings(network),
    }
    return [
        {**feature, "properties": {"kind": kind, **_renamed(kind, feature["properties"])}}
        for kind, collection in kinds.items()
        for feature in collection["features"]
    ]


def well_known_binary(geometry: Mapping[str, Any]) -> bytes:
    """A GeoJSON point, line or polygon in well-known binary, little-endian."""
    head = struct.pack("<BI", 1, _TYPES[geometry["type"]])
    coordinates = geometry["coordinates"]
    if geometry["type"] == "Point":
        return head + struct.pack("<2d", *coordinates)
    if geometry["type"] == "LineString":
        return head + _ring(coordinates)
    return head + struct.pack("<I", len(coordinates)) + b"".join(map(_ring, coordinates))


def _ring(points: list[list[float]]) -> bytes:
    flat = [value for point in points for value in point]
    return struct.pack(f"<I{len(flat)}d", len(points), *flat)


def _renamed(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    """A crossing has a number of phases, a stop bar a list: two columns of a table."""
    if kind != "crossing":
        return properties
    return {("phase_count" if name == "phases" else name): value for name, value in properties.items()}


def _write_parquet(content: list[dict[str, Any]], path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    rows = [
        {"id": feature["id"], **feature["properties"], "geometry": well_known_binary(feature["geometry"])}
        for feature in content
    ]
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = pyarrow.table({name: [row.get(name) for row in rows] for name in names})
    metadata = {b"geo": msgspec.json.encode(_geo_metadata(content))}
    pyarrow.parquet.write_table(table.replace_schema_metadata(metadata), path, compression="zstd")


def _geo_metadata(content: list[dict[str, Any]]) -> dict[str, Any]:
    """The `geo` entry of GeoParquet 1.1; coordinates are OGC:CRS84, its default."""
    x, y = zip(*(point for feature in content for point in _points(feature["geometry"])), strict=True)
    column = {
        "encoding": "WKB",
        "geometry_types": sorted({feature["geometry"]["type"] for feature in content}),
        "orientation": "counterclockwise",
        "edges": "planar",
        "bbox": [min(x), min(y), max(x), max(y)],
    }
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def _points(geometry: Mapping[str, Any]) -> Iterator[list[float]]:
    coordinates = geometry["coordinates"]
    if geometry["type"] == "Point":
        yield coordinates
    elif geometry["type"] == "LineString":
        yield from coordinates
    else:
        yield from (point for ring in coordinates for point in ring)
