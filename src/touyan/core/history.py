"""What once was: readings of a city in the order of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from .entities import Entity
from .observations import ObservationBatch


class History(Protocol):
    """Readings on record; whoever can give them so can be tried out on."""

    @property
    def entities(self) -> Sequence[Entity]:
        """The things that the readings are of."""

    @property
    def span(self) -> tuple[float, float]:
        """The first and the last time (epoch s); equal where there is nothing."""

    def batches(self, since: float, until: float, step_s: float) -> Iterator[tuple[float, list[ObservationBatch]]]:
        """The readings of each step with the time at its end, the oldest first; steps without readings too."""
