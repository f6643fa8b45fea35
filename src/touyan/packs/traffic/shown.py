"""What signals were seen to show, and since when: the guard's own memory of the street."""

from __future__ import annotations

import numpy as np

from touyan.core.observations import Column
from touyan.core.protocols import State

from .network import Flags, Ints, RoadNetwork
from .readings import signal_readings
from .vocabulary import COMMANDED, PHASE, traffic_signals

UNKNOWN = -2
"""Nothing was heard of the signal lately."""

CHANGING = -1
"""Between two phases."""

CURRENT_S = 0.5
"""A signal on its own programme may have changed since a report that is older."""

SILENT_AFTER_S = 10.0
"""After so long without a report nobody knows what a signal shows."""


class ShownPhases:
    """The phase of every signal as its reports say, in the order of `network.signalised`."""

    def __init__(self, network: RoadNetwork) -> None:
        self.ids = traffic_signals(network)
        self.row = {signal: row for row, signal in enumerate(self.ids)}
        self.phase: Ints = np.full(len(self.ids), UNKNOWN, np.int32)
        self.since: Column = np.full(len(self.ids), np.inf)
        self.heard: Column = np.full(len(self.ids), -np.inf)
        self.commanded: Flags = np.zeros(len(self.ids), bool)
        self.changed: Flags = np.zeros(len(self.ids), bool)
        self._readings = signal_readings(network)

    def is_current(self, row: int, now: float, since: float) -> bool:
        """Whether what was heard holds: newer than `since`, and of now where the programme goes on by itself."""
        heard = float(self.heard[row])
        return heard > since and (bool(self.commanded[row]) or now - heard <= CURRENT_S)

    def note(self, state: State) -> None:
        """Look at the newest reports; a phase counts from the moment it was first seen."""
        heard = self._readings.heard_at(state, PHASE)
        self.heard = heard
        fresh = state.now - heard <= SILENT_AFTER_S
        said = np.nan_to_num(self._readings.column(state, PHASE), nan=UNKNOWN)
        phase: Ints = np.where(fresh, said, UNKNOWN).astype(np.int32)
        self.changed = phase != self.phase
        self.since = np.where(self.changed, heard, self.since)
        self.commanded = self._readings.column(state, COMMANDED) == 1
        self.phase = phase


class GreenRows:
    """Which movements each phase of each signal gives green, by position within the crossing."""

    def __init__(self, network: RoadNetwork) -> None:
        self.first: Ints = network.phase_first[network.signalised]
        self.count: Ints = network.phase_first[network.signalised + 1] - self.first
        self._green = network.phase_green

    def of(self, row: int, phase: int) -> Flags:
        """Greens of one phase of the signal in a row; none while it changes or is unknown."""
        if not 0 <= phase < self.count[row]:
            return np.zeros(self._green.shape[1], bool)
        green: Flags = self._green[self.first[row] + phase]
        return green

    def all(self, phases: Ints) -> Flags:
        """Greens of all signals in some phases, shape (signals, movements)."""
        known = (phases >= 0) & (phases < self.count)
        rows = self.first + np.where(known, phases, 0)
        green: Flags = self._green[rows] & known[:, np.newaxis]
        return green
