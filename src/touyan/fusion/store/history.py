"""The history: every value that was ever reported, by entity and time.

The newest window is in memory, and safe in the journal; older rows lie in Parquet files that never change.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import msgspec
import pyarrow as pa

from touyan.core.errors import NotFoundError

from .questions import (
    GROUPS,
    METHODS,
    Period,
    Question,
    Span,
    Statement,
    aggregated,
    by_entity,
    counted,
    from_files,
    ordered,
    selected,
)
from .removals import Removal
from .rows import SCHEMA, Row, rows_of
from .segments import Manifest, Segment, SegmentFolder
from .settings import HistorySettings
from .window import Window

_MOST_FILES = 8
"""Files of a day and level, from which on they are merged into one."""
_COLUMNS = ", ".join([*Row._fields, "moment"])
Build = Callable[[Manifest, bool], Statement]
"""Made for the files that count now, and whether there are rows in memory too."""


class Figure(NamedTuple):
    """What an attribute amounted to in one bucket; times are microseconds, `end` None where there is but one."""

    entity: str
    attribute: str
    dataset: str
    start: int
    end: int | None
    values: dict[str, float | None]


class History:
    """Rows in, rows and figures out; any thread may call.

    Rows come with the journal's position of their record; those that are in files already are not taken again.
    """

    def __init__(self, folder: Path, settings: HistorySettings | None = None) -> None:
        self._settings = settings or HistorySettings()
        self._files = SegmentFolder(folder)
        self._window = Window()
        self._lock, self._flushing = threading.Lock(), threading.Lock()
        self._together = threading.Lock()
        self._position = self._files.manifest.through
        self._generation = self._files.manifest.generation
        self._ticket, self._under_way = 0, set[int]()
        self._retired: list[tuple[int, Path]] = []
        self._database = duckdb.connect(config=_configuration(self._settings))
        # Reading the ends of all files again would take half the time of a small question.
        self._database.execute("LOAD parquet; SET parquet_metadata_cache = true")

    @property
    def position(self) -> int:
        """The journal's position up to which everything is in files."""
        return self._files.manifest.through

    @property
    def due(self) -> bool:
        """Whether the window is larger than its limit."""
        return len(self._window) >= self._settings.window_rows

    def close(self) -> None:
        """Let go of the database; the window stays in the journal."""
        self._database.close()

    # ------------------------------------------------------------ in

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let no flush come between the parts of one record of the journal."""
        with self._together:
            yield

    def add(self, rows: Sequence[Row], position: int) -> None:
        """Take rows over from the journal's record at a position."""
        with self._lock:
            if position > self.position:
                self._window.add(rows)
                self._position = max(self._position, position)

    def add_table(self, table: pa.Table, position: int) -> None:
        """Take columns over, as `rows.SCHEMA` has them; for bulk loads."""
        with self._lock:
            if position > self.position:
                self._window.add_table(table.select(SCHEMA.names).cast(SCHEMA))
                self._position = max(self._position, position)

    def remove(
        self,
        tenant: str,
        entity: str,
        attribute: str | None = None,
        dataset: str | None = None,
        instance: str | None = None,
        *,
        position: int,
    ) -> int:
        """Strike rows out, which are then in no answer; returns how many were there."""
        if position <= self.position:
            return 0
        removal = Removal(tenant, entity, attribute, dataset, instance)
        in_files = self._answer(lambda manifest, _: counted(removal, self._files.paths(manifest), manifest))
        found = int(in_files.column(0)[0].as_py())
        with self._lock:
            self._position = max(self._position, position)
            if found:
                self._files.strike(msgspec.structs.replace(removal, generation=self._generation + 1))
            return found + self._window.remove(removal)

    # ------------------------------------------------------------ out

    def entities(
        self,
        tenant: str,
        ids: Sequence[str] | None = None,
        types: Sequence[str] | None = None,
        attributes: Sequence[str] | None = None,
        span: Span | None = None,
    ) -> list[tuple[str, tuple[str, ...]]]:
        """Ids with all types they ever had, sorted by id."""
        question = Question(tenant, ids, types, attributes, span)
        answer = self._answer(lambda *standing: by_entity(self._selected(question, "entity, types")(*standing)))
        found = zip(*(column.to_pylist() for column in answer.columns), strict=True)
        return [(entity, tuple(sorted(set(types.split())))) for entity, types in found]

    def rows(
        self,
        tenant: str,
        entities: Sequence[str] | None = None,
        attributes: Sequence[str] | None = None,
        span: Span | None = None,
        last: int | None = None,
    ) -> Iterator[Row]:
        """Rows by entity, attribute and time; with `last`, the newest of each attribute only."""
        by = span.by if span else "moment"
        build = self._selected(Question(tenant, entities, None, attributes, span), _COLUMNS)
        return iter(rows_of(self._answer(lambda *standing: ordered(build(*standing), by, last))))

    def table(
        self,
        question: Question,
        methods: Sequence[str],
        period: Period | None = None,
        origin: int = 0,
        groups: Sequence[str] = GROUPS,
    ) -> pa.Table:
        """Figures of each group and bucket in columns; raises NotFoundError for an unknown method."""
        for method in methods:
            if method not in METHODS:
                raise NotFoundError("way of aggregation", method, METHODS)
        by = question.span.by if question.span else "moment"
        columns = ", ".join(dict.fromkeys([*groups, by, "number"]))
        build = self._selected(question, columns)
        return self._answer(lambda *standing: aggregated(build(*standing), by, methods, period, origin, groups))

    def aggregate(
        self,
        tenant: str,
        entities: Sequence[str] | None,
        attributes: Sequence[str] | None,
        span: Span | None,
        methods: Sequence[str],
        period: Period | None = None,
        origin: int | None = None,
    ) -> list[Figure]:
        """Figures of each attribute and bucket, by entity, attribute and time."""
        begin = origin if origin is not None else (span.start if span and span.start is not None else 0)
        table = self.table(Question(tenant, entities, None, attributes, span), methods, period, begin)
        columns = [column.to_pylist() for column in table.columns]
        return [_figure(row, methods, period) for row in zip(*columns, strict=True)]

    # ------------------------------------------------------------ files

    def flush(self) -> int:
        """Write the window to files; returns the position that they reach; raises StorageFullError."""
        with self._flushing:
            with self._together, self._lock:
                leaving, through = self._window.leave(), self._position
                self._generation += 1
                generation = self._generation
            added = self._files.write(leaving, generation) if len(leaving) else []
            self._swap(added, set(), through)
            for group in list(self._files.manifest.mergeable(_MOST_FILES)):
                self._merge(group)
            self._keep_limits()
            return through

    def _swap(self, added: list[Segment], gone: set[str], through: int | None = None) -> None:
        """Let files come and go at once for every question that begins later."""
        with self._lock:
            retired = self._files.replace(self._files.manifest.with_segments(added, gone, through))
            if through is not None:
                self._window.left()
            self._retired += [(self._ticket, path) for path in retired]
        self._sweep()

    def _sweep(self) -> None:
        """Remove files that no question under way can still read."""
        with self._lock:
            oldest = min(self._under_way, default=self._ticket + 1)
            free = [path for ticket, path in self._retired if ticket < oldest]
            self._retired = [(ticket, path) for ticket, path in self._retired if ticket >= oldest]
        for path in free:
            path.unlink(missing_ok=True)

    def _merge(self, group: list[Segment]) -> None:
        """Make one file of many of a day, without the rows that were struck out."""
        names = {segment.name for segment in group}
        with self._lock:
            self._generation += 1
            generation = self._generation
        paths = [str(self._files.folder / name) for name in names]
        merged = self._answer(lambda manifest, _: from_files(paths, manifest)).select(SCHEMA.names).cast(SCHEMA)
        added = self._files.write(merged, generation, group[0].level + 1) if len(merged) else []
        self._swap(added, names)

    def _keep_limits(self) -> None:
        days, most = self._settings.keep_days, self._settings.keep_gigabytes
        horizon = (time.time() - days * 86_400) * 1e6 if days else float("-inf")
        gone = self._files.manifest.outlived(horizon, most * 1e9 if most else float("inf"))
        if gone:
            self._swap([], gone)

    # ------------------------------------------------------------ asking

    def _selected(self, question: Question, columns: str) -> Build:
        reach = question.reach()
        return lambda manifest, newest: selected(
            question, self._files.paths(manifest, *reach), manifest, columns, newest
        )

    def _answer(self, build: Build) -> pa.Table:
        """The whole answer to a statement made for the files that count now; they stay meanwhile."""
        with self._lock:
            self._ticket += 1
            ticket = self._ticket
            self._under_way.add(ticket)
            newest, manifest = self._window.table(), self._files.manifest
        try:
            with self._database.cursor() as cursor:
                cursor.register("newest", newest)
                sql, given = build(manifest, len(newest) > 0)
                return cursor.sql(sql, params=given).to_arrow_table()
        finally:
            with self._lock:
                self._under_way.discard(ticket)


def _figure(row: tuple[Any, ...], methods: Sequence[str], period: Period | None) -> Figure:
    entity, attribute, dataset, start, *values = row
    return Figure(entity, attribute, dataset, start, _end(start, period), dict(zip(methods, values, strict=True)))


def _end(start: int, period: Period | None) -> int | None:
    """Where a bucket ends; months are counted on the calendar, in UTC."""
    if period is None or not any(period):
        return None
    if not period.months:
        return start + period.micros
    begin = datetime.fromtimestamp(start // 1_000_000, UTC)
    years, month = divmod(begin.month - 1 + period.months, 12)
    end = begin.replace(year=begin.year + years, month=month + 1)
    return int(end.timestamp()) * 1_000_000 + start % 1_000_000


def _configuration(settings: HistorySettings) -> dict[str, str | bool | int | float | list[str]]:
    """DuckDB without the web, within the memory and threads that it may take."""
    return {
        "memory_limit": f"{settings.memory_megabytes}MB",
        "threads": settings.threads,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": False,
    }
