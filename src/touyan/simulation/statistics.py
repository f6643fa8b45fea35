"""Means with the interval in which the true mean probably lies, after few runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev

import msgspec

CONFIDENCE = 0.95


class Estimate(msgspec.Struct, frozen=True):
    """A mean over `count` runs with its interval of confidence.

    The bounds are NaN for fewer than two runs, for one run says nothing of chance.
    """

    mean: float
    low: float
    high: float
    count: int

    @property
    def differs_from_zero(self) -> bool:
        """Whether zero lies outside the interval; never for fewer than two runs."""
        return not math.isnan(self.low) and not self.low <= 0.0 <= self.high


def estimate(values: Sequence[float], confidence: float = CONFIDENCE) -> Estimate:
    """Mean and Student's interval of independent runs; NaN among the values makes all of it NaN."""
    count = len(values)
    mean = fmean(values) if count else math.nan
    if count < 2 or not all(map(math.isfinite, values)):
        return Estimate(mean, math.nan, math.nan, count)
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
