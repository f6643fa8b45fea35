"""The cloud of a release: mass, the analytic plume, branches."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from touyan.core.errors import NotFoundError
from touyan.kernels.dispersion.puffs import COLUMNS, concentrations
from touyan.packs.environment.cloud import Cloud, Release, heights
from touyan.packs.environment.spread import CITY, GROUNDS, OPEN_COUNTRY, STABILITIES, plume, spread_of, stability_class
from touyan.packs.environment.trials import WAYS, mass_error, plume_error, steady_cloud
from touyan.packs.environment.winds import Setpoint, Wind

# Spreads at 1 km, computed by hand from Briggs' formulas: across and upward, open country and city.
AT_1_KM = {
    (OPEN_COUNTRY, "A"): (209.76, 200.0),
    (OPEN_COUNTRY, "B"): (152.55, 120.0),
    (OPEN_COUNTRY, "C"): (104.88, 73.03),
    (OPEN_COUNTRY, "D"): (76.28, 37.95),
    (OPEN_COUNTRY, "E"): (57.21, 23.08),
    (OPEN_COUNTRY, "F"): (38.14, 12.31),
    (CITY, "A"): (270.45, 339.41),
    (CITY, "C"): (185.93, 200.0),
    (CITY, "D"): (135.22, 122.79),
    (CITY, "F"): (92.97, 50.60),
}


def plain_concentration(
    puffs: np.ndarray[tuple[int, int], np.dtype[np.float64]], place: tuple[float, float, float]
) -> float:
    """The slow twin of the kernel: the formula as the book has it."""
    total = 0.0
    for x, y, mass, across, upward, height in puffs.tolist():
        away = (place[0] - x) ** 2 + (place[1] - y) ** 2
        mirrored = sum(math.exp(-((place[2] - each) ** 2) / (2 * upward**2)) for each in (height, -height))
        total += mass / ((2 * math.pi) ** 1.5 * across**2 * upward) * math.exp(-away / (2 * across**2)) * mirrored
    return total


def test_the_kernel_equals_its_plain_twin() -> None:
    """What is compiled must be what the formula says; far puffs may be left out."""
    random = np.random.default_rng(0)
    puffs = random.uniform([-500, -500, 0.1, 20, 10, 0], [500, 500, 5, 200, 80, 50], (40, COLUMNS))
    places = random.uniform([-900, -900, 0], [900, 900, 40], (30, 3))
    found = np.zeros(30)
    concentrations(puffs, places, found)
    told = [plain_concentration(puffs, place) for place in places.tolist()]
    np.testing.assert_allclose(found, told, rtol=1e-4)


@pytest.mark.parametrize(("ground", "stability"), list(AT_1_KM))
def test_spreads_are_those_of_briggs(ground: str, stability: str) -> None:
    """A slip in a coefficient would move every warned area."""
    spread = spread_of(stability, ground)
    way = np.array([1000.0])
    assert [spread.across.at(way)[0], spread.upward.at(way)[0]] == pytest.approx(AT_1_KM[ground, stability], rel=1e-3)


@pytest.mark.parametrize("ground", GROUNDS)
def test_a_less_stable_air_spreads_a_cloud_more(ground: str) -> None:
    """Classes are ordered; a table with two rows swapped would not be."""
    across = [spread_of(each, ground).across.at(np.array([3000.0]))[0] for each in STABILITIES]
    assert across == sorted(across, reverse=True)


def test_an_unknown_class_or_ground_is_refused_by_name() -> None:
    """A default would be a guess about people's safety."""
    with pytest.raises(NotFoundError, match="stability class 'G'"):
        spread_of("G")
    with pytest.raises(NotFoundError, match="kind of ground 'moor'"):
        spread_of("D", "moor")


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("stability", STABILITIES)
def test_in_a_steady_wind_the_puffs_are_the_analytic_plume(stability: str, ground: str) -> None:
    """Along the axis at the ground, where people are warned, within 2 % from 200 m to 10 km."""
    assert plume_error(stability, ground) <= 0.02


