"""The pressure of signal phases (Varaiya, Max pressure control of a network of signalized intersections, 2013).

As in the published tables (the metrics of LLMLight and XLight): the pressure of a movement is what halts on its
entering lanes less what halts on all lanes of the road it leads to; movements that are green in the
clearance phase never stop and do not count; the pressure of a phase is the sum over its movements.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from touyan.core.observations import Column

from .network import Flags, Ints, RoadNetwork


def candidate_phases(network: RoadNetwork, most: int) -> Ints:
    """The phases to choose from, shape (signals, most), filled with -1.

    They are the first phases in file order that give green to whom no other phase does, `most` 0 means all of them:
    a phase between two greens adds nothing to the one that it ends. Further ones follow where somebody would else never
    have green. Where conflicting movements have green together, no phase of the crossing may be asked for by a guard,
    so such phases are left out.
    """
    chosen = [_candidates(network, crossing, most) for crossing in network.signalised.tolist()]
    width = max(map(len, chosen), default=0)
    padded = [phases + [-1] * (width - len(phases)) for phases in chosen]
    return np.array(padded, np.int32).reshape(len(chosen), width)


def _candidates(network: RoadNetwork, crossing: int, most: int) -> list[int]:
    rows = network.phases_of(crossing)
    green = network.phase_green[rows.start : rows.stop]
    phases = [phase for phase in range(len(green)) if green[phase].any() and not _within_another(green, phase)]
    chosen = phases[: most or None]
    for phase in phases[len(chosen) :]:
        if (green[phase] & ~green[chosen].any(axis=0)).any():
            chosen.append(phase)
    return chosen


def has_choice(network: RoadNetwork, candidates: Ints) -> Flags:
    """The signals at which there is something to decide.

    One candidate alone is a choice where other phases hold everybody back for the sake of a crossing nearby: several
    crossings of SUMO share one signal. Where people may cross meanwhile, it is none.
    """
    count = (candidates >= 0).sum(axis=1)
    crosswalk = np.zeros(len(network.crossing_ids)) if network.given_crosswalk_m is None else network.given_crosswalk_m
    alone = ~(crosswalk[network.signalised] > 0) & (not network.clears_by_phase)
    choice: Flags = (count > 1) | ((count == 1) & alone)
    return choice


def never_stops(network: RoadNetwork) -> Flags:
    """The movements of each crossing, by position, that are green in all of its phases."""
    stop = np.zeros((len(network.crossing_ids), network.phase_green.shape[1]), bool)
    np.logical_or.at(stop, np.repeat(np.arange(len(stop)), np.diff(network.phase_first)), ~network.phase_green)
    return ~stop


def _within_another(green: Flags, phase: int) -> bool:
    """Whether another phase gives green to all of these and more, or an earlier one to the same."""
    holds = (green >= green[phase]).all(axis=1)
    more = green.sum(axis=1) > green[phase].sum()
    return bool((holds & more).any() or holds[:phase].any())


class PhasePressure:
    """Pressures of all candidate phases of all signals at once.

    The efficient pressure (Wu et al., Efficient pressure, 2021) takes the mean over the lanes of a road, not the sum.
    """

    def __init__(self, network: RoadNetwork, candidates: Ints, efficient: bool = False) -> None:
        self._lanes_beyond = np.diff(network.road_lane_first)[network.movement_to_road] if efficient else 1
        self._network = network
        self._candidates = candidates
        self._cell, self._movement = _cells(network, candidates)
        entering = np.unique(np.column_stack([network.link_movement, network.link_from_lane]), axis=0)
        self._entering_movement, self._entering_lane = entering[:, 0], entering[:, 1]
        self._seen_signal, self._seen_lane = self._lanes_seen(entering)

    def of(self, halting: Column) -> Column:
        """Pressure of each candidate; -inf where there is none."""
        network, shape = self._network, self._candidates.shape
        movements, roads = len(network.movement_crossing), len(network.road_ids)
        entering = np.bincount(self._entering_movement, halting[self._entering_lane], movements)
        beyond = np.bincount(network.lane_road, halting, roads)[network.movement_to_road] / self._lanes_beyond
        pressure = np.bincount(self._cell, (entering - beyond)[self._movement], shape[0] * shape[1])
        return np.where(self._candidates < 0, -np.inf, pressure.reshape(shape))

    def signals_with(self, lanes: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The signals whose decision rests on any of the flagged lanes."""
        flagged = self._seen_signal[lanes[self._seen_lane]]
        return np.bincount(flagged, minlength=len(self._candidates)) > 0

    def lanes_of(self, signal: int) -> Ints:
        """The lanes that a signal's decision rests on."""
        lanes: Ints = self._seen_lane[self._seen_signal == signal]
        return lanes

    def _lanes_seen(self, entering: Ints) -> tuple[Ints, Ints]:
        """(signal, lane) pairs: every lane whose queue enters a signal's pressures, once."""
        network, width = self._network, max(self._candidates.shape[1], 1)
        pairs: set[tuple[int, int]] = set()
        lanes_of: dict[int, list[int]] = {}
        for movement, lane in entering.tolist():
            lanes_of.setdefault(movement, []).append(lane)
        for cell, movement in zip(self._cell.tolist(), self._movement.tolist(), strict=True):
            lanes = [*lanes_of.get(movement, []), *network.lanes_of(int(network.movement_to_road[movement]))]
            pairs.update((cell // width, lane) for lane in lanes)
        columns = np.array(sorted(pairs), np.int32).reshape(-1, 2)
        return columns[:, 0], columns[:, 1]


def _cells(network: RoadNetwork, candidates: Ints) -> tuple[Ints, Ints]:
    """Pairs of candidate cell and movement that counts in it."""
    signal, column = np.nonzero(candidates >= 0)
    crossing = network.signalised[signal]
    row = network.phase_first[crossing] + candidates[signal, column]
    which, place = np.nonzero(network.phase_green[row] & ~never_stops(network)[crossing])
    cell = (signal * candidates.shape[1] + column)[which]
    return cell.astype(np.int32), (network.movement_first[crossing][which] + place).astype(np.int32)
