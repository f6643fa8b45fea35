"""What the map shows of road traffic."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from touyan.core.components import Layer
from touyan.core.protocols import Plant, State
from touyan.core.settings import setting
from touyan.core.text import Text

from . import geojson
from .network import RoadNetwork
from .readings import lane_readings, signal_readings
from .vocabulary import LANE_DETECTOR, PHASE, QUEUE_LENGTH, REPORT_INTERVAL_S

RED, GREEN, CLEARANCE = 0.0, 1.0, 2.0
"""The live value of a stop bar."""


class RoadLayer(Layer):
    """A layer of a road network."""

    abstract = True
    needs: ClassVar[tuple[str, ...]] = (LANE_DETECTOR,)


class Crossings(RoadLayer):
    """The areas between the stop lines, where roads meet."""

    title: ClassVar[Text] = Text("Crossings", "路口")

    def features(self, plant: Plant) -> dict[str, Any]:
        """Every crossing as an area; the ends of the network as points."""
        return geojson.crossings(plant.model)


class Roads(RoadLayer):
    """The lanes of all roads."""

    title: ClassVar[Text] = Text("Roads", "道路")

    def features(self, plant: Plant) -> dict[str, Any]:
        """Every lane as a line."""
        return geojson.roads(plant.model)


class Signals(RoadLayer):
    """The stop bars of all signals, coloured by what they show."""

    title: ClassVar[Text] = Text("Signals", "信号灯")

    def start(self, plant: Plant) -> None:
        """Learn in which phases each stop bar is green."""
        network: RoadNetwork = plant.model
        self._readings = signal_readings(network)
        self._clearance = network.clearance_phase[network.signalised]
        bars = geojson.signals(network)["features"]
        row = {network.crossing_ids[crossing]: row for row, crossing in enumerate(network.signalised.tolist())}
        self._bars = [str(bar["id"]) for bar in bars]
        self._signal = np.array([row[bar["properties"]["crossing"]] for bar in bars], np.intp)
        most = int(np.diff(network.phase_first).max(initial=0))
        self._green = np.zeros((len(bars), most), np.bool_)
        for bar, feature in enumerate(bars):
            self._green[bar, feature["properties"]["phases"]] = True

    def features(self, plant: Plant) -> dict[str, Any]:
        """A stop bar for each lane and movement."""
        return geojson.signals(plant.model)

    def live(self, state: State) -> dict[str, float]:
        """1 green, 0 red, 2 clearance, by stop bar; nothing for unheard."""
        phase = self._readings.column(state, PHASE)[self._signal]
        heard = np.flatnonzero(~np.isnan(phase))
        shown = phase[heard].astype(np.intp)
        green = self._green[heard, shown] & (shown >= 0)
        clearing = shown == self._clearance[self._signal[heard]]
        value = np.where(green, GREEN, np.where(clearing, CLEARANCE, RED))
        return dict(zip([self._bars[bar] for bar in heard.tolist()], value.tolist(), strict=True))


class Queues(RoadLayer):
    """How much of each lane is queue."""

    title: ClassVar[Text] = Text("Queues", "排队")
    interval_s: float = setting(
        REPORT_INTERVAL_S, unit="SEC", at_least=1.0, help="Time between two reports of a lane detector."
    )

    def start(self, plant: Plant) -> None:
        """Learn how long the lanes are."""
        network: RoadNetwork = plant.model
        self._readings = lane_readings(network)
        self._lane_ids, self._length = network.lane_ids, network.lane_length

    def features(self, plant: Plant) -> dict[str, Any]:
        """Every lane as a line."""
        return geojson.roads(plant.model)

    def live(self, state: State) -> dict[str, float]:
        """Queue length by lane length, of the lanes whose detector is heard."""
        share = self._readings.column(state, QUEUE_LENGTH) / self._length
        heard = np.flatnonzero(self._readings.fresh(state, QUEUE_LENGTH, self.interval_s))
        return dict(zip([self._lane_ids[lane] for lane in heard.tolist()], share[heard].tolist(), strict=True))