@pytest.mark.parametrize("stability", ["C", "D", "E", "F"])
def test_beside_the_axis_and_from_a_stack_it_is_the_plume_too(stability: str) -> None:
    """Within 2 % up to one spread aside; in unstable air the plume's formula leaves out spread along the wind."""
    spread, ways = spread_of(stability), WAYS[2:]
    aside = spread.across.at(ways)
    cloud = steady_cloud(stability, height=20.0)
    found = cloud.at(heights(np.column_stack([ways, aside])))
    np.testing.assert_allclose(found, plume(spread, 1.0, 4.0, 20.0, ways, aside), rtol=0.02)


@pytest.mark.parametrize("stability", STABILITIES)
def test_the_field_holds_the_mass_that_was_released(stability: str) -> None:
    """To 1 %, by integrating over space: what is not there cannot be breathed, nor can it come from nowhere."""
    assert mass_error(stability, OPEN_COUNTRY) <= 0.01


@given(
    some.lists(some.tuples(some.floats(0.01, 10), some.floats(0, 500), some.floats(1, 900)), min_size=1, max_size=4),
    some.integers(1, 90),
    some.floats(500, 20_000),
    some.integers(0, 2**31),
)
@settings(max_examples=30, deadline=None)
def test_what_is_in_the_air_and_what_has_left_is_what_was_released(
    terms: list[tuple[float, float, float]], steps: int, reach: float, seed: int
) -> None:
    """Whatever the wind does and whenever releases begin and end, no gram is lost in the books."""
    releases = [Release(0.0, 0.0, 1.0, rate, begin, lasting) for rate, begin, lasting in terms]
    wind = Wind((Setpoint(0.0, 6.0, 90.0),), turning=40.0, gusting=0.3, seed=seed)
    cloud = Cloud(releases, wind, spread_of("D"), 10.0, reach)
    for _ in range(steps):
        cloud.step()
    assert cloud.in_air + cloud.gone == pytest.approx(cloud.released, rel=1e-9, abs=1e-12)


def test_a_branch_goes_on_as_the_original_would_have() -> None:
    """What-if answers rest on branches that share nothing and miss nothing, the wind's chance included."""
    cloud = Cloud([Release(0, 0, 2, 1, 0, 300)], Wind((Setpoint(0, 3, 0),), 20, 0.2, seed=5), spread_of("C"))
    for _ in range(30):
        cloud.step()
    twin, before = cloud.branch(), cloud.puffs.copy()
    for _ in range(30):
        twin.step()
    np.testing.assert_array_equal(cloud.puffs, before)
    for _ in range(30):
        cloud.step()
    np.testing.assert_array_equal(cloud.puffs, twin.puffs)


def test_nothing_blows_against_the_wind() -> None:
    """A sign turned round would warn the wrong half of the city."""
    cloud = steady_cloud(seconds=600.0)
    west, east = cloud.at(np.array([[-1000.0, 0.0, 0.0], [1000.0, 0.0, 0.0]]))
    assert west < 1e-9 * east


@pytest.mark.parametrize(
    ("speed", "sun", "cloud", "expected"),
    [(1, 70, 0.2, "A"), (2.5, 20, 0.2, "C"), (4, 40, 0.5, "C"), (7, 70, 0, "C"), (1, -5, 0.1, "F"), (4, -5, 0.1, "E"),
     (4, -5, 0.8, "D"), (8, -5, 0, "D"), (1, 70, 1.0, "D")],
)  # fmt: skip
def test_the_stability_class_is_that_of_pasquills_table(speed: float, sun: float, cloud: float, expected: str) -> None:
    """Sunny and calm is unstable, a clear calm night is stable, wind or cloud is neutral."""
    assert stability_class(speed, sun, cloud) == expected
