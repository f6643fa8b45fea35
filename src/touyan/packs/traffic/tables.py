"""CSV files into rows; whatever is wrong is named by file, line and column."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

from touyan.core.errors import InputError

_SHOWN = 60
"""Characters of a found value that a message shows."""


class Row:
    """One line of a table; names the mistake where a cell will not do."""

    def __init__(self, file: str, line: int, cells: dict[str, str]) -> None:
        self.file, self.line, self.cells = file, line, cells

    def __contains__(self, column: str) -> bool:
        """Whether the table has the column."""
        return column in self.cells

    def text(self, column: str) -> str:
        """The text of a cell; raises InputError when it is empty."""
        if not self.cells[column]:
            raise self.error(column, "nothing", "a text")
        return self.cells[column]

    def number(self, column: str, at_least: float = -math.inf, at_most: float = math.inf) -> float:
        """The number of a cell, finite and within bounds; raises InputError."""
        text = self.cells[column]
        try:
            value = float(text) if "_" not in text else math.nan  # Python alone reads 1_0 as ten
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and at_least <= value <= at_most):
            raise self.error(column, repr(text[:_SHOWN]) if text else "nothing", f"a number{_range(at_least, at_most)}")
        return value

    def error(self, column: str, found: str, expected: str) -> InputError:
        """What to raise about a cell."""
        return InputError(self.file, f"line {self.line}, column {column}", found, expected)


def read_table(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> list[Row]:
    """The rows of a CSV file with named columns; raises InputError."""
    lines = _lines(path, read_text(path, "a CSV file"))
    number, header = next(lines, (1, []))
    _check_header(str(path), number, header, required, optional)
    rows = [_row(str(path), number, header, cells) for number, cells in lines]
    if not rows:
        raise InputError(str(path), f"line {number}", "no rows after the header", "at least one row")
    return rows


def read_text(path: Path, expected: str) -> str:
    """The text of a file in UTF-8; raises InputError.

    A byte order mark is left out.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(str(path), "", "no such file", expected) from None
    except IsADirectoryError:
        raise InputError(str(path), "", "a folder", expected) from None
    except OSError as error:
        raise InputError(str(path), "", f"a file that cannot be read ({error.strerror})", expected) from None
    except UnicodeDecodeError as error:
        found = f"bytes that are not UTF-8 ({error.reason})"
        raise InputError(str(path), f"byte {error.start}", found, "text in UTF-8") from None


def span(row: Row, begin: str = "begin_s", end: str = "end_s") -> tuple[float, float]:
    """Two cells as a time span in whole seconds; raises InputError."""
    first = _whole(row, begin)
    last = _whole(row, end)
    if last <= first:
        raise row.error(end, f"{last:g}", f"a time after {begin}, which is {first:g}")
    return first, last


def _whole(row: Row, column: str) -> float:
    value = row.number(column, 0, 2**31 - 1)
    if value != int(value):
        raise row.error(column, f"{value:g}", "whole seconds")
    return value


def _lines(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells) of each line that holds anything; `#` begins a comment line."""
    reader = csv.reader(StringIO(text), strict=True)
    written = (cells for cells in reader if any(cells) and not cells[0].startswith("#"))
    try:
        for cells in written:
            yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise InputError(str(path), f"line {reader.line_num}", f"a broken line ({error})", "CSV") from None


def _check_header(
    file: str, line: int, header: Sequence[str], required: Sequence[str], optional: Sequence[str]
) -> None:
    place, known = f"line {line}", ", ".join([*required, *(f"{name} (optional)" for name in optional)])
    if not header:
        raise InputError(file, place, "an empty file", f"the columns {known}")
    for column in header:
        if column not in (*required, *optional):
            raise InputError(file, place, f"the column {column!r}", f"only the columns {known}")
        if header.count(column) > 1:
            raise InputError(file, place, f"the column {column!r} twice", "each column once")
    for column in required:
        if column not in header:
            raise InputError(file, place, f"no column {column!r}", f"the columns {known}")


def _row(file: str, line: int, header: Sequence[str], cells: Sequence[str]) -> Row:
    if len(cells) != len(header):
        raise InputError(file, f"line {line}", f"{len(cells)} cells", f"{len(header)}, one for each column")
    return Row(file, line, dict(zip(header, cells, strict=True)))


def _range(at_least: float, at_most: float) -> str:
    low = f" of at least {at_least:g}" if math.isfinite(at_least) else ""
    joint = " and" if low else " of"
    return low + (f"{joint} at most {at_most:g}" if math.isfinite(at_most) else "")
