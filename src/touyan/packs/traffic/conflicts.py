"""Which movements must never have green together.

Two movements conflict when the paths of their lanes cross or merge, unless

* they come from the same road;
* one of them is a right turn: it gives way even at red (Regulation on the Implementation of the Road
  Traffic Safety Law of the PRC, article 38), and the published networks leave it green in every phase;
* they come from opposing roads: a left turn may look for gaps in the opposing stream (a "permitted" left
  turn, NCHRP Report 812, Signal Timing Manual, 2nd ed., 2015), and opposing left turns go side by side.

Two that conflict may have green together only where the file says that one of them gives way then (SUMO's minor green).

What remains is what stands on the two sides of the barrier in a ring-and-barrier diagram (NEMA TS 2).
"""

from __future__ import annotations

import numpy as np

from touyan.core.observations import Column

from .network import RIGHT, Flags, Ints, RoadNetwork

# Roads that meet within 45° of head-on are opposing.
_OPPOSING_COSINE = -np.cos(np.radians(45.0))


def conflicting_movements(network: RoadNetwork) -> Ints:
    """Pairs of movements that conflict, the smaller index first; shape (pairs, 2)."""
    crosses = np.diff(network.cross_first)
    link = np.repeat(np.arange(network.link_count), crosses)
    one, other = network.link_movement[link], network.link_movement[link[network.cross_foe]]
    pairs = np.unique(np.column_stack([one, other])[one < other], axis=0)
    from_road = network.movement_from_road[pairs]
    turns_right = (network.movement_type[pairs] == RIGHT).any(axis=1)
    same_road = from_road[:, 0] == from_road[:, 1]
    conflicting: Ints = pairs[~turns_right & ~same_road & ~_opposing(_headings(network), from_road)]
    return conflicting


def conflicts_in_phases(network: RoadNetwork) -> dict[int, tuple[int, int]]:
    """The phases (rows) of signals in which movements conflict, with the first pair."""
    signalised = set(network.signalised.tolist())
    found: dict[int, tuple[int, int]] = {}
    for one, other in conflicting_movements(network).tolist():
        crossing = int(network.movement_crossing[one])
        if crossing not in signalised:
            continue
        first, phases = int(network.movement_first[crossing]), network.phases_of(crossing)
        green = network.phase_green[phases.start : phases.stop] & ~_yields(network, phases)
        for phase in np.flatnonzero(green[:, one - first] & green[:, other - first]).tolist():
            found.setdefault(phases.start + phase, (one, other))
    return found


def _yields(network: RoadNetwork, phases: range) -> Flags:
    """Which greens of some phases give way."""
    if network.given_phase_yields is None:
        return np.zeros_like(network.phase_green[phases.start : phases.stop])
    return network.given_phase_yields[phases.start : phases.stop]


def _headings(network: RoadNetwork) -> Column:
    """Unit vectors of the roads' directions at their ends, shape (roads, 2)."""
    last = network.road_shape.first[1:] - 1
    ways = network.road_shape.points[last] - network.road_shape.points[last - 1]
    unit: Column = ways / np.hypot(ways[:, 0], ways[:, 1])[:, np.newaxis]
    return unit


def _opposing(headings: Column, roads: Ints) -> Flags:
    """Whether the two roads of each row come from opposing sides."""
    cosine = (headings[roads[:, 0]] * headings[roads[:, 1]]).sum(axis=1)
    opposing: Flags = cosine < _OPPOSING_COSINE
    return opposing
