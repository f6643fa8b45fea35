"""The newest window of the history, in memory until it is in Parquet."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from .removals import Removal
from .rows import SCHEMA, Row, table_of

_MOST_CHUNKS = 32


class Window:
    """Rows that only the journal holds on disk; the caller guards it with a lock."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._chunks: list[pa.Table] = []
        self.leaving = SCHEMA.empty_table()

    def __len__(self) -> int:
        return len(self._rows) + sum(map(len, self._chunks)) + len(self.leaving)

    def add(self, rows: Sequence[Row]) -> None:
        """Take rows over; they become columns when somebody asks."""
        self._rows.extend(rows)

    def add_table(self, table: pa.Table) -> None:
        """Take columns over."""
        self._chunks.append(table)

    def table(self) -> pa.Table:
        """All rows in columns."""
        return pa.concat_tables([self.leaving, self._settled()])

    def leave(self) -> pa.Table:
        """Set all rows apart to be written; they are seen until `left`."""
        self.leaving = self.table()
        self._chunks = []
        return self.leaving

    def left(self) -> None:
        """The rows set apart are in a file now."""
        self.leaving = SCHEMA.empty_table()

    def remove(self, removal: Removal) -> int:
        """Strike rows out; how many."""
        before = len(self)
        self.leaving = _without(self.leaving, removal)
        self._chunks = [_without(self._settled(), removal)]
        return before - len(self)

    def _settled(self) -> pa.Table:
        if self._rows:
            self._chunks.append(table_of(self._rows))
            self._rows = []
        if len(self._chunks) > _MOST_CHUNKS:
            self._chunks = [pa.concat_tables(self._chunks).combine_chunks()]
        return pa.concat_tables(self._chunks) if self._chunks else SCHEMA.empty_table()


def _without(table: pa.Table, removal: Removal) -> pa.Table:
    struck = None
    for name, value in removal.conditions().items():
        equal = pc.equal(table.column(name), value)
        struck = equal if struck is None else pc.and_(struck, equal)
    return table.filter(pc.invert(struck))
