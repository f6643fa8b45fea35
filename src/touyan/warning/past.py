"""The last readings of many series, in columns: what was before an alert, and how fast values change."""

from __future__ import annotations

from collections import deque

import numpy as np

from touyan.core.observations import Column

SAMPLES = 60


class Past:
    """At most sixty columns of the last `keep_s` seconds; a change of the ids begins anew.

    Columns are kept as they are given, so that those of the state cost no copy.
    """

    def __init__(self, keep_s: float) -> None:
        self._keep_s = keep_s
        self._ids: tuple[str, ...] = ()
        self._kept: deque[tuple[float, Column]] = deque()

    def add(self, now: float, ids: tuple[str, ...], column: Column) -> None:
        """Take the newest column, unless one so new is there already."""
        if ids is not self._ids and ids != self._ids:
            self._kept.clear()
        self._ids = ids
        while len(self._kept) > 1 and self._kept[1][0] <= now - self._keep_s:
            self._kept.popleft()
        if not self._kept or now - self._kept[-1][0] >= self._keep_s / SAMPLES:
            self._kept.append((now, column))

    def rate(self, now: float, column: Column, over_s: float) -> Column:
        """Change in a second since the newest column that is so old; NaN before there is one."""
        old = next(((at, then) for at, then in reversed(self._kept) if at <= now - over_s), None)
        if old is None:
            return np.full(len(column), np.nan)
        return (column - old[1]) / (now - old[0])

    def of(self, row: int) -> tuple[tuple[float, float], ...]:
        """Times and values of one series, without those that are missing."""
        told = ((at, float(column[row])) for at, column in self._kept)
        return tuple((at, value) for at, value in told if np.isfinite(value))
