"""Segments: Parquet files of one day each, sorted by entity and time, and the list of those that count.

folder/
  segments.json               the files that count, the removals, and the journal's position that they reach
  20260314-000012.parquet     one day's rows; 12 is its generation
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from touyan.core.errors import InputError

from .durable import put_in_place, storage_error, write_whole
from .removals import Removal
from .rows import ORDER, REPEATED

DAY_US = 86_400_000_000
ROW_GROUP = 16_384
"""Rows that a question about one entity has to unpack at least."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Segment(msgspec.Struct, frozen=True):
    """One file; times are microseconds, `level` counts how often it was merged."""

    name: str
    generation: int
    level: int
    rows: int
    size: int
    first: int
    last: int

    @property
    def day(self) -> int:
        """Days since the epoch."""
        return self.first // DAY_US


class Manifest(msgspec.Struct, frozen=True):
    """The whole history outside memory; replaced as a whole, never changed."""

    through: int = 0
    generation: int = 0
    segments: tuple[Segment, ...] = ()
    removals: tuple[Removal, ...] = ()

    def with_segments(self, added: list[Segment], gone: set[str], through: int | None = None) -> Manifest:
        """Files come and go; removals that strike no older file any more go too."""
        segments = (*(segment for segment in self.segments if segment.name not in gone), *added)
        oldest = min((segment.generation for segment in segments), default=self.generation + 1)
        return Manifest(
            self.through if through is None else through,
            max([self.generation, *(segment.generation for segment in added)]),
            segments,
            tuple(removal for removal in self.removals if removal.generation > oldest),
        )

    def mergeable(self, most: int) -> Iterator[list[Segment]]:
        """Files of one day and level that have become too many."""
        ordered = sorted(self.segments, key=_day_and_level)
        for _, group in groupby(ordered, key=_day_and_level):
            files = list(group)
            if len(files) >= most:
                yield files

    def outlived(self, horizon_us: float, most_bytes: float) -> set[str]:
        """Names of the files that are past their time, or the oldest beyond a size."""
        gone, size = set(), 0
        for segment in sorted(self.segments, key=lambda each: each.last, reverse=True):
            size += segment.size
            if segment.last < horizon_us or size > most_bytes:
                gone.add(segment.name)
        return gone


def _day_and_level(segment: Segment) -> tuple[int, int]:
    return segment.day, segment.level


class SegmentFolder:
    """The files of one folder, and the list of those that count."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._list = folder / "segments.json"
        folder.mkdir(parents=True, exist_ok=True)
        self.manifest = self._read()
        for left_over in set(folder.glob("*.parquet")) - {folder / each.name for each in self.manifest.segments}:
            left_over.unlink()

    def paths(self, manifest: Manifest, start: int | None = None, end: int | None = None) -> list[str]:
        """Files with rows in a span of `moment` (µs, end excluded), as the reader wants them."""
        return [
            str(self.folder / segment.name)
            for segment in manifest.segments
            if (start is None or segment.last >= start) and (end is None or segment.first < end)
        ]

    def strike(self, removal: Removal) -> None:
        """Remember a removal; it is on disk with the next list, and in the journal until then."""
        self.manifest = msgspec.structs.replace(self.manifest, removals=(*self.manifest.removals, removal))

    def replace(self, manifest: Manifest) -> list[Path]:
        """Let another list count, durably; returns the files that stopped counting."""
        write_whole(self._list, [msgspec.json.encode(manifest)])
        gone = {each.name for each in self.manifest.segments} - {each.name for each in manifest.segments}
        self.manifest = manifest
        return [self.folder / name for name in gone]

    def write(self, table: pa.Table, generation: int, level: int = 0) -> list[Segment]:
        """Rows as sorted files, one for each day; raises StorageFullError and then leaves none behind."""
        days = pc.cast(pc.floor(pc.divide(pc.cast(table.column("moment"), pa.float64()), float(DAY_US))), pa.int64())
        made: list[Segment] = []
        try:
            for day in sorted(pc.unique(days).to_pylist()):
                part = table.filter(pc.equal(days, day)).sort_by([(name, "ascending") for name in ORDER])
                made.append(self._write_day(part, day, generation, level))
        except OSError as error:
            for segment in made:
                (self.folder / segment.name).unlink(missing_ok=True)
            raise storage_error(self.folder, error) from error
        return made

    def _write_day(self, table: pa.Table, day: int, generation: int, level: int) -> Segment:
        path = self.folder / f"{_EPOCH + timedelta(days=day):%Y%m%d}-{generation:06d}.parquet"
        half = path.with_suffix(".half")
        column = pa.array([generation], pa.int64()).take(pa.array([0] * len(table)))
        table = table.set_column(table.schema.get_field_index("generation"), "generation", column)
        try:
            pq.write_table(
                table, half, compression="zstd", use_dictionary=list(REPEATED), row_group_size=ROW_GROUP, version="2.6"
            )
            with half.open("rb+") as stream:
                os.fsync(stream.fileno())
            put_in_place(half, path)
        finally:
            half.unlink(missing_ok=True)
        span = pc.min_max(table.column("moment")).as_py()
        return Segment(path.name, generation, level, len(table), path.stat().st_size, span["min"], span["max"])

    def _read(self) -> Manifest:
        if not self._list.exists():
            return Manifest()
        try:
            manifest = msgspec.json.decode(self._list.read_bytes(), type=Manifest)
        except msgspec.DecodeError as error:
            raise InputError(str(self._list), "", str(error), "the list as it was written: restore a copy") from None
        for segment in manifest.segments:
            if not (self.folder / segment.name).is_file():
                raise InputError(
                    str(self.folder), segment.name, "no such file", "all files of the list: restore a copy"
                )
        return manifest
