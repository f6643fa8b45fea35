"""Histories out of files: tables (CSV, Parquet), a broker's history, recordings of runs, cities that are run for it.

A table has a column `time` (ISO 8601, or epoch seconds) and a column `id`. Either each further column of numbers is
a quantity, or `quantity` and `value` hold one reading a row. Columns of text are properties of the entities; `type`
is the entity type where the id is no NGSI-LD URI.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from touyan.control.authority import Mode
from touyan.core.entities import Entity, type_in, urn
from touyan.core.errors import InputError
from touyan.core.history import History as Readings
from touyan.core.observations import Column, ObservationBatch
from touyan.core.time import from_iso
from touyan.fusion.store.history import History

from .cities import find_scenario
from .loop import make_loop
from .no_store import NoStore
from .packs import Registry
from .recordings import open_recording

TABLES = (".csv", ".parquet")
RECORDING = ".rec"
LIST = "segments.json"
"""The list of files in a broker's history."""
_OWN = ("time", "id", "type", "quantity", "value")
_PLAIN = "Thing"
"""The type of entities whose file names none."""

Batches = Iterator[tuple[float, list[ObservationBatch]]]


def open_history(path: Path, registry: Registry) -> Readings:
    """The history that a path holds; raises InputError, NotFoundError."""
    if path.suffix.lower() in TABLES:
        return TableHistory(path, _read(path))
    stored = next((folder for folder in (path, path / "history") if (folder / LIST).is_file()), None)
    if stored is not None:
        return TableHistory(path, _stored(stored))
    if path.suffix.lower() == RECORDING:
        return RecordedHistory(path)
    return CityHistory(path, registry)


class _Series(NamedTuple):
    """Readings of one entity type in the order of time; `row` tells the entity."""

    ids: tuple[str, ...]
    at: Column
    row: NDArray[np.intp]
    values: dict[str, Column]


class TableHistory:
    """A table of readings; `path` is named when something is wrong with it."""

    def __init__(self, path: Path, table: Any) -> None:
        table = _wide(path, table)
        at = _times(path, table.column("time"))
        order = np.argsort(at, kind="stable")
        table, at = table.take(pa.array(order)), at[order]
        ids = table.column("id").cast(pa.string()).to_pylist()
        types = table.column("type").to_pylist() if "type" in table.column_names else [type_in(name) for name in ids]
        types = [kind or _PLAIN for kind in types]
        names = [name if type_in(name) else urn(kind, name) for name, kind in zip(ids, types, strict=True)]
        self.entities: Sequence[Entity] = _entities(names, types, table)
        self.span = (float(at[0]), float(at[-1])) if len(at) else (0.0, 0.0)
        self._series = {kind: _series(kind, names, types, at, table) for kind in dict.fromkeys(types)}

    def batches(self, since: float, until: float, step_s: float) -> Batches:
        """See `core.history.History`."""
        for end in np.arange(since + step_s, until + step_s, step_s).tolist():
            made = (_batch(kind, series, end - step_s, end) for kind, series in self._series.items())
            yield end, [batch for batch in made if batch is not None]


class RecordedHistory:
    """A recording of a run: how many things were under way, and how fast they were."""

    ID = urn("Recording", "city")

    def __init__(self, path: Path) -> None:
        self._path = path
        with open_recording(path) as recording:
            starts, step_s = recording.header.starts_at, recording.header.step_s
            self.span = (starts, starts + max(recording.frames - 1, 0) * step_s)
        self.entities: Sequence[Entity] = [Entity(self.ID, "Recording")]

    def batches(self, since: float, until: float, step_s: float) -> Batches:
        """See `core.history.History`."""
        with open_recording(self._path) as recording:
            for end in np.arange(since + step_s, until + step_s, step_s).tolist():
                scene = recording.scene_at(min(end, self.span[1]))
                speed = float(scene.speed.mean()) if len(scene.speed) else np.nan
                values = {"vehicles": np.array([float(len(scene.slot))]), "meanSpeed": np.array([speed])}
                yield end, [ObservationBatch("Recording", self._path.name, (self.ID,), np.array([end]), values)]


class CityHistory:
    """What the sensors of a simulated city say while it is run under its own controllers."""

    SECONDS = 3600.0

    def __init__(self, path: Path, registry: Registry) -> None:
        self._loop = make_loop(registry, find_scenario(registry, [path]), "own", Mode.ADVISE, NoStore())
        self.entities: Sequence[Entity] = self._loop.plant.inventory
        self.span = (self._loop.plant.now, self._loop.plant.now + self.SECONDS)

    def batches(self, since: float, until: float, step_s: float) -> Batches:
        """See `core.history.History`; what was before `since` is run and passed over."""
        plant = self._loop.plant
        plant.advance(max(0.0, since - plant.now))
        while plant.now < until:
            batches = plant.advance(step_s)
            yield plant.now, batches


