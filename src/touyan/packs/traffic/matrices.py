"""Origin-destination matrices: how many vehicles drive from where to where, and when."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from touyan.core.errors import InputError

from .demand import Floats
from .tables import Row, read_table, read_text, span
from .zones import Zone, zone_of

_MOST = 1e9  # vehicles of one row

_CLOCK = re.compile(r"(\d{1,3})[.:]([0-5]?\d)")
"""Hours and minutes as VISUM writes them: 7.30 is half past seven."""


@dataclass(frozen=True, eq=False)
class Matrix:
    """Trips in rows: from zone to zone, vehicles between two seconds."""

    origin: list[Zone]
    destination: list[Zone]
    vehicles: Floats
    begin_s: Floats
    end_s: Floats
    file: str = ""
    line: Sequence[int] = ()
    """Where each row stands in the file."""

    @property
    def total(self) -> float:
        """All vehicles."""
        return float(self.vehicles.sum())

    def scaled(self, factor: float) -> Matrix:
        """The same trips, so many times as many vehicles."""
        return replace(self, vehicles=self.vehicles * factor)

    def shifted(self, seconds: float) -> Matrix:
        """The same trips, so many seconds later."""
        return replace(self, begin_s=self.begin_s + seconds, end_s=self.end_s + seconds)

    def spread(self, profile: Profile) -> Matrix:
        """The same trips, divided over their time by a profile; raises InputError."""
        begin, end = profile.begin_s, profile.end_s
        overlap = np.minimum(end, self.end_s[:, np.newaxis]) - np.maximum(begin, self.begin_s[:, np.newaxis])
        weight = np.clip(overlap, 0, None) * (profile.share / (end - begin))
        whole = weight.sum(axis=1, keepdims=True)
        if not (whole > 0).all():
            first = int(np.argmin(whole))
            found = f"no share for the time from {self.begin_s[first]:g} to {self.end_s[first]:g} s"
            raise InputError(profile.file, "", found, "a profile that covers the times of the matrix")
        row, part = np.nonzero(weight)
        return Matrix(
            [self.origin[index] for index in row.tolist()],
            [self.destination[index] for index in row.tolist()],
            (self.vehicles[:, np.newaxis] * weight / whole)[row, part],
            np.maximum(begin[part], self.begin_s[row]),
            np.minimum(end[part], self.end_s[row]),
            self.file,
            [self.line[index] for index in row.tolist()],
        )


@dataclass(frozen=True, eq=False)
class Profile:
    """How trips spread over the day: each span's share."""

    file: str
    begin_s: Floats
    end_s: Floats
    share: Floats


def read_profile(path: Path) -> Profile:
    """The profile of a CSV file; raises InputError.

    Its columns are `begin_s`, `end_s` and `share`.
    """
    rows = read_table(path, ["begin_s", "end_s", "share"])
    spans = np.array([span(row) for row in rows], float)
    shares = np.array([row.number("share", 0, _MOST) for row in rows], float)
    return Profile(str(path), spans[:, 0], spans[:, 1], shares)


def read_matrix(path: Path, zones: Mapping[str, Zone]) -> Matrix:
    """The matrix of a CSV file, or in VISUM's O format; raises InputError.

    Columns of a CSV file: `origin`, `destination`, `vehicles`, `begin_s`, `end_s`.
    """
    if read_text(path, "a matrix").lstrip().startswith("$"):
        rows = list(_o_rows(path))
        return _matrix(rows, zones)
    return _matrix(read_table(path, ["origin", "destination", "vehicles", "begin_s", "end_s"]), zones)


def _matrix(rows: Sequence[Row], zones: Mapping[str, Zone]) -> Matrix:
    spans = np.array([span(row) for row in rows], float)
    return Matrix(
        origin=[_end(zones, row, "origin") for row in rows],
        destination=[_end(zones, row, "destination") for row in rows],
        vehicles=np.array([row.number("vehicles", 0, _MOST) for row in rows], float),
        begin_s=spans[:, 0],
        end_s=spans[:, 1],
        file=rows[0].file,
        line=[row.line for row in rows],
    )


def _end(zones: Mapping[str, Zone], row: Row, column: str) -> Zone:
    zone = zone_of(zones, row, column)
    if not (zone.origins if column == "origin" else zone.destinations):
        raise row.error(column, f"zone {zone.name!r}, on no road of which a trip can be", "a zone with roads for it")
    return zone


def _o_rows(path: Path) -> Iterator[Row]:
    """The rows of the O format: a header, the time span, a factor, then `origin destination vehicles`."""
    file = str(path)
    lines = _written_lines(path)
    number, first = next(lines)
    if not first.upper().startswith(("$O;", "$OR;")) or ";D" not in first.upper():
        raise InputError(file, f"line {number}", repr(first[:60]), "$OR;D2, the O format with a time span")
    begin, end = _time_span(file, lines)
    factor = _factor(file, lines)
    number = 0
    for number, line in lines:
        cells = line.split()
        if len(cells) != 3:
            raise InputError(file, f"line {number}", repr(line[:60]), "origin, destination and vehicles")
        row = Row(file, number, dict(zip(("origin", "destination", "vehicles"), cells, strict=True)))
        trips = row.number("vehicles", 0, _MOST) * factor
        yield Row(file, number, {**row.cells, "vehicles": repr(trips), "begin_s": begin, "end_s": end})
    if not number:
        raise InputError(file, "", "no trips", "lines of origin, destination and vehicles")


def _written_lines(path: Path) -> Iterator[tuple[int, str]]:
    """(line number, text) of each line that is neither empty nor a comment."""
    for number, line in enumerate(read_text(path, "a matrix").splitlines(), 1):
        if line.strip() and not line.startswith("*"):
            yield number, line.strip()


def _time_span(file: str, lines: Iterator[tuple[int, str]]) -> tuple[str, str]:
    number, line = next(lines, (0, ""))
    times = [_CLOCK.fullmatch(word) for word in line.split()]
    if len(times) != 2 or None in times:
        found, expected = repr(line[:60]) if line else "the end of the file", "two times as 7.00 8.30, hours.minutes"
        raise InputError(file, f"line {number}" if number else "", found, expected)
    begin, end = (int(time[1]) * 3600 + int(time[2]) * 60 for time in times if time)
    if end <= begin:
        raise InputError(file, f"line {number}", repr(line[:60]), "an end after the beginning")
    return str(begin), str(end)


def _factor(file: str, lines: Iterator[tuple[int, str]]) -> float:
    number, line = next(lines, (0, ""))
    if not number:
        raise InputError(file, "", "the end of the file", "a factor, 1.00 for example")
    return Row(file, number, {"factor": line}).number("factor", 0, _MOST)
