"""Means with the interval in which the true mean probably lies, after few runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev

import msgspec

CONFIDENCE = 0.95


class Estimate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mean over `count` runs with its interval of confidence.

    None stands for what is not known; the bounds are not for fewer than two runs, for one says nothing of chance.
    """

    mean: float | None
    low: float | None
    high: float | None
    count: int

    @property
    def differs_from_zero(self) -> bool:
        """Whether zero lies outside the interval; never where there is none."""
        return self.low is not None and self.high is not None and not self.low <= 0.0 <= self.high


def estimate(values: Sequence[float], confidence: float = CONFIDENCE) -> Estimate:
    """Mean and Student's interval of independent runs; one value that is not finite leaves all unknown."""
    count = len(values)
    if not count or not all(map(math.isfinite, values)):
        return Estimate(None, None, None, count)
    mean = fmean(values)
    if count == 1:
        return Estimate(mean, None, None, count)
    half = t_quantile((1 + confidence) / 2, count - 1) * stdev(values) / math.sqrt(count)
    return Estimate(mean, mean - half, mean + half, count)


def t_quantile(probability: float, degrees: int) -> float:
    """Where Student's distribution reaches a probability above one half, by bisection."""
    low, high = 0.0, 1.0
    while _t_within(high, degrees) < 2 * probability - 1:
        low, high = high, 2 * high
    for _ in range(100):  # halves the bracket down to neighbouring numbers
        middle = (low + high) / 2
        low, high = (middle, high) if _t_within(middle, degrees) < 2 * probability - 1 else (low, middle)
    return high


def _t_within(t: float, degrees: int) -> float:
    """Probability that Student's |T| ≤ t, a finite sum (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4)."""
    angle = math.atan(t / math.sqrt(degrees))
    odd = degrees % 2
    term = math.cos(angle) if odd else 1.0
    total = 0.0
    for k in range(2 + odd, degrees + 1, 2):
        total += term
        term *= (k - 1) / k * math.cos(angle) ** 2
    return (angle + math.sin(angle) * total) * 2 / math.pi if odd else math.sin(angle) * total
