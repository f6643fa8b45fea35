"""Mapping: which field of a record is which attribute of which entity, in which unit."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from touyan.core.entities import urn
from touyan.core.observations import Column
from touyan.core.time import from_iso
from touyan.core.units import to_si

from ..quality.checks import physical_least
from .arrivals import Arrival, Letter
from .formats import FORMATS
from .records import Records

_FIELD = re.compile(r"\{([^{}]+)\}")
_MILLISECONDS = 1e11
"""Epoch times beyond this are milliseconds: as seconds they would lie in the year 5138."""


class ValueMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"path": "from"}):
    """One number: where it stands, its unit, what it can be, and which numbers mean that there is none."""

    path: str
    unit: str = ""
    scale: float = 1.0
    missing: tuple[float, ...] = ()
    least: float = -math.inf
    most: float = math.inf

    def range(self) -> tuple[float, float]:
        """Least and most that it can be, SI."""
        code = self.unit or "C62"
        return to_si(max(self.least, physical_least(code)), code), to_si(self.most, code)


class TimeMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"path": "from"}):
    """When something was observed; `format` as in strptime, empty for ISO 8601 or epoch numbers."""

    path: str
    format: str = ""
    zone: str = "Asia/Shanghai"


class PlaceMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where something is, in WGS-84 degrees."""

    longitude: str
    latitude: str


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How records become readings of entities of one type."""

    type: str
    id: str
    records: str = ""
    time: TimeMapping | None = None
    values: dict[str, ValueMapping] = {}
    texts: dict[str, str] = {}
    place: PlaceMapping | None = None


class Refused(NamedTuple):
    """A record that cannot be used, and why."""

    record: int
    reason: str


class Understood(NamedTuple):
    """What a letter said: readings, entities that came as NGSI-LD, and records left out."""

    arrivals: list[Arrival]
    entities: list[dict[str, Any]]
    refused: list[Refused]


def understood(letter: Letter, form: str, mapping: Mapping | None, source: str) -> Understood:
    """What a letter says; raises ValueError where it says nothing that can be read."""
    records = FORMATS[form](letter.body, mapping.records if mapping else "")
    if mapping is None:
        return _as_ngsi_ld(records, letter, source)
    ids, refused = _ids(records, mapping)
    times, wrong = _times(records, mapping.time, letter.at)
    kept = [row for row in range(len(records)) if ids[row] is not None and not math.isnan(times[row])]
    refused += [Refused(row, reason) for row, reason in wrong.items() if ids[row] is not None]
    arrival = Arrival(
        source,
        mapping.type,
        tuple(str(ids[row]) for row in kept),
        times[kept],
        {name: _numbers(records.column(value.path), value)[kept] for name, value in mapping.values.items()},
        {name: value.unit for name, value in mapping.values.items() if value.unit},
        {name: _texts(records.column(path), kept) for name, path in mapping.texts.items()},
        _places(records, mapping.place, kept),
    )
    return Understood([arrival] if kept else [], [], refused)


def _ids(records: Records, mapping: Mapping) -> tuple[list[str | None], list[Refused]]:
    """The URI of every record; a template with a missing field gives none."""
    names = _FIELD.findall(mapping.id)
    columns = [records.column(name) for name in names]
    ids: list[str | None] = []
    refused: list[Refused] = []
    for row in range(len(records)):
        parts = {name: column[row] for name, column in zip(names, columns, strict=True)}
        absent = [name for name, part in parts.items() if part is None or part == ""]
        if absent:
            refused.append(Refused(row, f"the id needs {absent[0]!r}, which is missing"))
        ids.append(None if absent else _named(mapping, parts))
    return ids, refused


def _named(mapping: Mapping, parts: dict[str, Any]) -> str:
    name = _FIELD.sub(lambda found: _word(parts[found.group(1)]), mapping.id)
    return name if ":" in name.split("{")[0] and name.startswith(("urn:", "http")) else urn(mapping.type, name)


def _word(value: object) -> str:
    """A field as part of an id: no blanks or angle brackets, which no URI may hold."""
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    return re.sub(r'[\s<>"{}|\\^`]', "_", str(whole))


def _times(records: Records, mapping: TimeMapping | None, arrived: float) -> tuple[Column, dict[int, str]]:
    """Epoch seconds of every record; NaN and a reason where they cannot be read."""
    if mapping is None:
        return np.full(len(records), arrived), {}
    times, wrong = np.full(len(records), np.nan), {}
    zone = ZoneInfo(mapping.zone)
    for row, value in enumerate(records.column(mapping.path)):
        try:
            times[row] = _epoch(value, mapping.format, zone)
        except (ValueError, OverflowError):
            wrong[row] = f"no time can be read from {value!r:.60}"
    return times, wrong


def _epoch(value: Any, form: str, zone: ZoneInfo) -> float:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=zone)).timestamp()
    if form:
        moment = datetime.strptime(str(value), form)  # noqa: DTZ007 - the zone is given below
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
    number = _number(value)
    if math.isnan(number):
        return from_iso(str(value), zone)
    if not 0 < number < 1e14:
        raise ValueError("no time since 1970")
    return number / 1000 if number > _MILLISECONDS else number


def _numbers(column: Sequence[Any], mapping: ValueMapping) -> Column:
    numbers = np.fromiter(map(_number, column), np.float64, len(column))
    for absent in mapping.missing:
        numbers[numbers == absent] = np.nan
    return numbers * mapping.scale if mapping.scale != 1.0 else numbers


def _number(value: Any) -> float:
    """A number from JSON or text; NaN for everything else."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
    return number if math.isfinite(number) else math.nan


