"""Detectors of others: one that shows that the scorer scores as published, one whose speed is compared."""

from __future__ import annotations

import math
import time
from importlib.util import find_spec
from typing import Any

import numpy as np

from touyan.core.observations import Column

_WINDOW, _STEP, _NO_SPREAD, _DECIMALS = 6400, 100, 1e-6, 12


def windowed_gaussian(values: Column) -> Column:
    """The benchmark's windowed Gaussian: one minus the tail of a normal law over the last readings.

    The window grows to 6,400 readings, then moves on by 100 at a time. Its published files hold 12 decimals, and its
    published scores (39.6, 20.9, 47.4) are those of what is 1 when rounded so.
    """
    told = np.zeros(len(values))
    for row in range(1, len(values)):
        first = max(row - _WINDOW, 0) // _STEP * _STEP
        if row <= _WINDOW or (row - _WINDOW) % _STEP == 0:
            window = values[first : min(row, first + _WINDOW)]
            mean, spread = window.mean(), window.std() or _NO_SPREAD
        told[row] = 1.0 - 0.5 * math.erfc(abs(values[row] - mean) / spread / math.sqrt(2.0))
    told.round(_DECIMALS, out=told)
    return told


def has_river() -> bool:
    """Whether river is installed."""
    return find_spec("river") is not None


def half_space_trees_speed(values: Column) -> float:
    """Readings per CPU second of river's half-space trees, with its own defaults."""
    from river.anomaly import HalfSpaceTrees

    trees: Any = HalfSpaceTrees(seed=0)
    readings = [{"value": float(value)} for value in values]
    started = time.process_time()
    for reading in readings:
        trees.score_one(reading)
        trees.learn_one(reading)
    return len(readings) / (time.process_time() - started)
