"""What the look-ahead controller knows between decisions: signals, habits, which phases are worth a try."""

from __future__ import annotations

import numpy as np

from touyan.control.lookahead import Plan
from touyan.kernels.traffic.staging import Seen

from .network import Flags, Ints, RoadNetwork
from .served_lanes import ServedLanes


class UsefulPhases:
    """Leaves out phases that no vehicle can use within an interval, or that do less than another."""

    def __init__(self, network: RoadNetwork, candidates: Ints, served: ServedLanes) -> None:
        self._speed_limit, self._candidates = network.lane_speed_limit, candidates
        self._served = [served.of(row) for row in range(len(candidates))]

    def of(self, seen: Seen, plan: Plan, reach_s: float) -> list[list[int]]:
        """The phases of each signal that are worth a try; `reach_s` is the time in which a vehicle may come."""
        near = seen.distance <= self._speed_limit[seen.lane] * reach_s
        used = np.bincount(seen.lane[near], minlength=len(self._speed_limit)) > 0
        return [
            self._worth_trying(row, serves & used[lanes], int(plan[row]))
            for row, (lanes, serves) in enumerate(self._served)
        ]

    def _worth_trying(self, row: int, serves: Flags, planned: int) -> list[int]:
        if planned < 0:
            return []
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