def _texts(column: Sequence[Any], kept: Sequence[int]) -> tuple[str | None, ...]:
    return tuple(None if column[row] in (None, "") else str(column[row]) for row in kept)


def _places(records: Records, mapping: PlaceMapping | None, kept: Sequence[int]) -> Any:
    """Degrees, shape (n, 2); NaN where they are missing or lie on no globe."""
    if mapping is None:
        return None
    columns = [records.column(mapping.longitude), records.column(mapping.latitude)]
    degrees = np.array([[_number(column[row]) for column in columns] for row in kept]).reshape(-1, 2)
    degrees[(np.abs(degrees) > (180.0, 90.0)).any(axis=1)] = np.nan
    return degrees


def _as_ngsi_ld(records: Records, letter: Letter, source: str) -> Understood:
    """Entities as they came, and their numbers as readings, by type and time."""
    entities: list[dict[str, Any]] = []
    refused: list[Refused] = []
    rows: dict[str, list[tuple[str, float, dict[str, float]]]] = defaultdict(list)
    for row, entity in enumerate(records.column("")):
        if not isinstance(entity, dict) or not isinstance(entity.get("id"), str) or "type" not in entity:
            refused.append(Refused(row, "no NGSI-LD entity: id and type are needed"))
            continue
        entities.append(entity)
        for at, numbers in _observed(entity, letter.at).items():
            rows[str(entity["type"])].append((entity["id"], at, numbers))
    return Understood([_arrival(source, kind, found) for kind, found in rows.items()], entities, refused)


def _observed(entity: dict[str, Any], arrived: float) -> dict[float, dict[str, float]]:
    """The numbers of an entity by the time of their observation."""
    found: dict[float, dict[str, float]] = defaultdict(dict)
    for name, attribute in entity.items():
        value = attribute.get("value") if isinstance(attribute, dict) else attribute
        if isinstance(value, int | float) and not isinstance(value, bool):
            found[_observation_time(attribute, arrived)][name] = _number(value)
    return found


def _observation_time(attribute: Any, arrived: float) -> float:
    try:
        return from_iso(attribute["observedAt"])
    except (KeyError, TypeError, ValueError):
        return arrived


def _arrival(source: str, kind: str, rows: list[tuple[str, float, dict[str, float]]]) -> Arrival:
    names = dict.fromkeys(name for _, _, numbers in rows for name in numbers)
    values = {name: np.array([numbers.get(name, np.nan) for _, _, numbers in rows]) for name in names}
    return Arrival(source, kind, tuple(row[0] for row in rows), np.array([row[1] for row in rows]), values)
