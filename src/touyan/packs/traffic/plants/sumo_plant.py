"""SUMO as the city: our sensors on its lanes, our commands to its lamps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touyan.core.commands import Command
from touyan.core.components import Source
from touyan.core.entities import Entity
from touyan.core.geometry import Projection
from touyan.core.observations import ObservationBatch
from touyan.core.protocols import Measure, Scene
from touyan.core.text import Text

from ..cameras import CameraFeed
from ..intergreens import yellow_s
from ..network import RoadNetwork
from ..plant import inventory
from ..sources import DetectorFeed, LaneCameras, LaneDetectors, SignalHeads
from ..sumo import City, Files
from ..sumo.programmes import GREEN
from ..vocabulary import COMMANDED, PHASE, RELEASE, TRAFFIC_SIGNAL, traffic_signals
from .lamp_control import LampControl, ProgrammeClock
from .sumo_link import start
from .sumo_street import SumoStreet

_COUNTED = Text("counted by SUMO", "由 SUMO 统计")
_FIGURES = {
    "mean_delay_s": (Text("Mean delay", "平均延误"), "SEC"),
    "mean_time_loss_s": (Text("Mean time lost on the way", "平均途中损失时间"), "SEC"),
    "mean_depart_delay_s": (Text("Mean wait to get in", "平均等待驶入时间"), "SEC"),
    "loaded": (Text("Vehicles due so far", "应出发车辆"), "C62"),
    "inserted": (Text("Vehicles that got in", "已驶入车辆"), "C62"),
    "arrived": (Text("Trips finished", "完成出行"), "C62"),
    "running": (Text("Vehicles under way", "在途车辆"), "C62"),
    "waiting": (Text("Waiting to enter", "等待驶入"), "C62"),
    "collisions": (Text("Collisions", "碰撞"), "C62"),
    "teleports": (Text("Vehicles taken off the road", "被移除的车辆"), "C62"),
}
_DELAY = Text(
    "time lost on the way and wait to get in, mean over all vehicles due, those under way and outside included",
    "途中损失时间与等待驶入时间之和，对全部应出发车辆求平均，含在途与未驶入车辆",
)


class SumoPlant:
    """Keeps `Plant` and `Observable`; one at a time in a process, as SUMO has it."""

    def __init__(
        self, main: Path, files: Files, city: City, sources: Sequence[Source], starts_at: float, seed: int
    ) -> None:
        written = {loop.element.file for loop in city.detectors}
        additional = [path for path in files.additional if str(path) not in written]
        self._sumo = start(main, files, additional, seed)
        self._begin, self._starts_at, self._seconds = files.begin, starts_at, 0
        self._network, self._place = city.network, city.place
        self._street = SumoStreet(self._sumo, city.network, city.inside)
        self._feeds: list[DetectorFeed | CameraFeed] = [
            *(DetectorFeed(s, city.network) for s in sources if isinstance(s, LaneDetectors)),
            *(CameraFeed(s, city.network) for s in sources if isinstance(s, LaneCameras)),
        ]
        self._heads = next((source.name for source in sources if isinstance(source, SignalHeads)), None)
        self._lamps = _lamp_controls(city)
        self._clocks = {name: ProgrammeClock(control.lamps) for name, control in self._lamps.items()}
        self._taken: set[str] = set()
        self._slots: dict[str, int] = {}
        self._teleports = self._collisions = 0
        self.inventory: Sequence[Entity] = inventory(city.network)
        self._watch()

    @property
    def now(self) -> float:
        """City time, epoch seconds."""
        return self._starts_at + self._seconds

    @property
    def model(self) -> RoadNetwork:
        """The road network, which everybody may know."""
        return self._network

    @property
    def projection(self) -> Projection:
        """Where the local metres of its scenes lie."""
        return self._network.projection

    @property
    def under_way(self) -> int:
        """Vehicles on the roads now."""
        return int(self._sumo.vehicle.getIDCount())

    def advance(self, seconds: float) -> list[ObservationBatch]:
        """Let whole seconds pass, and return what the sensors said meanwhile."""
        if seconds != int(seconds):
            raise ValueError(f"SUMO goes on in whole seconds here, not by {seconds}")
        batches: list[ObservationBatch] = []
        for _ in range(int(seconds)):
            self._second()
            for feed in self._feeds:
                due = self._seconds % feed.interval_s == 0
                batches += feed.report(self._street, self.now) if due else feed.arrivals(self.now)
        return [*batches, *self._signals()]

    def obey(self, command: Command) -> bool:
        """Bring a signal to a phase, or release it to its own programme."""
        control = self._lamps.get(command.entity)
        if control is None or command.action not in (PHASE, RELEASE):
            return False
        at = self._begin + self._seconds
        if command.action == RELEASE:
            control.release(at)
            return True
        phase = int(command.value) if math.isfinite(command.value) else -1
        if phase != command.value or not 0 <= phase < len(control.lamps.letters):
            return False
        self._taken.add(control.lamps.signal)
        control.bring(phase, at, at_once=self._seconds == 0)
        self._watch()
        return True

    def greens(self) -> NDArray[np.bool_]:
        """Which of our links have green now, by SUMO's own letters."""
        network = self._network
        green = np.ones(network.link_count, bool)
        for name, crossing in zip(traffic_signals(network), network.signalised.tolist(), strict=True):
            lamps = self._lamps[name].lamps
            state = self._sumo.trafficlight.getRedYellowGreenState(lamps.signal)
            lit = np.array([all(state[place] in GREEN for place in places) for places in lamps.movements])
            links = np.flatnonzero(network.movement_crossing[network.link_movement] == crossing)
            green[links] = lit[network.link_movement[links] - network.movement_first[crossing]]
        return green

    def commanded(self) -> NDArray[np.bool_]:
        """Which crossings are under command."""
        held = np.zeros(len(self._network.crossing_ids), bool)
        held[self._network.signalised] = [self._lamps[name].commanded for name in traffic_signals(self._network)]
        return held

    def close(self) -> None:
        """End the simulation."""
        if self._sumo.isLoaded():
            self._sumo.close()

    def scene(self) -> Scene:
        """Where the vehicles are now, for people."""
        ask, names = self._sumo.vehicle, list(self._sumo.vehicle.getIDList())
        place = self._place.local(np.array([ask.getPosition(name) for name in names]).reshape(-1, 2))
        heading = np.radians(90.0 - np.array([ask.getAngle(name) for name in names]))
        slot = np.array([self._slots.setdefault(name, len(self._slots)) for name in names], np.uint32)
        speed = np.array([ask.getSpeed(name) for name in names], np.float32)
        x, y = place.astype(np.float32).T
        return Scene(self.now, slot, x, y, speed, heading.astype(np.float32))

    def measures(self) -> list[Measure]:
        """The truth by which a run is judged."""
        values = self._figures()
        return [
            Measure(name, title, values[name], code, _DELAY if name == "mean_delay_s" else _COUNTED)
            for name, (title, code) in _FIGURES.items()
        ]

    def _figures(self) -> dict[str, float]:
        ask, under_way = self._sumo.vehicle, list(self._sumo.vehicle.getIDList())
        outside = list(self._sumo.simulation.getPendingVehicles())
        arrived = int(self._ended("count"))
        lost = self._ended("timeLoss") * arrived + sum(ask.getTimeLoss(name) for name in under_way)
        waited = self._ended("departDelay") * arrived + sum(
            max(0.0, ask.getDepartDelay(name)) for name in [*under_way, *outside]
        )
        due = max(arrived + len(under_way) + len(outside), 1)
        return {
            "mean_delay_s": (lost + waited) / due,
            "mean_time_loss_s": lost / due,
            "mean_depart_delay_s": waited / due,
            "loaded": arrived + len(under_way) + len(outside),
            "inserted": arrived + len(under_way),
            "arrived": arrived,
            "running": len(under_way),
            "waiting": len(outside),
            "collisions": self._collisions,
            "teleports": self._teleports,
        }

    def _ended(self, what: str) -> float:
        """A mean over the vehicles that have arrived; 0 before the first."""
        value = float(self._sumo.simulation.getParameter("", f"device.tripinfo.{what}"))
        return value if math.isfinite(value) else 0.0

    def _second(self) -> None:
        at = self._begin + self._seconds
        for signal in self._taken:
            self._show(signal, at)
        self._seconds += 1
        while self._sumo.simulation.getTime() < self._begin + self._seconds - 1e-9:
            self._sumo.simulationStep()
            self._teleports += self._sumo.simulation.getStartingTeleportNumber()
            self._collisions += self._sumo.simulation.getCollidingVehiclesNumber()
        self._street.note()
        self._watch()

    def _show(self, signal: str, at: float) -> None:
        """Bring the lamps of one signal, of all its crossings, to what they show from now on."""
        letters = list(self._sumo.trafficlight.getRedYellowGreenState(signal))
        for name, control in self._lamps.items():
            if control.lamps.signal == signal:
                for link, letter in zip(
                    control.lamps.links, control.tick(at, self._clocks[name].shown(at)), strict=True
                ):
                    letters[link] = letter
        self._sumo.trafficlight.setRedYellowGreenState(signal, "".join(letters))

    def _watch(self) -> None:
        """See what the signals' own programmes show."""
        state = {
            control.lamps.signal: self._sumo.trafficlight.getRedYellowGreenState(control.lamps.signal)
            for control in self._lamps.values()
            if control.following
        }
        for name, control in self._lamps.items():
            if control.following:
                control.watch(state[control.lamps.signal], self._expected(name))

    def _expected(self, name: str) -> int:
        """The phase that a fixed programme has shown in the last second."""
        crossing = self._network.crossing(self._lamps[name].lamps.crossing)
        rows = self._network.phases_of(crossing)
        ends = np.cumsum(self._network.phase_duration[rows.start : rows.stop])
        return int(np.searchsorted(ends, max(self._seconds - 1, 0) % ends[-1], side="right"))

    def _signals(self) -> list[ObservationBatch]:
        if self._heads is None:
            return []
        ids = traffic_signals(self._network)
        values = {
            PHASE: np.array([float(self._lamps[name].phase) for name in ids]),
            COMMANDED: np.array([float(self._lamps[name].commanded) for name in ids]),
        }
        return [ObservationBatch(TRAFFIC_SIGNAL, self._heads, ids, np.full(len(ids), self.now), values)]


def _lamp_controls(city: City) -> dict[str, LampControl]:
    """The street's own controllers, by the id of the signal."""
    network = city.network
    by_crossing: dict[str, Any] = {lamps.crossing: lamps for lamps in city.lamps}
    controls = {}
    for name, crossing in zip(traffic_signals(network), network.signalised.tolist(), strict=True):
        links = network.movement_crossing[network.link_movement] == crossing
        coming = network.lane_speed_limit[network.link_from_lane[links]]
        lamps, rows = by_crossing[network.crossing_ids[crossing]], network.phases_of(crossing)
        controls[name] = LampControl(
            lamps, network.phase_clearance_s[rows.start : rows.stop].tolist(), float(np.ceil(yellow_s(coming).max()))
        )
    return controls
