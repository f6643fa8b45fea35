"""JSON files into records; whatever is wrong is named by file, JSON path, found and expected."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from touyan.core.errors import InputError

from .records import MOVEMENT_TYPES

Read = TypeVar("Read")

_PLACE = re.compile(r" - at `(?P<path>.*)`$", re.DOTALL)
_BYTE = re.compile(r"\(byte (?P<byte>\d+)\)")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_MISSING = re.compile(r"Object missing required field `(.*)`")
_GOT = re.compile(r", got (`.*`)$")
_WORDS = {
    "`array`": "a list",
    "`object`": "an object",
    "`float`": "a number",
    "`int`": "a whole number",
    "`str`": "text",
    "`bool`": "true or false",
    "`null`": "null",
    " >= ": " at least ",
    " <= ": " at most ",
    " > ": " above ",
}
_MARK = b"\xef\xbb\xbf"
"""The byte order mark that some editors put before UTF-8."""

_SHOWN = 60
"""Characters of a found value that a message shows."""


def read_records(path: Path, type_: type[Read]) -> Read:
    """The records of a JSON file; raises InputError."""
    data = _bytes(path)
    try:
        return msgspec.json.decode(data, type=type_)
    except msgspec.ValidationError as error:
        raise _unfit(path, data, str(error)) from None
    except msgspec.DecodeError as error:
        raise _broken(path, data, str(error)) from None
    except RecursionError:
        raise InputError(str(path), "", "brackets nested too deep to read", "the JSON of CityFlow") from None


def shown(value: Any) -> str:
    """A JSON value as a message shows it, cut short."""
    if isinstance(value, dict):
        return f"an object with {', '.join(map(repr, value)) or 'nothing in it'}"[: 3 * _SHOWN]
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def nearest(what: str, name: str, known: Iterable[str]) -> str:
    """What was expected instead of an unknown name, with the nearest known one."""
    near = get_close_matches(name, known, n=1)
    return f"{what}, {near[0]!r} perhaps" if near else what


def _bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes().removeprefix(_MARK)
        data.decode()
    except IsADirectoryError:
        raise InputError(str(path), "", "a folder", "a JSON file") from None
    except FileNotFoundError:
        raise InputError(str(path), "", "no such file", "a JSON file") from None
    except OSError as error:
        raise InputError(str(path), "", f"a file that cannot be read ({error.strerror})", "a JSON file") from None
    except UnicodeDecodeError as error:
        place = f"byte {error.start}"
        raise InputError(str(path), place, f"bytes that are not UTF-8 ({error.reason})", "text in UTF-8") from None
    return data


def _broken(path: Path, data: bytes, message: str) -> InputError:
    found = _BYTE.search(message)
    at = int(found["byte"]) if found else len(data)
    line = data.count(b"\n", 0, at) + 1
    column = len(data[data.rfind(b"\n", 0, at) + 1 : at].decode(errors="replace")) + 1
    place = f"line {line}, column {column}"
    if not data.strip():
        return InputError(str(path), "", "an empty file", "JSON")
    if "truncated" in message:
        return InputError(str(path), place, "the end of the file in the middle of a value", "the whole file")
    for word in (b"NaN", b"Infinity", b"-Infinity"):
        if data.startswith(word, at):
            return InputError(str(path), place, word.decode(), "a number; JSON has no such value")
    rest = data[at : at + 20].decode(errors="replace").splitlines()
    what = f"{rest[0]!r}" if rest and rest[0] else "the end of a line"
    return InputError(str(path), place, f"{what} ({_BYTE.sub('', message).strip()})", "JSON")


def _unfit(path: Path, data: bytes, message: str) -> InputError:
    match = _PLACE.search(message)
    place = match["path"] if match else "$"
    wanted = _PLACE.sub("", message)
    if wanted == "Number out of range":
        return InputError(str(path), place, "a number beyond all measure", "a number that a city can hold")
    found = _found(data, place, wanted)
    missing = _MISSING.fullmatch(wanted)
    return InputError(str(path), place, found, f"the field {missing[1]!r} too" if missing else _words(wanted))


def _found(data: bytes, place: str, wanted: str) -> str:
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):  # something further on in the file is wrong too
        kind = _GOT.search(wanted)
        return _plain(kind[1]) if kind else "something else"
    for name, position in _STEP.findall(place):
        value = value[name] if name else value[int(position)]
    return shown(value)


def _words(wanted: str) -> str:
    if wanted.startswith("Invalid enum value"):
        return f"one of {', '.join(MOVEMENT_TYPES)}"
    return _plain(_GOT.sub("", wanted.removeprefix("Expected ")))


def _plain(text: str) -> str:
    """What msgspec says, without its names of types and its signs."""
    for theirs, ours in _WORDS.items():
        text = text.replace(theirs, ours)
    return re.sub(r"(\d)\.0$", r"\1", text)
