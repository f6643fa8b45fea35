"""Quantities that go together: a pair of usual values that never came together is found and explained."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from touyan.warning.detectors.joint import Joint

Values = NDArray[np.float64]


def together(count: int, seed: int = 0) -> Values:
    """Flow and speed that fall and rise together, and a third quantity of its own."""
    rng = np.random.default_rng(seed)
    flow = rng.normal(size=count)
    return np.stack([100 + 10 * flow, 50 + 5 * flow + 0.5 * rng.normal(size=count), rng.normal(size=count)], axis=1)


def taught(values: Values) -> Joint:
    """One thing that has seen the values."""
    joint = Joint(1, values.shape[1])
    for value in values:
        joint.observe(np.zeros(1, np.intp), value[None])
    return joint


def test_what_never_came_together_is_found_and_the_guilty_are_named() -> None:
    """Slow traffic and a high flow are each usual; together they mean a sensor or a lane is wrong."""
    joint = taught(together(2000))
    usual, _ = joint.observe(np.zeros(1, np.intp), np.array([[115.0, 57.5, 0.0]]))
    odd, shares = joint.observe(np.zeros(1, np.intp), np.array([[110.0, 45.0, 0.0]]))
    assert usual[0] < 2 < 3 < odd[0]
    assert shares[0, :2].sum() == pytest.approx(1, abs=0.01)
    assert abs(shares[0, 2]) < 0.01


def test_the_share_of_alarms_is_the_one_announced() -> None:
    """The surprise is told in shares of readings, so shares of readings must come out."""
    joint, told = Joint(100, 3), []
    for number in range(5000):
        surprise, _ = joint.observe(np.arange(100), together(100, seed=number))
        told.append(surprise)
    assert np.mean(np.array(told[2000:]) >= 2) == pytest.approx(0.01, rel=0.2)


def test_equal_and_constant_quantities_do_no_harm() -> None:
    """Two sensors that always agree have no inverse covariance."""
    values = together(500)
    joint = taught(np.stack([values[:, 0], values[:, 0], np.zeros(500)], axis=1))
    surprise, shares = joint.observe(np.zeros(1, np.intp), np.array([[100.0, 130.0, 0.0]]))
    assert surprise[0] > 2
    assert np.isfinite(shares).all()


def test_nothing_is_said_of_few_or_missing_readings() -> None:
    """Thirty readings must know the pair first, and half a pair is none."""
    joint = taught(together(29))
    surprise, _ = joint.observe(np.zeros(1, np.intp), np.array([[1e6, 1e6, 1e6]]))
    assert np.isnan(surprise[0])
    joint = taught(together(100))
    before = joint.expected(np.zeros(1, np.intp))[0].copy()
    surprise, _ = joint.observe(np.zeros(1, np.intp), np.array([[np.nan, 50.0, np.inf]]))
    assert np.isnan(surprise[0])
    assert np.array_equal(before, joint.expected(np.zeros(1, np.intp))[0])


def test_an_outlier_teaches_no_more_than_its_share() -> None:
    """One broken reading must not blind the detector to the next."""
    joint = taught(together(2000))
    _, spread = joint.expected(np.zeros(1, np.intp))
    joint.observe(np.zeros(1, np.intp), np.array([[1e9, -1e9, 1e9]]))
    assert joint.expected(np.zeros(1, np.intp))[1] == pytest.approx(spread, rel=0.05)


def test_growing_keeps_what_was_learned() -> None:
    """New entities appear while others are watched."""
    joint = taught(together(100))
    mean = joint.expected(np.zeros(1, np.intp))[0]
    joint.grow(3)
    assert np.array_equal(joint.expected(np.array([0]))[0], mean)
    assert np.array_equal(joint.expected(np.array([3]))[0], np.zeros((1, 3)))
