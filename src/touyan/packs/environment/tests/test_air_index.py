"""China's air quality index, at every limit of its tables and just beside them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from touyan.packs.environment.air_index import (
    CO,
    HJ_633_2012,
    HJ_633_2026,
    LEVELS,
    NO2,
    O3,
    PM10,
    PM25,
    SO2,
    STANDARDS,
    Scale,
    air_quality_index,
    daily_concentrations,
    exceeding_pollutants,
    greatest_8h,
    hourly_concentrations,
    index_class,
    primary_pollutants,
    sub_index,
    sub_indices,
)

# Written down again from the published tables, one row a sub-index, so that a slip in either place is seen:
# IAQI, SO2 24 h, SO2 1 h, NO2 24 h, NO2 1 h, PM10 24 h, CO 24 h, CO 1 h, O3 1 h, O3 8 h, PM2.5 24 h of HJ 633-2012.
TABLE_2012 = """
  0    0    0    0     0    0   0    0     0    0    0
 50   50  150   40   100   50   2    5   160  100   35
100  150  500   80   200  150   4   10   200  160   75
150  475  650  180   700  250  14   35   300  215  115
200  800  800  280  1200  350  24   60   400  265  150
300 1600    -  565  2340  420  36   90   800  800  250
400 2100    -  750  3090  500  48  120  1000    -  350
500 2620    -  940  3840  600  60  150  1200    -  500
"""
COLUMNS = [(SO2, 0), (SO2, 1), (NO2, 0), (NO2, 1), (PM10, 0), (CO, 0), (CO, 1), (O3, 1), (O3, 0), (PM25, 0)]
CHANGED_IN_2026 = {(PM25, 100): 60.0, (PM10, 100): 120.0}


def limits() -> list[tuple[Scale, float, float]]:
    """Every limit of both standards: its scale, the concentration and the sub-index there."""
    found = []
    for line in TABLE_2012.strip().splitlines():
        index, *cells = line.split()
        for (name, hourly), cell in zip(COLUMNS, cells, strict=True):
            if cell == "-":
                continue
            for standard in STANDARDS.values():
                scale = (standard.hourly if hourly else standard.daily)[name]
                newer = CHANGED_IN_2026.get((name, int(index))) if standard is HJ_633_2026 else None
                found.append((scale, newer or float(cell), float(index)))
    return found


@pytest.mark.parametrize(("scale", "concentration", "index"), limits())
def test_the_index_at_a_limit_is_that_of_the_table(scale: Scale, concentration: float, index: float) -> None:
    """People act on classes, and classes change at these limits."""
    assert sub_index(scale, np.array(concentration)) == index


@pytest.mark.parametrize(("scale", "concentration", "index"), limits())
def test_just_over_a_limit_the_index_is_one_more(scale: Scale, concentration: float, index: float) -> None:
    """Rounding up is what the standard asks for: the smallest excess is an excess."""
    over = float(sub_index(scale, np.array(math.nextafter(concentration, math.inf) + 1e-6)))
    last = concentration == scale.limits[-1]
    assert over == index + 1 or (last and (over == scale.beyond or math.isnan(over)))


@pytest.mark.parametrize(("scale", "concentration", "index"), [row for row in limits() if row[1] > 0])
def test_just_under_a_limit_the_index_is_that_of_the_limit(scale: Scale, concentration: float, index: float) -> None:
    """Rounded up, nothing between two whole indices falls to the lower one."""
    assert sub_index(scale, np.array(concentration - 1e-6)) == index


@given(
    some.sampled_from([scale for standard in STANDARDS.values() for scale in (*standard.daily.values(),)]),
    some.floats(0, 5000),
    some.floats(0, 5000),
)
def test_more_of_a_pollutant_is_never_a_lower_index(scale: Scale, one: float, other: float) -> None:
    """An index that fell with rising pollution would calm people at the wrong time."""
    low, high = sub_index(scale, np.sort([one, other]))
    assert math.isnan(high) or low <= high


@given(some.integers(1, 500))
def test_whole_indices_have_no_rounding_error(index: int) -> None:
    """0.7 of 35 µg/m³ is 1 and not 1.0000000000000002, which would be rounded up to 2."""
    scale = HJ_633_2012.daily[PM25]
    concentration = np.interp(index, LEVELS, scale.limits)
    assert sub_index(scale, np.array(concentration)) == index


def test_what_no_air_can_hold_has_no_index() -> None:
    """A negative concentration is an instrument's fault and must not become clean air."""
    assert np.isnan(sub_index(HJ_633_2012.daily[PM25], np.array([-1.0, np.nan]))).all()


