"""What the engines ask of one another, and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from .commands import Command, Explanation
from .entities import Entity
from .geometry import Projection
from .observations import Column, ObservationBatch
from .text import Text


@dataclass(frozen=True, eq=False)
class Table:
    """The newest reading of every entity of one type.

    `observed_at` (epoch s) is -inf where nothing was ever heard; `values` are then NaN.
    `valid_at` says of each quantity when it last had a value; a NaN reading does not count.
    Arrays have one element for each of `ids`, and are read-only.
    """

    ids: tuple[str, ...]
    observed_at: Column
    values: dict[str, Column]
    valid_at: dict[str, Column] = field(default_factory=dict)

    def column(self, quantity: str) -> Column:
        """The last known values of a quantity; NaN where there was never one."""
        return self.values[quantity] if quantity in self.values else np.full(len(self.ids), np.nan)

    def heard_at(self, quantity: str) -> Column:
        """When each value of a quantity was read (epoch s); -inf where never."""
        if quantity not in self.values:
            return np.full(len(self.ids), -np.inf)
        return self.valid_at.get(quantity, self.observed_at)


class State(Protocol):
    """The trusted live state, as fusion gives it to the other engines."""

    @property
    def now(self) -> float:
        """City time, epoch seconds."""

    def table(self, entity_type: str) -> Table:
        """The newest readings of a type; raises NotFoundError for a type never registered."""


class Plant(Protocol):
    """A city, real or simulated, seen only through sensors and moved only by commands."""

    @property
    def now(self) -> float:
        """City time, epoch seconds."""

    @property
    def inventory(self) -> Sequence[Entity]:
        """The things that stand in the city: crossings, roads, lanes; sensors refer to them."""

    @property
    def model(self) -> Any:
        """The public description of the infrastructure (a road network, say) for the packs."""

    def advance(self, seconds: float) -> list[ObservationBatch]:
        """Let time pass, and return what the sensors said meanwhile."""

    def obey(self, command: Command) -> bool:
        """Carry out a command; False when the street did not take it."""


@dataclass(frozen=True, eq=False)
class Scene:
    """What an onlooker would see, for people only: no engine is given it.

    `slot` is stable for as long as a thing is seen. Positions are local metres (see
    `Projection`), speeds m/s, headings radians counter-clockwise from east.
    """

    at: float
    slot: NDArray[np.uint32]
    x: NDArray[np.float32]
    y: NDArray[np.float32]
    speed: NDArray[np.float32]
    heading: NDArray[np.float32]


class Measure(NamedTuple):
    """A figure with its unit and the way it was come by."""

    name: str
    title: Text
    value: float
    unit_code: str
    method: Text


@runtime_checkable
class Judged(Protocol):
    """A plant that can say by which figures a run is judged."""

    def measures(self) -> list[Measure]:
        """The truth by which a run is judged, for example mean travel time."""


@runtime_checkable
class Observable(Protocol):
    """A simulated plant, whose truth may be shown to people and to judges but not to engines."""

    @property
    def projection(self) -> Projection:
        """Where the local metres of its scenes lie."""

    @property
    def under_way(self) -> int:
        """How many things are moving in it now."""

    def scene(self) -> Scene:
        """What an onlooker sees now."""

    def measures(self) -> list[Measure]:
        """The truth by which a run is judged, for example mean travel time."""


@runtime_checkable
class Branchable(Protocol):
    """What can be copied as it stands, to see where it would go."""

    def branch(self) -> Self:
        """An independent copy; both go on as the original would have."""


@runtime_checkable
class Lawful(Protocol):
    """A simulated city that can tell whether it still keeps its own laws."""

    def check(self) -> None:
        """Raise BrokenWorldError if not; to be asked every second from the start."""


class Proposal(NamedTuple):
    """What a controller asks for: an action on an entity, and why."""

    entity: str
    action: str
    value: float
    reason: Text
    explanation: Explanation | None = None


class Forecast(NamedTuple):
    """Values to come, SI: a row for each time of `at` (epoch s), a column for each id; NaN is unknown."""

    ids: tuple[str, ...]
    at: Column
    values: NDArray[np.float64]


@runtime_checkable
class Learns(Protocol):
    """What learns from people's words on its alerts."""

    def learn(self, entity: str, at: float, label: str) -> None:
        """An alert on an entity that began at a time (epoch s) was "true", "false" or a "duplicate"."""


class Finding(NamedTuple):
    """How far entities are from normal, and by what this is told; columns have one element for each id.

    NaN says nothing. `value`, `expected` and `spread` are in SI units of the quantity looked at; `confidence` is
    the probability that normal life would not show this. `contributors` names the sensors behind one row, and is
    asked only when the row becomes an alert.
    """

    ids: tuple[str, ...]
    score: Column
    value: Column | None = None
    expected: Column | None = None
    spread: Column | None = None
    confidence: Column | None = None
    contributors: Callable[[int], tuple[str, ...]] | None = None
