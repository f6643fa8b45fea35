"""Lane cameras: what they see of a traffic world, and how it is written down as columns and read again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from copy import copy, deepcopy
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from touyan.core.observations import Column, ObservationBatch
from touyan.core.protocols import State
from touyan.kernels.traffic import layout
from touyan.kernels.traffic.sighting import count_seen, list_seen
from touyan.kernels.traffic.staging import Seen

from .network import Ints, RoadNetwork
from .readings import camera_readings
from .sources import LaneCameras, silent_lanes
from .traffic_world import TrafficWorld
from .vocabulary import LANE_CAMERA, SEEN, distance_of, lane_cameras, speed_of


@runtime_checkable
class Sighted(Protocol):
    """A street that tells by itself what cameras see."""

    def look(self) -> Seen:
        """All that the lane cameras can see now, in order."""


class CameraFeed:
    """The lane cameras of one world: look, miss, disturb, delay."""

    def __init__(self, cameras: LaneCameras, network: RoadNetwork) -> None:
        self.interval_s = cameras.interval_s
        self._cameras = cameras
        self._ids = lane_cameras(network)
        self._random = np.random.default_rng(cameras.seed)
        self._silent = silent_lanes(cameras.silent, network)
        self._under_way: deque[tuple[float, ObservationBatch]] = deque()

    def branch(self) -> CameraFeed:
        """A copy with the same chance to come and the same reports under way."""
        twin = copy(self)
        twin._random, twin._under_way = deepcopy(self._random), self._under_way.copy()
        return twin

    def report(self, world: TrafficWorld | Sighted, now: float) -> list[ObservationBatch]:
        """Look at all lanes; returns the reports that arrive now."""
        sight = world.look() if isinstance(world, Sighted) else look_at(world.arrays)
        values = columns_of(self._disturbed(sight), len(self._ids))
        lost = self._silent | (self._random.random(len(self._ids)) < self._cameras.loss)
        for column in values.values():
            column[lost] = np.nan
        batch = ObservationBatch(LANE_CAMERA, self._cameras.name, self._ids, np.full(len(self._ids), now), values)
        self._under_way.append((now + self._cameras.delay_s, batch))
        return self.arrivals(now)

    def arrivals(self, now: float) -> list[ObservationBatch]:
        """The delayed reports that have arrived by now."""
        arrived = []
        while self._under_way and self._under_way[0][0] <= now:
            arrived.append(self._under_way.popleft()[1])
        return arrived

    def _disturbed(self, seen: Seen) -> Seen:
        """The same with errors of reading, and without those missed."""
        if self._cameras.noise:
            scale = np.maximum(0.0, self._random.normal(1.0, self._cameras.noise, (2, len(seen.lane))))
            seen = in_order(Seen(seen.lane, seen.distance * scale[0], seen.speed * scale[1]))
        if self._cameras.unseen:
            kept = self._random.random(len(seen.lane)) >= self._cameras.unseen
            seen = _chosen(seen, kept)
        return seen


def look_at(world: layout.World) -> Seen:
    """All that the lane cameras of a world can see now."""
    count: Ints = np.empty(len(world.net.lanes), np.int32)
    count_seen(world, count)
    begin = (np.cumsum(count) - count).astype(np.int32)
    lane = np.repeat(np.arange(len(count), dtype=np.int32), count)
    seen = Seen(lane, np.empty(len(lane)), np.empty(len(lane)))
    list_seen(world, begin, seen.distance, seen.speed)
    return in_order(seen)


def in_order(seen: Seen) -> Seen:
    """The same by lane, and the nearest to the stop line first."""
    return _chosen(seen, np.lexsort((seen.distance, seen.lane)))


def _chosen(seen: Seen, which: NDArray[np.bool_] | NDArray[np.intp]) -> Seen:
    return Seen(seen.lane[which], seen.distance[which], seen.speed[which])


def columns_of(seen: Seen, lanes: int) -> dict[str, Column]:
    """What lane cameras report: a row a lane, and two columns for each rank that any vehicle has."""
    count = np.bincount(seen.lane, minlength=lanes)
    rank = np.arange(len(seen.lane)) - (np.cumsum(count) - count)[seen.lane]
    tables = np.zeros((2, int(count.max(initial=0)), lanes))
    tables[:, rank, seen.lane] = seen.distance, seen.speed
    values: dict[str, Column] = {SEEN: count.astype(np.float64)}
    for place, (distance, speed) in enumerate(zip(*tables, strict=True)):
        values[distance_of(place)], values[speed_of(place)] = distance, speed
    return values


class CameraView:
    """Reads back what the lane cameras of a city said last."""

    def __init__(self, network: RoadNetwork) -> None:
        self._readings = camera_readings(network)

    def heard_at(self, state: State) -> Column:
        """When each lane was last seen (epoch s); -inf where never."""
        return self._readings.heard_at(state, SEEN)

    def seen(self, state: State, lanes: NDArray[np.bool_]) -> Seen:
        """The vehicles on the flagged lanes, as last seen."""
        count = np.where(lanes, np.nan_to_num(self._readings.column(state, SEEN)), 0.0).astype(np.int64)
        lane = np.repeat(np.arange(len(count), dtype=np.int32), count)
        rank = np.arange(len(lane)) - (np.cumsum(count) - count)[lane]
        ranks = range(int(count.max(initial=0)))
        return Seen(
            lane,
            self._table(state, map(distance_of, ranks))[rank, lane],
            self._table(state, map(speed_of, ranks))[rank, lane],
        )

    def _table(self, state: State, quantities: Iterable[str]) -> NDArray[np.float64]:
        """Columns of the cameras, one below the other."""
        columns = [self._readings.column(state, quantity) for quantity in quantities]
        return np.array(columns).reshape(len(columns), len(self._readings.ids))
