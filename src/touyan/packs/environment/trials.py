"""Trials of the air's world, with the truth known: for the benchmark and for tests."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.core.geometry import Projection

from .cloud import Cloud, Release, heights
from .locating import Found, Readings, excess_over, locate, wind_record
from .network import made_network
from .spread import OPEN_COUNTRY, plume, spread_of
from .winds import Setpoint, Wind

Column = NDArray[np.float64]

WAYS = np.array([200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0])
"""Distances (m) at which the plume is looked at."""

_WIDTH_M = 8000.0
_SEEN = 5e-9
"""kg/m³ from a release at which a station counts as having seen it."""


def steady_cloud(
    stability: str = "D",
    ground: str = OPEN_COUNTRY,
    *,
    height: float = 0.0,
    speed: float = 4.0,
    seconds: float = 6000.0,
    step_s: float = 2.0,
    for_s: float = 1e9,
) -> Cloud:
    """A release of 1 kg/s in a steady west wind."""
    release = Release(0.0, 0.0, height, 1.0, 0.0, for_s)
    cloud = Cloud([release], Wind((Setpoint(0.0, speed, 270.0),)), spread_of(stability, ground), step_s, 1e6)
    while cloud.seconds < seconds:
        cloud.step()
    return cloud


def plume_error(stability: str, ground: str) -> float:
    """The greatest relative difference to the plume along its axis."""
    axis = np.zeros(len(WAYS))
    found = steady_cloud(stability, ground).at(heights(np.column_stack([WAYS, axis])))
    told = plume(spread_of(stability, ground), 1.0, 4.0, 0.0, WAYS, axis)
    return float(np.abs(found / told - 1.0).max())


def mass_on_grid(cloud: Cloud) -> float:
    """Kilograms over all of space, by integrating the field."""
    puffs = cloud.puffs
    margin = 4.5 * puffs[:, 3:5].max(axis=0)
    axes = [np.linspace(puffs[:, axis].min() - margin[0], puffs[:, axis].max() + margin[0], 81) for axis in (0, 1)]
    up = np.linspace(0.0, puffs[:, 5].max() + margin[1], 61)
    points = np.stack(np.meshgrid(*axes, up, indexing="ij"), axis=-1)
    field: Column = cloud.at(points.reshape(-1, 3)).reshape(points.shape[:-1])
    for axis in (up, axes[1], axes[0]):
        field = np.trapezoid(field, axis, axis=-1)
    return float(field)


def mass_error(stability: str, ground: str) -> float:
    """Relative error of the integral of the field."""
    cloud = steady_cloud(stability, ground, seconds=300.0, for_s=60.0, height=15.0, step_s=10.0)
    return abs(mass_on_grid(cloud) / 60.0 - 1.0)


class Search(NamedTuple):
    """A source, what was found, and whether any station saw it."""

    release: Release
    found: Found
    seen: bool

    @property
    def error_m(self) -> float:
        """Metres between both."""
        return float(np.hypot(self.found.x - self.release.x, self.found.y - self.release.y))


def search(seed: int, stations: int = 10, noise: float = 0.1) -> Search:
    """An hour's release, looked for with readings that have errors.

    The rate is 0.05 to 0.5 kg/s from up to 10 minutes after the first reading on; the wind wanders by 15° and 15 %
    and is measured to 3° and 5 %, once in 10 s; stations report each 5 minutes with relative noise.
    """
    random = np.random.default_rng([seed, 99])
    places = heights(made_network(stations, _WIDTH_M, seed, Projection()).places, 3.0)
    east, north = random.uniform(-_WIDTH_M / 3, _WIDTH_M / 3, 2).tolist()
    release = Release(east, north, 2.0, random.uniform(0.05, 0.5), float(random.integers(0, 3)) * 300, 1e9)
    wind = Wind((Setpoint(0.0, random.uniform(1.5, 5), random.uniform(0, 360)),), 15.0, 0.15, seed=seed)
    cloud = Cloud([release], wind, spread_of("D", "city"), 10.0, 1e6)
    winds, moments, seen = [], [], []
    for _ in range(360):
        speed, direction = wind.at(cloud.seconds)
        winds.append((speed * random.normal(1, 0.05), np.radians(direction + random.normal(0, 3))))
        cloud.step()
        if cloud.seconds % 300 == 0:
            moments.append(cloud.seconds)
            seen.append(cloud.at(places))
    true = np.array(seen)
    noisy = true * random.normal(1, noise, true.shape) + random.normal(0, 1e-9, true.shape)
    readings = Readings(places, np.array(moments), excess_over(np.zeros(stations), noisy))
    record = wind_record(10.0, *zip(*winds, strict=True))
    found = locate(readings, record, spread_of("D", "city"), _WIDTH_M / 2, noise=noise)
    return Search(release, found, bool((true > _SEEN).any()))
