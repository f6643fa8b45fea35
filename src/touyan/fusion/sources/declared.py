"""A source as its TOML file declares it: connector, format and mapping.

[source]
kind = "mqtt"                 # mqtt, http-poll, http-push or files
format = "json"               # json, json-lines, geojson, csv, parquet, gtfs-realtime or ngsi-ld
topics = "loops/+"            # … and the settings of that kind

[mapping]                     # not for ngsi-ld
type = "TrafficFlowObserved"
id = "{station}"
time = { from = "at" }
values.intensity = { from = "count", unit = "E58" }
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping as Table
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from touyan.core.errors import InputError, NotFoundError, SettingError
from touyan.core.units import unit

from .arrivals import Letter
from .connector import Connector
from .files import FileSource
from .formats import FORMATS
from .http import HttpPollSource, HttpPushSource
from .mapping import Mapping, Understood, understood
from .mqtt import MqttSource

CONNECTORS: dict[str, type[Connector]] = {
    kind.name: kind for kind in (MqttSource, HttpPollSource, HttpPushSource, FileSource)
}
_NEEDS_NO_MAPPING = "ngsi-ld"


class DeclaredSource(NamedTuple):
    """A source ready to run; its name is the file's."""

    name: str
    connector: Connector
    format: str
    mapping: Mapping | None

    def read(self, letter: Letter) -> Understood:
        """What a letter says; raises ValueError where nothing can be read."""
        if len(letter.body) > self.connector.largest_bytes:
            raise ValueError(f"more than {self.connector.largest_bytes} bytes")
        return understood(letter, self.format, self.mapping, self.name)


def read_declaration(path: Path) -> DeclaredSource:
    """The source of a TOML file; raises InputError that names file, place, found and expected."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(str(path), "", f"nothing to read ({error.strerror})", "a source in TOML") from None
    except ValueError as error:
        raise InputError(str(path), "", f"a text that is not TOML ({error})", "a source in TOML") from None
    unknown = sorted(document.keys() - {"source", "mapping"})
    if unknown or not isinstance(document.get("source"), dict):
        found = f"the table {unknown[0]!r}" if unknown else "no table [source]"
        raise InputError(str(path), "", found, "the tables [source] and [mapping]")
    form = _one_of(path, document["source"], "format", FORMATS)
    return DeclaredSource(path.stem, _connector(path, document["source"]), form, _mapping(path, document, form))


def _one_of(path: Path, table: Table[str, Any], key: str, known: Table[str, Any]) -> str:
    value = table.get(key)
    if value not in known:
        raise InputError(str(path), f"source.{key}", repr(value), f"one of {', '.join(known)}")
    return str(value)


def _connector(path: Path, table: Table[str, Any]) -> Connector:
    kind = CONNECTORS[_one_of(path, table, "kind", CONNECTORS)]
    given = {key: value for key, value in table.items() if key not in ("kind", "format")}
    try:
        return kind(**given)
    except SettingError as error:
        raise InputError(str(path), f"source.{error.setting}", repr(error.found), error.expected) from None
    except NotFoundError as error:
        raise InputError(str(path), f"source.{error.name}", "an unknown setting", error.hint) from None


def _mapping(path: Path, document: Table[str, Any], form: str) -> Mapping | None:
    """The mapping, its units and zone known; NGSI-LD needs none."""
    if form == _NEEDS_NO_MAPPING:
        return None
    if "mapping" not in document:
        raise InputError(str(path), "", "no table [mapping]", f"a mapping, which {form} needs")
    try:
        mapping = msgspec.convert(document["mapping"], Mapping)
    except msgspec.ValidationError as error:
        words, _, place = str(error).partition(" - at `$")
        raise InputError(str(path), f"mapping{place.rstrip('`')}", words, "a mapping as documented") from None
    _check_names(path, mapping)
    return mapping


def _check_names(path: Path, mapping: Mapping) -> None:
    """Refuse unknown units and zones now, and not when the first letter comes."""
    for name, value in mapping.values.items():
        try:
            unit(value.unit or "C62")
        except NotFoundError as error:
            expected = f"a UN/CEFACT code; {error.hint}"
            raise InputError(str(path), f"mapping.values.{name}.unit", repr(value.unit), expected) from None
    if mapping.time:
        try:
            ZoneInfo(mapping.time.zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise InputError(
                str(path), "mapping.time.zone", repr(mapping.time.zone), "a zone as Asia/Shanghai"
            ) from None
