"""Demand whose simulated counts agree with counted ones: fitted, simulated, corrected, again.

A first fit knows free roads only. Each simulation then says how long roads take in each interval, and by how much
the counts it gives differ from those that the fit expects (queues delay vehicles, and hold some back); the next
fit takes both into account. The best of all rounds is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .assignment import Assignment, RoadTimes, assign, passes
from .counts import Counts
from .demand import Floats
from .fitting import fit, scaled, seconds, whole
from .geh import Agreement, geh
from .network import RoadNetwork
from .routing import Route
from .simulated_counts import Simulated, free_lane_seconds, simulate
from .timetable import Timetable

LEAD_S = 900.0
"""How long before the first count vehicles depart, unless one says otherwise."""

_DAMPING = 0.5
"""Share of a difference between simulation and fit that the next fit takes over; more of it swings."""

_LEAST, _MOST = 0.5, 1.5
"""Bounds of a corrected count, in counts: where a road is full, more demand brings fewer vehicles."""


class Round(NamedTuple):
    """One fit, what its simulation counts, and how well that agrees."""

    demand: Timetable
    simulated: Floats
    geh: Floats

    @property
    def agreement(self) -> Agreement:
        """The agreement in two figures."""
        return Agreement.of(self.geh)


class Calibration:
    """Finds the demand for some counts on a network, among given routes.

    `weights` say how likely each route is where counts leave a choice. Departures begin `lead_s` before the first
    count, or at second 0.
    """

    def __init__(
        self,
        network: RoadNetwork,
        counts: Counts,
        routes: Sequence[Route],
        weights: Floats,
        *,
        lead_s: float = LEAD_S,
        seed: int = 0,
        lane_change: bool = False,
    ) -> None:
        self._lane_change = lane_change
        self.network, self.counts, self.routes, self.seed = network, counts, list(routes), seed
        self.edges = np.unique(np.concatenate([[max(0.0, counts.edges[0] - lead_s)], counts.edges]))
        self._passes = passes(network, routes, counts.points)
        self._weights = (weights[:, np.newaxis] * np.diff(self.edges)).reshape(-1)
        self._entry = np.array([route[0] for route in routes], np.int32)

    @property
    def unseen(self) -> int:
        """Points that no route passes."""
        return len(self.counts.points) - len(np.unique(self._passes.point))

    def rounds(self, number: int) -> list[Round]:
        """So many rounds of fitting and simulating, from free roads on."""
        counted, found = self.counts.vehicles, list[Round]()
        assignment = self._assignment(np.repeat([free_lane_seconds(self.network)], len(self.edges) - 1, axis=0))
        bias = np.zeros(len(counted))
        for _ in range(number):
            target = np.clip(counted - bias, _LEAST * counted, _MOST * counted)
            departures = fit(assignment, target, scaled(assignment, target, self._weights))
            vehicles = whole(departures, len(self.edges) - 1, self.seed)
            demand = Timetable.of_cars(self.routes, *seconds(vehicles, self._entry, self.edges, self.seed))
            result = self._simulated(demand)
            found.append(Round(demand, result.counts, geh(result.counts, counted, self.counts.hours)))
            assignment = self._assignment(result.seconds)
            bias += _DAMPING * (result.counts - assignment.counts(vehicles.astype(float)) - bias)
        return found

    def _simulated(self, demand: Timetable) -> Simulated:
        return simulate(self.network, demand, self.counts, self.edges, seed=self.seed, lane_change=self._lane_change)

    def _assignment(self, lane_seconds: Floats) -> Assignment:
        return assign(self.routes, self._passes, self.counts, RoadTimes(self.network, self.edges, lane_seconds))


def best(rounds: Sequence[Round]) -> int:
    """The position of the round of lowest mean GEH."""
    return min(range(len(rounds)), key=lambda number: rounds[number].agreement.mean)
