"""What an accidental release makes of the air: Gaussian puffs that drift with the wind."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.kernels.dispersion.puffs import ACROSS, COLUMNS, MASS, UPWARD, X, Y, concentrations

from .spread import Spread
from .winds import Wind, toward

Points = NDArray[np.float64]

_FIRST_WAY_M = 1.0
"""A puff is born with the spread of this way, so that its concentration is finite."""


class Release(NamedTuple):
    """What escapes where: place (m), height (m), kg/s, and when since the start (s)."""

    x: float
    y: float
    height: float
    rate: float
    from_s: float
    for_s: float

    def mass_between(self, begin: float, end: float) -> float:
        """Kilograms that escape in a time."""
        return self.rate * max(0.0, min(end, self.from_s + self.for_s) - max(begin, self.from_s))


class Cloud:
    """Puffs in one wind over one kind of ground; keeps `Branchable`.

    Each release lets one puff go a step. Puffs whose middle is further than `reach_m` from the origin have left:
    `gone` (kg) counts them, and with `in_air` it is always what was released.
    """

    def __init__(
        self, releases: Sequence[Release], wind: Wind, spread: Spread, step_s: float = 10.0, reach_m: float = 25_000.0
    ) -> None:
        self.releases = tuple(releases)
        self.wind = wind
        self.step_s = step_s
        self.seconds = 0.0
        self.gone = 0.0
        self.puffs = np.empty((0, COLUMNS))
        self._spread = spread
        self._reach_m = reach_m
        self._way = np.empty(0)

    def branch(self) -> Cloud:
        """An independent copy; both go on as the original would have."""
        twin = copy(self)
        twin.wind, twin.puffs, twin._way = self.wind.branch(), self.puffs.copy(), self._way.copy()
        return twin

    @property
    def in_air(self) -> float:
        """Kilograms of all puffs."""
        return float(self.puffs[:, MASS].sum())

    @property
    def released(self) -> float:
        """Kilograms that have escaped until now."""
        return sum(release.mass_between(0.0, self.seconds) for release in self.releases)

    @property
    def rates(self) -> float:
        """Kilograms a second that escape now."""
        return sum(release.rate for release in self.releases if release.mass_between(self.seconds, self.seconds + 1e-6))

    def step(self) -> None:
        """Let one step pass: the wind carries, puffs grow, new ones are born."""
        speed, direction = self.wind.at(self.seconds)
        east, north = toward(speed, direction)
        self.puffs[:, X] += east * self.step_s
        self.puffs[:, Y] += north * self.step_s
        self._way += speed * self.step_s
        self._emit(speed, east, north)
        self.puffs[:, ACROSS] = self._spread.across.at(self._way)
        self.puffs[:, UPWARD] = self._spread.upward.at(self._way)
        self._let_go()
        self.wind.wander(self.step_s)
        self.seconds += self.step_s

    def at(self, points: Points) -> NDArray[np.float64]:
        """Concentration (kg/m³) at rows x, y, z."""
        found = np.zeros(len(points))
        if len(self.puffs):
            concentrations(self.puffs, np.ascontiguousarray(points, np.float64), found)
        return found

    def _emit(self, speed: float, east: float, north: float) -> None:
        """One puff for each release that is open in this step; on average it has drifted for half of it."""
        born = []
        for release in self.releases:
            mass = release.mass_between(self.seconds, self.seconds + self.step_s)
            if mass > 0:
                half = self.step_s / 2
                born.append([release.x + east * half, release.y + north * half, mass, 0.0, 0.0, release.height])
        if born:
            self.puffs = np.vstack([self.puffs, np.array(born)])
            self._way = np.append(self._way, np.full(len(born), max(speed * self.step_s / 2, _FIRST_WAY_M)))

    def _let_go(self) -> None:
        outside = np.hypot(self.puffs[:, X], self.puffs[:, Y]) > self._reach_m
        if outside.any():
            self.gone += float(self.puffs[outside, MASS].sum())
            self.puffs, self._way = self.puffs[~outside], self._way[~outside]


def heights(points: Points, above: float = 0.0) -> Points:
    """Rows x, y, z from rows x, y, all at one height (m)."""
    return np.column_stack([points, np.full(len(points), above)])
