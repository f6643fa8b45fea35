"""Plants that live through the same time side by side, a city and its twin say."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from touyan.core.observations import ObservationBatch
from touyan.core.protocols import Plant


class Lockstep:
    """Advances plants together, each on its own thread; they share nothing, so digits do not depend on it."""

    def __init__(self, plants: Sequence[Plant], threads: int | None = None) -> None:
        self._plants = list(plants)
        self._pool = ThreadPoolExecutor(threads or len(self._plants), thread_name_prefix="plant")

    def advance(self, seconds: float) -> list[list[ObservationBatch]]:
        """Let time pass everywhere; what the sensors of each plant said meanwhile."""
        if len(self._plants) == 1:
            return [self._plants[0].advance(seconds)]
        return list(self._pool.map(lambda plant: plant.advance(seconds), self._plants))

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=True)
