"""What instruments do when they fail, so that alerts about it can be tried out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]

STUCK, DRIFT, OFFSET, NOISE, DEAD = "stuck", "drift", "offset", "noise", "dead"
FAULT_KINDS = (STUCK, DRIFT, OFFSET, NOISE, DEAD)


class InstrumentFault(NamedTuple):
    """One quantity of one station that goes wrong for some time.

    `size` is a share: of the true value for an offset and for noise, of it an hour for a drift.
    """

    station: int
    quantity: str
    kind: str
    from_s: float
    for_s: float
    size: float = 1.0

    def holds(self, second: float) -> bool:
        """Whether it is there at a second since the start."""
        return self.from_s <= second < self.from_s + self.for_s


class Instruments:
    """Faults at work on the readings of one network."""

    def __init__(self, faults: tuple[InstrumentFault, ...]) -> None:
        self._faults = faults
        self._last: dict[InstrumentFault, float] = {}

    def branch(self) -> Instruments:
        """A copy that remembers the same."""
        twin = Instruments(self._faults)
        twin._last = dict(self._last)
        return twin

    def disturbed(self, readings: dict[str, Column], second: float, random: np.random.Generator) -> dict[str, Column]:
        """The readings as faulty instruments give them; the columns given are changed."""
        for fault in self._faults:
            if fault.holds(second) and fault.quantity in readings:
                column = readings[fault.quantity]
                column[fault.station] = self._reading(fault, float(column[fault.station]), second, random)
        return readings

    def _reading(self, fault: InstrumentFault, true: float, second: float, random: np.random.Generator) -> float:
        if fault.kind == STUCK:
            return self._last.setdefault(fault, true)
        if fault.kind == DEAD:
            return np.nan
        if fault.kind == NOISE:
            return abs(true * (1.0 + fault.size * float(random.normal())))
        grown = (second - fault.from_s) / 3600.0 if fault.kind == DRIFT else 1.0
        return max(true * (1.0 + fault.size * grown), 0.0)
