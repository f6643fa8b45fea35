"""What lane detectors and signals show of a lane on which something stands."""

from __future__ import annotations

import numpy as np

from touyan.core.observations import Column
from touyan.core.protocols import State

from .network import Flags, RoadNetwork
from .readings import lane_readings
from .shown import GreenRows, ShownPhases
from .vocabulary import HALTING, LEFT, QUEUE_LENGTH, VEHICLES

_SPACING_M = 7.5
"""From front to front in a standing queue: 5 m of vehicle and 2.5 m of gap, as the published demands have them."""
_MOVING_M = 12.0
"""Room that each moving vehicle may have taken of the road before: in a long queue that starts they fill it."""
_FREE_M, _FREE_SHARE = 8.0, 0.1
"""A standing group whose front is this far from the stop line, and a tenth of its own rear's distance, is no queue."""
_FULL_SHARE = 0.85
"""A queue that covers so much of a lane lets nobody onto it: who waits for it may stand in the way of all others."""
_LONGEST_INTERVALS = 3
"""A report that comes later says nothing of all the time since the one before."""


class LaneWatch:
    """How long each lane has shown a standstill with free road ahead, or a green that nobody uses.

    Reports are taken once each; a lane whose report is missing keeps its times.
    """

    def __init__(self, network: RoadNetwork, now: float, interval_s: float) -> None:
        self._lanes = lane_readings(network)
        self._length = network.lane_length
        self._greens = LaneGreens(network)
        self._interval_s = interval_s
        self._heard_at: Column = np.full(network.lane_count, now)
        self.stands_s: Column = np.zeros(network.lane_count)
        """Seconds for which vehicles stand although the road before them is free."""
        self.unused_s: Column = np.zeros(network.lane_count)
        """Seconds of green that vehicles at the stop line did not use, since somebody left."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The lane detectors, in the order of the lanes."""
        return self._lanes.ids

    def note(self, state: State) -> None:
        """Take in the reports that have come since the last look."""
        heard = self._lanes.heard_at(state, LEFT)
        queue, halting, left = (self._lanes.column(state, name) for name in (QUEUE_LENGTH, HALTING, LEFT))
        moving = self._lanes.column(state, VEHICLES) - halting
        served = self._greens.note(state, queue >= _FULL_SHARE * self._length)
        passed = np.minimum(heard - self._heard_at, _LONGEST_INTERVALS * self._interval_s)
        new = heard > self._heard_at
        self._heard_at = np.where(new, heard, self._heard_at)
        waits = (halting >= 1) & (left == 0)
        is_free = queue - _SPACING_M * halting - _MOVING_M * moving > _FREE_M + _FREE_SHARE * queue
        stands = np.where(waits & is_free, self.stands_s + passed, 0.0)
        # A red does not end the wait, a vehicle that leaves does; a standstill further back is not of the stop line.
        unused = np.where(waits & ~is_free, self.unused_s + np.where(served, passed, 0.0), 0.0)
        self.stands_s = np.where(new, stands, self.stands_s)
        self.unused_s = np.where(new, unused, self.unused_s)


class LaneGreens:
    """Which lanes may go: green, and room on all roads behind the crossing."""

    def __init__(self, network: RoadNetwork) -> None:
        self._shown = ShownPhases(network)
        self._rows = GreenRows(network)
        self._green = network.phase_green
        signal = np.full(len(network.crossing_ids), -1)
        signal[network.signalised] = np.arange(len(network.signalised))
        crossing = network.movement_crossing[network.link_movement]
        self._link = np.flatnonzero(signal[crossing] >= 0)
        self._signal = signal[crossing[self._link]]
        self._position = network.link_movement[self._link] - network.movement_first[crossing[self._link]]
        self._from = network.link_from_lane[self._link]
        self._before, self._behind = network.road_from[network.lane_road], network.road_to[network.lane_road]
        self._count = network.lane_count

    def note(self, state: State, full: Flags) -> Flags:
        """Whether each lane was served at this look and the one before; none at a crossing with a full way out."""
        before = self._shown.phase
        self._shown.note(state)
        phase = self._shown.phase
        steady = (phase == before) & (phase >= 0) & (phase < self._rows.count)
        row = self._rows.first + np.where(steady, phase, 0)
        goes = steady[self._signal] & self._green[row[self._signal], self._position]
        served = np.bincount(self._from[goes], minlength=self._count) > 0
        may_go: Flags = served & ~np.isin(self._behind, self._before[full])
        return may_go
