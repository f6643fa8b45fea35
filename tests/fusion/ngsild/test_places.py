"""Geo-queries, scopes and type selections against what they say."""

from __future__ import annotations

from typing import Any

import pytest

from touyan.core.errors import BrokerError
from touyan.fusion.ngsild.contexts import CORE
from touyan.fusion.ngsild.entities import Entities

SQUARE = "[[[120,30],[121,30],[121,31],[120,31],[120,30]]]"
PLACES = {
    "inside": {"type": "Point", "coordinates": [120.5, 30.5]},
    "outside": {"type": "Point", "coordinates": [122.5, 30.5]},
    "across": {"type": "LineString", "coordinates": [[119.5, 30.5], [120.5, 30.5]]},
    "around": {"type": "Polygon", "coordinates": [[[119, 29], [122, 29], [122, 32], [119, 32], [119, 29]]]},
    "overlapping": {
        "type": "Polygon",
        "coordinates": [[[120.5, 30.5], [122, 30.5], [122, 32], [120.5, 32], [120.5, 30.5]]],
    },
    "same": {"type": "Polygon", "coordinates": [[[120, 30], [121, 30], [121, 31], [120, 31], [120, 30]]]},
}


def found(entities: list[dict[str, Any]], **parameters: str) -> set[str]:
    """The names of the entities that a query finds."""
    made = Entities("")
    for entity in entities:
        made.create(entity, CORE)
    page = made.query(CORE, {"local": "true", "limit": "100", **parameters})
    return {entity["id"].rpartition(":")[2] for entity in page.items}


def placed() -> list[dict[str, Any]]:
    """One entity for each place."""
    return [
        {"id": f"urn:x:{name}", "type": "T", "location": {"type": "GeoProperty", "value": place}}
        for name, place in PLACES.items()
    ]


@pytest.mark.parametrize(
    ("relation", "names"),
    [
        ("within", {"inside", "same"}),
        ("contains", {"around", "same"}),
        ("intersects", {"inside", "across", "around", "overlapping", "same"}),
        ("disjoint", {"outside"}),
        ("equals", {"same"}),
        ("overlaps", {"overlapping"}),
    ],
)
def test_each_relation_to_an_area_means_what_its_name_says(relation: str, names: set[str]) -> None:
    """After OGC Simple Features, the entity's place being the first of the two."""
    assert found(placed(), georel=relation, geometry="Polygon", coordinates=SQUARE) == names


def test_near_is_measured_in_metres() -> None:
    """A degree of longitude is 96 km at 30° north, not 111."""
    near = {"geometry": "Point", "coordinates": "[120,30]"}
    here = [
        {"id": f"urn:x:{name}", "type": "T", "location": {"type": "Point", "coordinates": [120 + east, 30.0]}}
        for name, east in (("close", 0.01), ("far", 1.0))
    ]
    assert found(here, georel="near;maxDistance==1000", **near) == {"close"}
    assert found(here, georel="near;maxDistance==97000", **near) == {"close", "far"}
    assert found(here, georel="near;minDistance==1000", **near) == {"far"}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("/City/North", {"a"}),
        ("/City/#", {"a", "b"}),
        ("/City/+", {"a"}),
        ("/City/+/Park", {"b"}),
        ("/City/North,/Sea", {"a", "c"}),
        ("/City/North;/Sea", set()),
        ("#", {"a", "b", "c"}),
    ],
)
def test_scopes_are_found_by_level(query: str, names: set[str]) -> None:
    """One level, any rest, one or the other, both."""
    scopes = {"a": "/City/North", "b": "/City/South/Park", "c": ["/Sea"], "d": None}
    entities = [
        {"id": f"urn:x:{name}", "type": "T", **({"scope": scope} if scope else {})} for name, scope in scopes.items()
    ]
    assert found(entities, scopeQ=query) == names


@pytest.mark.parametrize(
    ("types", "names"),
    [
        ("A", {"a", "ab"}),
        ("A,B", {"a", "b", "ab"}),
        ("A;B", {"ab"}),
        ("(A;B)|C", {"ab", "c"}),
        ("A|B", {"a", "b", "ab"}),
    ],
)
def test_types_are_chosen_by_expressions(types: str, names: set[str]) -> None:
    """An entity may have several."""
    kinds = {"a": "A", "b": "B", "ab": ["A", "B"], "c": "C"}
    entities = [{"id": f"urn:x:{name}", "type": kind} for name, kind in kinds.items()]
    assert found(entities, type=types) == names


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        {"type": "Point"},
        {"type": "Point", "coordinates": []},
        {"type": "Point", "coordinates": ["a", "b"]},
        {"type": "Point", "coordinates": [1e999, 0]},
        {"type": "Circle", "coordinates": [1, 2]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
        {"type": "LineString", "coordinates": [[0, 0]]},
    ],
)
def test_what_is_no_geometry_is_no_place(geometry: Any) -> None:
    """It would be found nowhere, or everywhere."""
    with pytest.raises(BrokerError):
        Entities("").create(
            {"id": "urn:x:1", "type": "T", "location": {"type": "GeoProperty", "value": geometry}}, CORE
        )
