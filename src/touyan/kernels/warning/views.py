"""The views under which each reading of a series is looked at: level, change, season, unrest and shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from touyan.kernels.compiled import inlined

from .memory import (
    CHANCE,
    CLOCK_COUNT,
    FILLED,
    INTERVAL,
    LAST,
    LATE,
    MEAN,
    ORIGIN,
    RECENT,
    RECENT_COUNT,
    SEEN,
    SHAPE_COUNT,
    SHAPE_LENGTH,
    SHAPE_LIMIT,
    SHAPES,
    SMOOTH,
    SWING,
    VIEW_COUNT,
    WEEK,
    WEEK_HOURS,
    WEEK_SEEN,
    Clocks,
    Words,
)

Scratch = NDArray[np.float32]

LEVEL, SHORT_MEAN, LONG_MEAN, STEP, DRIFT = 0, 1, 2, 3, 4
"""The reading, its means over about 3 and 24 readings, and how 3 stand to 24 and 8 to 96."""
CHANGE, CHANGE_4, CHANGE_24 = 5, 6, 7
"""The change since 1, 4 and 24 readings ago."""
SEASON, SWING_4, SWING_16, SHAPE = 8, 9, 10, 11
"""The distance to the hour's profile; the mean size of changes; the distance to the nearest shape seen before."""
assert VIEW_COUNT == SHAPE + 1
assert CLOCK_COUNT == ORIGIN + 1

_LATE_LIMIT = 10
"""After so many readings in the past the clock of the sensor was set back, and is believed."""
_GAP = 8.0
"""Usual intervals without a reading after which the readings before say nothing of the change since."""
_SECONDS_A_WEEK = 604_800.0
_SHAPE_EVERY = 4.0
_CHANCE_BASE = 65_537
_FORGET_ONE_OF = 192
"""Of so many readings one replaces a remembered shape at random, so that old ones fade."""
_NOVEL = 3.0
"""A shape this many usual distances away from all others is remembered at once."""


@inlined
def admitted(clocks: Clocks, words: Words, row: int, at: float, value: float) -> bool:
    """Whether a reading is taken in: a finite value with a newer time; gaps are noted."""
    if not (np.isfinite(value) and np.isfinite(at)):
        return False
    if words[row, SEEN] == 0:
        clocks[row, ORIGIN] = value
    elif at <= clocks[row, LAST]:
        words[row, LATE] += 1.0
        if words[row, LATE] <= _LATE_LIMIT:
            return False
        words[row, FILLED] = 0.0
    else:
        _note_interval(words, row, at - clocks[row, LAST])
    words[row, LATE] = 0.0
    clocks[row, LAST] = at
    return True


@inlined
def _note_interval(words: Words, row: int, passed: float) -> None:
    """Learn the usual interval; after a gap the recent readings are forgotten."""
    usual = words[row, INTERVAL]
    if usual == 0:
        words[row, INTERVAL] = passed
        return
    if passed > _GAP * usual:
        words[row, FILLED] = 0.0
    words[row, INTERVAL] = usual + 0.05 * (min(passed, 3.0 * usual) - usual)


@inlined
def look(words: Words, row: int, at: float, value: float, views: Scratch, recent: Scratch) -> None:
    """Fill in what each view shows now, NaN where nothing, and remember the reading."""
    seen, filled = words[row, SEEN], words[row, FILLED]
    position = int(seen) % RECENT_COUNT
    words[row, RECENT + position] = value
    _smooth(words, row, value, views)
    views[CHANGE] = _change(words, row, value, position, 1, filled)
    views[CHANGE_4] = _change(words, row, value, position, 4, filled)
    views[CHANGE_24] = _change(words, row, value, position, 24, filled)
    _swing(words, row, views)
    _season(words, row, at, value, views)
    _shape(words, row, position, filled, views, recent)
    words[row, FILLED] = min(filled + 1.0, float(RECENT_COUNT))
    words[row, SEEN] = min(seen + 1.0, 2.0**23)


