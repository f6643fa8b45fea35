"""Formats: bytes in, records out; what cannot be read is a ValueError in words."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from touyan.core.errors import MissingPackageError

from .records import NestedRecords, Records, TableRecords, found


def read_json(body: bytes, path: str) -> Records:
    """The list or the one object at a path of a JSON document."""
    document = found(_json(body), path.split(".") if path else [])
    if document is None:
        raise ValueError(f"nothing at {path!r}")
    return NestedRecords(document if isinstance(document, list) else [document])


def read_json_lines(body: bytes, path: str) -> Records:
    """One JSON document on each line."""
    steps = path.split(".") if path else []
    return NestedRecords([found(_json(line), steps) for line in body.splitlines() if line.strip()])


def read_geojson(body: bytes, path: str) -> Records:
    """The features of a FeatureCollection, or one feature (RFC 7946)."""
    document = _json(body)
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "Feature":
        return NestedRecords([document])
    if kind != "FeatureCollection" or not isinstance(document.get("features"), list):
        raise ValueError(f"a GeoJSON document of the type {kind!r}; expected FeatureCollection or Feature")
    return NestedRecords(document["features"])


def read_csv(body: bytes, path: str) -> Records:
    """A table with a heading line; every cell is read as text, the mapping makes numbers of it."""
    try:
        names = pyarrow.csv.open_csv(io.BytesIO(body)).schema.names
        as_text = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True)
        return TableRecords(pyarrow.csv.read_csv(io.BytesIO(body), convert_options=as_text))
    except pa.ArrowInvalid as error:
        raise ValueError(f"no CSV table: {error}") from None


def read_parquet(body: bytes, path: str) -> Records:
    """A Parquet file."""
    try:
        return TableRecords(pyarrow.parquet.read_table(io.BytesIO(body)))
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"no Parquet file: {error}") from None


def read_gtfs_realtime(body: bytes, path: str) -> Records:
    """The entities of a GTFS-Realtime feed, as nested fields with the names of its specification."""
    try:
        from google.protobuf.json_format import MessageToDict
        from google.protobuf.message import DecodeError
        from google.transit import gtfs_realtime_pb2
    except ImportError:
        raise MissingPackageError("gtfs-realtime-bindings", "sources") from None
    feed = gtfs_realtime_pb2.FeedMessage()
    try:
        feed.ParseFromString(body)
    except DecodeError as error:
        raise ValueError(f"no GTFS-Realtime feed: {error}") from None
    told = MessageToDict(feed, preserving_proto_field_name=True)
    return NestedRecords(told.get("entity", []))


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"no JSON: {error}") from None


FORMATS: dict[str, Callable[[bytes, str], Records]] = {
    "json": read_json,
    "json-lines": read_json_lines,
    "geojson": read_geojson,
    "csv": read_csv,
    "parquet": read_parquet,
    "gtfs-realtime": read_gtfs_realtime,
    "ngsi-ld": read_json,
}
