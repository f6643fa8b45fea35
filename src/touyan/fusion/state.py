"""The current state: the newest reading of everything in the city, in columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from touyan.core.errors import NotFoundError
from touyan.core.observations import Column, ObservationBatch
from touyan.core.protocols import Table

Positions = NDArray[np.intp]

AHEAD_S = 3600.0
"""A reading further ahead of the city's clock has a wrong date or zone, and would outlive all true ones."""


class CurrentState:
    """The newest reading of every registered entity; keeps `core.protocols.State`.

    A table that was handed out never changes: an update makes new columns. What was not taken over is
    counted for each source: `unknown` readings are of entities that nobody registered, `late` ones older
    than what was known, `early` ones too far ahead of the city's clock.
    """

    def __init__(self, now: float) -> None:
        self.unknown: Counter[str] = Counter()
        self.late: Counter[str] = Counter()
        self.early: Counter[str] = Counter()
        self._now = now
        self._kinds: dict[str, _Kind] = {}

    @property
    def now(self) -> float:
        """City time, epoch seconds."""
        return self._now

    def move_to(self, now: float) -> None:
        """Let the city's clock go on; backwards is a ValueError."""
        if not now >= self._now:
            raise ValueError(f"city time cannot go back from {self._now} to {now}")
        self._now = now

    def register(self, entity_type: str, ids: Iterable[str]) -> None:
        """Make entities known; those already known keep their readings."""
        if entity_type in self._kinds:
            self._kinds[entity_type].extend(ids)
        else:
            self._kinds[entity_type] = _Kind(ids)

    def table(self, entity_type: str) -> Table:
        """The newest readings of a registered type; raises NotFoundError."""
        if entity_type not in self._kinds:
            raise NotFoundError("entity type", entity_type, self._kinds)
        return self._kinds[entity_type].table

    def update(self, batch: ObservationBatch) -> None:
        """Take over what is newer; NaN never replaces a value."""
        kind = self._kinds.get(batch.entity_type)
        if kind is None:
            self.unknown[batch.source] += len(batch.ids)
            return
        unknown, early, late = kind.update(batch, self._now + AHEAD_S)
        self.unknown[batch.source] += unknown
        self.early[batch.source] += early
        self.late[batch.source] += late


class _Kind:
    """What is known of one entity type."""

    def __init__(self, ids: Iterable[str]) -> None:
        unique = tuple(dict.fromkeys(ids))
        self.table = Table(unique, _frozen(np.full(len(unique), -np.inf)), {})
        self._index = {identifier: position for position, identifier in enumerate(unique)}
        self._asked: dict[str, tuple[tuple[str, ...], Positions]] = {}

    def extend(self, ids: Iterable[str]) -> None:
        """Add those ids that are new, with nothing heard yet."""
        new = [identifier for identifier in dict.fromkeys(ids) if identifier not in self._index]
        self._index.update((identifier, len(self._index)) for identifier in new)
        self._asked.clear()
        old = self.table
        self.table = Table(
            (*old.ids, *new),
            _longer(old.observed_at, len(new), -np.inf),
            {name: _longer(column, len(new), np.nan) for name, column in old.values.items()},
            {name: _longer(column, len(new), -np.inf) for name, column in old.valid_at.items()},
        )

    def update(self, batch: ObservationBatch, until: float) -> tuple[int, int, int]:
        """Merge a batch; returns how many were unknown, early and late."""
        positions = self._positions(batch.source, batch.ids)
        known = np.flatnonzero(positions >= 0)
        timely = known[batch.observed_at[known] <= until]
        fresh = timely[batch.observed_at[timely] >= self.table.observed_at[positions[timely]]]
        # In the order of time, so that of several readings of one entity the last is kept.
        rows = fresh[np.argsort(batch.observed_at[fresh], kind="stable")]
        self.table = _merged(self.table, batch, rows, positions[rows])
        return len(positions) - len(known), len(known) - len(timely), len(timely) - len(fresh)

    def _positions(self, source: str, ids: tuple[str, ...]) -> Positions:
        """Where ids stand, -1 for unknown; sources mostly repeat their ids."""
        asked = self._asked.get(source)
        if asked is None or (asked[0] is not ids and asked[0] != ids):
            found = (self._index.get(identifier, -1) for identifier in ids)
            asked = (ids, np.fromiter(found, np.intp, len(ids)))
            self._asked[source] = asked
        return asked[1]


def _merged(table: Table, batch: ObservationBatch, rows: Positions, positions: Positions) -> Table:
    """The table with rows of a batch put at positions."""
    observed_at = table.observed_at.copy()
    observed_at[positions] = batch.observed_at[rows]
    values, valid_at = dict(table.values), dict(table.valid_at)
    for quantity, column in batch.values.items():
        said = ~np.isnan(column[rows])
        merged, valid = table.column(quantity).copy(), table.heard_at(quantity).copy()
        merged[positions[said]] = column[rows[said]]
        valid[positions[said]] = batch.observed_at[rows[said]]
        values[quantity], valid_at[quantity] = _frozen(merged), _frozen(valid)
    return Table(table.ids, _frozen(observed_at), values, valid_at)


def _longer(column: Column, count: int, fill: float) -> Column:
    return _frozen(np.concatenate([column, np.full(count, fill)]))


def _frozen(column: Column) -> Column:
    column.setflags(write=False)
    return column
