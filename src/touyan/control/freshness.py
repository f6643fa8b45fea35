"""Whether the city can still be seen: who decides on old readings decides blindly."""

from __future__ import annotations

from touyan.core.errors import NotFoundError
from touyan.core.protocols import Plant, State

MISSED = 3.0
"""Intervals of its own after which a kind of sensor that reports seldom counts as silent."""


class Freshness:
    """Watches the sensors of every type that was ever heard.

    A type is silent after `stale_after_s`, or after three of the shortest intervals at which it was ever heard, where
    that is longer: an air station that reports each five minutes is not silent after one.
    """

    def __init__(self, plant: Plant, stale_after_s: float) -> None:
        self._newest = dict.fromkeys(sorted({entity.type for entity in plant.inventory}), plant.now)
        self._interval = dict.fromkeys(self._newest, float("inf"))
        self._stale_after_s = stale_after_s

    def silent(self, state: State) -> dict[str, float]:
        """The types of which nothing was heard lately, with the seconds since."""
        ages = {entity_type: self._age(entity_type, state) for entity_type in self._newest}
        return {
            entity_type: age
            for entity_type, age in ages.items()
            if age is not None and age > max(self._stale_after_s, MISSED * self._interval[entity_type])
        }

    def _age(self, entity_type: str, state: State) -> float | None:
        """Seconds since the newest reading; None where there was never one."""
        try:
            heard = state.table(entity_type).observed_at
        except NotFoundError:
            return None
        newest = float(heard.max(initial=-float("inf")))
        if newest == -float("inf"):
            return None
        passed = newest - self._newest[entity_type]
        if passed > 0:
            self._interval[entity_type] = min(self._interval[entity_type], passed)
            self._newest[entity_type] = newest
        return state.now - newest