def test_above_the_last_limit_each_standard_says_what_holds() -> None:
    """The older standard leaves the hourly SO2 and the O3 of 8 h out, the newer one keeps their last value."""
    assert sub_index(HJ_633_2012.daily[PM25], np.array(900.0)) == 500
    assert np.isnan(sub_index(HJ_633_2012.hourly[SO2], np.array(801.0)))
    assert sub_index(HJ_633_2026.hourly[SO2], np.array(801.0)) == 200
    assert sub_index(HJ_633_2026.daily[O3], np.array(801.0)) == 300


def test_the_index_is_the_greatest_and_names_what_it_comes_from() -> None:
    """The primary pollutant is what a city can act on; up to 50 there is none, and ties are all told."""
    sub = sub_indices(
        HJ_633_2012.daily, {PM25: np.array([115.0, 30.0, np.nan, 75.0]), PM10: np.array([150.0, 20.0, np.nan, 150.0])}
    )
    assert air_quality_index(sub)[[0, 1, 3]].tolist() == [150, 43, 100]
    assert math.isnan(air_quality_index(sub)[2])
    assert primary_pollutants(sub) == [(PM25,), (), (), (PM25, PM10)]
    assert exceeding_pollutants(sub) == [(PM25,), (), (), ()]


def test_classes_begin_just_over_the_last_index_of_the_one_before() -> None:
    """Six classes with six colours are what most people know of the index."""
    index = np.array([0, 50, 51, 100, 101, 150, 151, 200, 201, 300, 301, 500, np.nan])
    np.testing.assert_array_equal(index_class(index), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, np.nan])


def test_a_daily_mean_needs_twenty_hours() -> None:
    """Half a day of clean hours must not pass for a clean day."""
    hours = np.full((24, 2), 80.0)
    hours[:4, 0] = np.nan
    hours[:5, 1] = np.nan
    mean = daily_concentrations({PM25: hours})[PM25]
    assert mean[0] == 80
    assert math.isnan(mean[1])


def test_ozone_of_a_day_is_its_greatest_mean_of_eight_hours() -> None:
    """The afternoon's peak counts; a mean of the whole day would hide it."""
    hours = np.full((24, 1), 20.0)
    hours[12:20] = 180.0
    assert greatest_8h(hours)[0] == 180
    assert daily_concentrations({O3: hours})[O3][0] == 180


def test_ozone_with_too_few_hours_counts_only_over_the_limit() -> None:
    """What is over the limit in any eight hours is so whatever the rest of the day was."""
    hours = np.full((24, 2), np.nan)
    hours[10:18, 0], hours[10:18, 1] = 170.0, 90.0
    greatest = greatest_8h(hours)
    assert greatest[0] == 170
    assert math.isnan(greatest[1])


def test_hourly_reports_take_particles_as_their_standard_says() -> None:
    """One bad hour is an episode under the newer standard and a twenty-fourth of one under the older."""
    hours = {PM25: np.r_[np.full(23, 24.0), 264.0][:, None], NO2: np.full((24, 1), 40.0)}
    assert hourly_concentrations(HJ_633_2012, hours)[PM25][0] == 34
    newer = hourly_concentrations(HJ_633_2026, hours)
    assert newer[PM25][0] == 264
    assert newer[NO2][0] == 40
