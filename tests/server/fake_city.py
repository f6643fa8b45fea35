"""A small city that keeps the BrainView: a grid of streets, points that move, alerts that people act on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from touyan.core.alerts import Alert, AlertAction, AlertState, AlertStep, Evidence, Severity
from touyan.core.commands import Command, CommandState, CommandStep
from touyan.core.entities import line_string
from touyan.core.errors import NotFoundError
from touyan.core.geometry import Points, Projection
from touyan.core.protocols import Scene
from touyan.core.text import Text
from touyan.core.time import from_iso
from touyan.runtime.alert_desk import AlertDesk
from touyan.runtime.command_desk import CommandDesk
from touyan.runtime.no_store import NoStore
from touyan.runtime.view import About, Figure, LayerInfo, Update
from touyan.warning.book import AlertBook

START = from_iso("2026-03-02T08:00:00")
STREETS_NORTH, STREETS_EAST, BLOCK_M, LANE_M = 4, 3, 300.0, 3.2
PROJECTION = Projection(120.13, 30.26)


class FakeCity:
    """Beats only when told to; `state` may be set to end it."""

    def __init__(self, vehicles: int = 300, seed: int = 0) -> None:
        self.state = "running"
        self.beats = 0
        self._lanes = _lanes()
        self._bars = _bars()
        random = np.random.default_rng(seed)
        self._lane = random.integers(len(self._lanes), size=vehicles)
        self._along = random.random(vehicles)
        self._speed = random.uniform(2, 14, vehicles)
        self.book = AlertBook(NoStore(), now=START)
        self.desk = AlertDesk(self.book, lambda: self.now, lambda: None, "Exercise")
        self._shown = 0
        self._listeners: list[Callable[[Update], None]] = []
        self._lock = threading.RLock()

    @property
    def now(self) -> float:
        """City time: a second a beat."""
        return START + self.beats

    def beat(self) -> Update:
        """One second passes, and everyone is told."""
        with self._lock:
            self.beats += 1
            self._shown, changed = self.book.changed_since(self._shown)
            update = self._update(changed)
        for listener in list(self._listeners):
            listener(update)
        return update

    def warn(self, name: str = "spill-back", severity: Severity = Severity.SEVERE) -> Alert:
        """A new alert at a crossing of the city."""
        location = PROJECTION.to_wgs84(np.array([[BLOCK_M, BLOCK_M]]))[0]
        alert = Alert(
            identifier="",
            rule=name,
            entity="urn:ngsi-ld:Lane:road_1_1_0_0",
            event=Text("Spill-back", "排队溢出"),
            headline=Text("Queue reaches the start of its lane", "排队已到达车道起点"),
            description=Text(
                "The queue on lane road_1_1_0_0 fills 97 % of it.", "车道 road_1_1_0_0 的排队已占车道的 97 %。"
            ),
            severity=severity,
            sent=self.now,
            evidence=Evidence("queue_share", 0.97, 0.95, "C62", self.now - 45, "queue-length"),
            log=(AlertStep(AlertState.OPEN, "rule:spill-back", self.now, action=AlertAction.RAISE),),
            key=f"{name}|{len(self.alerts())}",
            group="none",
            status="Exercise",
            location=(float(location[0]), float(location[1])),
        )
        return self.book.open([alert])[0]

    def about(self) -> About:
        """A simulated city at 20 times its pace."""
        return About(
            version="0.1.0",
            city=Text("Grid 4×3", "网格 4×3"),
            simulated=True,
            controller="max-pressure",
            mode="automatic",
            speed=20.0,
            seed=0,
            started_at=START,
            projection=PROJECTION,
            packs=["traffic"],
            refused=[],
            twin="own",
        )

    def layers(self) -> list[LayerInfo]:
        """Roads that stand still, signals that change."""
        return [
            LayerInfo("roads", "traffic", Text("Roads", "道路")),
            LayerInfo("signals", "traffic", Text("Signals", "信号灯")),
        ]

    def features(self, layer: str) -> dict[str, Any]:
        """The lines of a layer."""
        lines = {"roads": self._lanes, "signals": self._bars}
        if layer not in lines:
            raise NotFoundError("layer", layer, lines)
        properties = {"width": LANE_M} if layer == "roads" else {}
        return {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "id": name,
                    "geometry": line_string(PROJECTION.to_wgs84(line)),
                    "properties": properties,
                }
                for name, line in lines[layer].items()
            ],
        }

    def latest(self) -> Update | None:
        """The newest beat with all alerts."""
        return self._update(self.alerts()) if self.beats else None

    def subscribe(self, listener: Callable[[Update], None]) -> Callable[[], None]:
        """Tell `listener` of every beat."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def alerts(self) -> list[Alert]:
        """The newest first."""
        return self.book.all()

    def acknowledge(self, identifier: str, by: str) -> Alert:
        """Somebody takes an alert on elsewhere."""
        return self.desk.act(AlertAction.ACKNOWLEDGE, identifier, by)

    @property
    def command_desk(self) -> CommandDesk:
        """Nobody decides about the commands of a fake city."""
        raise NotImplementedError

    def commands(self, most: int = 100) -> list[Command]:
        """As many commands as asked for."""
        step = CommandStep(CommandState.PROPOSED, "controller:max-pressure", START)
        made = [
            Command(f"command-{number}", "urn:ngsi-ld:Crossing:c", "phase", 2.0, Text("pressure", "压力"), (step,))
            for number in range(200)
        ]
        return made[::-1][:most]

    def _update(self, alerts: list[Alert]) -> Update:
        return Update(self.now, self.beats, self.state, self._scene(), self._live(), self._figures(), alerts)

    def _scene(self) -> Scene:
        lanes = np.array(list(self._lanes.values()))[self._lane]
        way = lanes[:, 1] - lanes[:, 0]
        length = np.hypot(*way.T)
        # Everyone drives straight on and starts again at the other end.
        along = (self._along + self.beats * self._speed / length) % 1
        places = lanes[:, 0] + way * along[:, np.newaxis]
        return Scene(
            at=self.now,
            slot=np.arange(len(along), dtype=np.uint32),
            x=places[:, 0].astype(np.float32),
            y=places[:, 1].astype(np.float32),
            speed=self._speed.astype(np.float32),
            heading=np.arctan2(way[:, 1], way[:, 0]).astype(np.float32),
        )

    def _live(self) -> dict[str, dict[str, float]]:
        north_green = self.beats // 30 % 2
        clearing = self.beats % 30 < 3
        return {
            "signals": {
                name: 2.0 if clearing else float(name.startswith("north") == bool(north_green)) for name in self._bars
            }
        }

    def _figures(self) -> list[Figure]:
        wave = float(np.sin(self.beats / 20))
        measured = Text("mean over all lane detectors", "所有车道检测器的平均值")
        truth = Text("mean over the vehicles that arrived", "已到达车辆的平均值")
        return [
            Figure("vehicles", Text("Vehicles", "车辆数"), "C62", 300 + 10 * wave, 320.0, measured, "sensors"),
            Figure("speed", Text("Mean speed", "平均车速"), "MTS", 8.0 + wave, 7.2, measured, "sensors"),
            Figure(
                "travel-time", Text("Mean travel time", "平均行程时间"), "SEC", 365.8 + wave, 525.3, truth, "simulation"
            ),
        ]


