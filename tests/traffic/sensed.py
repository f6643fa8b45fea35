"""A city without a world: a generated network whose sensors say what a test puts in their mouths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from touyan.core.commands import Command, CommandState, CommandStep
from touyan.core.entities import Entity
from touyan.core.observations import Column, ObservationBatch
from touyan.core.text import Text
from touyan.fusion.state import CurrentState
from touyan.kernels.traffic.staging import Seen
from touyan.packs.traffic.cameras import columns_of
from touyan.packs.traffic.network import RoadNetwork
from touyan.packs.traffic.plant import inventory
from touyan.packs.traffic.vocabulary import COMMANDED, LANE_CAMERA, LANE_DETECTOR, PHASE, TRAFFIC_SIGNAL, lane_cameras


class SensedCity:
    """A plant that stands still, and the state that its sensors make."""

    def __init__(self, network: RoadNetwork, starts_at: float = 1000.0) -> None:
        self.model = network
        self.now = self.starts_at = starts_at
        self.delay_s = 0.0
        self.inventory: Sequence[Entity] = inventory(network)
        self.state = CurrentState(starts_at)
        for kind in (LANE_DETECTOR, LANE_CAMERA, TRAFFIC_SIGNAL):
            self.state.register(kind, [entity.id for entity in self.inventory if entity.type == kind])
        self.lanes = self.state.table(LANE_DETECTOR).ids
        self.signals = self.state.table(TRAFFIC_SIGNAL).ids

    def at(self, seconds: float) -> CurrentState:
        """Let the city's clock show so many seconds since its start."""
        self.now = self.starts_at + seconds
        self.state.move_to(self.now)
        return self.state

    def lanes_say(self, **values: Column | Sequence[float] | float) -> None:
        """All lane detectors report, `delay_s` ago; one value stands for all lanes."""
        self._say(LANE_DETECTOR, self.lanes, values, self.now - self.delay_s)

    def signals_say(self, phase: Column | Sequence[float] | float, commanded: Column | float = 1.0) -> None:
        """All signals report now."""
        self._say(TRAFFIC_SIGNAL, self.signals, {PHASE: phase, COMMANDED: commanded}, self.now)

    def cameras_say(self, seen: Seen) -> None:
        """All lane cameras report now."""
        ids = lane_cameras(self.model)
        values = columns_of(seen, len(ids))
        self.state.update(ObservationBatch(LANE_CAMERA, "test", ids, np.full(len(ids), self.now), values))

    def lane(self, name: str) -> int:
        """The index of a lane."""
        return self.model.lane(name)

    def empty(self) -> Column:
        """A column of zeros, one for each lane."""
        return np.zeros(len(self.lanes))

    def _say(
        self, kind: str, ids: tuple[str, ...], values: dict[str, Column | Sequence[float] | float], at: float
    ) -> None:
        columns = {name: np.array(np.broadcast_to(value, len(ids)), float) for name, value in values.items()}
        self.state.update(ObservationBatch(kind, "test", ids, np.full(len(ids), at), columns))

    def advance(self, seconds: float) -> list[ObservationBatch]:
        """Nothing happens by itself."""
        return []

    def obey(self, command: Command) -> bool:
        """Every command is taken, and changes nothing."""
        return True


def command(entity: str, value: float, action: str = PHASE) -> Command:
    """A proposed command."""
    step = CommandStep(CommandState.PROPOSED, "test", 0.0)
    return Command("command-1", entity, action, value, Text("why", "为何"), (step,))


def with_greens(network: RoadNetwork, phase: int, movements: Sequence[int]) -> RoadNetwork:
    """The network with one phase row changed to give green to these places of its crossing."""
    green = network.phase_green.copy()
    green[phase] = False
    green[phase, list(movements)] = True
    return replace(network, phase_green=green)
