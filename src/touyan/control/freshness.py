"""Whether the city can still be seen: who decides on old readings decides blindly."""

from __future__ import annotations

from touyan.core.errors import NotFoundError
from touyan.core.protocols import Plant, State


class Freshness:
    """Watches the sensors of every type that was ever heard."""

    def __init__(self, plant: Plant, stale_after_s: float) -> None:
        self._types = sorted({entity.type for entity in plant.inventory})
        self._stale_after_s = stale_after_s

    def silent(self, state: State) -> dict[str, float]:
        """The types of which nothing was heard lately, with the seconds since."""
        ages = {entity_type: self._age(entity_type, state) for entity_type in self._types}
        return {entity_type: age for entity_type, age in ages.items() if age is not None and age > self._stale_after_s}

    def _age(self, entity_type: str, state: State) -> float | None:
        """Seconds since the newest reading; None where there was never one."""
        try:
            heard = state.table(entity_type).observed_at
        except NotFoundError:
            return None
        newest = float(heard.max(initial=-float("inf")))
        return None if newest == -float("inf") else state.now - newest
