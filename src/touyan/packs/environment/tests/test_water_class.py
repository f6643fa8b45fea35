"""Classes of surface water, at every limit of GB 3838-2002's table 1 and just beside them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from touyan.packs.environment.water_class import (
    AT_MOST,
    AT_MOST_IN_LAKES,
    NITROGEN,
    OXYGEN,
    PH,
    PHOSPHORUS,
    SATURATION,
    deciding_factors,
    factor_class,
    factor_classes,
    water_class,
)

# Written down again from the published table, in its order: name, Ⅰ, Ⅱ, Ⅲ, Ⅳ, Ⅴ.
TABLE_1 = """
permanganateIndex 2 4 6 10 15
chemicalOxygenDemand 15 15 20 30 40
biochemicalOxygenDemand 3 3 4 6 10
ammoniaNitrogen 0.15 0.5 1.0 1.5 2.0
totalPhosphorus 0.02 0.1 0.2 0.3 0.4
copper 0.01 1.0 1.0 1.0 1.0
zinc 0.05 1.0 1.0 2.0 2.0
fluoride 1.0 1.0 1.0 1.5 1.5
selenium 0.01 0.01 0.01 0.02 0.02
arsenic 0.05 0.05 0.05 0.1 0.1
mercury 0.00005 0.00005 0.0001 0.001 0.001
cadmium 0.001 0.005 0.005 0.005 0.01
hexavalentChromium 0.01 0.05 0.05 0.05 0.1
lead 0.01 0.01 0.05 0.05 0.1
cyanide 0.005 0.05 0.2 0.2 0.2
volatilePhenol 0.002 0.002 0.005 0.01 0.1
petroleum 0.05 0.05 0.05 0.5 1.0
anionicSurfactant 0.2 0.2 0.2 0.3 0.3
sulfide 0.05 0.1 0.2 0.5 1.0
faecalColiforms 200 2000 10000 20000 40000
"""
ROWS = {
    name: [float(cell) for cell in cells] for name, *cells in (line.split() for line in TABLE_1.split("\n") if line)
}
LIMITS = [(name, place, limit) for name, row in ROWS.items() for place, limit in enumerate(row, 1)]
OXYGEN_LIMITS = [(7.5, 1), (6.0, 2), (5.0, 3), (3.0, 4), (2.0, 5)]


@pytest.mark.parametrize(("name", "place", "limit"), LIMITS)
def test_a_value_at_a_limit_is_of_the_best_class_with_that_limit(name: str, place: int, limit: float) -> None:
    """Limits are inclusive; classes with equal limits are one, and the better one is told."""
    best = ROWS[name].index(limit) + 1
    assert factor_class(name, np.array(limit)) == best <= place


@pytest.mark.parametrize(("name", "place", "limit"), LIMITS)
def test_a_value_just_over_a_limit_is_of_the_next_class(name: str, place: int, limit: float) -> None:
    """A discharge that exceeds by the least must be seen."""
    worse = 1 + sum(each <= limit for each in ROWS[name])
    assert factor_class(name, np.array(math.nextafter(limit, math.inf))) == worse > place


@pytest.mark.parametrize(("least", "place"), OXYGEN_LIMITS)
def test_oxygen_counts_the_other_way_round(least: float, place: int) -> None:
    """Fish need it: less is worse."""
    assert factor_class(OXYGEN, np.array(least)) == place
    assert factor_class(OXYGEN, np.array(math.nextafter(least, 0))) == place + 1


@pytest.mark.parametrize(("value", "place"), [(6.0, 1), (9.0, 1), (5.99, 6), (9.01, 6)])
def test_acid_and_lye_are_worse_than_any_class(value: float, place: int) -> None:
    """The table allows 6 to 9 in every class."""
    assert factor_class(PH, np.array(value)) == place


def test_lakes_have_stricter_phosphorus_and_nitrogen_counts() -> None:
    """Standing water turns green at what a river carries away."""
    for place, (phosphorus, nitrogen) in enumerate(
        zip([0.01, 0.025, 0.05, 0.1, 0.2], [0.2, 0.5, 1, 1.5, 2], strict=True), 1
    ):
        for name, limit in ((PHOSPHORUS, phosphorus), (NITROGEN, nitrogen)):
            assert factor_class(name, np.array(limit), lake=True) == place
            assert factor_class(name, np.array(math.nextafter(limit, 1e9)), lake=True) == place + 1
    assert NITROGEN not in factor_classes({NITROGEN: np.array([9.0])}, lake=False)


def test_the_worst_factor_makes_the_class_and_is_named() -> None:
    """Single-factor judgement: one bad value cannot be averaged away."""
    classes = factor_classes({"ammoniaNitrogen": np.array([0.4, 1.8]), "lead": np.array([0.005, np.nan])})
    assert water_class(classes).tolist() == [2, 5]
    assert deciding_factors(classes) == [(), ("ammoniaNitrogen",)]


def test_oxygen_near_saturation_is_of_the_first_class() -> None:
    """Warm water holds less than 7.5 mg/l however clean it is."""
    values = {OXYGEN: np.array([6.8, 6.8, np.nan]), SATURATION: np.array([0.92, 0.8, 0.95])}
    np.testing.assert_array_equal(factor_classes(values)[OXYGEN], [1, 2, np.nan])


@given(some.sampled_from([*AT_MOST_IN_LAKES]), some.booleans(), some.lists(some.floats(0, 1e5), min_size=2, max_size=2))
def test_more_of_a_substance_is_never_a_better_class(name: str, lake: bool, two: list[float]) -> None:
    """A class that rose with pollution would reward it."""
    if name in AT_MOST or lake:
        better, worse = factor_class(name, np.sort(two), lake)
        assert better <= worse


def test_what_no_water_can_hold_has_no_class() -> None:
    """A negative concentration is an instrument's fault and must not become clean water."""
    assert np.isnan(factor_class("lead", np.array([-0.1, np.nan]))).all()
    assert np.isnan(factor_class(PH, np.array([-1.0, 15.0]))).all()
