"""What has newly come into the state, in rows that stay the same for each entity."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from touyan.core.observations import Column
from touyan.core.protocols import State

from .series import Rows


class Arrived(NamedTuple):
    """New readings: whose they are, when they were read, and one column of values for each quantity."""

    rows: Rows
    at: Column
    values: list[Column]


class Arrivals:
    """Follows quantities of one entity type; an entity keeps its row whatever comes and goes."""

    def __init__(self, entity_type: str, quantities: tuple[str, ...]) -> None:
        self._entity_type = entity_type
        self._quantities = quantities
        self._known: dict[str, int] = {}
        self._heard_at: Column = np.empty(0)
        self.ids: tuple[str, ...] = ()
        """The entities of the state at the last look."""
        self.rows: Rows = np.empty(0, np.intp)
        """The row of each of `ids`."""

    def __len__(self) -> int:
        return len(self._known)

    def take(self, state: State) -> Arrived:
        """Readings that are newer than at the last look, of all quantities."""
        table = state.table(self._entity_type)
        self._follow(table.ids)
        heard = np.min([table.heard_at(quantity) for quantity in self._quantities], axis=0)
        new = np.flatnonzero(heard > self._heard_at[self.rows])
        self._heard_at[self.rows[new]] = heard[new]
        return Arrived(self.rows[new], heard[new], [table.column(quantity)[new] for quantity in self._quantities])

    def _follow(self, ids: tuple[str, ...]) -> None:
        if ids is self.ids or ids == self.ids:
            return
        for identifier in ids:
            self._known.setdefault(identifier, len(self._known))
        added = len(self._known) - len(self._heard_at)
        self._heard_at = np.concatenate([self._heard_at, np.full(added, -np.inf)])
        self.rows = np.array([self._known[identifier] for identifier in ids], np.intp)
        self.ids = ids

    def row(self, identifier: str) -> int | None:
        """The row of an entity; None for one never seen."""
        return self._known.get(identifier)
