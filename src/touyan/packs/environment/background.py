"""The air of a simulated city without accidents: episodes of days, hours of the day, places and their own weather."""

from __future__ import annotations

import math
from copy import deepcopy

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]

_EPISODE_S = 36 * 3600.0
"""How long the city remembers an episode."""
_EPISODE = 0.45
"""Standard deviation of the city's level, in powers of e; Beijing's hours have 0.9, of which most lasts for days."""
_LOCAL_S = 5400.0
_LOCAL = 0.10
"""The same for what is each station's own: streets, kitchens, showers."""
_PLACE = 0.15
_DAILY = 0.15
_RUSH_H = (8.0, 20.0)
_COARSE_SHARE = 0.6
_COARSE = 0.12


class Background:
    """PM2.5 and coarse dust at stations (kg/m³).

    A chain that may be sampled at any interval.
    """

    def __init__(self, stations: int, level: float, starts_at: float, seed: int) -> None:
        self._random = np.random.default_rng([seed, 11])
        self._level = level
        self._at = starts_at
        self._place = _PLACE * self._random.normal(size=stations)
        self._city = _EPISODE * float(self._random.normal())
        self._own = self._random.normal(size=(2, stations))

    def branch(self) -> Background:
        """A copy with the same chance to come."""
        return deepcopy(self)

    def move_to(self, at: float) -> None:
        """Let time pass until a moment (epoch s)."""
        seconds = at - self._at
        self._at = at
        kept, fresh = _memory(seconds, _EPISODE_S)
        self._city = self._city * kept + _EPISODE * fresh * float(self._random.normal())
        kept, fresh = _memory(seconds, _LOCAL_S)
        self._own = self._own * kept + fresh * self._random.normal(size=self._own.shape)

    def fine(self) -> Column:
        """PM2.5 at each station now."""
        hour = (self._at / 3600.0 + 8.0) % 24.0
        rush = max(math.exp(-(((hour - peak + 12) % 24 - 12) ** 2) / 12.0) for peak in _RUSH_H)
        daily = _DAILY * (rush - 0.5)
        return np.asarray(self._level * np.exp(self._city + self._place + _LOCAL * self._own[0] + daily))

    def coarse(self) -> Column:
        """What PM10 has beyond PM2.5 at each station now."""
        of_place = 0.5 * self._city + self._place + _COARSE * self._own[1]
        return np.asarray(self._level * _COARSE_SHARE * np.exp(of_place))


def _memory(seconds: float, memory_s: float) -> tuple[float, float]:
    """What is kept of a deviation after a time, and what comes afresh."""
    kept = math.exp(-seconds / memory_s)
    return kept, math.sqrt(1.0 - kept * kept)
