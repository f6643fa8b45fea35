"""The field between stations: kriging of what stations have beside their city, with a drift from other instruments.

Ratios to the mean of the stations are kriged (a Gaussian process of scikit-learn, exponential covariance), so that one
covariance serves clean and bad air. Where other pollutants are measured at a place but the one in question is not, what
they have beside their own kriged field says in which direction the place differs: regression kriging, whose slopes are
learned at the other stations (Hengl et al., Geoderma 120 (2004)).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touyan.core.errors import MissingPackageError

from .learners import EXTRA

Column = NDArray[np.float64]

RANGE_M = 60_000.0
"""Distance at which half of the likeness is lost, times 1.44; found on the training years of Beijing."""
NUGGET = 0.1
"""Variance of what is a station's own, beside 1 for the field."""
_LEAST = 5.0
"""Added before logarithms are taken (µg/m³): in clean air ratios say little."""


class Kriging:
    """The field of one quantity over a city, for many hours at once."""

    def __init__(self, places: Column, range_m: float = RANGE_M, nugget: float = NUGGET) -> None:
        self._places = places / range_m
        self._range_m = range_m
        process, kernels = _scikit()
        # Matérn of 1/2 is the exponential covariance.
        kernel = kernels.Matern(length_scale=1.0, nu=0.5)
        self._process = process.GaussianProcessRegressor(kernel, alpha=nugget, optimizer=None)

    def at(self, points: Column, values: Column) -> Column:
        """Values at points from those at the stations.

        Shapes (p, 2) and (stations, hours) in, (p, hours) out.

        A silent station counts as the mean of the others; NaN where all are silent.
        """
        mean = _mean(values)
        ratios = np.nan_to_num(values / np.maximum(mean, 1e-9) - 1.0)
        found = self._process.fit(self._places, ratios).predict(points / self._range_m)
        return np.maximum((np.reshape(found, (len(points), -1)) + 1.0) * mean, 0.0)

    def uncertainty(self, points: Column, values: Column) -> Column:
        """Standard deviation at points, from how far stations differ and how far away they are; shape (p, hours)."""
        mean = _mean(values)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            spread = np.nanstd(values / np.maximum(mean, 1e-9), axis=0) * mean
        self._process.fit(self._places, np.zeros(len(self._places)))
        _, share = self._process.predict(points / self._range_m, return_std=True)
        return np.asarray(np.asarray(share)[:, None] * spread)


def inverse_distance(places: Column, values: Column, point: Column, power: float = 2.0) -> Column:
    """The usual peer: stations weighted by a power of their distance.

    Silent ones are left out.
    """
    weights = np.hypot(*(places - point).T)[:, None] ** -power * ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray((weights * np.nan_to_num(values)).sum(axis=0) / weights.sum(axis=0))


class OtherInstruments:
    """What other instruments of a place say of the missing one.

    Slopes in logarithms, learned at other stations.
    """

    def __init__(self, places: Column, missing: Column, others: Sequence[Column], hours: NDArray[np.intp]) -> None:
        rows, said = [], []
        for station in range(len(places)):
            rest = np.delete(np.arange(len(places)), station)
            ratio = beside(places[rest], missing[rest][:, hours], places[station], missing[station, hours])
            given = [
                beside(places[rest], each[rest][:, hours], places[station], each[station, hours]) for each in others
            ]
            rows.append(np.array(given).T)
            said.append(ratio)
        table, target = np.vstack(rows), np.concatenate(said)
        known = ~np.isnan(target) & ~np.isnan(table).any(axis=1)
        # Bad air counts most: there the field is for.
        weight = np.sqrt(np.tile(_mean(missing[:, hours]), len(places))[known] + _LEAST)[:, None]
        slopes, *_ = np.linalg.lstsq(table[known] * weight, target[known] * weight[:, 0], rcond=None)
        self.slopes = np.asarray(slopes, np.float64)

    def at(self, places: Column, point: Column, missing: Column, others: Sequence[tuple[Column, Column]]) -> Column:
        """The field at a point, drawn to what its other instruments say.

        Each is (at the stations, at the point).
        """
        field = Kriging(places).at(point[None], missing)[0]
        given = np.array([beside(places, stations, point, here) for stations, here in others])
        drawn = self.slopes @ np.nan_to_num(given)
        return np.asarray(np.maximum((field + _LEAST) * np.exp(drawn) - _LEAST, 0.0))


def beside(places: Column, values: Column, point: Column, here: Column) -> Column:
    """Logarithm of what a place has over its field."""
    field = Kriging(places).at(point[None], values)[0]
    return np.asarray(np.log((here + _LEAST) / (field + _LEAST)))


def _mean(values: Column) -> Column:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmean(values, axis=0))


def _scikit() -> tuple[Any, Any]:
    try:
        from sklearn import gaussian_process
        from sklearn.gaussian_process import kernels
    except ImportError:
        raise MissingPackageError("scikit-learn", EXTRA) from None
    return gaussian_process, kernels
