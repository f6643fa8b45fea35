"""Series in which nothing is wrong, of several kinds, to count false alarms on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from touyan.core.observations import Column

_DAY = 288
"""Readings a day at five minutes."""


def _noise(rng: Generator, length: int, count: int) -> Column:
    return rng.normal(size=(length, count))


def _wandering(rng: Generator, length: int, count: int) -> Column:
    """An autoregressive series of first order with 0.9."""
    told, now = np.empty((length, count)), np.zeros(count)
    for row in range(length):
        now = 0.9 * now + rng.normal(size=count)
        told[row] = now
    return told


def _daily(length: int) -> Column:
    """A wave of one day."""
    return np.sin(2 * np.pi * np.arange(length) / _DAY)[:, None]


KINDS: dict[str, Callable[[Generator, int, int], Column]] = {
    "white noise": _noise,
    "autoregressive 0.9": _wandering,
    "daily wave and noise": lambda rng, length, count: 3 * _daily(length) + _noise(rng, length, count),
    "counts with a daily wave": lambda rng, length, count: rng.poisson(
        4 + 3 * _daily(length), size=(length, count)
    ).astype(float),
    "heavy tails (t, 3 degrees)": lambda rng, length, count: rng.standard_t(3, size=(length, count)),
    "skewed (lognormal)": lambda rng, length, count: np.exp(_noise(rng, length, count)),
}
"""Kind → maker of (length, count) readings."""
