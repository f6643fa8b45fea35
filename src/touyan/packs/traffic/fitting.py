"""Departures that explain counts, and their vehicles.

Counts are taken as Poisson draws about what the departures add up to, and the likeliest departures are found by
expectation maximisation, which keeps every figure positive (Vardi, Network tomography, JASA 91, 1996). Where counts
leave a choice, departures stay in proportion to the prior.
"""

from __future__ import annotations

import numpy as np

from .assignment import Assignment
from .demand import Floats, Ints

_ROUNDS = 400
_SETTLED = 1e-5
"""Relative change of all departures in one round, below which more rounds change nothing that counts show."""

_TRUST = 0.02
"""How much the prior counts beside one whole count; it holds departures that hardly any count sees."""

_TINY = 1e-12


def fit(assignment: Assignment, counted: Floats, prior: Floats) -> Floats:
    """The likeliest departures for some counts, in the columns of the assignment."""
    departures = prior.copy()
    seen = assignment.back(np.ones(assignment.shape[0]))
    for _ in range(_ROUNDS):
        ratio = counted / np.maximum(assignment.counts(departures), _TINY)
        updated = (_TRUST * prior + departures * assignment.back(ratio)) / (_TRUST + seen)
        change = np.abs(updated - departures).sum() / max(departures.sum(), _TINY)
        departures = updated
        if change < _SETTLED:
            break
    return departures


def scaled(assignment: Assignment, counted: Floats, weights: Floats) -> Floats:
    """Weights as departures: all multiplied so that the counts' total is met."""
    total = assignment.counts(weights).sum()
    return weights * (counted.sum() / total) if total > 0 else weights


def whole(departures: Floats, intervals: int, seed: int) -> Ints:
    """Departures as whole vehicles, the same for the same seed.

    Rounding is systematic: over the columns in the order of their intervals and routes, sums are right to one vehicle.
    """
    by_interval = departures.reshape(-1, intervals).T
    sums = np.cumsum(by_interval) + np.random.default_rng(seed).random()
    steps = np.diff(np.floor(np.concatenate([[0.0], sums]))).astype(np.int32)
    vehicles: Ints = steps.reshape(by_interval.shape).T.reshape(-1)
    return vehicles


def seconds(vehicles: Ints, entry: Ints, edges: Floats, seed: int) -> tuple[Ints, Ints]:
    """Second and route of each vehicle, evenly spread.

    Vehicles of one entry are spread over their interval, each a little by chance; `entry` is the first road of each
    route.
    """
    chance = np.random.default_rng([seed, 1])
    intervals = len(edges) - 1
    route, interval = np.divmod(np.repeat(np.arange(len(vehicles)), vehicles), intervals)
    order = np.lexsort((chance.random(len(route)), entry[route], interval))
    route, interval = route[order], interval[order]
    group = np.unique(np.stack([interval, entry[route]]), axis=1, return_inverse=True)[1].reshape(-1)
    first, size = np.searchsorted(group, group), np.bincount(group)[group] if len(group) else group
    place = (np.arange(len(route)) - first + chance.random(len(route))) / np.maximum(size, 1)
    second = edges[interval] + place * (edges[interval + 1] - edges[interval])
    return second.astype(np.int32), route.astype(np.int32)
