"""Geometry of polylines, and local metres in WGS-84."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from touyan.core.entities import line_string, point
from touyan.core.geometry import Projection, point_along, polyline_length

CORNER = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]])
METRES = st.floats(-20_000, 20_000)


@given(METRES, METRES, st.floats(-179, 179), st.floats(-70, 70))
def test_metres_survive_the_way_to_degrees_and_back(x: float, y: float, longitude: float, latitude: float) -> None:
    """Things on the map must stand where the network has them, anywhere on Earth."""
    projection = Projection(longitude, latitude)
    there = projection.to_wgs84(np.array([[x, y]]))
    assert np.allclose(projection.to_metres(there), [[x, y]], atol=1e-4)


def test_a_degree_of_latitude_has_the_length_of_the_ellipsoid() -> None:
    """At 30° north WGS-84 gives 110,852 m for latitude and 96,486 m for longitude."""
    east, north = Projection(120.0, 30.0).metres_per_degree()
    assert (round(east), round(north)) == (96486, 110852)


def test_a_polyline_is_as_long_as_its_segments() -> None:
    """Lengths of lanes decide travel times, so 3 + 4 must be 7."""
    assert polyline_length(CORNER) == 7.0


@given(st.floats(-1, 9))
def test_a_point_along_a_polyline_lies_that_far_from_its_start(distance: float) -> None:
    """Vehicles are drawn there; beyond the ends they stay at the ends."""
    x, y = point_along(CORNER, distance)
    assert abs((x + y) - min(max(distance, 0.0), 7.0)) < 1e-9


def test_geojson_coordinates_are_longitude_latitude_to_the_centimetre() -> None:
    """RFC 7946 asks for this order; more digits only cost bytes."""
    assert point(np.array([120.123456789, 30.0])) == {"type": "Point", "coordinates": [120.1234568, 30.0]}
    assert line_string(np.array([[1.0, 2.0], [3.0, 4.0]]))["coordinates"] == [[1.0, 2.0], [3.0, 4.0]]
