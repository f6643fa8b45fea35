"""Where a release comes from, estimated from stations in a wandering wind."""

from __future__ import annotations

import numpy as np
import pytest

from touyan.core.geometry import Projection
from touyan.kernels.dispersion.footprints import footprints
from touyan.packs.environment.cloud import Cloud, Release, heights
from touyan.packs.environment.locating import Found, Readings, excess_over, locate, wind_record
from touyan.packs.environment.network import made_network
from touyan.packs.environment.spread import spread_of
from touyan.packs.environment.winds import Setpoint, Wind

WIDTH_M, STEP_S, NOISE = 8000.0, 10.0, 0.1


def searched(seed: int, stations: int = 10) -> tuple[Found, Release, bool]:
    """An hour's release somewhere, what the search finds, and whether any station saw it."""
    random = np.random.default_rng([seed, 99])
    places = heights(made_network(stations, WIDTH_M, seed, Projection()).places, 3.0)
    east, north = random.uniform(-WIDTH_M / 3, WIDTH_M / 3, 2)
    release = Release(east, north, 2.0, random.uniform(0.05, 0.5), float(random.integers(0, 3)) * 300, 1e9)
    wind = Wind((Setpoint(0.0, random.uniform(1.5, 5), random.uniform(0, 360)),), 15.0, 0.15, seed=seed)
    cloud = Cloud([release], wind, spread_of("D", "city"), STEP_S, 1e6)
    speeds, directions, moments, seen = [], [], [], []
    for _ in range(360):
        speed, direction = wind.at(cloud.seconds)
        speeds.append(speed * random.normal(1, 0.05))
        directions.append(np.radians(direction + random.normal(0, 3)))
        cloud.step()
        if cloud.seconds % 300 == 0:
            moments.append(cloud.seconds)
            seen.append(cloud.at(places))
    true = np.array(seen)
    noisy = true * random.normal(1, NOISE, true.shape) + random.normal(0, 1e-9, true.shape)
    readings = Readings(places, np.array(moments), excess_over(np.zeros(stations), noisy))
    found = locate(readings, wind_record(STEP_S, speeds, directions), spread_of("D", "city"), WIDTH_M / 2)
    return found, release, bool((true > 5e-9).any())


def away(found: Found, release: Release) -> float:
    """Metres between the source and what was found."""
    return float(np.hypot(found.x - release.x, found.y - release.y))


def test_the_source_is_found_within_300_m_and_its_uncertainty_is_honest() -> None:
    """Median of the releases that any station sees; sources that none sees must be told as uncertain."""
    runs = [searched(seed) for seed in range(12)]
    assert np.median([away(found, release) for found, release, seen in runs if seen]) <= 300
    unseen = [found.spread_m for found, _, seen in runs if not seen]
    sharp = [found.spread_m for found, _, seen in runs if seen]
    assert min(unseen) > 3 * np.median(sharp)
    assert np.median([away(found, release) / found.spread_m for found, release, _ in runs]) < 3


def test_the_footprint_of_one_birth_is_the_concentration_of_one_puff() -> None:
    """Search and simulation must speak of the same cloud."""
    cloud = Cloud([Release(100.0, -50.0, 2.0, 1.0, 0.0, 10.0)], Wind((Setpoint(0, 3, 250),)), spread_of("D"))
    for _ in range(20):
        cloud.step()
    x, y, mass, across, upward, height = cloud.puffs[0].tolist()
    place = np.array([[x + 30.0, y + 10.0, 3.0]])
    found = np.zeros((1, 1, 1))
    drift = np.array([[[x - 100.0, y + 50.0, across, upward]]])
    footprints(np.array([[100.0, -50.0]]), place, drift, np.array([1]), np.array([0]), height, found)
    assert found[0, 0, 0] * mass == pytest.approx(cloud.at(place)[0])


def test_readings_below_the_background_are_no_release() -> None:
    """Clean air at one station must not count as a negative source."""
    assert excess_over(np.array([2.0, 2.0]), np.array([1.0, np.nan])).tolist()[0] == 0
