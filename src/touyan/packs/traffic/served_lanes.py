"""Which lanes each candidate phase lets go."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .network import Flags, Floats, Ints, RoadNetwork
from .pressure import never_stops


class ServedLanes:
    """The lanes with green in each candidate phase of each signal, those left out that never stop."""

    def __init__(self, network: RoadNetwork, candidates: Ints) -> None:
        self._shape = candidates.shape
        cells, lanes = [], []
        stops = ~never_stops(network)
        movement = network.link_movement
        crossing = network.movement_crossing[movement]
        order = np.argsort(crossing, kind="stable")
        first = np.searchsorted(crossing[order], np.arange(len(network.crossing_ids) + 1))
        for row, signal in enumerate(network.signalised.tolist()):
            links = order[first[signal] : first[signal + 1]]
            place = movement[links] - network.movement_first[signal]
            for column in np.flatnonzero(candidates[row] >= 0).tolist():
                green = network.phase_green[network.phase_first[signal] + candidates[row, column]] & stops[signal]
                lanes.append(np.unique(network.link_from_lane[links[green[place]]]))
                cells.append(np.full(len(lanes[-1]), row * self._shape[1] + column))
        self._cell = np.concatenate([np.empty(0, np.intp), *cells])
        self._lane = np.concatenate([np.empty(0, np.intp), *lanes])
        self._first = np.searchsorted(self._cell, np.arange(self._shape[0] + 1) * self._shape[1])

    def sums(self, of_lanes: NDArray[np.generic]) -> Floats:
        """A figure of lanes, summed over those that each candidate serves, shape (signals, candidates)."""
        size = self._shape[0] * self._shape[1]
        return np.bincount(self._cell, of_lanes[self._lane], size).reshape(self._shape).astype(np.float64)

    def lanes(self, cells: Flags, count: int) -> Flags:
        """The lanes, of so many, that any of the flagged candidates serves."""
        found = np.zeros(count, np.bool_)
        found[self._lane[cells.reshape(-1)[self._cell]]] = True
        return found

    def of(self, row: int) -> tuple[NDArray[np.intp], Flags]:
        """The lanes of one signal, and which of them each candidate serves, shape (candidates, lanes)."""
        own = slice(int(self._first[row]), int(self._first[row + 1]))
        lanes, place = np.unique(self._lane[own], return_inverse=True)
        serves = np.zeros((self._shape[1], len(lanes)), np.bool_)
        serves[self._cell[own] - row * self._shape[1], place] = True
        return lanes, serves
