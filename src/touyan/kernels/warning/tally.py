"""How often something was as large as now: counts in bins, and what was believed before anything was counted."""

from __future__ import annotations

from touyan.kernels.compiled import inlined

from .memory import Words


@inlined
def beyond(words: Words, row: int, start: int, bins: int, place: float) -> float:
    """How many were counted at or above a place, in bins; a bin is filled evenly."""
    own = min(int(place), bins - 1)
    counted = words[row, start + own]
    if own < bins - 1:
        counted *= own + 1 - place
    for later in range(own + 1, bins):
        counted += words[row, start + later]
    return counted


@inlined
def count(words: Words, row: int, start: int, bins: int, place: float, weight: float) -> None:
    """Count one more at a place."""
    words[row, start + min(int(place), bins - 1)] += weight


@inlined
def pass_on(words: Words, row: int, start: int, bins: int, total: int, limit: float, weight: float) -> None:
    """Note that a reading went by; beyond the limit the old ones count half."""
    words[row, total] += weight
    if words[row, total] >= limit:
        words[row, total] *= 0.5
        for position in range(start, start + bins):
            words[row, position] *= 0.5
