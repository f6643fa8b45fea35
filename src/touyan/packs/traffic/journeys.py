"""Travel time as the tables of LLMLight, XLight and their kin define it.

The rules of their metric code are kept, quirks included; see docs/en/explanation/measures.md.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from touyan.core.protocols import Measure
from touyan.core.text import Text
from touyan.kernels.traffic import layout
from touyan.kernels.traffic.journeys import Journeys, find_first_roads, look_around
from touyan.kernels.traffic.layout import NONE, Ints, Longs

from .traffic_world import TrafficWorld


class Stays(NamedTuple):
    """Time before signals, and how many vehicles spent it."""

    seconds: int
    vehicles: int


class CrossingTimes:
    """Watches a world from its first second on; `look` must be called after every second.

    Entries are made for so many vehicles `ahead`; at the same time those of trips that are over become two sums.
    """

    def __init__(self, world: TrafficWorld, ahead: int = 1024) -> None:
        network = world.network
        leads_to_signal = np.isin(network.road_to, network.signalised)
        self._world, self._ahead = world, ahead
        self._held: Longs = np.empty(0, np.int64)  # vehicles with entries, in the order of the entries
        self._lengths: Longs = np.empty(0, np.int64)  # how many entries each has
        self._past = Stays(0, 0)
        self._journeys = Journeys(
            crossing=np.where(leads_to_signal, network.road_to, NONE).astype(np.int32),
            first_road=np.empty(0, np.int32),
            base=np.empty(0, np.int64),
            entered=np.empty(0, np.int32),
            seen=np.empty(0, np.int32),
            left=np.empty(0, np.int32),
            present=np.zeros(len(network.crossing_ids), np.int32),
            arriving=np.zeros(len(network.crossing_ids), np.int32),
        )

    def look(self) -> None:
        """Note who is before which signal now."""
        arrays = self._world.arrays
        if self._world.created > len(self._journeys.base):
            self._close(arrays)
            self._open(arrays)
        look_around(self._world.seconds, arrays, self._journeys)

    def average_travel_time_s(self) -> float:
        """Mean over all vehicles seen so far; NaN when there are none."""
        at, now = np.flatnonzero(self._journeys.entered != NONE), self._world.seconds
        seen, left = self._journeys.seen[at], self._journeys.left[at]
        stays = self._stays(at, np.where(seen < now, seen + 1, np.where(left == NONE, now, left)))
        seconds, vehicles = self._past.seconds + stays.seconds, self._past.vehicles + stays.vehicles
        return seconds / vehicles if vehicles else float("nan")

    def measure(self) -> Measure:
        """The mean, for people."""
        method = Text(
            "mean time between first and last sight before signals, as in the tables of LLMLight",
            "首次与最后一次在信号路口前被看到之间的平均时间，同 LLMLight 等文献的表格",
        )
        title = Text("Travel time of the tables", "文献表格的行程时间")
        return Measure("crossing_travel_time_s", title, self.average_travel_time_s(), "SEC", method)

    def _stays(self, at: Longs, left: Ints) -> Stays:
        """The stays of some entries, in their order, given when each was left."""
        vehicles = np.count_nonzero(np.diff(self._vehicle(at), prepend=-1))
        return Stays(int((left - self._journeys.entered[at]).sum()), int(vehicles))

    def _vehicle(self, at: Longs) -> Longs:
        """Whose entries they are, by position in `_held`."""
        return np.searchsorted(np.cumsum(self._lengths), at, side="right")

    def _close(self, world: layout.World) -> None:
        """Let the entries of trips that are over become sums: nobody will be seen there any more."""
        over = world.trips.left[self._held] != NONE
        at = np.flatnonzero(self._journeys.entered != NONE)
        at = at[over[self._vehicle(at)]]
        past = self._stays(at, self._journeys.seen[at] + 1)
        self._past = Stays(self._past.seconds + past.seconds, self._past.vehicles + past.vehicles)
        kept = ~np.repeat(over, self._lengths)
        self._held, self._lengths = self._held[~over], self._lengths[~over]
        entries = (column[kept] for column in (self._journeys.entered, self._journeys.seen, self._journeys.left))
        self._journeys = self._journeys._replace(**dict(zip(("entered", "seen", "left"), entries, strict=True)))

    def _open(self, world: layout.World) -> None:
        """Make entries for the vehicles created by now, and for some that follow."""
        journeys, known = self._journeys, len(self._journeys.base)
        vehicles = min(self._world.created + self._ahead, len(world.trips.place))
        ends, places = np.flatnonzero(world.roads == NONE), world.trips.place[known:vehicles]
        lengths = ends[np.searchsorted(ends, places)] - places
        self._held = np.concatenate([self._held, np.arange(known, vehicles)])
        self._lengths = np.concatenate([self._lengths, lengths])
        base = np.full(vehicles, NONE, np.int64)
        base[self._held] = np.cumsum(self._lengths) - self._lengths
        none = np.full(int(lengths.sum()), NONE, np.int32)
        self._journeys = journeys._replace(
            first_road=_first_roads(journeys, world.roads),
            base=base,
            entered=np.concatenate([journeys.entered, none]),
            seen=np.concatenate([journeys.seen, none]),
            left=np.concatenate([journeys.left, none]),
        )


def _first_roads(journeys: Journeys, roads: Ints) -> Ints:
    """By place on the world's roads, those learnt since included."""
    known = len(journeys.first_road)
    first_road = np.empty(len(roads), np.int32)
    first_road[:known] = journeys.first_road
    find_first_roads(roads, journeys.crossing, known, first_road)
    return first_road