@inlined
def _smooth(words: Words, row: int, value: float, views: Scratch) -> None:
    """Means over about 3, 8, 24 and 96 readings; a gap starts them afresh."""
    first = 1.0 / (words[row, SEEN] + 1.0)
    for order in range(4):
        length = (3.0, 8.0, 24.0, 96.0)[order]
        rate = 1.0 if words[row, FILLED] == 0 else max(1.0 / length, first)
        words[row, SMOOTH + order] += rate * (value - words[row, SMOOTH + order])
    views[LEVEL] = value
    views[SHORT_MEAN] = words[row, SMOOTH]
    views[LONG_MEAN] = words[row, SMOOTH + 2]
    views[STEP] = words[row, SMOOTH] - words[row, SMOOTH + 2]
    views[DRIFT] = words[row, SMOOTH + 1] - words[row, SMOOTH + 3]


@inlined
def _change(words: Words, row: int, value: float, position: int, ago: int, filled: float) -> float:
    """The change since some readings ago; NaN across a gap."""
    if filled < ago:
        return np.nan
    return value - words[row, RECENT + (position - ago) % RECENT_COUNT]


@inlined
def _swing(words: Words, row: int, views: Scratch) -> None:
    """The mean size of changes over about 4 and 16 readings."""
    size = abs(views[CHANGE])
    known = words[row, SEEN]
    for order in range(2):
        if size == size and known > 0:
            rate = max((0.25, 0.0625)[order], 1.0 / known)
            words[row, SWING + order] += rate * (size - words[row, SWING + order])
        views[SWING_4 + order] = words[row, SWING + order] if known > 0 else np.nan


@inlined
def _season(words: Words, row: int, at: float, value: float, views: Scratch) -> None:
    """The distance to the profile of this hour of the week, which then learns."""
    word = WEEK + int(at // 3600.0) % WEEK_HOURS
    usual = words[row, word]
    views[SEASON] = value - usual
    if usual != usual:
        words[row, word] = value
        return
    # How many readings this hour has had, from the pace of the series; the first ones count fully.
    interval = max(words[row, INTERVAL], 1e-3)
    had = (words[row, SEEN] * interval) // _SECONDS_A_WEEK * 3600.0 / interval + (at % 3600.0) / interval
    words[row, word] = usual + max(0.05, 1.0 / (1.0 + had)) * (value - usual)
    words[row, WEEK_SEEN] = min(words[row, WEEK_SEEN] + 1.0, 2.0**23)


@inlined
def _shape(words: Words, row: int, position: int, filled: float, views: Scratch, recent: Scratch) -> None:
    """The distance of the last readings to the nearest of the shapes remembered, and maybe remember them."""
    views[SHAPE] = np.nan
    if filled < SHAPE_LENGTH - 1:
        return
    for ago in range(SHAPE_LENGTH):
        recent[ago] = words[row, RECENT + (position - ago) % RECENT_COUNT]
    held = int(words[row, SHAPE_COUNT])
    distance = _nearest(words, row, held, recent)
    if held > 0:
        views[SHAPE] = distance
    if held < SHAPE_LIMIT:
        if words[row, SEEN] % _SHAPE_EVERY == 0:
            _remember(words, row, held, recent)
            words[row, SHAPE_COUNT] = held + 1.0
    elif _draw(words, row, _FORGET_ONE_OF) == 0 or distance > _NOVEL * words[row, MEAN + 2]:
        _remember(words, row, _draw(words, row, SHAPE_LIMIT), recent)


@inlined
def _nearest(words: Words, row: int, held: int, recent: Scratch) -> float:
    """Distance (root of the sum of squares) to the nearest shape."""
    nearest = np.float32(np.inf)
    for shape in range(held):
        start = SHAPES + shape * SHAPE_LENGTH
        total = np.float32(0.0)
        for ago in range(SHAPE_LENGTH):
            apart = recent[ago] - words[row, start + ago]
            total += apart * apart
        nearest = min(nearest, total)
    return np.sqrt(nearest)


@inlined
def _remember(words: Words, row: int, shape: int, recent: Scratch) -> None:
    for ago in range(SHAPE_LENGTH):
        words[row, SHAPES + shape * SHAPE_LENGTH + ago] = recent[ago]


@inlined
def _draw(words: Words, row: int, below: int) -> int:
    """A small random number; the state stays exact in single precision."""
    state = (int(words[row, CHANCE]) * 75 + 74) % _CHANCE_BASE
    words[row, CHANCE] = state
    return state % below
