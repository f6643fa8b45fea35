"""Geometries and geo-queries (clause 4.10): near, within, contains, intersects, equals, disjoint, overlaps."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import shapely
import shapely.ops
from shapely.geometry.base import BaseGeometry

from .refusals import bad_data
from .terms import GEOMETRIES

METRES_PER_DEGREE = 111_319.49
_EARTH_RADIUS_M = 6_371_008.8
_NEAR = re.compile(r"near;(maxDistance|minDistance)==(\d+(?:\.\d+)?)", re.ASCII)
_RELATIONS = {"within", "contains", "intersects", "equals", "disjoint", "overlaps"}


def check_geometry(value: object, name: str) -> None:
    """Refuse what is no GeoJSON geometry (RFC 7946)."""
    geometry_of(value, name)


def geometry_of(value: object, name: str) -> BaseGeometry:
    """The shape of a GeoJSON geometry; BadRequestData when it is none."""
    if isinstance(value, dict) and value.get("type") in GEOMETRIES:
        try:
            shape = shapely.from_geojson(msgspec.json.encode(value))
        except (shapely.errors.ShapelyError, ValueError, TypeError, OverflowError):
            shape = None
        if shape is not None and not shape.is_empty and all(map(math.isfinite, shape.bounds)):
            return shape
    raise bad_data(f"{name[:80]}: expected a GeoJSON geometry such as {{'type': 'Point', 'coordinates': [8.5, 41.2]}}")


class GeoQuery(NamedTuple):
    """What a geo-query asks of a GeoProperty; `attribute` is its IRI."""

    relation: str
    shape: BaseGeometry
    attribute: str
    nearest: float = 0.0
    furthest: float = math.inf

    def matches(self, value: object) -> bool:
        """Whether a GeoJSON value is where the query asks."""
        try:
            other = _shape(msgspec.json.encode(value))
        except (shapely.errors.ShapelyError, TypeError, ValueError):
            return False
        if self.relation == "near":
            return self.nearest <= distance_m(other, self.shape) <= self.furthest
        return bool(getattr(other, self.relation)(self.shape))


@lru_cache(65_536)
def _shape(geojson: bytes) -> BaseGeometry:
    shape: BaseGeometry = shapely.from_geojson(geojson)
    return shape


def geo_query(relation: str, geometry: str, coordinates: Any, attribute: str) -> GeoQuery:
    """A geo-query from its parameters; BadRequestData for what does not hold together."""
    if isinstance(coordinates, str):
        try:
            coordinates = msgspec.json.decode(coordinates)
        except (msgspec.DecodeError, RecursionError):
            raise bad_data("coordinates: expected a JSON array") from None
    if geometry not in GEOMETRIES:
        raise bad_data(f"geometry: found {str(geometry)[:40]!r}; expected one of {', '.join(sorted(GEOMETRIES))}")
    shape = geometry_of({"type": geometry, "coordinates": coordinates}, "coordinates")
    near = _NEAR.fullmatch(relation)
    if near:
        distance = float(near[2])
        bounds = (0.0, distance) if near[1] == "maxDistance" else (distance, math.inf)
        return GeoQuery("near", shape, attribute, *bounds)
    if relation not in _RELATIONS:
        raise bad_data(
            f"georel: found {relation[:80]!r}; expected near;maxDistance==metres or one of {sorted(_RELATIONS)}"
        )
    return GeoQuery(relation, shape, attribute)


def distance_m(one: BaseGeometry, other: BaseGeometry) -> float:
    """The shortest way between two shapes over the sphere, metres."""
    here, there = shapely.ops.nearest_points(one, other) if one.distance(other) > 0 else (None, None)
    if here is None or there is None:
        return 0.0
    return _haversine(here.x, here.y, there.x, there.y)


def _haversine(longitude: float, latitude: float, other_longitude: float, other_latitude: float) -> float:
    north, south = math.radians(latitude), math.radians(other_latitude)
    half = math.sin((south - north) / 2) ** 2
    half += math.cos(north) * math.cos(south) * math.sin(math.radians(other_longitude - longitude) / 2) ** 2
    return 2 * _EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, half)))
