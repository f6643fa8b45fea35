"""What lane detectors have taught of drivers: which lanes they take, and how many come in."""

from __future__ import annotations

import numpy as np

from touyan.core.observations import Column
from touyan.core.protocols import State

from .network import Floats, Ints, RoadNetwork
from .poisson import DRIVERS
from .readings import lane_readings
from .vocabulary import ENTERED, REPORT_INTERVAL_S

_TRUST = 8.0
"""As many vehicles does a road need to have seen before its own shares weigh as much as those of all roads."""


_PRIOR = np.array([DRIVERS.right, DRIVERS.right, DRIVERS.left, DRIVERS.straight])
"""Shares to begin with, by movement type; the first is for lanes on which ways end."""


class Habits:
    """Lane use and inflow, learnt from counts; what lies `memory_s` back counts for a third (1/e)."""

    def __init__(self, network: RoadNetwork, memory_s: float) -> None:
        self._network, self._memory_s = network, memory_s
        self._lanes = lane_readings(network)
        self._heard: Column = np.full(network.lane_count, -np.inf)
        self._entered = np.zeros(network.lane_count)
        self._watched_s = np.zeros(network.lane_count)
        self._kind = _lane_kinds(network)
        self._links = network.link_from_lane_first
        self.gates: Ints = _gates(network)

    def note(self, state: State) -> None:
        """Take over the counts that are new."""
        heard = self._lanes.heard_at(state, ENTERED)
        new = np.isfinite(heard) & (heard != self._heard)
        if not new.any():
            return
        since = np.where(np.isfinite(self._heard), self._heard, heard - REPORT_INTERVAL_S)
        passed = np.where(new, np.where(new, heard, 0.0) - np.where(new, since, 0.0), 0.0)
        keep = np.exp(-passed / self._memory_s)
        count = np.where(new, self._lanes.column(state, ENTERED), 0.0)
        self._entered = self._entered * keep + count
        self._watched_s = self._watched_s * keep + passed
        self._heard = np.where(new, heard, self._heard)

    def flow(self) -> Floats:
        """Vehicles per second that come onto each lane."""
        rate: Floats = self._entered / np.maximum(self._watched_s, 1.0)
        return rate

    def inflow(self) -> Floats:
        """Vehicles per second that come in on each gate."""
        rate, watched = self.flow()[self.gates], self._watched_s[self.gates] > 0
        usual = float(rate[watched].mean()) if watched.any() else 0.0
        inflow: Floats = np.where(watched, rate, usual)  # a detector that never spoke is taken for a usual one
        return inflow

    def link_chance(self) -> Floats:
        """Chance of each link of a lane, added up within the lane, in the order of `link_from_lane_first`."""
        first, links = self._links
        weight = self._use()[self._network.link_to_lane[links]]
        total = np.concatenate([[0.0], np.cumsum(weight)])
        lane = self._network.link_from_lane[links]
        chance: Floats = (total[1:] - total[first[lane]]) / (total[first[lane + 1]] - total[first[lane]])
        return chance

    def _use(self) -> Floats:
        """How much each lane is used, against the other lanes of its road."""
        kinds = np.bincount(self._kind, self._entered, len(_PRIOR)) + _TRUST * _PRIOR
        lanes = np.maximum(np.bincount(self._kind, minlength=len(_PRIOR)), 1)
        usual = (kinds / lanes)[self._kind]
        roads = np.bincount(self._network.lane_road, usual)
        return self._entered + _TRUST * usual / roads[self._network.lane_road]


def _lane_kinds(network: RoadNetwork) -> Ints:
    """The least of the movement types that a lane serves; 0 where the way ends."""
    kinds = np.full(network.lane_count, np.iinfo(np.int32).max, np.int32)
    np.minimum.at(kinds, network.link_from_lane, network.movement_type[network.link_movement])
    kinds[kinds == np.iinfo(np.int32).max] = 0
    return kinds


def _gates(network: RoadNetwork) -> Ints:
    """Lanes that no link leads to, but that lead on."""
    led_to = np.bincount(network.link_to_lane, minlength=network.lane_count) > 0
    leads_on = np.bincount(network.link_from_lane, minlength=network.lane_count) > 0
    return np.flatnonzero(~led_to & leads_on).astype(np.int32)
