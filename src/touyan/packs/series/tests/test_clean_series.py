"""Clean series: the same seed gives the same series, so that figures can be repeated."""

from __future__ import annotations

import numpy as np
import pytest

from touyan.packs.series.clean import KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_gives_the_same_series_again(kind: str) -> None:
    """A figure that cannot be repeated was not measured."""
    first, second = (KINDS[kind](np.random.default_rng(7), 50, 2) for _ in range(2))
    assert np.array_equal(first, second)
