"""How long something lasts compared with how long it ever lasted: gaps between readings, values that stay the same."""

from __future__ import annotations

import numpy as np

from touyan.core.observations import Column

from .series import Rows

_BINS = 24
_BINS_AN_OCTAVE = 2.0
_PRIOR_READINGS = 100.0
_MEMORY = 40_000.0


class RunTally:
    """Lengths of past runs of many series, and the surprise of the present ones.

    Surprise is -log10 of how often, per reading, a run as long was seen; before anything was, a run of n is believed at
    every n³th reading.
    """

    def __init__(self, count: int) -> None:
        self._counts = np.zeros((count, _BINS), np.float32)
        self._readings = np.zeros(count, np.float32)

    def end(self, rows: Rows, lengths: Column) -> None:
        """Count runs that have ended, and the reading that ended each."""
        np.add.at(self._counts, (rows, _bins(lengths)), 1.0)
        np.add.at(self._readings, rows, 1.0)
        full = np.unique(rows[self._readings[rows] >= _MEMORY])
        self._counts[full] *= 0.5
        self._readings[full] *= 0.5

    def go_on(self, rows: Rows) -> None:
        """Count readings that ended no run."""
        np.add.at(self._readings, rows, 1.0)

    def surprise(self, rows: Rows, lengths: Column) -> Column:
        """How surprising runs of these lengths are; 0 for one that is no longer than usual."""
        own = _bins(lengths)
        later = np.arange(_BINS) >= own[:, None]
        seen = np.where(later, self._counts[rows], 0.0).sum(axis=1)
        believed = _PRIOR_READINGS * np.maximum(lengths, 1.0) ** -3.0
        share = (seen + believed) / (self._readings[rows] + _PRIOR_READINGS)
        told: Column = -np.log10(np.minimum(share, 1.0)) + 0.0
        return told

    def grow(self, count: int) -> None:
        """Make room for more series behind the others."""
        self._counts = np.concatenate([self._counts, np.zeros((count, _BINS), np.float32)])
        self._readings = np.concatenate([self._readings, np.zeros(count, np.float32)])


def _bins(lengths: Column) -> Rows:
    """Two bins an octave, from a length of one."""
    octaves = np.log2(np.maximum(lengths, 1.0))
    return np.minimum(octaves * _BINS_AN_OCTAVE, _BINS - 1).astype(np.intp)


class Silence:
    """How surprising it is that nothing has come from a series for so long."""

    def __init__(self, count: int) -> None:
        self._tally = RunTally(count)
        self._heard_at = np.full(count, np.nan)
        self.interval = np.full(count, np.nan)
        """Usual seconds between two readings; NaN before the second one."""

    def hear(self, rows: Rows, at: Column) -> None:
        """Note that readings came, at most one of each series; one that is not newer is left out."""
        wait = at - self._heard_at[rows]
        again, fresh = wait > 0, (wait > 0) | np.isnan(wait)
        self._heard_at[rows[fresh]] = at[fresh]
        rows, wait = rows[again], wait[again]
        usual = np.where(np.isnan(self.interval[rows]), wait, self.interval[rows])
        self._tally.end(rows, wait / usual)
        self.interval[rows] = usual + 0.05 * (np.minimum(wait, 3.0 * usual) - usual)

    def surprise(self, now: float) -> Column:
        """The surprise of the wait of each series; NaN where no interval is known yet."""
        waits = self.waited(now) / self.interval
        told = self._tally.surprise(np.arange(len(waits)), np.nan_to_num(waits, nan=1.0))
        return np.where(np.isnan(waits), np.nan, told)

    def waited(self, now: float) -> Column:
        """Seconds since each series was heard; NaN for never."""
        return now - self._heard_at

    def grow(self, count: int) -> None:
        """Make room for more series behind the others."""
        self._tally.grow(count)
        self._heard_at = np.concatenate([self._heard_at, np.full(count, np.nan)])
        self.interval = np.concatenate([self.interval, np.full(count, np.nan)])


class Stuck:
    """How surprising it is that a series says the same value for so many readings."""

    def __init__(self, count: int) -> None:
        self._tally = RunTally(count)
        self._value = np.full(count, np.nan)
        self.length = np.zeros(count)
        """How many readings in a row said the same."""

    def observe(self, rows: Rows, values: Column) -> None:
        """Take in at most one new reading of each series; what is not finite is left out."""
        finite = np.isfinite(values)
        rows, values = rows[finite], values[finite]
        same = values == self._value[rows]
        changed = rows[~same]
        self._tally.end(changed, self.length[changed])
        self._tally.go_on(rows[same])
        self.length[rows] = np.where(same, self.length[rows] + 1.0, 1.0)
        self._value[rows] = values

    def surprise(self) -> Column:
        """The surprise of each series' present run; NaN before the first reading."""
        told = self._tally.surprise(np.arange(len(self.length)), self.length)
        return np.where(self.length > 0, told, np.nan)

    def grow(self, count: int) -> None:
        """Make room for more series behind the others."""
        self._tally.grow(count)
        self._value = np.concatenate([self._value, np.full(count, np.nan)])
        self.length = np.concatenate([self.length, np.zeros(count)])
