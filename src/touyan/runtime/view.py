"""What the brain shows to the outside: the server and the command line know it only through this."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from touyan.core.alerts import Alert
from touyan.core.commands import Command
from touyan.core.geometry import Projection
from touyan.core.protocols import Scene
from touyan.core.text import Text

from .alert_desk import AlertDesk
from .command_desk import CommandDesk


class Figure(msgspec.Struct, frozen=True):
    """One figure of the city with the twin's beside it, and how it was come by.

    `origin` is "sensors" for what the brain estimates, "simulation" for the truth by which a
    simulated run is judged. `twin` is None where there is no twin.
    """

    name: str
    title: Text
    unit_code: str
    city: float
    twin: float | None
    method: Text
    origin: str


class LayerInfo(msgspec.Struct, frozen=True):
    """A map layer: what it is called, and the live value that has the last colour, in its unit ("" is a share)."""

    name: str
    pack: str
    title: Text
    full: float = 1.0
    unit_code: str = ""


class About(msgspec.Struct, frozen=True):
    """What is running: shown on every screen."""

    version: str
    city: Text
    simulated: bool
    controller: str
    mode: str
    speed: float
    seed: int | None
    started_at: float
    projection: Projection
    packs: list[str]
    refused: list[str]
    twin: str | None


@dataclass(frozen=True, eq=False)
class Update:
    """What changed in one beat of the brain; `at` is city time (epoch s), `beat` counts up.

    `live` maps a layer's name to the value of each feature id; `alerts` holds those that changed.
    `state` is "running", "finished" or "failed".
    """

    at: float
    beat: int
    state: str
    scene: Scene | None
    live: dict[str, dict[str, float]]
    figures: Sequence[Figure]
    alerts: Sequence[Alert]


class BrainView(Protocol):
    """The brain as the server sees it; every method may be called from any thread."""

    def about(self) -> About:
        """What is running."""

    def layers(self) -> list[LayerInfo]:
        """The map layers of all packs."""

    def features(self, layer: str) -> dict[str, Any]:
        """A layer's GeoJSON FeatureCollection; raises NotFoundError."""

    def latest(self) -> Update | None:
        """The newest beat with the current alerts in it; None before the first."""

    def subscribe(self, listener: Callable[[Update], None]) -> Callable[[], None]:
        """Call `listener` (on the brain's thread, it must not block) at each beat; returns the way to stop."""

    @property
    def desk(self) -> AlertDesk:
        """All alerts, and what may be done about them."""

    def commands(self, most: int = 100) -> list[Command]:
        """The newest commands with their record, the newest first."""

    @property
    def command_desk(self) -> CommandDesk:
        """The commands, and what people may do about them."""
