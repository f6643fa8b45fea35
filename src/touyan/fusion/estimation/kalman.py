"""One Kalman filter for each entity, all at once: a value that drifts back to what is usual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from touyan.core.observations import Column

from .combining import Estimates


@dataclass(frozen=True)
class KalmanBank:
    """Filters of x(t+1) = usual + memory · (x(t) − usual) + noise; columns have one element an entity.

    `spread` is the variance of x where nothing is measured; `memory`, between 0 and 1, is over one step.
    """

    usual: Column
    spread: Column
    memory: float

    def begin(self) -> Estimates:
        """What is known before the first measurement."""
        return Estimates(self.usual.copy(), self.spread.copy())

    def predict(self, before: Estimates, steps: float = 1.0) -> Estimates:
        """One step on, or several, or a part of one."""
        memory = self.memory**steps
        value = self.usual + memory * (before.value - self.usual)
        return Estimates(value, memory**2 * before.variance + (1 - memory**2) * self.spread)

    @staticmethod
    def update(before: Estimates, measured: Column, variance: Column) -> Estimates:
        """Take measurements over; NaN where there is none."""
        said = ~np.isnan(measured)
        gain = np.where(said, before.variance / (before.variance + np.where(said, variance, 1.0)), 0.0)
        value = before.value + gain * np.where(said, measured - before.value, 0.0)
        return Estimates(value, (1 - gain) * before.variance)

    @staticmethod
    def surprise(before: Estimates, measured: Column, variance: Column) -> Column:
        """How far measurements lie from what was expected, in standard deviations."""
        surprise: Column = (measured - before.value) / np.sqrt(before.variance + variance)
        return surprise
