"""CityFlow's engine as the city: our sensors on its lanes, our commands to its signals.

The engine shows whole phases only, so a change goes through the clearance phase of the file, as published.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import numpy as np

from touyan.core.commands import Command
from touyan.core.components import Source
from touyan.core.entities import Entity
from touyan.core.errors import MissingPackageError
from touyan.core.observations import ObservationBatch
from touyan.core.protocols import Measure
from touyan.core.text import Text
from touyan.kernels.traffic import layout
from touyan.kernels.traffic.staging import Seen

from ..cameras import CameraFeed, in_order
from ..network import RoadNetwork
from ..plant import inventory
from ..sources import DetectorFeed, LaneCameras, LaneDetectors, SignalHeads
from ..traffic_world import LaneCounts
from ..vocabulary import COMMANDED, PHASE, RELEASE, TRAFFIC_SIGNAL, traffic_signals

_VEHICLE_M = 5.0
_HALTING_M_S = 0.1


class CityFlowPlant:
    """Keeps `Plant`; its own programme is what the file says, kept here, since the engine cannot return to it."""

    def __init__(
        self, roadnet: Path, flow: Path, network: RoadNetwork, sources: Sequence[Source], starts_at: float, seed: int
    ) -> None:
        self._engine = _engine(roadnet, flow, seed)
        self._network, self._starts_at, self._seconds = network, starts_at, 0
        self._street = _CityFlowStreet(self._engine, network)
        self._feeds: list[DetectorFeed | CameraFeed] = [
            *(DetectorFeed(s, network) for s in sources if isinstance(s, LaneDetectors)),
            *(CameraFeed(s, network) for s in sources if isinstance(s, LaneCameras)),
        ]
        self._heads = next((source.name for source in sources if isinstance(source, SignalHeads)), None)
        names = zip(traffic_signals(network), network.signalised.tolist(), strict=True)
        self._signals = {name: _PhaseControl(network, crossing) for name, crossing in names}
        self.inventory: Sequence[Entity] = inventory(network)

    @property
    def now(self) -> float:
        """City time, epoch seconds."""
        return self._starts_at + self._seconds

    @property
    def model(self) -> RoadNetwork:
        """The road network, which everybody may know."""
        return self._network

    def advance(self, seconds: float) -> list[ObservationBatch]:
        """Let whole seconds pass, and return what the sensors said meanwhile."""
        if seconds != int(seconds):
            raise ValueError(f"CityFlow goes on in whole seconds here, not by {seconds}")
        batches: list[ObservationBatch] = []
        for _ in range(int(seconds)):
            self._second()
            for feed in self._feeds:
                due = self._seconds % feed.interval_s == 0
                batches += feed.report(self._street, self.now) if due else feed.arrivals(self.now)
        return [*batches, *self._reports()]

    def obey(self, command: Command) -> bool:
        """Bring a signal to a phase, or release it to its own programme."""
        control = self._signals.get(command.entity)
        if control is None or command.action not in (PHASE, RELEASE):
            return False
        if command.action == RELEASE:
            control.release()
            return True
        phase = int(command.value) if math.isfinite(command.value) else -1
        if phase != command.value or not 0 <= phase < len(control.durations) or control.clearance < 0:
            return False
        control.bring(phase, at_once=self._seconds == 0)
        return True

    def measures(self) -> list[Measure]:
        """The engine's own figures."""
        method = Text("as CityFlow's engine says", "由 CityFlow 引擎给出")
        travel = Text("Mean travel time", "平均行程时间")
        return [
            Measure("average_travel_time_s", travel, self._engine.get_average_travel_time(), "SEC", method),
            Measure("running", Text("Vehicles under way", "在途车辆"), self._engine.get_vehicle_count(), "C62", method),
        ]

    def _second(self) -> None:
        for control in self._signals.values():
            shown = control.tick()
            if shown is not None:
                self._engine.set_tl_phase(control.crossing, shown)
        self._engine.next_step()
        self._seconds += 1
        self._street.note()

    def _reports(self) -> list[ObservationBatch]:
        if self._heads is None:
            return []
        ids, controls = tuple(self._signals), self._signals.values()
        values = {
            PHASE: np.array([float(control.phase) for control in controls]),
            COMMANDED: np.array([float(control.commanded) for control in controls]),
        }
        return [ObservationBatch(TRAFFIC_SIGNAL, self._heads, ids, np.full(len(ids), self.now), values)]


