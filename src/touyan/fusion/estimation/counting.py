"""Rare things that are seen in part: gamma beliefs about numbers, of which a share is counted.

The gamma distribution is the conjugate prior of Poisson counts: a belief of shape a and rate b with a count n of an
exposure e becomes (a + n, b + e). It fits numbers that are mostly small and sometimes very large.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from touyan.core.observations import Column

_LEAST_SHAPE = 1e-3


class GammaBeliefs(NamedTuple):
    """One belief for each entity: mean shape / rate, variance shape / rate²."""

    shape: Column
    rate: Column

    @classmethod
    def with_moments(cls, mean: Column, variance: Column) -> GammaBeliefs:
        """Beliefs with a mean and a variance."""
        mean, variance = np.maximum(mean, 1e-6), np.maximum(variance, 1e-9)
        return cls(np.maximum(mean**2 / variance, _LEAST_SHAPE), mean / variance)

    @property
    def mean(self) -> Column:
        """What is expected."""
        return self.shape / self.rate

    def counted(self, count: Column, exposure: float) -> GammaBeliefs:
        """After a share (the exposure) of each number was counted."""
        return GammaBeliefs(self.shape + count, self.rate + exposure)

    def faded(self, usual: GammaBeliefs, memory: float) -> GammaBeliefs:
        """One step later, when a part of what was learnt no longer holds."""
        return GammaBeliefs(
            memory * self.shape + (1 - memory) * usual.shape, memory * self.rate + (1 - memory) * usual.rate
        )

    def draws(self, count: int, random: np.random.Generator) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        """Possible numbers, shape (count, entities)."""
        return random.gamma(self.shape, 1.0 / self.rate, (count, len(self.shape)))