def _read(path: Path) -> Any:
    try:
        return pa.csv.read_csv(path) if path.suffix.lower() == ".csv" else pa.parquet.read_table(path)
    except FileNotFoundError:
        raise InputError(str(path), "", "nothing there", "a table of readings") from None
    except (pa.ArrowInvalid, OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), "", f"a file that cannot be read ({error})", "a table as CSV or Parquet") from None


def _stored(folder: Path) -> Any:
    """The numbers of a broker's history, read beside a brain that may be writing it: its files are only linked to.

    What is still in the brain's window is not in files, and not read.
    """
    with TemporaryDirectory(prefix="touyan-") as name:
        for file in folder.iterdir():
            (Path(name) / file.name).symlink_to(file.resolve())
        history = History(Path(name))
        rows = [row for row in history.rows("") if row.number is not None]
        history.close()
    columns = {
        "time": [(row.created if row.observed is None else row.observed) / 1e6 for row in rows],
        "id": [row.entity for row in rows],
        "type": [_local(row.types[0]) if row.types else "" for row in rows],
        "quantity": [_local(row.attribute) for row in rows],
        "value": [row.number for row in rows],
    }
    return pa.table(columns)


def _local(iri: str) -> str:
    """The name at the end of an IRI."""
    return iri.rstrip("/").rpartition("#")[2].rpartition("/")[2]


def _wide(path: Path, table: Any) -> Any:
    """A table with one column for each quantity."""
    for name in ("time", "id"):
        if name not in table.column_names:
            raise InputError(str(path), "header", ", ".join(table.column_names), f"a column {name!r}")
    if "quantity" not in table.column_names:
        return table
    if "value" not in table.column_names:
        raise InputError(str(path), "header", "quantity without value", "a column 'value'")
    numbers = _numbers(table.column("value"))
    told = np.array(table.column("quantity").to_pylist(), object)
    wide = table.drop_columns(["quantity", "value"])
    for name in dict.fromkeys(told.tolist()):
        wide = wide.append_column(str(name), pa.array(np.where(told == name, numbers, np.nan)))
    return wide


def _times(path: Path, column: Any) -> Column:
    if pa.types.is_timestamp(column.type):
        return np.asarray(column.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy() / 1e6, float)
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return np.asarray(column.to_numpy(), float)
    try:
        return np.array([from_iso(text) for text in column.to_pylist()], float)
    except (ValueError, TypeError) as error:
        raise InputError(str(path), "time", str(error), "ISO 8601 or epoch seconds in every row") from None


def _numbers(column: Any) -> Column:
    return np.asarray(compute.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False), float)


def _entities(names: list[str], types: list[str], table: Any) -> list[Entity]:
    """Every entity with the text of its first row."""
    words = [name for name in table.column_names if name not in _OWN and pa.types.is_string(table.column(name).type)]
    told = {name: table.column(name).to_pylist() for name in words}
    found: dict[str, Entity] = {}
    for row, (name, kind) in enumerate(zip(names, types, strict=True)):
        if name not in found:
            properties = {word: texts[row] for word, texts in told.items() if texts[row] is not None}
            found[name] = Entity(name, kind, properties)
    return sorted(found.values(), key=lambda entity: entity.type)


def _series(kind: str, names: list[str], types: list[str], at: Column, table: Any) -> _Series:
    mine = np.flatnonzero(np.array(types, object) == kind)
    ids = tuple(dict.fromkeys(names[row] for row in mine.tolist()))
    place = {name: number for number, name in enumerate(ids)}
    quantities = [
        name
        for name in table.column_names
        if name not in _OWN
        and (pa.types.is_floating(table.column(name).type) or pa.types.is_integer(table.column(name).type))
    ]
    values = {name: _numbers(table.column(name))[mine] for name in quantities}
    return _Series(ids, at[mine], np.array([place[names[row]] for row in mine.tolist()], np.intp), values)


def _batch(kind: str, series: _Series, after: float, until: float) -> ObservationBatch | None:
    """The readings of (after, until]."""
    first, last = np.searchsorted(series.at, [after, until], side="right").tolist()
    if first == last:
        return None
    ids = tuple(series.ids[row] for row in series.row[first:last].tolist())
    values = {name: column[first:last] for name, column in series.values.items()}
    return ObservationBatch(kind, "history", ids, series.at[first:last], values)
