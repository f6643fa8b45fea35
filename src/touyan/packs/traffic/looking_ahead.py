"""What the look-ahead controller knows between decisions: signals, habits, which phases are worth a try."""

from __future__ import annotations

import numpy as np

from touyan.control.lookahead import Plan
from touyan.kernels.traffic.staging import Seen

from .network import Flags, Ints, RoadNetwork


class UsefulPhases:
    """Leaves out phases that no vehicle can use within an interval, or that do less than another."""

    def __init__(self, network: RoadNetwork, candidates: Ints) -> None:
        self._network, self._candidates = network, candidates
        self._lanes = lanes_served(network, candidates)

    def of(self, seen: Seen, plan: Plan, reach_s: float) -> list[list[int]]:
        """The phases of each signal that are worth a try; `reach_s` is the time in which a vehicle may come."""
        network = self._network
        reach = network.lane_speed_limit[seen.lane] * reach_s
        used = np.bincount(seen.lane[seen.distance <= reach], minlength=network.lane_count) > 0
        serves = self._lanes & used
        return [self._worth_trying(row, serves[row], int(plan[row])) for row in range(len(self._candidates))]

    def _worth_trying(self, row: int, serves: Flags, planned: int) -> list[int]:
        phases = self._candidates[row]
        order = sorted(np.flatnonzero(phases >= 0).tolist(), key=lambda place: phases[place] != planned)
        kept: list[int] = []
        for rank, place in enumerate(order):
            if serves[place].any() and not _within_another(serves[order], rank):
                kept.append(int(phases[place]))
        return kept


def _within_another(serves: Flags, rank: int) -> bool:
    """Whether another serves all these lanes and more, or an earlier one the same."""
    holds = (serves >= serves[rank]).all(axis=1)
    more = serves.sum(axis=1) > serves[rank].sum()
    return bool((holds & more).any() or holds[:rank].any())


def lanes_served(network: RoadNetwork, candidates: Ints) -> Flags:
    """Which lanes have green in a candidate but not while the crossing is cleared; (signals, candidates, lanes)."""
    served = np.zeros((*candidates.shape, network.lane_count), np.bool_)
    for row, crossing in enumerate(network.signalised.tolist()):
        first, clearance = network.phase_first[crossing], network.clearance_phase[crossing]
        links = np.flatnonzero(network.movement_crossing[network.link_movement] == crossing)
        place = network.link_movement[links] - network.movement_first[crossing]
        for column, phase in enumerate(candidates[row].tolist()):
            if phase >= 0:
                green = network.phase_green[first + phase] & ~network.phase_green[first + clearance]
                served[row, column, network.link_from_lane[links[green[place]]]] = True
    return served
