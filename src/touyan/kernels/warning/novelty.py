"""What is new in each series: how far a reading leaves the range that each view of the series has kept to."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from touyan.kernels.compiled import compiled, inlined

from .memory import (
    HELD,
    HELD_AGE,
    HELD_EXPECTED,
    HELD_SEEN,
    HELD_SPREAD,
    HELD_SURPRISE,
    HELD_VIEW,
    HIGH,
    HIGH_BEFORE,
    LOW,
    LOW_BEFORE,
    MEAN,
    NOTABLE,
    ORIGIN,
    SEEN,
    SHAPE_LENGTH,
    SPREAD,
    TALLIED,
    TALLY,
    TALLY_BINS,
    UNREST,
    UNREST_BINS,
    UNREST_SURPRISE,
    UNREST_TALLIED,
    UNREST_TALLY,
    VIEW_COUNT,
    WEEK_SEEN,
    Memory,
    Words,
)
from .tally import beyond, count, pass_on
from .views import SEASON, SHAPE, SWING_16, Scratch, admitted, look

HOLD = 100.0
"""Readings for which a new alarm is held: a smaller excess within them is the same event (refractory time)."""
_NOTABLE = 3.0
"""Surprise at which an event counts as one that a person may be asked about."""
_WARM_UP = 20.0
_SHRINK = 0.5 ** (1.0 / 30_000.0)
"""What a range loses at each reading, so that it halves in 30,000."""
_YOUNG = 1_000.0
"""Readings after which an excess counts half: a young range is often left."""
_LARGEST = 10.0
"""Excess at which more says no more, and that of the first change of a constant."""

# The tally of excesses: how often a new alarm was as large, per reading.
_MEMORY = 40_000.0
_FARTHEST = 1e18
"""Readings farther from the first one count as so far: their squares must fit into single precision."""
_MATURE = 12_000.0
"""Readings after which one counts half a full one: the alarms of a young series are not those of an old one."""
_PRIOR_READINGS, _PRIOR_FADES = 1_500.0, 4_000.0
"""The weight of what was believed, in readings; it halves in the first 4,000 that are tallied."""
_PRIOR_SHARE, _PRIOR_SCALE, _PRIOR_POWER = 0.006, 0.03, 2.0
"""Before anything is counted, an excess e is believed at a share of 0.006 (1 + e / 0.03)⁻² of the readings."""
_PLACE_SCALE, _BINS_A_DECADE = 0.005, 9.5

# Unrest: how unusual season, swing and shape are together, in mean deviations beyond two, over about 150 readings.
_UNREST_RATE = 1.0 - math.exp(-1.0 / 150.0)
_UNUSUAL, _MOST_UNUSUAL, _CLIP = 2.0, 50.0, 4.0
_UNREST_WARM_UP = 500.0
_PRIOR_UNREST = 50.0
_SLOW = 1.0 / 20_000.0
_LN_10 = math.log(10.0)


@compiled
def observe(
    memory: Memory,
    rows: NDArray[np.intp],
    at: NDArray[np.float64],
    values: NDArray[np.float64],
    offset_s: float,
    fresh: NDArray[np.float64],
) -> None:
    """Take in readings in order; `fresh` becomes the surprise (-log10 p) of new alarms.

    It is 0 where a reading is no alarm or one of the same event, NaN where it was not taken in. `offset_s` is what
    local time is ahead of UTC.
    """
    clocks, words = memory.clocks, memory.words
    views, recent = np.empty(VIEW_COUNT, np.float32), np.empty(SHAPE_LENGTH, np.float32)
    for reading in range(len(rows)):
        row = rows[reading]
        fresh[reading] = np.nan
        if admitted(clocks, words, row, at[reading], values[reading]):
            told = values[reading] - clocks[row, ORIGIN]
            told = float(np.float32(max(-_FARTHEST, min(_FARTHEST, told))))
            look(words, row, at[reading] + offset_s, told, views, recent)
            fresh[reading] = _alarm(words, row, views, told)
            _learn_ranges(words, row, views)
            _rouse(words, row, views)


@inlined
def _alarm(words: Words, row: int, views: Scratch, told: float) -> float:
    """The surprise if the reading is a new alarm, else 0."""
    words[row, HELD_AGE] += 1.0
    is_held = words[row, HELD_AGE] <= HOLD
    weight = words[row, SEEN] / (words[row, SEEN] + _MATURE)
    excess = _furthest(words, row, views)
    surprise = 0.0
    if excess > 0 and not (is_held and excess <= words[row, HELD]):
        surprise = _surprise(words, row, excess)
        _note(words, row, excess, surprise, is_held)
        _explain(words, row, excess, views, told)
        count(words, row, TALLY, TALLY_BINS, _place(excess), weight)
    pass_on(words, row, TALLY, TALLY_BINS, TALLIED, _MEMORY, weight)
    return surprise


@inlined
def _furthest(words: Words, row: int, views: Scratch) -> float:
    """By how much the view that leaves its range furthest does so; 0 where none does."""
    furthest = 0.0
    for view in range(VIEW_COUNT):
        furthest = max(furthest, _excess(words, row, view, views[view]))
    return furthest


@inlined
def _note(words: Words, row: int, excess: float, surprise: float, is_held: bool) -> None:
    """Hold the event; if it is notable, keep the ranges as they were before it."""
    if surprise >= _NOTABLE:
        if not (is_held and words[row, HELD_SURPRISE] >= _NOTABLE):
            _keep_ranges(words, row)
        words[row, NOTABLE] = excess
    words[row, HELD], words[row, HELD_AGE], words[row, HELD_SURPRISE] = excess, 0.0, surprise


@inlined
def _excess(words: Words, row: int, view: int, shown: float) -> float:
    """How far a view is beyond its range, in widths of the range; few readings prove little."""
    low, high = words[row, LOW + view], words[row, HIGH + view]
    known = words[row, WEEK_SEEN] if view == SEASON else words[row, SEEN]
    excess = max(shown - high, low - shown)
    if not (excess > 0 and known > _WARM_UP and high >= low):
        return 0.0
    return excess / max(high - low, excess / _LARGEST) * known / (known + _YOUNG)


def excess_place(excess: float) -> float:
    """Where an excess stands in the tally; for Python, kernels have it compiled."""
    return math.log(1.0 + excess / _PLACE_SCALE) * (_BINS_A_DECADE / _LN_10)


_place = inlined(excess_place)


@inlined
def _surprise(words: Words, row: int, excess: float) -> float:
    """-log10 of the share of readings with a new alarm as large: counted, and believed before."""
    tallied = words[row, TALLIED]
    prior = _PRIOR_READINGS * _PRIOR_FADES / (_PRIOR_FADES + tallied)
    believed = _PRIOR_SHARE * (1.0 + excess / _PRIOR_SCALE) ** -_PRIOR_POWER
    counted = beyond(words, row, TALLY, TALLY_BINS, _place(excess))
    share = (counted + prior * believed) / (tallied + prior)
    return -math.log10(min(share, 1.0))


@inlined
def _explain(words: Words, row: int, excess: float, views: Scratch, told: float) -> None:
    """Keep what was seen and what range was kept to before, in the plainest view that shows the event.

    Of the season it is told in terms of the reading.
    """
    view = 0
    while _excess(words, row, view, views[view]) < 0.5 * excess:
        view += 1
    base = told - views[SEASON] if view == SEASON else np.float32(0.0)
    low, high = words[row, LOW + view], words[row, HIGH + view]
    words[row, HELD_VIEW] = view
    words[row, HELD_SEEN] = base + views[view]
    words[row, HELD_EXPECTED] = base + 0.5 * (low + high)
    words[row, HELD_SPREAD] = 0.5 * (high - low)


@inlined
def _keep_ranges(words: Words, row: int) -> None:
    """Remember the ranges as they were before an event."""
    for word in range(VIEW_COUNT):
        words[row, LOW_BEFORE + word] = words[row, LOW + word]
        words[row, HIGH_BEFORE + word] = words[row, HIGH + word]


@inlined
def _learn_ranges(words: Words, row: int, views: Scratch) -> None:
    """Shrink each range a little towards its middle, and stretch it to what the view shows."""
    for view in range(VIEW_COUNT):
        shown = views[view]
        if shown == shown:
            low, high = words[row, LOW + view], words[row, HIGH + view]
            if high > low:
                lost = 0.5 * (1.0 - _SHRINK) * (high - low)
                low, high = low + lost, high - lost
            words[row, LOW + view] = min(low, shown)
            words[row, HIGH + view] = max(high, shown)


@inlined
def _rouse(words: Words, row: int, views: Scratch) -> None:
    """Let unrest follow how unusual season, swing and shape are, and compare it with all earlier unrest."""
    roused = _unusual(words, row, 0, views[SEASON], words[row, WEEK_SEEN])
    roused += _unusual(words, row, 1, views[SWING_16], words[row, SEEN])
    roused += _unusual(words, row, 2, views[SHAPE], words[row, SEEN])
    roused *= min(1.0, words[row, SEEN] / _UNREST_WARM_UP)
    words[row, UNREST] += _UNREST_RATE * (roused - words[row, UNREST])
    unrest = words[row, UNREST]
    place = math.log(1.0 + 20.0 * unrest) * 3.0
    counted = beyond(words, row, UNREST_TALLY, UNREST_BINS, place)
    believed = _PRIOR_UNREST * 10.0**-unrest
    share = (counted + believed) / (words[row, UNREST_TALLIED] + _PRIOR_UNREST)
    words[row, UNREST_SURPRISE] = -math.log10(min(share, 1.0))
    count(words, row, UNREST_TALLY, UNREST_BINS, place, 1.0)
    pass_on(words, row, UNREST_TALLY, UNREST_BINS, UNREST_TALLIED, _MEMORY, 1.0)


@inlined
def _unusual(words: Words, row: int, order: int, shown: float, known: float) -> float:
    """By how many mean deviations beyond two a view is off; mean and deviation then learn, clipped."""
    if shown != shown:
        return 0.0
    mean, spread = words[row, MEAN + order], words[row, SPREAD + order]
    if known <= 1:
        mean = shown
    off = shown - mean
    unusual = 0.0
    if known > _WARM_UP and spread > 0:
        unusual = min(max(abs(off) / spread - _UNUSUAL, 0.0), _MOST_UNUSUAL)
        off = min(max(off, -_CLIP * spread), _CLIP * spread)
    rate = max(1.0 / max(known, 1.0), _SLOW)
    words[row, MEAN + order] = mean + rate * off
    words[row, SPREAD + order] = spread + rate * (abs(off) - spread)
    return unusual