class _PhaseControl:
    """The controller in the street of one crossing: its programme, or a phase after the clearance."""

    def __init__(self, network: RoadNetwork, crossing: int) -> None:
        self.crossing = network.crossing_ids[crossing]
        rows = network.phases_of(crossing)
        self.durations = network.phase_duration[rows.start : rows.stop].tolist()
        self.clearance = int(network.clearance_phase[crossing])
        self._clears_s = np.ceil(network.phase_clearance_s[rows.start : rows.stop]).tolist()
        self.phase, self.commanded = 0, False
        self._shown = -1
        self._target, self._left = 0, float(self.durations[0])

    def bring(self, phase: int, *, at_once: bool) -> None:
        """Begin to change; a new target keeps the end of the clearance."""
        changing = self.commanded and self.phase == self.clearance != self._target
        self.commanded, self._target = True, phase
        if self.phase == phase or changing:
            return
        clearing = self.phase == self.clearance
        self._left = 0.0 if at_once else self._left if clearing else float(self._clears_s[phase])
        self.phase = phase if at_once else self.clearance

    def release(self) -> None:
        """Go on with the programme from the phase that is shown."""
        self.commanded, self._left = False, float(self.durations[self.phase])

    def tick(self) -> int | None:
        """Begin the next second; the phase to show, where that is another one."""
        if self.commanded and self.phase != self._target and self._left <= 0:
            self.phase = self._target
        while not self.commanded and self._left <= 0:
            self.phase = (self.phase + 1) % len(self.durations)
            self._left += self.durations[self.phase]
        self._left -= 1.0
        before, self._shown = self._shown, self.phase
        return self.phase if self.phase != before else None


class _CityFlowStreet:
    """What `TrafficWorld` offers to sensors, from the engine's lists."""

    def __init__(self, engine: Any, network: RoadNetwork) -> None:
        self._engine, self._network = engine, network
        self._lane = {name: lane for lane, name in enumerate(network.lane_ids)}
        self._before: dict[str, int] = {}
        self._gathered = self._nothing()

    def note(self) -> None:
        """Look at every vehicle, once a second."""
        speed = self._engine.get_vehicle_speed()
        there = {name: lane for lane, name, _ in self._vehicles()}
        gathered = self._gathered
        for name, lane in there.items():
            gathered.seconds[lane] += 1.0
            gathered.distance[lane] += speed[name]
            gathered.covered[lane] += _VEHICLE_M
            gathered.entered[lane] += self._before.get(name) != lane
        for name, lane in self._before.items():
            gathered.left[lane] += there.get(name) != lane
        self._before = there

    def sensed(self) -> layout.Sensing:
        """What lane detectors gathered since the last call."""
        gathered, self._gathered = self._gathered, self._nothing()
        return gathered

    def lanes(self) -> LaneCounts:
        """What stands on each lane now."""
        vehicles, halting = np.zeros((2, len(self._lane)), np.int64)
        queue, speed = np.zeros(len(self._lane)), self._engine.get_vehicle_speed()
        for lane, name, distance in self._vehicles():
            vehicles[lane] += 1
            if speed[name] < _HALTING_M_S:
                halting[lane] += 1
                queue[lane] = max(queue[lane], distance + _VEHICLE_M)
        return LaneCounts(vehicles, halting, np.minimum(queue, self._network.lane_length))

    def look(self) -> Seen:
        """The vehicles of all lanes; the engine does not tell who is on a crossing."""
        speed = self._engine.get_vehicle_speed()
        rows = [(lane, distance, speed[name]) for lane, name, distance in self._vehicles()]
        columns = list(zip(*rows, strict=True)) or [(), (), ()]
        return in_order(Seen(np.array(columns[0], np.int32), np.array(columns[1]), np.array(columns[2])))

    def _vehicles(self) -> list[tuple[int, str, float]]:
        """(lane, vehicle, metres to the stop line) of everybody on a lane."""
        far = self._engine.get_vehicle_distance()
        length = self._network.lane_length
        return [
            (self._lane[lane], name, float(length[self._lane[lane]]) - far[name])
            for lane, names in self._engine.get_lane_vehicles().items()
            for name in names
        ]

    def _nothing(self) -> layout.Sensing:
        entered, left = np.zeros((2, len(self._lane)), np.int64)
        return layout.Sensing(entered, left, *np.zeros((3, len(self._lane))))


_KEPT: list[Any] = []
"""Engines for as long as the process lives: the destructor can wait for its threads for ever."""


def _engine(roadnet: Path, flow: Path, seed: int) -> Any:
    if not find_spec("cityflow"):
        raise MissingPackageError("cityflow", "cityflow")
    config = {
        "interval": 1.0,
        "seed": seed,
        "dir": "/",
        "roadnetFile": str(roadnet.resolve().relative_to("/")),
        "flowFile": str(flow.resolve().relative_to("/")),
        "rlTrafficLight": True,
        "laneChange": False,
        "saveReplay": False,
    }
    with TemporaryDirectory(prefix="touyan-") as folder:
        path = Path(folder) / "config.json"
        path.write_bytes(msgspec.json.encode(config))
        engine = import_module("cityflow").Engine(str(path), thread_num=1)
    _KEPT.append(engine)
    return engine
