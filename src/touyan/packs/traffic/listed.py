"""Demand as a list: each vehicle with its second and its route."""

from __future__ import annotations

import numpy as np

from .demand import Departures, Ints, VehicleTypes
from .poisson import CAR
from .routing import Route


class ListedDemand:
    """Vehicles one by one, each a flow of its own; keeps `Demand`.

    `step` and `route` have one element a vehicle; vehicles are put in the order of their steps.
    """

    def __init__(self, routes: list[Route], step: Ints, route: Ints, types: VehicleTypes = CAR) -> None:
        order = np.argsort(step, kind="stable")
        self.step, self.route = step[order].astype(np.int32), route[order].astype(np.int32)
        self._routes, self._types = routes, types

    @property
    def types(self) -> VehicleTypes:
        """The one vehicle type."""
        return self._types

    @property
    def routes(self) -> list[Route]:
        """The routes that vehicles refer to."""
        return self._routes

    def block(self, first_step: int, last_step: int) -> Departures:
        """All departures in steps first_step ≤ step < last_step."""
        first, last = np.searchsorted(self.step, (first_step, max(first_step, last_step)))
        nothing = np.zeros(last - first, np.int32)
        flow = np.arange(first, last, dtype=np.int32)
        return Departures(self.step[first:last], self.route[first:last], nothing, flow, nothing)
