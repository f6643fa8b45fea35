"""A road network with something taken out or timed anew; roads and lanes keep their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .network import Flags, Floats, Ints, RoadNetwork, Shapes


def without_lanes(network: RoadNetwork, lanes: Iterable[int]) -> RoadNetwork:
    """The network without the links that lead to or from some lanes."""
    shut = list(lanes)
    kept = ~(np.isin(network.link_from_lane, shut) | np.isin(network.link_to_lane, shut))
    first, distance, foe = _crosses_where(network, kept)
    return replace(
        network,
        link_movement=network.link_movement[kept],
        link_from_lane=network.link_from_lane[kept],
        link_to_lane=network.link_to_lane[kept],
        link_length=network.link_length[kept],
        link_shape=_shapes_where(network.link_shape, kept),
        cross_first=first,
        cross_distance=distance,
        cross_foe=foe,
    )


def with_programme(
    network: RoadNetwork, crossing: int, order: Sequence[int], durations: Sequence[float]
) -> RoadNetwork:
    """The network with another programme at a crossing: which of its phases follow, and for how long (s)."""
    own = network.phases_of(crossing)
    rows = np.concatenate(
        [np.arange(own.start), own.start + np.array(order, int), np.arange(own.stop, len(network.phase_duration))]
    )
    duration = network.phase_duration[rows]
    duration[own.start : own.start + len(order)] = durations
    first = network.phase_first.copy()
    first[crossing + 1 :] += len(order) - len(own)
    return replace(network, phase_first=first, phase_duration=duration, phase_green=network.phase_green[rows])


def _shapes_where(shapes: Shapes, kept: Flags) -> Shapes:
    sizes = np.diff(shapes.first)
    return Shapes(_offsets(sizes[kept]), shapes.points[np.repeat(kept, sizes)])


def _crosses_where(network: RoadNetwork, kept: Flags) -> tuple[Ints, Floats, Ints]:
    """The crosses of which both links are kept, numbered anew."""
    link = np.repeat(np.arange(network.link_count), np.diff(network.cross_first))
    both = kept[link] & kept[link[network.cross_foe]]
    number = np.cumsum(both) - 1
    counts = np.bincount(link[both], minlength=network.link_count)[kept]
    foe = number[network.cross_foe[both]].astype(np.int32)
    return _offsets(counts), network.cross_distance[both], foe


def _offsets(counts: NDArray[np.signedinteger]) -> Ints:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
