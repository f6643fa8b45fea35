"""Records of a message, whatever its format: asked for by column, as nested fields or as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa


class Records(Protocol):
    """Some records; a path like `position.latitude` leads into nested ones."""

    def __len__(self) -> int: ...

    def column(self, path: str) -> list[Any]:
        """The value of every record at a path; None where it has none."""


class NestedRecords:
    """Records of JSON and the like."""

    def __init__(self, records: Sequence[Any]) -> None:
        self._records = records

    def __len__(self) -> int:
        return len(self._records)

    def column(self, path: str) -> list[Any]:
        """The value of every record at a path; numbers in a path count in lists."""
        steps = path.split(".") if path else []
        return [found(record, steps) for record in self._records]


class TableRecords:
    """Records of CSV and Parquet."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __len__(self) -> int:
        return len(self._table)

    def column(self, path: str) -> list[Any]:
        """A column by its name; None throughout where there is none."""
        if path not in self._table.column_names:
            return [None] * len(self._table)
        values: list[Any] = self._table.column(path).to_pylist()
        return values


def found(record: Any, steps: Iterable[str]) -> Any:
    """What lies at the end of a path; None where the path ends early."""
    for step in steps:
        if isinstance(record, Mapping):
            record = record.get(step)
        elif isinstance(record, list) and step.lstrip("-").isdigit() and -len(record) <= int(step) < len(record):
            record = record[int(step)]
        else:
            return None
    return record
