"""A simulated city: the traffic world behind its sensors and signal controllers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import copy

from touyan.core.commands import Command
from touyan.core.components import Source
from touyan.core.entities import Entity, line_string, point
from touyan.core.geometry import Projection
from touyan.core.observations import ObservationBatch
from touyan.core.protocols import Measure, Scene
from touyan.core.text import Text

from .cameras import CameraFeed
from .city_measures import city_measures
from .floating_cars import FloatingCarFeed
from .journeys import CrossingTimes
from .network import RoadNetwork
from .sources import DetectorFeed, FloatingCars, LaneCameras, LaneDetectors, SignalFeed, SignalHeads
from .strict import Laws
from .traffic_world import TrafficWorld
from .trip_sums import TripSums
from .vocabulary import (
    FLOATING_CARS,
    LANE_CAMERA,
    LANE_DETECTOR,
    PHASE,
    RELEASE,
    TRAFFIC_SIGNAL,
    floating_cars,
    lane_cameras,
    lane_detectors,
    traffic_signals,
)


class SimulatedCity:
    """Keeps `Plant`, `Observable` and `Branchable`: engines get its sensors, people its scene.

    `refused` says how many trips found no way before a second since the start, `times` keeps the travel time of the
    published tables; without them nobody asks. A branch begins in the middle of trips, so it keeps no such times.
    """

    def __init__(
        self,
        world: TrafficWorld,
        sources: Sequence[Source],
        starts_at: float,
        refused: Callable[[int], int] | None = None,
        times: CrossingTimes | None = None,
    ) -> None:
        self._world = world
        self._times = times
        self._laws: Laws | None = None
        self._sums = TripSums()
        self._refused = refused
        self._starts_at = starts_at
        self._detectors: list[DetectorFeed | CameraFeed | FloatingCarFeed] = [
            *(DetectorFeed(s, world.network) for s in sources if isinstance(s, LaneDetectors)),
            *(CameraFeed(s, world.network) for s in sources if isinstance(s, LaneCameras)),
            *(FloatingCarFeed(s, world.network) for s in sources if isinstance(s, FloatingCars) and s.share > 0.0),
        ]
        self._signals = [SignalFeed(s, world.network) for s in sources if isinstance(s, SignalHeads)]
        self._crossings = dict(zip(traffic_signals(world.network), world.network.signalised.tolist(), strict=True))
        self.inventory = inventory(world.network)
        if any(isinstance(feed, FloatingCarFeed) for feed in self._detectors):
            self.inventory += reported_roads(world.network)

    def branch(self) -> SimulatedCity:
        """An independent copy with its sensors; the inventory is shared, for it never changes."""
        twin = copy(self)
        twin._world, twin._times, twin._laws = self._world.branch(), None, None
        twin._sums = self._sums.branch()
        twin._detectors = [feed.branch() for feed in self._detectors]
        return twin

    @property
    def now(self) -> float:
        """City time, epoch seconds."""
        return self._starts_at + self._world.seconds

    @property
    def model(self) -> RoadNetwork:
        """The road network, which everybody may know."""
        return self._world.network

    @property
    def projection(self) -> Projection:
        """Where the local metres of its scenes lie."""
        return self._world.network.projection

    @property
    def under_way(self) -> int:
        """Vehicles on the roads now."""
        return self._world.running

    def advance(self, seconds: float) -> list[ObservationBatch]:
        """Let whole seconds pass, and return what the sensors said meanwhile."""
        if seconds != int(seconds):
            raise ValueError(f"a simulated city goes on in whole seconds, not by {seconds}")
        batches: list[ObservationBatch] = []
        end = self._world.seconds + int(seconds)
        while self._world.seconds < end:
            self._go_on(self._until_report(end))
            batches += self._reports()
        return batches + [feed.report(self._world, self.now) for feed in self._signals]

    def _go_on(self, seconds: int) -> None:
        if self._times is None:
            self._world.advance(seconds)
            return
        for _ in range(seconds):
            self._world.advance(1)
            self._times.look()

    def _until_report(self, end: int) -> int:
        """Seconds to the next report of any detector, or to the end."""
        now = self._world.seconds
        return min([end - now, *(feed.interval_s - now % feed.interval_s for feed in self._detectors)])

    def _reports(self) -> list[ObservationBatch]:
        batches: list[ObservationBatch] = []
        for feed in self._detectors:
            due = self._world.seconds % feed.interval_s == 0
            batches += feed.report(self._world, self.now) if due else feed.arrivals(self.now)
        return batches

    def obey(self, command: Command) -> bool:
        """Bring a signal to a phase, or release it to its own programme."""
        crossing = self._crossings.get(command.entity)
        if crossing is None or command.action not in (PHASE, RELEASE):
            return False
        if command.action == RELEASE:
            self._world.release(crossing)
            return True
        phase = int(command.value) if math.isfinite(command.value) else -1
        known = phase == command.value and 0 <= phase < len(self._world.network.phases_of(crossing))
        if known:
            self._world.command(crossing, phase)
        return known

    def check(self) -> None:
        """Raise BrokenWorldError where the world has broken a law since it is watched."""
        if self._laws is None:
            self._laws = Laws(self._world)
        self._laws.check()

    def scene(self) -> Scene:
        """Where the vehicles are now, for people."""
        return self._world.scene(self.now)

    def measures(self) -> list[Measure]:
        """The truth by which a run is judged."""
        return [*city_measures(self._world, self._sums), *self._of_tables(), *self._refusals()]

    def _of_tables(self) -> list[Measure]:
        return [] if self._times is None else [self._times.measure()]

    def _refusals(self) -> list[Measure]:
        if self._refused is None:
            return []
        method = Text("trips due so far for which no way is open", "至今应出发但无路可走的出行")
        refused = self._refused(self._world.seconds)
        return [Measure("refused", Text("Trips refused", "被拒绝的出行"), refused, "C62", method)]


def inventory(network: RoadNetwork) -> list[Entity]:
    """Detectors and cameras in the order of the lanes, then signals in the order of `signalised`."""
    return _lane_detectors(network) + _lane_cameras(network) + _signals(network)


def reported_roads(network: RoadNetwork) -> list[Entity]:
    """The roads of which a provider of floating cars speaks."""
    roads = zip(floating_cars(network), network.road_ids, strict=True)
    return [Entity(identifier, FLOATING_CARS, {"road": road}) for identifier, road in roads]


def _lane_detectors(network: RoadNetwork) -> list[Entity]:
    to_wgs84 = network.projection.to_wgs84
    return [
        Entity(
            identifier,
            LANE_DETECTOR,
            {
                "lane": lane,
                "road": network.road_ids[network.lane_road[index]],
                "length": float(network.lane_length[index]),
            },
            line_string(to_wgs84(network.lane_shape.of(index))),
        )
        for index, (identifier, lane) in enumerate(zip(lane_detectors(network), network.lane_ids, strict=True))
    ]


def _lane_cameras(network: RoadNetwork) -> list[Entity]:
    places = network.projection.to_wgs84(network.lane_shape.points[network.lane_shape.first[1:] - 1])
    return [
        Entity(identifier, LANE_CAMERA, {"lane": lane}, point(place))
        for identifier, lane, place in zip(lane_cameras(network), network.lane_ids, places, strict=True)
    ]


def _signals(network: RoadNetwork) -> list[Entity]:
    places = network.projection.to_wgs84(network.crossing_point)
    return [
        Entity(
            identifier,
            TRAFFIC_SIGNAL,
            {"crossing": network.crossing_ids[index], "phases": len(network.phases_of(index))},
            point(places[index]),
        )
        for identifier, index in zip(traffic_signals(network), network.signalised.tolist(), strict=True)
    ]
