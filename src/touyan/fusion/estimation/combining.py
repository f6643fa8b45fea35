"""Several measurements of the same quantities, weighted by how sure each is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from touyan.core.observations import Column


class Estimates(NamedTuple):
    """Values with their variances, one for each entity; NaN and infinite where nothing is known."""

    value: Column
    variance: Column


def inverse_variance(values: Column, variances: Column) -> Estimates:
    """The best linear combination of independent measurements, shape (sources, entities); NaN where one is silent."""
    silent = np.isnan(values) | ~(variances > 0)
    weights = np.where(silent, 0.0, 1.0 / np.where(silent, 1.0, variances))
    total = weights.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return Estimates((weights * np.where(silent, 0.0, values)).sum(axis=0) / total, 1.0 / total)
