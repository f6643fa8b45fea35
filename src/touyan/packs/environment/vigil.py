"""What is unusual at a station, told apart: something in the air, or something wrong with an instrument.

Each station is expected to keep its own ratio to the median of all. What is in the air is seen by two instruments at
once: fine particles are part of all particles, so smoke raises PM2.5 and PM10 by the same amount. What only one
instrument of a station sees is that instrument's fault.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from .vocabulary import MICROGRAM

Column = NDArray[np.float64]

_LEAST = 5.0 * MICROGRAM
"""Added before ratios are taken: a digit of an instrument must not look like an event in clean air."""
_MEMORY = 288
"""Reports of normal life that make a station's own ratio: a day of one each five minutes."""
_WARM = 12
"""Reports after which a ratio is known well enough to be judged by."""
_LONG, _SHORT, _SHORT_COUNTS = 12, 6, 0.75
"""Reports over which disagreement is averaged, and what the shorter mean counts: a single bad reading is no fault."""
_FREEZE_FAULT, _FREEZE_RISE = 0.2, 0.3
"""Disagreement and rise from which on reports are no longer taken for normal life."""
_CHANCE = 1e-8
"""How unlikely it must be that a working instrument repeats itself."""
_NOISE, _DIGIT = 0.04, 1.0 * MICROGRAM
"""Least relative noise of a working instrument, and one digit of its report."""


class Vigil:
    """Follows the reports of all stations.

    Columns have one element for each station.

    `rise` is what both instruments of a station agree on above expectation, over the expected PM2.5. `disagreement` is
    by how much their excesses differ, over PM2.5, in the mean of the last reports. `repeats` is 1 where an instrument
    has said the same for so long that chance is no explanation, `missing` counts reports without a value in a row.
    """

    def __init__(self, stations: int) -> None:
        self.rise = np.full(stations, np.nan)
        self.disagreement = np.full(stations, np.nan)
        self.repeats = np.zeros(stations)
        self.missing = np.zeros(stations)
        self._ratios = np.zeros((2, stations))
        self._seen = np.zeros(stations)
        self._last = np.full((2, stations), np.nan)
        self._chance = np.ones((2, stations))
        self._differences = np.full((_LONG, stations), np.nan)

    def take(self, fine: Column, dust: Column) -> None:
        """Take note of one report of all stations (kg/m³, NaN is missing)."""
        said = np.array([fine, dust])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a report in which nobody said anything
            level = np.nanmedian(said, axis=1, keepdims=True) + _LEAST
        expected = np.exp(self._ratios) * level
        excess = said + _LEAST - expected
        warm = self._seen >= _WARM
        self.rise = np.where(warm, excess.min(axis=0) / expected[0], np.nan)
        difference = np.abs(excess[0] - excess[1]) / np.fmax(said[0] + _LEAST, expected[0])
        self._differences = np.vstack([self._differences[1:], np.where(warm, difference, np.nan)])
        short, long = self._differences[-_SHORT:].mean(axis=0), self._differences.mean(axis=0)
        self.disagreement = np.fmax(_SHORT_COUNTS * short, long)
        self._learn(np.log((said + _LEAST) / level), difference)
        self._count(said)

    def _learn(self, ratios: Column, difference: Column) -> None:
        """Let normal reports move the stations' ratios; the first ones count most."""
        known = ~np.isnan(ratios).any(axis=0)
        usual = (difference < _FREEZE_FAULT) & (self.rise < _FREEZE_RISE)
        normal = known & ((self._seen < _WARM) | usual)
        weight = 1.0 / np.minimum(self._seen + 1, _MEMORY)
        self._ratios = np.where(normal, self._ratios + weight * (ratios - self._ratios), self._ratios)
        self._seen += normal

    def _count(self, said: Column) -> None:
        """Count reports that are missing, and the chance of those that repeat the last."""
        missing = np.isnan(said)
        self.missing = np.where(missing.any(axis=0), self.missing + 1, 0)
        # Two draws of a normal distribution fall into the same digit with this chance.
        alike = np.minimum(_DIGIT / (2 * np.sqrt(np.pi) * (_NOISE * np.nan_to_num(said) + 0.2 * _DIGIT)), 0.9)
        self._chance = np.where(said == self._last, self._chance * alike, np.where(missing, self._chance, 1.0))
        self._last = np.where(missing, self._last, said)
        self.repeats = (self._chance.min(axis=0) < _CHANCE).astype(np.float64)
