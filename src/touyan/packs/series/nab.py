"""The files of the Numenta Anomaly Benchmark: values, times and labelled windows of 58 series."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from touyan.core.errors import InputError, NotFoundError
from touyan.core.observations import Column

WINDOWS = Path("labels") / "combined_windows.json"


class Labelled(NamedTuple):
    """One series with the spans, first and last row, in which something was wrong."""

    name: str
    at: Column
    values: Column
    spans: list[tuple[int, int]]


def read_corpus(folder: Path) -> list[Labelled]:
    """All series, in the order of their names; raises NotFoundError, InputError."""
    path = folder / WINDOWS
    if not path.is_file():
        raise NotFoundError("Numenta Anomaly Benchmark in the folder", str(folder))
    try:
        windows = msgspec.json.decode(path.read_bytes(), type=dict[str, list[tuple[str, str]]])
    except msgspec.DecodeError as error:
        raise InputError(str(path), "", str(error), "for each file a list of pairs of times") from None
    return [_series(folder, name, windows[name]) for name in sorted(windows)]


def _series(folder: Path, name: str, windows: list[tuple[str, str]]) -> Labelled:
    path = folder / "data" / name
    if not path.is_file():
        raise NotFoundError("series of the benchmark", str(path))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    try:
        at = np.array([_seconds(row[0]) for row in rows])
        values = np.array([float(row[1]) for row in rows])
        spans = [(_row(at, first), _row(at, last)) for first, last in windows]
    except (ValueError, IndexError) as error:
        raise InputError(str(path), "a row", str(error), "a time and a number, and the times of the windows") from None
    return Labelled(name, at, values, spans)


def _row(at: Column, text: str) -> int:
    """The first row of a time, as clocks that are set back repeat some."""
    return int(np.flatnonzero(at == _seconds(text))[0])


def _seconds(text: str) -> float:
    """Epoch seconds of a time without zone, taken as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
