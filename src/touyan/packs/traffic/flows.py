"""Demand as flows: vehicles of one kind on one route at regular intervals."""

from __future__ import annotations

import numpy as np

from touyan.kernels.traffic import departures

from .demand import Departures, Floats, Ints, VehicleTypes


class FlowDemand:
    """Flows in columns, released by CityFlow's clock rule; keeps `Demand`.

    Flow f sends a vehicle of `vehicle_type[f]` along `route[f]` every `interval[f]` seconds from second `start[f]`
    to second `end[f]` inclusive (-1: for ever). A block does not depend on the blocks asked before it, so that a
    city and its twin can share one demand.
    """

    def __init__(
        self,
        *,
        types: VehicleTypes,
        routes: list[tuple[int, ...]],
        route: Ints,
        vehicle_type: Ints,
        interval: Floats,
        start: Floats,
        end: Floats,
        step_s: float = 1.0,
    ) -> None:
        self._types, self._routes = types, routes
        self.route, self.vehicle_type = route, vehicle_type
        self.interval, self.start, self.end, self.step_s = interval, start, end, step_s
        self._rewind()

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
        if first_step < self._step:
            self._rewind()
        if first_step > self._step:
            self._advance(first_step)
        return self._advance(last_step)

    def _rewind(self) -> None:
        self._step, self._clock = 0, 0.0
        self._credit = self.interval.copy()
        self._number = np.zeros(len(self.interval), np.int32)

    def _advance(self, step: int) -> Departures:
        """Everything released from the step reached so far up to the given one."""
        first, self._step = self._step, max(step, self._step)
        times = departures.ticks(self._clock, self.step_s, self._step - first)
        steps = departures.spans(times, self.start, self.end)
        each = np.zeros(len(times), np.int32)
        departures.releases(self._credit, self.interval, steps, self.step_s, each[1:])
        place = np.cumsum(each, dtype=np.int32)
        flow, number = departures.release(self._credit, self.interval, steps, self.step_s, place, self._number)
        self._clock = float(times[-1])
        return Departures(
            step=np.repeat(np.arange(first, self._step, dtype=np.int32), each[1:]),
            route=self.route[flow],
            vehicle_type=self.vehicle_type[flow],
            flow=flow,
            number=number,
        )
