"""Means and intervals: what few runs allow to say."""

from __future__ import annotations

import math
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touyan.simulation.statistics import Estimate, estimate, t_quantile

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30)


def bounds(told: Estimate) -> tuple[float, float]:
    """The interval, which must be there."""
    assert told.low is not None
    assert told.high is not None
    return told.low, told.high


@pytest.mark.parametrize(
    ("degrees", "quantile"),
    [(1, 12.70620), (2, 4.30265), (3, 3.18245), (9, 2.26216), (10, 2.22814), (29, 2.04523), (120, 1.97993)],
)
def test_quantiles_are_those_of_the_tables(degrees: int, quantile: float) -> None:
    """Student's distribution is tabulated in every textbook; ours must be the same."""
    assert t_quantile(0.975, degrees) == pytest.approx(quantile, abs=6e-6)


def test_other_confidences_have_their_own_quantiles() -> None:
    """A reader may ask for 99 %: the textbook's 3.24984 at nine degrees of freedom."""
    assert t_quantile(0.995, 9) == pytest.approx(3.24984, abs=6e-6)
    assert t_quantile(0.75, 1) == pytest.approx(1.0)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    """This is what 95 % means: of 2,000 experiments about 1,900 hold the true mean."""
    chance = np.random.default_rng(1)
    drawn = [estimate(chance.normal(5.0, 2.0, 6).tolist()) for _ in range(2000)]
    covered = sum(bounds(each)[0] <= 5.0 <= bounds(each)[1] for each in drawn)
    assert 1900 - 40 <= covered <= 1900 + 40  # four standard deviations


def test_a_worked_example_comes_out() -> None:
    """Four values by hand: mean 5, standard deviation 2·√(5/3), half width 3.18245 of it over 2."""
    told = estimate([2.0, 4.0, 6.0, 8.0])
    half = 3.182446 * 2 * math.sqrt(5 / 3) / 2
    assert (told.mean, told.count) == (5.0, 4)
    assert bounds(told) == pytest.approx((5 - half, 5 + half), abs=1e-5)


@given(VALUES)
def test_the_mean_lies_within_its_interval(values: list[float]) -> None:
    """An interval beside its own mean would be absurd."""
    told = estimate(values)
    low, high = bounds(told)
    assert low <= fmean(values) <= high
    assert told.mean == fmean(values)


@given(VALUES, st.floats(-100, 100))
def test_a_shift_of_all_values_shifts_the_interval(values: list[float], shift: float) -> None:
    """The width speaks of chance alone, not of where zero was put."""
    told, moved = estimate(values), estimate([value + shift for value in values])
    widths = [high - low for low, high in map(bounds, (told, moved))]
    assert widths[1] == pytest.approx(widths[0], rel=1e-6, abs=1e-6)


def test_one_run_says_nothing_of_chance() -> None:
    """Nobody may read a difference out of a single run."""
    told = estimate([3.0])
    assert (told.mean, told.low, told.high) == (3.0, None, None)
    assert not told.differs_from_zero


def test_an_unknown_value_makes_the_whole_unknown() -> None:
    """A mean over the runs that happened to have a value would be another figure."""
    told = estimate([1.0, math.nan, 2.0])
    assert told == Estimate(None, None, None, 3)
    assert not told.differs_from_zero
    assert estimate([]) == Estimate(None, None, None, 0)


@pytest.mark.parametrize(
    ("values", "differs"), [([1.0, 1.1, 0.9], True), ([1.0, -1.1, 0.9], False), ([0.0] * 3, False)]
)
def test_a_difference_is_one_when_zero_lies_outside_the_interval(values: list[float], differs: bool) -> None:
    """This is the one word that most readers take from the table."""
    assert estimate(values).differs_from_zero is differs
