"""The wind over a city: what is set, and how it wanders about that."""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np

LEAST_SPEED = 0.5
"""Under this (m/s) a Gaussian puff says nothing, and weather services call it calm."""


@dataclass(frozen=True)
class Setpoint:
    """From a second on, the wind blows so.

    Speed in m/s, direction in ° from north.
    """

    from_s: float
    speed: float
    direction: float


@dataclass
class Wind:
    """One wind for the whole city.

    Direction and speed wander about the setpoint.

    Both wander as Ornstein-Uhlenbeck processes: `turning` (°) and `gusting` (a share of the speed) are their standard
    deviations, `memory_s` the time in which they forget.
    """

    setpoints: tuple[Setpoint, ...]
    turning: float = 0.0
    gusting: float = 0.0
    memory_s: float = 600.0
    seed: int = 0
    _off: tuple[float, float] = (0.0, 0.0)
    _random: np.random.Generator = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = np.random.default_rng([self.seed, 7])
        one, other = self._random.normal(size=2).tolist()
        self._off = (one * self.turning, other * self.gusting)

    def branch(self) -> Wind:
        """A copy with the same chance to come."""
        return deepcopy(self)

    def reseed(self, seed: int) -> None:
        """Go on from here by another chance."""
        self._random = np.random.default_rng([self.seed, 7, seed])

    def setpoint(self, second: float) -> Setpoint:
        """What is set at a second since the start."""
        return [each for each in self.setpoints if each.from_s <= second or each is self.setpoints[0]][-1]

    def at(self, second: float) -> tuple[float, float]:
        """Speed (m/s) and direction (°) that it blows from."""
        point = self.setpoint(second)
        speed = max(point.speed * (1.0 + self._off[1]), LEAST_SPEED)
        return speed, (point.direction + self._off[0]) % 360.0

    def wander(self, seconds: float) -> None:
        """Let time pass."""
        if self.turning == 0 and self.gusting == 0:
            return
        kept = math.exp(-seconds / self.memory_s)
        fresh = math.sqrt(1 - kept * kept)
        one, other = self._random.normal(size=2).tolist()
        self._off = (
            self._off[0] * kept + one * fresh * self.turning,
            self._off[1] * kept + other * fresh * self.gusting,
        )


def toward(speed: float, direction: float) -> tuple[float, float]:
    """East and north (m/s) of the air's motion, from where the wind blows."""
    angle = math.radians(direction)
    return -speed * math.sin(angle), -speed * math.cos(angle)
