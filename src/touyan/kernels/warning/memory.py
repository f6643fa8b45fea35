"""What is remembered of each series: one row of words, 2,048 bytes with its clock.

A row holds, one after the other, counters, the newest readings, smoothed values, the range that each view of the
series has kept to, the profile of the week, shapes seen before, and how often a view left its range how far.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Clocks = NDArray[np.float64]
Words = NDArray[np.float32]

# Counters and single values of a row.
SEEN = 0
"""Readings taken in."""
LATE = 1
"""Readings in a row that were not newer than the newest one."""
INTERVAL = 2
"""Usual seconds between two readings."""
FILLED = 3
"""Readings since the last gap, up to RECENT_COUNT."""
WEEK_SEEN = 4
"""Readings that found their hour of the week known."""
SHAPE_COUNT = 5
CHANCE = 6
"""State of a small random generator, which shape to forget."""
HELD = 7
"""The largest excess of the last readings, and below how many readings ago."""
HELD_AGE = 8
UNREST = 9
"""Smoothed sum of how unusual the series is at present."""
TALLIED = 10
"""Readings behind the tally of excesses."""
UNREST_TALLIED = 11
UNREST_SURPRISE = 12
HELD_SURPRISE = 13
HELD_VIEW = 14
"""Which view left its range, then what it showed, what it kept to, and how far around that."""
HELD_SEEN, HELD_EXPECTED, HELD_SPREAD = 15, 16, 17
NOTABLE = 18
"""The largest excess of the newest event that an operator may have been told of."""

RECENT, RECENT_COUNT = 19, 32
SMOOTH, SMOOTH_COUNT = RECENT + RECENT_COUNT, 4
SWING, SWING_COUNT = SMOOTH + SMOOTH_COUNT, 2

VIEW_COUNT = 12
LOW = SWING + SWING_COUNT
HIGH = LOW + VIEW_COUNT
LOW_BEFORE = HIGH + VIEW_COUNT
"""The ranges before the newest notable event, for when a person confirms it."""
HIGH_BEFORE = LOW_BEFORE + VIEW_COUNT

USUAL_COUNT = 4
"""Mean and spread are kept of season, swing, shape, and of the unrest that comes of them."""
MEAN = HIGH_BEFORE + VIEW_COUNT
SPREAD = MEAN + USUAL_COUNT
WEEK, WEEK_HOURS = SPREAD + USUAL_COUNT, 168
SHAPES, SHAPE_LIMIT, SHAPE_LENGTH = WEEK + WEEK_HOURS, 21, 8
TALLY, TALLY_BINS = SHAPES + SHAPE_LIMIT * SHAPE_LENGTH, 32
UNREST_TALLY, UNREST_BINS = TALLY + TALLY_BINS, 24
WORD_COUNT = UNREST_TALLY + UNREST_BINS

LAST, ORIGIN, CLOCK_COUNT = 0, 1, 2
"""Columns of the clocks: time of the newest reading, and the value that all others are told from."""


class Memory(NamedTuple):
    """All series: `clocks` (series, 2) and `words` (series, WORD_COUNT)."""

    clocks: Clocks
    words: Words


def new_memory(count: int) -> Memory:
    """The memory of series of which nothing is known."""
    memory = Memory(np.empty((count, CLOCK_COUNT)), np.empty((count, WORD_COUNT), np.float32))
    forget(memory, np.arange(count))
    return memory


def forget(memory: Memory, rows: NDArray[np.intp]) -> None:
    """Start the series of the rows anew."""
    memory.clocks[rows] = [-np.inf, 0.0]
    memory.words[rows] = 0.0
    memory.words[rows, LOW : LOW + VIEW_COUNT] = np.inf
    memory.words[rows, HIGH : HIGH + VIEW_COUNT] = -np.inf
    memory.words[rows, LOW_BEFORE : LOW_BEFORE + VIEW_COUNT] = np.nan
    memory.words[rows, WEEK : WEEK + WEEK_HOURS] = np.nan
