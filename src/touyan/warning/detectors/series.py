"""What is new in thousands of series at once; learns on line from what it sees, and from what people say of alarms."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.core.observations import Column
from touyan.core.text import Text
from touyan.kernels.warning import memory as words
from touyan.kernels.warning.memory import Memory, forget, new_memory
from touyan.kernels.warning.novelty import HOLD, excess_place, observe

Rows = NDArray[np.intp]
Numbers = NDArray[np.floating[Any]]

VIEWS = (
    Text("level", "数值"),
    Text("mean of about 3 readings", "约3次读数的均值"),
    Text("mean of about 24 readings", "约24次读数的均值"),
    Text("short mean against mean", "短均值与均值之差"),
    Text("mean against long mean", "均值与长均值之差"),
    Text("change since the reading before", "与上一次读数之差"),
    Text("change over 4 readings", "4次读数内的变化"),
    Text("change over 24 readings", "24次读数内的变化"),
    Text("hour of the week", "一周中的同一小时"),
    Text("size of changes over about 4 readings", "约4次读数的波动幅度"),
    Text("size of changes over about 16 readings", "约16次读数的波动幅度"),
    Text("shape of the last 8 readings", "最近8次读数的形状"),
)
"""What each view looks at, in the order of `kernels.warning.views`."""

_IN_UNITS_OF_READING = (0, 1, 2, 8)
_FALSE_ALARM_COUNTS = 10.0
"""An alarm that people call false counts like so many alarms of its size."""


class Verdict(NamedTuple):
    """Columns of what is said of series now; surprise is -log10 of a share of readings.

    `surprise` is that of the newest event, held for some readings; `view` says which of VIEWS left its range,
    `seen` what it showed, `expected` the middle of what it had kept to and `spread` how far around that. `unrest`
    is how unusual the series has been of late, in mean deviations, `unrest_surprise` how seldom it is so.
    """

    surprise: Column
    view: Rows
    seen: Column
    expected: Column
    spread: Column
    unrest: Column
    unrest_surprise: Column


class Series:
    """Memory of many series, 2,032 bytes each; every call takes in one batch of readings."""

    def __init__(self, count: int, utc_offset_s: float = 0.0) -> None:
        self._memory = new_memory(count)
        self._offset_s = utc_offset_s

    def __len__(self) -> int:
        return len(self._memory.clocks)

    @property
    def bytes_per_series(self) -> int:
        """What one series costs in memory."""
        return int(self._memory.clocks[:1].nbytes + self._memory.words[:1].nbytes)

    def observe(self, rows: Rows, at: Numbers, values: Numbers) -> Column:
        """The surprise of each reading as a new alarm: 0 for none, NaN where the reading was not taken in.

        Readings are taken in order; `at` is epoch seconds. Not taken in are NaN, infinities, and times that are not
        newer than the newest, until ten such in a row say that the clock was set back. Raises ValueError for columns of
        different lengths and IndexError for rows that are not there.
        """
        rows = np.ascontiguousarray(rows, np.intp)
        times: Column = np.ascontiguousarray(at, np.float64)
        readings: Column = np.ascontiguousarray(values, np.float64)
        if not rows.shape == times.shape == readings.shape:
            raise ValueError(f"found columns of shapes {rows.shape}, {at.shape}, {values.shape}; expected equal ones")
        if len(rows) and not (rows.min() >= 0 and rows.max() < len(self)):
            raise IndexError(f"found rows {rows.min()} to {rows.max()}; there are {len(self)} series")
        fresh = np.empty(len(rows))
        observe(self._memory, rows, times, readings, self._offset_s, fresh)
        return fresh

    def verdict(self, rows: Rows | slice = slice(None)) -> Verdict:
        """What is said of the series now; NaN of those with fewer readings than a judgement needs."""
        told = self._memory.words[rows].astype(float)
        origin = self._memory.clocks[rows][:, words.ORIGIN]
        view = told[:, words.HELD_VIEW].astype(np.intp)
        base = np.where(np.isin(view, _IN_UNITS_OF_READING), origin, 0.0)
        held = np.where(told[:, words.HELD_AGE] <= HOLD, told[:, words.HELD_SURPRISE], 0.0)
        known = np.where(told[:, words.SEEN] > 0, 0.0, np.nan)
        return Verdict(
            held + known,
            view,
            told[:, words.HELD_SEEN] + base,
            told[:, words.HELD_EXPECTED] + base,
            told[:, words.HELD_SPREAD],
            told[:, words.UNREST] + known,
            told[:, words.UNREST_SURPRISE] + known,
        )

    def unrest(self, rows: Rows) -> tuple[Column, Column]:
        """How unusual series have been of late, in mean deviations, and the surprise of that."""
        own = self._memory.words
        return own[rows, words.UNREST].astype(float), own[rows, words.UNREST_SURPRISE].astype(float)

    def learn(self, row: int, is_incident: bool) -> None:
        """Take over what people say of the newest event of a series with a surprise of 3 or more.

        After an incident its ranges are what they were before, so that the next one is as new; a false alarm makes
        others of its size less surprising.
        """
        own = self._memory.words[row]
        if own[words.NOTABLE] == 0:
            return
        place = min(int(excess_place(float(own[words.NOTABLE]))), words.TALLY_BINS - 1)
        if not is_incident:
            own[words.TALLY + place] += _FALSE_ALARM_COUNTS
            return
        own[words.TALLY + place] = max(own[words.TALLY + place] - 1.0, 0.0)
        low, high = slice(words.LOW, words.HIGH), slice(words.HIGH, words.LOW_BEFORE)
        before = own[words.LOW_BEFORE : words.MEAN].reshape(2, words.VIEW_COUNT)
        own[low] = np.fmax(own[low], before[0])
        own[high] = np.fmin(own[high], before[1])

    def forget(self, rows: Rows) -> None:
        """Start series anew, as after a sensor was moved."""
        forget(self._memory, rows)

    def grow(self, count: int) -> None:
        """Make room for more series behind the others."""
        new = new_memory(count)
        self._memory = Memory(
            np.concatenate([self._memory.clocks, new.clocks]), np.concatenate([self._memory.words, new.words])
        )
