"""Travel time as the tables of LLMLight, XLight and their kin define it.

The rules of their metric code are kept, quirks included; see docs/en/explanation/measures.md.
"""

from __future__ import annotations

import numpy as np

from touyan.core.protocols import Measure
from touyan.core.text import Text
from touyan.kernels.traffic import layout
from touyan.kernels.traffic.journeys import Journeys, find_first_roads, look_around
from touyan.kernels.traffic.layout import NONE

from .traffic_world import TrafficWorld


class CrossingTimes:
    """Watches a world from its first second on; `look` must be called after every second."""

    def __init__(self, world: TrafficWorld) -> None:
        network = world.network
        leads_to_signal = np.isin(network.road_to, network.signalised)
        self._world = world
        self._journeys = Journeys(
            crossing=np.where(leads_to_signal, network.road_to, NONE).astype(np.int32),
            first_road=np.empty(0, np.int32),
            base=np.zeros(1, np.int64),
            entered=np.empty(0, np.int32),
            seen=np.empty(0, np.int32),
            left=np.empty(0, np.int32),
            present=np.zeros(len(network.crossing_ids), np.int32),
            arriving=np.zeros(len(network.crossing_ids), np.int32),
        )

    def look(self) -> None:
        """Note who is before which signal now."""
        arrays = self._world.arrays
        self._journeys = _grown(self._journeys, arrays)
        look_around(self._world.seconds, arrays, self._journeys)

    def average_travel_time_s(self) -> float:
        """Mean over all vehicles seen so far; NaN when there are none."""
        journeys, now = self._journeys, self._world.seconds
        gone = journeys.seen < now
        left = np.where(gone, journeys.seen + 1, np.where(journeys.left == NONE, now, journeys.left))
        seen = journeys.entered != NONE
        vehicle = np.searchsorted(journeys.base, np.flatnonzero(seen), side="right")
        vehicles = np.count_nonzero(np.diff(vehicle, prepend=-1))
        return float((left - journeys.entered)[seen].sum() / vehicles) if vehicles else float("nan")

    def measure(self) -> Measure:
        """The mean, for people."""
        method = Text(
            "mean time between first and last sight before signals, as in the tables of LLMLight",
            "首次与最后一次在信号路口前被看到之间的平均时间，同 LLMLight 等文献的表格",
        )
        title = Text("Travel time of the tables", "文献表格的行程时间")
        return Measure("crossing_travel_time_s", title, self.average_travel_time_s(), "SEC", method)


def _grown(journeys: Journeys, world: layout.World) -> Journeys:
    """With entries for every vehicle that the world knows."""
    known, vehicles = len(journeys.base) - 1, len(world.trips.place)
    if vehicles == known:
        return journeys
    first_road = np.empty(len(world.roads), np.int32)
    first_road[: len(journeys.first_road)] = journeys.first_road
    find_first_roads(world.roads, journeys.crossing, len(journeys.first_road), first_road)
    ends, places = np.flatnonzero(world.roads == NONE), world.trips.place[known:]
    lengths = ends[np.searchsorted(ends, places)] - places
    none = np.full(int(lengths.sum()), NONE, np.int32)
    return journeys._replace(
        first_road=first_road,
        base=np.concatenate([journeys.base, journeys.base[-1] + np.cumsum(lengths, dtype=np.int64)]),
        entered=np.concatenate([journeys.entered, none]),
        seen=np.concatenate([journeys.seen, none]),
        left=np.concatenate([journeys.left, none]),
    )
