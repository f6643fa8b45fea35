"""Rows of the history, and how they lie in columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import pyarrow as pa


class Row(NamedTuple):
    """One instance of an attribute; times are whole microseconds since the epoch, UTC."""

    tenant: str
    entity: str
    types: tuple[str, ...]
    attribute: str
    dataset: str
    instance: str
    observed: int | None
    created: int
    modified: int
    deleted: int | None
    number: float | None
    value: bytes


SCHEMA = pa.schema(
    [
        ("tenant", pa.string()),
        ("entity", pa.string()),
        ("types", pa.string()),  # divided by blanks, which no IRI holds
        ("attribute", pa.string()),
        ("dataset", pa.string()),
        ("instance", pa.string()),
        ("observed", pa.int64()),
        ("created", pa.int64()),
        ("modified", pa.int64()),
        ("deleted", pa.int64()),
        ("number", pa.float64()),
        ("value", pa.binary()),
        ("moment", pa.int64()),  # observed, else modified: files are divided and sorted by it
        ("generation", pa.int64()),  # of the file; a removal strikes rows of earlier generations
    ]
)
ORDER = ("tenant", "entity", "attribute", "dataset", "moment")
REPEATED = ("tenant", "entity", "types", "attribute", "dataset", "generation")
"""Columns whose values repeat, and are written once each."""


def table_of(rows: Sequence[Row]) -> pa.Table:
    """Rows as columns; generation 0 until they are in a file."""
    if not rows:
        return SCHEMA.empty_table()
    columns: list[Any] = [list(column) for column in zip(*rows, strict=True)]
    columns[2] = [" ".join(types) for types in columns[2]]
    at = [modified if observed is None else observed for observed, modified in zip(columns[6], columns[8], strict=True)]
    arrays = [pa.array(column, kind) for column, kind in zip([*columns, at], SCHEMA.types, strict=False)]
    return pa.Table.from_arrays([*arrays, pa.array([0] * len(rows), pa.int64())], schema=SCHEMA)


def rows_of(table: pa.Table) -> Iterable[Row]:
    """Columns as rows."""
    columns = [table.column(name).to_pylist() for name in Row._fields]
    columns[2] = [tuple(types.split()) for types in columns[2]]
    return map(Row._make, zip(*columns, strict=True))
