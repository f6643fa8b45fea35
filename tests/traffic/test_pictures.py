"""A city seen from above: where roads and vehicles are drawn."""

from __future__ import annotations

import numpy as np

from touyan.core.protocols import Scene
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.pictures import Picture

NETWORK = grid_network(1, 3)
GROUND, ROAD = (24, 26, 32), (72, 76, 86)


def scene(*vehicles: tuple[float, float, float]) -> Scene:
    """Vehicles at (x, y) with a speed."""
    x, y, speed = np.array(vehicles, np.float32).reshape(-1, 3).T
    return Scene(0.0, np.arange(len(vehicles), dtype=np.uint32), x, y, speed, np.zeros_like(x))


def places(
    picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], colour: tuple[int, int, int]
) -> set[tuple[int, int]]:
    """The pixels of a colour."""
    return set(zip(*(found.tolist() for found in np.nonzero((picture == colour).all(axis=2))), strict=True))


def test_roads_run_through_the_picture_and_the_rest_is_ground() -> None:
    """Three crossings in a row: the street from west to east, wider than high."""
    picture = Picture(NETWORK, 400).of(scene())
    height, width, _ = picture.shape
    assert width == 400
    assert height < width
    roads = places(picture, ROAD)
    assert len(roads) + len(places(picture, GROUND)) == height * width
    columns = {column for _, column in roads}
    assert columns == set(range(8, 392)), "no gap from one end of the street to the other"


def test_a_vehicle_is_a_square_whose_colour_is_its_speed() -> None:
    """Red stands, green drives at the limit; north is up."""
    low, high = NETWORK.drivable_shape.points.min(axis=0), NETWORK.drivable_shape.points.max(axis=0)
    limit = float(NETWORK.lane_speed_limit.max())
    picture = Picture(NETWORK, 400).of(scene((low[0], high[1], 0.0), (high[0], low[1], limit)))
    height, width, _ = picture.shape
    assert places(picture, (230, 70, 60)) == {(row, column) for row in (7, 8, 9) for column in (7, 8, 9)}
    assert places(picture, (90, 210, 120)) == {
        (row, column) for row in range(height - 10, height - 7) for column in range(width - 10, width - 7)
    }


def test_what_lies_outside_is_drawn_at_the_edge() -> None:
    """A vehicle beyond the last lane must not break the film."""
    far = 1e6
    picture = Picture(NETWORK, 400).of(scene((-far, -far, 0.0), (far, far, 0.0)))
    assert places(picture, (230, 70, 60)) >= {(0, 399), (picture.shape[0] - 1, 0)}


def test_a_picture_does_not_stain_the_next_one() -> None:
    """Each frame begins with empty roads."""
    pictures = Picture(NETWORK, 400)
    empty = pictures.of(scene())
    pictures.of(scene((0.0, 0.0, 5.0)))
    assert (pictures.of(scene()) == empty).all()