def _lanes() -> dict[str, Points]:
    """Two lanes each way on every street."""
    lanes: dict[str, Points] = {}
    for street in range(STREETS_NORTH):
        for lane, side in enumerate((-1.5, -0.5, 0.5, 1.5)):
            line = np.array([[street * BLOCK_M - side * LANE_M, -200.0], [street * BLOCK_M - side * LANE_M, 800.0]])
            lanes[f"north_{street}_{lane}"] = line if side < 0 else line[::-1]
    for street in range(STREETS_EAST):
        for lane, side in enumerate((-1.5, -0.5, 0.5, 1.5)):
            line = np.array([[-200.0, street * BLOCK_M + side * LANE_M], [1100.0, street * BLOCK_M + side * LANE_M]])
            lanes[f"east_{street}_{lane}"] = line if side < 0 else line[::-1]
    return lanes


def _bars() -> dict[str, Points]:
    """A stop bar before every crossing, on each side."""
    bars: dict[str, Points] = {}
    for east in range(STREETS_NORTH):
        for north in range(STREETS_EAST):
            x, y, width = east * BLOCK_M, north * BLOCK_M, 2 * LANE_M
            bars[f"north_{east}_{north}_up"] = np.array([[x, y - 12], [x + width, y - 12]])
            bars[f"north_{east}_{north}_down"] = np.array([[x, y + 12], [x - width, y + 12]])
            bars[f"east_{east}_{north}_right"] = np.array([[x - 12, y], [x - 12, y - width]])
            bars[f"east_{east}_{north}_left"] = np.array([[x + 12, y], [x + 12, y + width]])
    return bars
