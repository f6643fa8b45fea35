"""Tuning: the few numbers that a model does not know, from data, by trying."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

_HALVINGS = (1.0, 0.5)  # steps of a factor e, then of its square root
_ROUNDS = 2
_TRUST = 4.0  # variance of the logarithm of a number around its start: a factor of 7 up or down is usual


def tuned(start: Vector, score: Callable[[Vector], float]) -> Vector:
    """Positive numbers near a start with a high score, found one after another; each try costs one score."""
    best = np.log(start)
    highest = score(start)
    for step in _HALVINGS:
        for _ in range(_ROUNDS):
            before = highest
            for place in range(len(start)):
                best, highest = _better(best, highest, place, step, start, score)
            if highest == before:
                break
    return np.exp(best)


def _better(
    best: Vector, highest: float, place: int, step: float, start: Vector, score: Callable[[Vector], float]
) -> tuple[Vector, float]:
    """One number a step up, else a step down, where that is better; far from the start counts against it."""
    for change in (step, -step):
        tried = best.copy()
        tried[place] += change
        reached = score(np.exp(tried)) - 0.5 * float(((tried - np.log(start)) ** 2).sum()) / _TRUST
        if reached > highest:
            return tried, reached
    return best, highest
