"""Who drives where and when: demand that a world asks for, block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class VehicleTypes:
    """Parameters of each vehicle type: metres, m/s, m/s², seconds; one element a type."""

    length: Floats
    width: Floats
    max_pos_acc: Floats
    max_neg_acc: Floats
    usual_pos_acc: Floats
    usual_neg_acc: Floats
    min_gap: Floats
    max_speed: Floats
    headway_time: Floats


@dataclass(frozen=True, eq=False)
class Departures:
    """Vehicles to create, in the order of creation (`step` never falls).

    `route` is a position in the demand's `routes`, `vehicle_type` in its `types`. A vehicle is called
    `flow_<flow>_<number>`, as in CityFlow.
    """

    step: Ints
    route: Ints
    vehicle_type: Ints
    flow: Ints
    number: Ints


class Demand(Protocol):
    """A source of departures; the same blocks asked in the same order give the same vehicles."""

    @property
    def types(self) -> VehicleTypes:
        """The vehicle types that departures refer to."""

    @property
    def routes(self) -> list[tuple[int, ...]]:
        """Road indices of each route; blocks may append to it, never change it."""

    def block(self, first_step: int, last_step: int) -> Departures:
        """All departures in steps first_step ≤ step < last_step; blocks follow one another."""
