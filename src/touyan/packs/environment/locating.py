"""Where a release comes from: the place whose cloud in the measured wind explains the readings best.

For every possible place the readings are linear in the rate, so the rate is found in closed form for each time at
which the release may have begun. Places are searched on a grid that is refined around the best ones; how likely each
is (Gaussian errors, all places equally likely before) gives the uncertainty. After Rao, Atmos. Environ. 41 (2007),
6964-6973, who calls this the forward, probabilistic way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.kernels.dispersion.footprints import ACROSS, EAST, UPWARD, footprints

from .spread import Spread

Column = NDArray[np.float64]

_FINEST_M = 25.0
_KEPT = 6
"""Places of a level around which the next, finer one is searched, besides the likely ones."""
_MANY = 300
"""Likely places at which a finer search would say no more: the readings leave the source open."""
_MOST_RATE = 100.0
"""Kilograms a second; greater accidents are seen without stations."""
_RING = np.array([(east, north) for east in range(-2, 3) for north in range(-2, 3)], np.float64)


class Readings(NamedTuple):
    """What stations read above the background (kg/m³), shape (moments, stations).

    NaN is no reading.

    `moments` are seconds since the first step of the wind, `places` rows x, y, z (m).
    """

    places: Column
    moments: Column
    excess: Column


class WindRecord(NamedTuple):
    """The wind in even steps.

    Metres a second to the east and north, shape (steps, 2).
    """

    step_s: float
    velocity: Column


class Found(NamedTuple):
    """Where the source is, how strong, since when, how sure.

    Metres, kg/s and seconds.

    `spread_m` is the radius of a circle as large as one standard deviation; `candidates` are rows x, y, likelihood.
    """

    x: float
    y: float
    rate: float
    began_s: float
    spread_m: float
    candidates: Column


def locate(
    readings: Readings,
    wind: WindRecord,
    spread: Spread,
    within_m: float,
    *,
    noise: float = 0.1,
    floor: float = 1e-9,
    height: float = 2.0,
    windows: int = 12,
    coarse_m: float = 500.0,
) -> Found:
    """The most likely source within a square around the origin.

    `noise` is relative, `floor` in kg/m³.
    """
    search = _Search(readings, wind, spread, noise, floor, height, windows)
    axis = np.arange(-within_m, within_m + 1e-6, coarse_m)
    sources = np.array([(east, north) for east in axis for north in axis])
    tried = search.misfits(sources)
    step = coarse_m
    while step > _FINEST_M and _likely(tried).sum() <= _MANY:
        best = sources[_likely(tried) | (tried[:, 0] <= np.sort(tried[:, 0])[_KEPT])]
        step /= 2.0
        sources = _around(best, step)
        tried = search.misfits(sources)
    sources, tried = _wide_enough(search, sources, tried, step)
    return _judged(sources, tried, step)


def _likely(tried: Column) -> NDArray[np.bool_]:
    """Places that 99 % of the likelihood of two Gaussian unknowns would hold."""
    return np.asarray(tried[:, 0] < tried[:, 0].min() + 9.2)


def _around(sources: Column, step: float) -> Column:
    """Places up to two steps around each, once each."""
    return np.unique(np.round((sources[:, None, :] + step * _RING[None]).reshape(-1, 2), 3), axis=0)


class _Search:
    """Readings and wind made ready to try many places."""

    def __init__(
        self,
        readings: Readings,
        wind: WindRecord,
        spread: Spread,
        noise: float,
        floor: float,
        height: float,
        windows: int,
    ) -> None:
        self._places = np.ascontiguousarray(readings.places, np.float64)
        self._drift, self._born = _drifts(readings.moments, wind, spread)
        births = self._drift.shape[1]
        self._window = np.minimum(np.arange(births) * windows // max(births, 1), windows - 1)
        self._window_s = births * wind.step_s / windows
        self._windows, self._height, self._mass = windows, height, wind.step_s
        observed = readings.excess.ravel()
        self._known = ~np.isnan(observed)
        self._observed = observed[self._known]
        self._weight = 1.0 / np.hypot(noise * np.maximum(self._observed, 0.0), floor)

    def misfits(self, sources: Column) -> Column:
        """Squared misfit, rate and begin of each place at its best."""
        shape = (len(sources), self._born.size * len(self._places), self._windows)
        found = np.zeros(shape)
        footprints(sources, self._places, self._drift, self._born, self._window, self._height, found)
        # Open from a window on until now: the sum over that window and all later ones.
        since = np.cumsum(found[:, self._known, ::-1], axis=2)[:, :, ::-1] * (self._mass * self._weight[None, :, None])
        target = self._observed * self._weight
        crossed, own = np.einsum("r,srw->sw", target, since), (since**2).sum(axis=1)
        rate = np.clip(crossed / np.maximum(own, 1e-300), 0.0, _MOST_RATE)
        misfit = (target**2).sum() - 2 * rate * crossed + rate**2 * own
        best = misfit.argmin(axis=1)
        rows = np.arange(len(sources))
        return np.column_stack([misfit[rows, best], rate[rows, best], best * self._window_s])


def _drifts(moments: Column, wind: WindRecord, spread: Spread) -> tuple[Column, NDArray[np.int64]]:
    """How far puffs of each step have come by each moment, and how many are born by then."""
    gone = np.vstack([np.zeros(2), np.cumsum(wind.velocity * wind.step_s, axis=0)])
    speed = np.hypot(wind.velocity[:, 0], wind.velocity[:, 1])
    way = np.concatenate([[0.0], np.cumsum(speed * wind.step_s)])
    steps = np.round(np.asarray(moments) / wind.step_s).astype(np.int64)
    births = int(steps.max(initial=0))
    drift = np.ones((len(steps), births, 4))
    half = wind.velocity[:births] * wind.step_s / 2
    for row, step in enumerate(steps.tolist()):
        passed = np.maximum(way[step] - way[:step] - speed[:step] * wind.step_s / 2, 1.0)
        drift[row, :step, EAST:ACROSS] = gone[step] - gone[:step] - half[:step]
        drift[row, :step, ACROSS] = spread.across.at(passed)
        drift[row, :step, UPWARD] = spread.upward.at(passed)
    return drift, steps


def _wide_enough(search: _Search, sources: Column, tried: Column, step: float) -> tuple[Column, Column]:
    """Add places around likely ones until the likely ones are inside."""
    while _likely(tried).sum() <= _MANY:
        known = set(map(tuple, sources.tolist()))
        around = _around(sources[_likely(tried)], step).tolist()
        new = np.array([place for place in map(tuple, around) if place not in known])
        if not len(new):
            break
        sources, tried = np.vstack([sources, new]), np.vstack([tried, search.misfits(new)])
    return sources, tried


def _judged(sources: Column, tried: Column, step: float) -> Found:
    likelihood = np.exp(-0.5 * (tried[:, 0] - tried[:, 0].min()))
    likelihood /= likelihood.sum()
    middle = likelihood @ sources
    off = sources - middle
    covariance = (off * likelihood[:, None]).T @ off + np.eye(2) * step**2 / 12
    rate, began = likelihood @ tried[:, 1], likelihood @ tried[:, 2]
    radius = float(np.sqrt(np.sqrt(np.linalg.det(covariance)) * 2))
    candidates = np.column_stack([sources, likelihood])
    return Found(float(middle[0]), float(middle[1]), float(rate), float(began), radius, candidates)


def excess_over(background: Column, values: Column) -> Column:
    """What readings have above the background, not below zero; NaN stays NaN."""
    return np.maximum(np.asarray(values) - background, 0.0)


def wind_record(step_s: float, speeds: Sequence[float], directions: Sequence[float]) -> WindRecord:
    """Measured winds, one a step, as a record.

    Speeds in m/s, directions in radians from north, from where it blows.
    """
    speed, angle = np.asarray(speeds, np.float64), np.asarray(directions, np.float64)
    return WindRecord(step_s, np.column_stack([-speed * np.sin(angle), -speed * np.cos(angle)]))
