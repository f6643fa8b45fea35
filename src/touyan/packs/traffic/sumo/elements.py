"""XML read safely and in order: every element knows its file and line, nothing in it is ever expanded.

A document that declares entities is refused before they can grow; so is one that is cut short, damaged or nested
beyond all sense. Compressed files (gzip) are known by their first bytes, not by their names.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import IO, NoReturn, cast
from xml.parsers import expat

import numpy as np

from touyan.core.errors import InputError
from touyan.core.geometry import Points

_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"

_DEEPEST = 32
"""Elements within elements; the files read here have at most five."""

_MOST = 1e8
"""No coordinate, length or time of a city is larger."""

_SHOWN = 60
"""Characters of a value that a message shows."""


@dataclass(slots=True)
class Element:
    """One element of a file with what stands in it; attributes are read by name, with checks."""

    file: str
    line: int
    tag: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)

    def of(self, *tags: str) -> list[Element]:
        """The elements in it with one of these tags."""
        return [child for child in self.children if child.tag in tags]

    def text(self, name: str, default: str | None = None) -> str:
        """The text of an attribute; raises InputError when it is missing and has no default."""
        value = self.attributes.get(name, default)
        if value is None:
            raise self.error(f"no attribute {name!r}", f"the attribute {name!r} too")
        return value

    def number(self, name: str, default: float | None = None, *, least: float = -_MOST) -> float:
        """A finite number; raises InputError, also below `least`."""
        text = self.text(name, None if default is None else repr(default))
        try:
            value = float(text)
        except ValueError:
            raise self.error(f"{name}={shown(text)}", "a number") from None
        if not isfinite(value) or not least <= value <= _MOST:
            raise self.error(f"{name}={shown(text)}", f"a number from {least:g} to {_MOST:g}")
        return value

    def positive(self, name: str, default: float | None = None) -> float:
        """A number above 0; raises InputError."""
        value = self.number(name, default, least=0.0)
        if value < 1e-6:
            raise self.error(f"{name}={shown(self.text(name, repr(default)))}", "a number above 0")
        return value

    def whole(self, name: str, default: int | None = None, *, least: int = 0) -> int:
        """A whole number; raises InputError, also below `least`."""
        value = self.number(name, None if default is None else float(default), least=float(least))
        if value != int(value):
            raise self.error(f"{name}={shown(self.text(name, ''))}", "a whole number")
        return int(value)

    def points(self, name: str) -> Points:
        """A polyline in metres, heights left out, points in one place once; raises InputError."""
        text = self.text(name)
        try:
            rows = [[float(part) for part in point.split(",")[:2]] for point in text.split()]
            points = np.array(rows, float)
        except ValueError:
            points = np.empty(0)
        if points.ndim != 2 or points.shape[1] != 2 or not (np.abs(points) <= _MOST).all():
            raise self.error(f"{name}={shown(text)}", "points as x,y x,y …")
        apart = np.ones(len(points), bool)
        apart[1:] = (np.diff(points, axis=0) != 0).any(axis=1)
        return points[apart]

    def error(self, found: str, expected: str) -> InputError:
        """The error that names this element by line, tag and id."""
        name = f" id={shown(self.attributes['id'])}" if "id" in self.attributes else ""
        return InputError(self.file, f"line {self.line}, <{self.tag}{name}>", found, expected)

    def unknown(self, name: str, what: str, known: Collection[str]) -> InputError:
        """The error for an attribute that names something that does not exist."""
        value = self.attributes.get(name, "")
        near = get_close_matches(value, known, n=1)
        perhaps = f", {near[0]!r} perhaps" if near else ""
        return self.error(f"{name}={shown(value)}, which does not exist", f"the id of {what}{perhaps}")


def shown(text: str) -> str:
    """A value as a message shows it, cut short."""
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def elements(path: Path, roots: Collection[str]) -> Iterator[Element]:
    """What stands directly in the root of a file, one after another, each with all that is in it.

    Raises InputError for a file that cannot be read, is not XML, or whose root is none of `roots`.
    """
    reader = _Reader(str(path), roots)
    with _reading(path, reader) as stream:
        while chunk := stream.read(_CHUNK):
            reader.feed(chunk)
            yield from reader.taken()
        reader.end()
        yield from reader.taken()


def root_of(path: Path) -> Element:
    """The root element of a file without what stands in it; raises InputError."""
    reader = _Reader(str(path), ())
    with _reading(path, reader) as stream:
        while reader.root is None and (chunk := stream.read(4096)):
            reader.feed(chunk)
        if reader.root is None:
            reader.end()
    assert reader.root is not None
    return reader.root


class _Reader:
    """Builds elements from the parser's calls; keeps the finished ones until they are taken."""

    def __init__(self, file: str, roots: Collection[str]) -> None:
        self._file, self._roots = file, roots
        self._open: list[Element] = []
        self._done: list[Element] = []
        self.root: Element | None = None
        self.read = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.parser.EntityDeclHandler = self._refuse_doctype

    @property
    def place(self) -> str:
        """The line reached."""
        return f"line {self.parser.CurrentLineNumber}"

    def feed(self, chunk: bytes) -> None:
        """Read on."""
        self.read += len(chunk)
        self.parser.Parse(chunk, False)

    def end(self) -> None:
        """Say that the file has ended."""
        if not self.read:
            raise InputError(self._file, "", "an empty file", "XML")
        self.parser.Parse(b"", True)

    def taken(self) -> list[Element]:
        """The elements finished since the last call."""
        done, self._done = self._done, []
        return done

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        element = Element(self._file, self.parser.CurrentLineNumber, tag, attributes)
        if self.root is None:
            self.root = element
            self._check_root(element)
        elif len(self._open) >= _DEEPEST:
            raise element.error(f"{_DEEPEST} elements one within the other", "a file of a city")
        elif len(self._open) > 1:
            self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, tag: str) -> None:
        element = self._open.pop()
        if len(self._open) == 1:
            self._done.append(element)

    def _check_root(self, root: Element) -> None:
        if self._roots and root.tag not in self._roots:
            raise root.error(f"<{root.tag}> as the root", " or ".join(f"<{tag}>" for tag in self._roots))

    def _refuse_doctype(self, *_: object) -> NoReturn:
        found = "a document type declaration, which may hide entities that grow without end"
        raise InputError(self._file, self.place, found, "XML without one")


@contextmanager
def _reading(path: Path, reader: _Reader) -> Iterator[IO[bytes]]:
    """The bytes of a file, uncompressed; faults of XML and compression become our error."""
    file = str(path)
    try:
        with _opened(path) as stream:
            yield stream
    except expat.ExpatError as error:
        raise _broken(file, error) from None
    except EOFError:
        raise InputError(file, reader.place, "the end of the compressed file too early", "the whole file") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InputError(file, reader.place, f"damaged compression ({error})", "the file as it was written") from None
    except OSError as error:
        raise InputError(file, "", f"nothing that can be read ({error.strerror})", "an XML file") from None
    except (LookupError, ValueError) as error:  # what expat says of an encoding that it does not know
        raise InputError(file, reader.place, str(error), "XML in UTF-8") from None


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as stream:
        compressed = stream.read(2) == _GZIP
    return cast(IO[bytes], gzip.open(path)) if compressed else path.open("rb")


def _broken(file: str, error: expat.ExpatError) -> InputError:
    place = f"line {error.lineno}, column {error.offset + 1}"
    words = expat.errors.messages.get(error.code, "not XML")
    if words in ("no element found", "unclosed token"):
        return InputError(file, place, "the end of the file in the middle of it", "the whole file")
    return InputError(file, place, words, "XML")
