"""The score of the Numenta Anomaly Benchmark, from its definition (Lavin and Ahmad, 2015; Ahmad et al., 2017).

The first alarm in a window counts more the earlier it comes; an alarm outside counts against, the more the further
behind the last window it stands. Each file's first 15 % (at most 750 rows) are not scored. 0 is the score of a
detector that never speaks, 100 that of one that speaks once, at the first row of each window.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.core.observations import Column

from .nab import Labelled

_PROBATION_SHARE, _PROBATION_ROWS = 0.15, 5000
_FAR = 3.0
"""Widths behind a window from which on an alarm counts fully against."""


class Profile(NamedTuple):
    """What a window found, a window missed, and a false alarm weigh."""

    found: float
    missed: float
    false: float


PROFILES = {
    "standard": Profile(1.0, 1.0, 0.11),
    "low false positives": Profile(1.0, 1.0, 0.22),
    "low misses": Profile(1.0, 2.0, 0.11),
}


class Marks(NamedTuple):
    """For each scored row of a file: what an alarm there is worth, and its window, -1 outside of all."""

    worth: Column
    window: NDArray[np.intp]
    first: int
    windows: int


class Curve(NamedTuple):
    """The score at every threshold that makes a difference, from the highest on."""

    thresholds: Column
    scores: Column
    windows: int

    @property
    def best(self) -> tuple[float, float]:
        """The highest score, and its threshold."""
        place = int(np.argmax(self.scores))
        return float(self.scores[place]), float(self.thresholds[place])

    def at(self, threshold: float) -> float:
        """The score of alarms at or above a threshold."""
        return float(self.scores[np.searchsorted(-self.thresholds, -threshold, side="right") - 1])


def marks(series: Labelled) -> Marks:
    """What an alarm is worth at each row."""
    count = len(series.at)
    worth, window = np.full(count, -1.0), np.full(count, -1, np.intp)
    for number, (start, end) in enumerate(series.spans):
        rows = np.arange(start, end + 1)
        worth[rows] = _sigmoid(-(end - rows + 1) / (end - start + 1)) / _sigmoid(np.array([-1.0]))
        window[rows] = number
        behind = np.arange(end + 1, count)
        worth[behind] = _sigmoid((behind - end) / (end - start))
    first = math.ceil(min(math.floor(_PROBATION_SHARE * count), _PROBATION_SHARE * _PROBATION_ROWS))
    return Marks(worth[first:], window[first:], first, len(series.spans))


def _sigmoid(place: Column) -> Column:
    """Worth at a place in window widths: -1 at the window's first row, 0 at its end, positive behind it."""
    return np.where(place > _FAR, -1.0, 2.0 / (1.0 + np.exp(5.0 * np.minimum(place, _FAR))) - 1.0)


def curve(scores: Sequence[Column], marked: Sequence[Marks], profile: Profile) -> Curve:
    """The benchmark's score of some files together; rows with a score of 0 are never alarms."""
    offsets = np.cumsum([0, *(mark.windows for mark in marked)])
    score = np.concatenate([told[mark.first :] for told, mark in zip(scores, marked, strict=True)])
    worth = np.concatenate([mark.worth for mark in marked])
    window = np.concatenate(
        [np.where(mark.window >= 0, mark.window + offset, -1) for mark, offset in zip(marked, offsets, strict=False)]
    )
    order = np.argsort(-score, kind="stable")
    order = order[score[order] > 0]
    score, worth, window = score[order], worth[order], window[order]
    gains = np.where(window < 0, profile.false * worth, 0.0)
    for number in np.unique(window[window >= 0]):
        rows = np.flatnonzero(window == number)
        reached = np.maximum.accumulate(np.maximum(profile.found * worth[rows], -profile.missed))
        gains[rows] = np.diff(reached, prepend=-profile.missed)
    last = np.append(score[1:] != score[:-1], True)[: len(score)]
    windows = int(offsets[-1])
    total = np.concatenate([[0.0], np.cumsum(gains)[last]])
    return Curve(
        np.concatenate([[np.inf], score[last]]), 100.0 * total / (windows * (profile.found + profile.missed)), windows
    )


def of_other_half(scores: Sequence[Column], marked: Sequence[Marks], profile: Profile, seed: int) -> float:
    """The score when each half of the files, drawn by the seed, takes its threshold from the other half."""
    drawn = np.random.default_rng(seed).permutation(len(scores))
    halves = drawn[: len(scores) // 2], drawn[len(scores) // 2 :]
    curves = [curve([scores[file] for file in half], [marked[file] for file in half], profile) for half in halves]
    won = sum(own.at(other.best[1]) * own.windows for own, other in (curves, curves[::-1]))
    return won / sum(own.windows for own in curves)
