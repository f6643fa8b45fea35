"""Random demand hour by hour, the same however time is cut."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from .demand import Departures, Ints, VehicleTypes

_KEPT_HOURS = 3
"""Hours of vehicles kept in memory: a city and its twin ask for the same ones."""


class HourlyDemand(ABC):
    """Demand whose hour h comes from (seed, h) alone; keeps `Demand`.

    Routes are numbered in the order of hours, whichever hour is asked for first.
    """

    def __init__(self, seed: int, types: VehicleTypes, step_s: float) -> None:
        self.seed, self.step_s = seed, step_s
        self._types = types
        self.hour_steps = round(3600 / step_s)
        self._route_index: dict[tuple[int, ...], int] = {}
        self._routes: list[tuple[int, ...]] = []
        self._drawn = 0
        self._hours: dict[int, Departures] = {}

    @property
    def types(self) -> VehicleTypes:
        """The vehicle types that departures refer to."""
        return self._types

    @property
    def routes(self) -> list[tuple[int, ...]]:
        """The routes drawn so far."""
        return self._routes

    def block(self, first_step: int, last_step: int) -> Departures:
        """All departures in steps first_step ≤ step < last_step."""
        hours = range(first_step // self.hour_steps, -(-max(last_step, first_step + 1) // self.hour_steps))
        parts = []
        for departures in map(self._hour, hours):
            inside = slice(*np.searchsorted(departures.step, (first_step, max(last_step, first_step))))
            parts.append([column[inside] for column in _columns(departures)])
        return Departures(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    @abstractmethod
    def draw(self, hour: int, chance: np.random.Generator) -> Departures:
        """The vehicles of an hour, by step; routes through `position`."""

    def position(self, route: tuple[int, ...]) -> int:
        """Where a route stands in `routes`; a new one comes last."""
        if route not in self._route_index:
            self._route_index[route] = len(self._routes)
            self._routes.append(route)
        return self._route_index[route]

    def _hour(self, hour: int) -> Departures:
        for earlier in range(self._drawn, hour):
            self._draw(earlier)
        if hour not in self._hours:
            self._hours[hour] = self._draw(hour)
            for old in list(self._hours)[:-_KEPT_HOURS]:
                del self._hours[old]
        return self._hours[hour]

    def _draw(self, hour: int) -> Departures:
        departures = self.draw(hour, np.random.default_rng([self.seed, hour]))
        self._drawn = max(self._drawn, hour + 1)
        return departures


def ranks(flow: Ints) -> Ints:
    """How many earlier elements are equal to each."""
    order = np.argsort(flow, kind="stable")
    in_order = flow[order]
    found = np.empty(len(flow), np.int32)
    found[order] = np.arange(len(flow)) - np.searchsorted(in_order, in_order)
    return found


def _columns(departures: Departures) -> tuple[Ints, ...]:
    return departures.step, departures.route, departures.vehicle_type, departures.flow, departures.number
