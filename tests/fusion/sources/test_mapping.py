"""Mapping: fields of any format become readings of entities; what cannot is told, never guessed."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touyan.core.errors import InputError
from touyan.fusion.sources.arrivals import Arrival, Letter
from touyan.fusion.sources.declared import read_declaration
from touyan.fusion.sources.mapping import Mapping, Understood, understood

NOW = 1_800_000_000.0

LOOPS = """
[source]
kind = "files"
format = "{format}"
pattern = "nothing"

[mapping]
type = "TrafficFlowObserved"
id = "{{station}}-{{lane}}"
time = {{ from = "at" }}
values.intensity = {{ from = "count", unit = "E58", missing = [-1] }}
values.averageVehicleSpeed = {{ from = "v", unit = "KMH" }}
texts.status = "state"
"""
RECORDS: list[dict[str, Any]] = [
    {"station": "S1", "lane": 2, "at": "2026-03-01T08:00:00+08:00", "count": 720, "v": 36.0, "state": "ok"},
    {"station": "S1", "lane": 3, "at": "2026-03-01T08:00:00", "count": -1, "v": None, "state": None},
    {"station": None, "lane": 3, "at": "2026-03-01T08:00:00", "count": 5, "v": 1, "state": "ok"},
    {"station": "S2", "lane": 1, "at": "soon", "count": 5, "v": 1, "state": "ok"},
]


def declared(folder: Path, text: str) -> Any:
    """The source of a TOML text."""
    path = folder / "loops.toml"
    path.write_text(text, encoding="utf-8")
    return read_declaration(path)


def read(body: bytes, form: str, mapping: dict[str, Any] | None = None) -> Understood:
    """What a message says under a mapping."""
    made = msgspec.convert(mapping, Mapping) if mapping is not None else None
    return understood(Letter(body, NOW), form, made, "test")


def one(told: Understood) -> Arrival:
    """The only arrival."""
    (arrival,) = told.arrivals
    return arrival


def as_csv() -> bytes:
    """The records as a table of text."""
    lines = [",".join(RECORDS[0])]
    lines += [",".join("" if value is None else str(value) for value in record.values()) for record in RECORDS]
    return "\n".join(lines).encode()


def as_parquet() -> bytes:
    """The records as a Parquet file."""
    stream = io.BytesIO()
    pyarrow.parquet.write_table(pa.Table.from_pylist(RECORDS), stream)
    return stream.getvalue()


BODIES = {
    "json": msgspec.json.encode(RECORDS),
    "json-lines": b"\n".join(msgspec.json.encode(record) for record in RECORDS),
    "csv": as_csv(),
    "parquet": as_parquet(),
}


@pytest.mark.parametrize("form", BODIES)
def test_one_mapping_reads_the_same_from_every_format(tmp_path: Path, form: str) -> None:
    """A supplier who changes from CSV to JSON must not change the meaning."""
    told = declared(tmp_path, LOOPS.format(format=form)).read(Letter(BODIES[form], NOW))
    arrival = one(told)
    assert arrival.ids == ("urn:ngsi-ld:TrafficFlowObserved:S1-2", "urn:ngsi-ld:TrafficFlowObserved:S1-3")
    assert arrival.observed_at.tolist() == [1772323200.0, 1772323200.0]
    assert arrival.texts == {"status": ("ok", None)}
    batch = arrival.batch()
    np.testing.assert_allclose(batch.values["intensity"], [0.2, np.nan])
    np.testing.assert_allclose(batch.values["averageVehicleSpeed"], [10.0, np.nan])
    reasons = [refused.reason for refused in sorted(told.refused)]
    assert reasons == ["the id needs 'station', which is missing", "no time can be read from 'soon'"]


def test_readings_go_out_as_ngsi_ld_in_the_units_in_which_they_came(tmp_path: Path) -> None:
    """A number converted there and back is no longer the number that the sensor said."""
    told = declared(tmp_path, LOOPS.format(format="json")).read(Letter(BODIES["json"], NOW))
    first, second = one(told).entities()
    when = "2026-03-01T00:00:00.000Z"
    origin = {"source": {"type": "Property", "value": "loops"}}
    assert first == {
        "id": "urn:ngsi-ld:TrafficFlowObserved:S1-2",
        "type": "TrafficFlowObserved",
        "intensity": {"type": "Property", "value": 720.0, "observedAt": when, "unitCode": "E58", **origin},
        "averageVehicleSpeed": {"type": "Property", "value": 36.0, "observedAt": when, "unitCode": "KMH", **origin},
        "status": {"type": "Property", "value": "ok", "observedAt": when, **origin},
    }
    assert second == {"id": "urn:ngsi-ld:TrafficFlowObserved:S1-3", "type": "TrafficFlowObserved"}


def test_features_of_geojson_bring_their_place() -> None:
    """A parking sensor on a map has no other address than its coordinates."""
    body = msgspec.json.encode(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "id": 7,
                    "geometry": {"type": "Point", "coordinates": [120.1, 30.2]},
                    "properties": {"free": 3},
                },
                {"type": "Feature", "id": 8, "geometry": None, "properties": {"free": "many"}},
            ],
        }
    )
    place = {"longitude": "geometry.coordinates.0", "latitude": "geometry.coordinates.1"}
    mapping = {
        "type": "OffStreetParking",
        "id": "{id}",
        "values": {"free": {"from": "properties.free"}},
        "place": place,
    }
    first, second = one(read(body, "geojson", mapping)).entities()
    assert first["location"]["value"] == {"type": "Point", "coordinates": [120.1, 30.2]}
    assert first["free"]["value"] == 3.0
    assert "location" not in second
    assert "free" not in second


def test_vehicle_positions_of_gtfs_realtime_are_read() -> None:
    """Buses are the floating cars that every city already has."""
    pb2 = pytest.importorskip("google.transit.gtfs_realtime_pb2", reason="gtfs-realtime-bindings is not installed")
    feed = pb2.FeedMessage()
    feed.header.gtfs_realtime_version = "2.0"
    entity = feed.entity.add(id="1")
    entity.vehicle.vehicle.id = "bus 4"
    entity.vehicle.position.latitude, entity.vehicle.position.longitude = 30.25, 120.5
    entity.vehicle.position.speed = 7.5
    entity.vehicle.timestamp = 1_772_323_200
    mapping = {
        "type": "Vehicle",
        "id": "{vehicle.vehicle.id}",
        "time": {"from": "vehicle.timestamp"},
        "values": {"speed": {"from": "vehicle.position.speed", "unit": "MTS"}},
        "place": {"longitude": "vehicle.position.longitude", "latitude": "vehicle.position.latitude"},
    }
    arrival = one(read(feed.SerializeToString(), "gtfs-realtime", mapping))
    assert arrival.ids == ("urn:ngsi-ld:Vehicle:bus_4",)
    assert arrival.observed_at.tolist() == [1_772_323_200.0]
    assert arrival.values["speed"].tolist() == [7.5]
    with pytest.raises(ValueError, match="no GTFS-Realtime feed"):
        read(b"\xff\xff", "gtfs-realtime", mapping)


def test_ngsi_ld_needs_no_mapping_and_goes_through_unchanged() -> None:
    """What speaks the standard already must arrive as it was said."""
    entities = [
        {"id": "urn:a", "type": "Air", "no2": {"type": "Property", "value": 41, "observedAt": "2026-03-01T00:00:00Z"}},
        {"id": "urn:b", "type": "Air", "no2": 12.5, "name": "Gudang"},
        {"type": "Air"},
    ]
    told = read(msgspec.json.encode(entities), "ngsi-ld")
    assert told.entities == entities[:2]
    assert [refused.record for refused in told.refused] == [2]
    arrival = one(told)
    assert arrival.ids == ("urn:a", "urn:b")
    assert arrival.observed_at.tolist() == [1772323200.0, NOW]
    assert arrival.values["no2"].tolist() == [41.0, 12.5]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1772323200, 1772323200.0),
        (1772323200250, 1772323200.25),
        ("1772323200", 1772323200.0),
        ("2026-03-01T00:00:00Z", 1772323200.0),
        ("2026-03-01 08:00", 1772323200.0),
    ],
)
def test_times_are_read_as_people_write_them(value: object, expected: float) -> None:
    """Seconds, milliseconds, and local times without a zone are what the street sends."""
    body = msgspec.json.encode({"k": 1, "t": value})
    arrival = one(read(body, "json", {"type": "T", "id": "{k}", "time": {"from": "t"}}))
    assert arrival.observed_at.tolist() == [expected]


def test_a_time_in_a_format_of_its_own_is_read_in_its_zone() -> None:
    """A supplier abroad writes its own clock."""
    time = {"from": "t", "format": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"}
    told = read(b'{"k": 1, "t": "01.03.2026 01:00"}', "json", {"type": "T", "id": "{k}", "time": time})
    assert one(told).observed_at.tolist() == [1772323200.0]


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_words(body: bytes) -> None:
    """A broken device must end among the dead letters, not in a traceback."""
    for form in ("json", "json-lines", "geojson", "csv", "parquet", "ngsi-ld"):
        mapping = None if form == "ngsi-ld" else {"type": "T", "id": "{id}", "values": {"x": {"from": "x"}}}
        with contextlib.suppress(ValueError):
            read(body, form, mapping)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "type", "x", "t"]), inner),
        max_leaves=12,
    )
)
def test_any_json_is_either_understood_or_refused(document: object) -> None:
    """Whatever a field holds, numbers stay numbers and the rest is left out."""
    body = msgspec.json.encode(document)
    mapping = {"type": "T", "id": "{id}", "time": {"from": "t"}, "values": {"x": {"from": "x"}}}
    for form, made in (("json", mapping), ("ngsi-ld", None)):
        try:
            told = read(body, form, made)
        except ValueError:
            continue
        for arrival in told.arrivals:
            assert np.isfinite(arrival.observed_at).all()
            assert not any(np.isinf(column).any() for column in arrival.values.values())
            arrival.entities()


def test_nesting_without_end_is_refused_in_words() -> None:
    """Ten thousand brackets are an attack, and must not end the process."""
    with pytest.raises(ValueError, match="no JSON"):
        read(b"[" * 10_000 + b"]" * 10_000, "json", {"type": "T", "id": "{id}"})


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ('kind = "files"', 'kind = "ftp"', "source.kind", "one of"),
        ('format = "json"', 'format = "xml"', "source.format", "one of"),
        ('pattern = "nothing"', "", "source.pattern", "nothing"),
        ('pattern = "nothing"', 'pattern = "x"\nspeed = 3', "source.speed", "unknown setting"),
        ('pattern = "nothing"', 'pattern = "x"\nbuffer = 0', "source.buffer", "at least 1"),
        ('unit = "KMH"', 'unit = "KMX"', "mapping.values.averageVehicleSpeed.unit", "UN/CEFACT"),
        ('id = "{station}-{lane}"', "", "mapping", "`id`"),
        ('from = "at"', 'from = "at", zone = "Mars"', "mapping.time.zone", "Asia/Shanghai"),
        ("[mapping]", "[maping]", "maping", "[mapping]"),
        ("[source]", "[source", "TOML", "TOML"),
    ],
)
def test_a_mistake_in_a_declaration_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, place: str, words: str
) -> None:
    """The author of a mapping reads file, place, what was found and what would be right."""
    text = LOOPS.format(format="json")
    assert old in text
    with pytest.raises(InputError) as caught:
        declared(tmp_path, text.replace(old, new))
    assert "loops.toml" in caught.value.message
    assert place in caught.value.message
    assert words in caught.value.message


def test_a_letter_beyond_the_size_is_refused(tmp_path: Path) -> None:
    """One huge message must not take the memory of all others."""
    source = declared(tmp_path, LOOPS.format(format="json").replace('"nothing"', '"x"\nlargest_bytes = 10'))
    with pytest.raises(ValueError, match="more than 10 bytes"):
        source.read(Letter(b"[" + b" " * 20 + b"]", NOW))
