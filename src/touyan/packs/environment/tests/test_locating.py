"""Where a release comes from, estimated from stations in a wandering wind."""

from __future__ import annotations

import numpy as np
import pytest

from touyan.kernels.dispersion.footprints import footprints
from touyan.packs.environment.cloud import Cloud, Release
from touyan.packs.environment.locating import excess_over
from touyan.packs.environment.spread import spread_of
from touyan.packs.environment.trials import search
from touyan.packs.environment.winds import Setpoint, Wind


def test_the_source_is_found_within_300_m_and_its_uncertainty_is_honest() -> None:
    """Median of the releases that any station sees; sources that none sees must be told as uncertain."""
    runs = [search(seed) for seed in range(12)]
    seen = [run for run in runs if run.seen]
    assert np.median([run.error_m for run in seen]) <= 300
    unseen = [run.found.spread_m for run in runs if not run.seen]
    assert min(unseen) > 3 * np.median([run.found.spread_m for run in seen])
    assert np.median([run.error_m / run.found.spread_m for run in runs]) < 3


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
