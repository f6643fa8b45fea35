"""Demand as a list of vehicles, each with its own second of departure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .demand import Departures, Ints, VehicleTypes
from .poisson import CAR


class Timetable:
    """Known vehicles in the order of their steps; keeps `Demand`.

    Vehicle v departs in step `step[v]`, which never falls, along `route[v]`; it is number 0 of flow v.
    """

    def __init__(
        self,
        *,
        types: VehicleTypes,
        routes: list[tuple[int, ...]],
        step: Ints,
        route: Ints,
        vehicle_type: Ints,
        names: Sequence[str] = (),
    ) -> None:
        if (np.diff(step) < 0).any():
            raise ValueError("vehicles must stand in the order of their departure")
        self._types, self._routes = types, routes
        self.step, self.route, self.vehicle_type = step, route, vehicle_type
        self.names = tuple(names)

    @classmethod
    def of_cars(cls, routes: list[tuple[int, ...]], step: Ints, route: Ints) -> Timetable:
        """Cars in any order, each with its step and route."""
        order = np.argsort(step, kind="stable")
        step, route = step[order].astype(np.int32), route[order].astype(np.int32)
        return cls(types=CAR, routes=routes, step=step, route=route, vehicle_type=np.zeros(len(step), np.int32))

    def __len__(self) -> int:
        return len(self.step)

    @property
    def types(self) -> VehicleTypes:
        """The different vehicle types."""
        return self._types

    @property
    def routes(self) -> list[tuple[int, ...]]:
        """The different routes."""
        return self._routes

    def block(self, first_step: int, last_step: int) -> Departures:
        """All departures in steps first_step ≤ step < last_step."""
        first, last = np.searchsorted(self.step, (first_step, max(first_step, last_step)))
        vehicles = np.arange(first, last, dtype=np.int32)
        return Departures(
            step=self.step[first:last],
            route=self.route[first:last],
            vehicle_type=self.vehicle_type[first:last],
            flow=vehicles,
            number=np.zeros(len(vehicles), np.int32),
        )
