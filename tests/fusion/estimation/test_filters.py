"""Estimation: combinations and filters agree with the plain formulas, and say truly how sure they are."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touyan.fusion.estimation.combining import Estimates, inverse_variance
from touyan.fusion.estimation.counting import GammaBeliefs
from touyan.fusion.estimation.field import Belief, FieldFilter, Prior, Sensing, draws, log_score
from touyan.fusion.estimation.kalman import KalmanBank
from touyan.fusion.estimation.tuning import tuned

FINITE = st.floats(-1e3, 1e3)
VARIANCE = st.floats(1e-3, 1e3)


@given(st.lists(st.tuples(FINITE, VARIANCE), min_size=1, max_size=5))
def test_a_combination_is_surer_than_each_and_lies_between_them(measured: list[tuple[float, float]]) -> None:
    """Otherwise a second sensor would make things worse."""
    values, variances = (np.array(column)[:, None] for column in zip(*measured, strict=True))
    value, variance = inverse_variance(values, variances)
    assert variance[0] <= variances.min() * (1 + 1e-9)
    assert values.min() - 1e-6 <= value[0] <= values.max() + 1e-6


def test_silent_sources_do_not_count_and_silence_of_all_is_told() -> None:
    """A missing value is no zero."""
    values = np.array([[1.0, np.nan, np.nan], [3.0, 5.0, np.nan]])
    value, variance = inverse_variance(values, np.full((2, 3), 2.0))
    assert value[:2].tolist() == [2.0, 5.0]
    assert variance.tolist() == [1.0, 2.0, np.inf]
    assert np.isnan(value[2])


def test_a_bank_of_filters_is_many_plain_filters() -> None:
    """Vectorised over entities, and each as the textbook has it."""
    random = np.random.default_rng(1)
    bank = KalmanBank(random.normal(size=50), random.uniform(1, 2, 50), 0.8)
    measured = random.normal(size=(20, 50))
    measured[random.random((20, 50)) < 0.3] = np.nan
    noise = random.uniform(0.1, 1.0, (20, 50))
    state = bank.begin()
    for row in range(20):
        state = bank.update(bank.predict(state), measured[row], noise[row])
    for entity in (0, 17, 49):
        value, variance = bank.usual[entity], bank.spread[entity]
        for row in range(20):
            value = bank.usual[entity] + 0.8 * (value - bank.usual[entity])
            variance = 0.64 * variance + 0.36 * bank.spread[entity]
            if not np.isnan(measured[row, entity]):
                gain = variance / (variance + noise[row, entity])
                value, variance = value + gain * (measured[row, entity] - value), (1 - gain) * variance
        assert (state.value[entity], state.variance[entity]) == pytest.approx((value, variance))


def test_a_filter_returns_to_what_is_usual_when_nothing_is_heard() -> None:
    """Old news must lose its weight."""
    bank = KalmanBank(np.zeros(1), np.ones(1), 0.5)
    state = bank.predict(Estimates(np.array([8.0]), np.array([0.0])), steps=3.0)
    assert (state.value[0], state.variance[0]) == pytest.approx((1.0, 1 - 0.5**6))


def test_a_surprise_is_told_in_standard_deviations() -> None:
    """Detectors of faults ask how unlikely a reading is."""
    surprise = KalmanBank.surprise(Estimates(np.zeros(1), np.array([3.0])), np.array([4.0]), np.array([1.0]))
    assert surprise[0] == 2.0


def _same(sensing: Sensing, _: object) -> Sensing:
    return sensing


def simulated(steps: int, seed: int) -> tuple[Prior, np.ndarray, list[np.ndarray], list[Belief]]:
    """A field made by its own law, seen at a third of its places, and what the filter makes of it."""
    random = np.random.default_rng(seed)
    size, memory = 12, 0.7
    root = random.normal(size=(size, 3))
    prior = Prior(random.normal(size=size), root @ root.T + 0.2 * np.eye(size), memory)
    filter_, rows = FieldFilter(prior), np.eye(size)[:4]
    level = random.multivariate_normal(prior.usual, prior.spread)
    truths, beliefs = [], []
    for step in range(steps):
        if step:
            change = random.multivariate_normal(np.zeros(size), (1 - memory**2) * prior.spread)
            level = prior.usual + memory * (level - prior.usual) + change
        truth = level + random.normal(size=size) * 0.5
        sensing = Sensing(rows, rows @ truth + random.normal(size=4) * 0.3, np.full(4, 0.09))
        beliefs.append(filter_.step(lambda level: np.full(len(level), 0.25), partial(_same, sensing)))
        truths.append(truth)
    return prior, rows, truths, beliefs


def test_places_without_a_sensor_are_filled_from_their_neighbours() -> None:
    """What is seen must tell of what is not, else half the city stays dark."""
    prior, _, truths, beliefs = simulated(300, 3)
    errors = np.array([belief.mean - truth for truth, belief in zip(truths, beliefs, strict=True)])[:, 4:]
    usual = np.array([prior.usual - truth for truth in truths])[:, 4:]
    assert (errors**2).mean() < 0.5 * (usual**2).mean()


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """An interval that is too narrow misleads whoever decides by it."""
    inside = []
    for seed in range(4):
        _, _, truths, beliefs = simulated(150, seed)
        inside += [
            np.abs(belief.mean - truth) <= 1.645 * np.sqrt(belief.variance)
            for truth, belief in zip(truths, beliefs, strict=True)
        ]
    assert 0.88 <= np.mean(inside) <= 0.95


def test_a_field_of_one_place_is_a_plain_filter() -> None:
    """The general case must hold the simple one."""
    filter_ = FieldFilter(Prior(np.array([1.0]), np.array([[4.0]]), 0.5))
    belief = filter_.step(lambda level: np.array([0.0]), lambda level: Sensing(np.eye(1), np.array([2.0]), np.ones(1)))
    assert (belief.mean[0], belief.variance[0]) == pytest.approx((1.8, 0.8))


def test_a_field_that_was_believed_too_firmly_is_doubted() -> None:
    """A city that changes must not be explained away by what was usual."""
    usual = Prior(np.zeros(2), np.eye(2), 1.0)
    sensed = Sensing(np.eye(2), np.array([9.0, 9.0]), np.ones(2))
    belief = FieldFilter(usual).step(lambda level: np.zeros(2), lambda level: sensed)
    assert belief.mean[0] > 8.0  # without doubt it would be 4.5


def test_draws_have_the_mean_and_covariance_of_the_belief() -> None:
    """Sums and ratios of a field get their intervals from them."""
    belief = Belief(np.array([1.0, -2.0]), np.array([[2.0, 1.2], [1.2, 1.0]]))
    drawn = draws(belief, 40_000, np.random.default_rng(5))
    assert drawn.mean(axis=0) == pytest.approx(belief.mean, abs=0.05)
    assert np.cov(drawn.T) == pytest.approx(belief.covariance, abs=0.05)


def test_tuning_finds_the_numbers_of_a_score_with_one_summit() -> None:
    """A crude search, but it must climb, and not leave what is plausible."""
    summit = np.array([0.5, 8.0, 2.0])
    found = tuned(np.array([1.0, 2.0, 2.0]), lambda tried: -20 * float((np.log(tried / summit) ** 2).sum()))
    assert found == pytest.approx(summit, rel=0.4)


def test_a_forecast_that_is_surely_wrong_scores_less_than_one_that_doubts() -> None:
    """The score by which models are tuned must punish false confidence."""
    places, values, noise = np.array([0]), np.array([3.0]), np.array([0.1])
    sure, unsure = (Belief(np.zeros(1), np.array([[variance]])) for variance in (0.1, 9.0))
    assert log_score(unsure, places, values, noise) > log_score(sure, places, values, noise)
    assert log_score(sure, places, np.array([np.nan]), noise) == 0.0


@given(st.floats(0.1, 20), st.floats(0.5, 200), st.integers(0, 30))
def test_counts_of_a_share_move_a_gamma_belief_towards_what_they_tell(mean: float, variance: float, count: int) -> None:
    """Between what was usual and what the count alone says, and the nearer to it the less was known."""
    belief = GammaBeliefs.with_moments(np.array([mean]), np.array([variance]))
    after = belief.counted(np.array([float(count)]), 0.05)
    low, high = sorted((float(belief.mean[0]), count / 0.05))
    assert low * (1 - 1e-6) <= after.mean[0] <= high * (1 + 1e-6)
    assert after.faded(belief, 0.0).mean[0] == pytest.approx(belief.mean[0])


def test_draws_of_a_gamma_belief_have_its_moments() -> None:
    """Intervals of queues are made of them."""
    drawn = GammaBeliefs.with_moments(np.array([3.0]), np.array([6.0])).draws(40_000, np.random.default_rng(2))
    assert (drawn.mean(), drawn.var()) == (pytest.approx(3.0, rel=0.05), pytest.approx(6.0, rel=0.1))
