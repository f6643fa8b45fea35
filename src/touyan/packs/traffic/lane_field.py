"""What is known of a city's lanes before any sensor speaks: which are alike, and which feed which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.fusion.estimation.field import Matrix, Prior, Vector

from .network import RoadNetwork

_MEMORY = 0.95
"""Of one interval: what is usual for an hour or two is learnt within a few of them."""
_EVERYWHERE = 0.05
"""Relative variance that all lanes share: the whole city is busy or not."""


class Likeness(NamedTuple):
    """Relative variances that lanes of one kind, lanes of one road, and one lane alone have in common."""

    kind: float
    road: float
    lane: float


@dataclass(frozen=True)
class LaneField:
    """The structure of a network: kind of each lane by where it leads, sums over roads, onward shares."""

    kind: NDArray[np.intp]
    road: NDArray[np.intp]
    of_road: Matrix  # (roads, lanes): 1 where the lane belongs to the road
    kept: Matrix  # (roads between two others, lanes): out of the road less into it, near 0 over time
    kept_road: NDArray[np.intp]

    @classmethod
    def of(cls, network: RoadNetwork) -> LaneField:
        """The structure of a road network."""
        lanes, roads = network.lane_count, len(network.road_ids)
        of_road = np.zeros((roads, lanes))
        of_road[network.lane_road, np.arange(lanes)] = 1.0
        into, kind = _onward(network)
        between = np.flatnonzero((into.sum(axis=1) > 0) & (of_road @ into.sum(axis=0) > 0))
        return cls(kind, network.lane_road.astype(np.intp), of_road, (of_road - into)[between], between)

    def usual(self, lanes: NDArray[np.intp], values: Matrix, weight: float) -> tuple[Vector, Vector]:
        """Mean and standard deviation of a quantity on each lane, by its kind; few readings lean to all."""
        everywhere, spread = np.nanmean(values), np.nanstd(values)
        means, deviations = np.empty(self.kind.max() + 1), np.empty(self.kind.max() + 1)
        for kind in range(len(means)):
            said = values[:, self.kind[lanes] == kind]
            count = np.count_nonzero(~np.isnan(said))
            means[kind] = (np.nansum(said) + weight * everywhere) / (count + weight)
            squares = np.nansum((said - means[kind]) ** 2) + weight * spread**2
            deviations[kind] = np.sqrt(squares / (count + weight))
        return means[self.kind], deviations[self.kind]

    def prior(self, usual: Vector, scale: Vector, like: Likeness) -> Prior:
        """A field around what is usual, whose deviations are in units of a scale of each lane."""
        alike = np.full((len(usual), len(usual)), _EVERYWHERE)
        alike += like.kind * (self.kind[:, None] == self.kind) + like.road * (self.road[:, None] == self.road)
        alike[np.diag_indices(len(usual))] += like.lane
        return Prior(usual, alike * np.outer(scale, scale), _MEMORY)


def _onward(network: RoadNetwork) -> tuple[Matrix, NDArray[np.intp]]:
    """Share of each lane's vehicles that go to each road, shape (roads, lanes), and the kind of each lane.

    A lane with several ways on gives each the same share; lanes are of one kind that turn alike.
    """
    into = np.zeros((len(network.road_ids), network.lane_count))
    turns = np.zeros(network.lane_count, np.intp)
    movement = network.link_movement
    into[network.movement_to_road[movement], network.link_from_lane] = 1.0
    np.bitwise_or.at(turns, network.link_from_lane, 1 << network.movement_type[movement].astype(np.intp))
    _, kind = np.unique(turns, return_inverse=True)
    return into / np.maximum(into.sum(axis=0), 1.0), kind
