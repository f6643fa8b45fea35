"""NGSI-LD entities (ETSI GS CIM 009): the public shape of things in the city."""

from __future__ import annotations

from typing import Any

import msgspec

from .geometry import Points


class Entity(msgspec.Struct, frozen=True):
    """A thing with an id, a type and properties, in NGSI-LD terms."""

    id: str
    type: str
    properties: dict[str, Any] = {}
    location: dict[str, Any] | None = None

    def as_feature(self) -> dict[str, Any]:
        """The entity as a GeoJSON feature (RFC 7946)."""
        return {
            "type": "Feature",
            "id": self.id,
            "geometry": self.location,
            "properties": {"type": self.type, **self.properties},
        }


def urn(entity_type: str, name: str) -> str:
    """The NGSI-LD URI of a named entity."""
    return f"urn:ngsi-ld:{entity_type}:{name}"


def type_in(identifier: str) -> str:
    """The entity type that an NGSI-LD URI names; empty where it names none."""
    parts = identifier.split(":", 3)
    return parts[2] if len(parts) == 4 else ""


def name_in(identifier: str) -> str:
    """The name at the end of an NGSI-LD URI; the identifier itself where it is no URI."""
    return identifier.split(":", 3)[-1]


def line_string(degrees: Points) -> dict[str, Any]:
    """GeoJSON LineString from longitude/latitude rows, shape (n, 2)."""
    return {"type": "LineString", "coordinates": degrees.round(7).tolist()}


def point(degrees: Points) -> dict[str, Any]:
    """GeoJSON Point from one longitude/latitude pair, shape (2,)."""
    return {"type": "Point", "coordinates": degrees.round(7).tolist()}
