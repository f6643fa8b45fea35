"""The file of an operation centre: rules, who is told, what hides what, and how long each step may take.

    [[rule]]          one rule (see `touyan.warning.rules.RuleSpec`)
    [[inhibition]]    which alerts explain which others
    [[maintenance]]   windows that come back
    [[rota]]          who is on call
    [level.Severe]    deadlines and escalation of one severity
    [grouping]        which raw alerts are one alert
    [sender]          who speaks when an alert leaves the house
    [[channel]]       where alerts go (see `touyan.runtime.channels.declared`)

Every mistake is an InputError with file, line and field; nothing of a file with a mistake is used.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from touyan.core.alert_records import Matcher
from touyan.core.alerts import AlertState, Severity
from touyan.core.errors import InputError, SettingError
from touyan.core.text import Text
from touyan.core.time import from_iso
from touyan.warning.desk import DEADLINES, Desk, Grouping, Inhibition, Maintenance, Relief, Rota, Rung
from touyan.warning.rules import RuleSpec, check_together, find_cycle
from touyan.warning.sender import Sender

from .channels.declared import Channel, MailChannel, MqttChannel, WebhookChannel
from .packs import Registry
from .settings import BrainSettings
from .toml_places import places

_Made = TypeVar("_Made")

_TABLES = ("rule", "inhibition", "maintenance", "rota", "level", "grouping", "sender", "channel")
_KINDS: dict[str, type[Channel]] = {"webhook": WebhookChannel, "mqtt": MqttChannel, "mail": MailChannel}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HEADLINE = Text("{entity}: {quantity} {value} {unit}", "{entity}：{quantity} {value} {unit}")
_DESCRIPTION = Text(
    "{quantity} is {value} {unit} (threshold {threshold} {unit}) since {since}.",
    "自{since}起，{quantity}为{value} {unit}（阈值{threshold} {unit}）。",
)


@dataclass(frozen=True)
class AlertFile:
    """What a file says."""

    rules: tuple[RuleSpec, ...] = ()
    desk: Desk = field(default_factory=Desk)
    sender: Sender = field(default_factory=Sender)
    channels: tuple[Channel, ...] = ()


class _Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A maintenance window as it is written."""

    name: str
    match: dict[str, str]
    from_: str
    to: str
    weekdays: tuple[str, ...] = _WEEKDAYS


class _Relief(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stand-in as it is written."""

    member: str
    starts: str
    ends: str


class _Rota(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rota as it is written."""

    name: str
    members: tuple[str, ...]
    starts: str = "1970-01-01T00:00:00+08:00"
    shift_h: float = 8.0
    reliefs: tuple[_Relief, ...] = ()


class _Level(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Deadlines (s by state) and the ladder of one severity."""

    deadlines: dict[AlertState, float] | None = None
    escalate: tuple[Rung, ...] = ()


class _Reader:
    """Turns tables into records; knows where each key stands."""

    def __init__(self, path: Path) -> None:
        self._path = path
        text = _text(path)
        self._places = places(text)
        try:
            self.document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InputError(str(path), "", f"a text that is not TOML ({error})", "TOML") from None
        for name in self.document:
            if name not in _TABLES:
                raise self.refusal(name, f"the unknown table {name!r}", f"one of {', '.join(_TABLES)}")

    def refusal(self, place: str, found: object, expected: str) -> InputError:
        """The error that names a place of the file."""
        near = place
        while near and near not in self._places and f"{near}[1]" not in self._places:
            near = near.rpartition(".")[0]
        number = self._places.get(near, self._places.get(f"{near}[1]"))
        line = f"line {number}, " if number else ""
        return InputError(str(self._path), f"{line}{place}", str(found), expected)

    def listed(self, name: str, kind: type[_Made]) -> list[tuple[str, _Made]]:
        """The records of a list of tables, each with its place."""
        tables = self.document.get(name, [])
        if not isinstance(tables, list):
            raise self.refusal(name, "a table", f"[[{name}]]")
        return [self.made(f"{name}[{number}]", table, kind) for number, table in enumerate(tables, start=1)]

    def made(self, place: str, table: Any, kind: type[_Made]) -> tuple[str, _Made]:
        """One record with its place."""
        try:
            return place, msgspec.convert(table, kind)
        except msgspec.ValidationError as error:
            words, _, where = str(error).partition(" - at `$")
            unknown = re.search(r"unknown field `([^`]+)`", words)
            inner = re.sub(r"\[\.\.\.\]", "", where.rstrip("`"))
            key = f"{place}{inner}" + (f".{unknown[1]}" if unknown else "")
            known = ", ".join(sorted(each.encode_name for each in msgspec.structs.fields(kind)))  # type: ignore[arg-type]
            raise self.refusal(key, words, f"one of {known}" if unknown else "a value of that kind") from None

    def placed(self, place: str, make: Callable[[], _Made]) -> _Made:
        """What a call makes; its complaint about a setting gets its place."""
        try:
            return make()
        except SettingError as error:
            raise self.refusal(f"{place}.{error.setting}", repr(error.found), error.expected) from None


def read_alert_file(path: Path, registry: Registry | None = None) -> AlertFile:
    """The rules and desk of a file, checked as far as it goes without a city; raises InputError.

    With a registry the names of detectors and forecasts are checked too.
    """
    reader = _Reader(path)
    rules = [(place, _rule(reader, place, table)) for place, table in _tables(reader, "rule")]
    _check_names(reader, rules, registry)
    inhibitions = [each for _, each in reader.listed("inhibition", Inhibition)]
    _check_inhibitions(reader, inhibitions)
    deadlines, ladders = _levels(reader)
    desk = Desk(
        deadlines,
        ladders,
        {each.name: each for each in (_rota(reader, place, rota) for place, rota in reader.listed("rota", _Rota))},
        tuple(inhibitions),
        tuple(_window(reader, place, window) for place, window in reader.listed("maintenance", _Window)),
        reader.made("grouping", reader.document.get("grouping", {}), Grouping)[1],
    )
    _, sender = reader.made("sender", reader.document.get("sender", {}), Sender)
    return AlertFile(tuple(rule for _, rule in rules), desk, sender, _channels(reader))


def load_alert_file(settings: BrainSettings, registry: Registry) -> AlertFile:
    """The file that the settings name; an empty one where they name none."""
    return read_alert_file(Path(settings.alerts.file), registry) if settings.alerts.file else AlertFile()


def _tables(reader: _Reader, name: str) -> list[tuple[str, Any]]:
    tables = reader.document.get(name, [])
    if not isinstance(tables, list):
        raise reader.refusal(name, "a table", f"[[{name}]]")
    return [(f"{name}[{number}]", table) for number, table in enumerate(tables, start=1)]


def _rule(reader: _Reader, place: str, table: dict[str, Any]) -> RuleSpec:
    words = {"headline": _HEADLINE, "description": _DESCRIPTION}
    defaults = {key: msgspec.to_builtins(text) for key, text in words.items()}
    _, rule = reader.made(place, {**defaults, **table}, RuleSpec)
    reader.placed(place, rule.check)
    return rule


def _check_names(reader: _Reader, rules: list[tuple[str, RuleSpec]], registry: Registry | None) -> None:
    """Refuse what rules say of one another and of components."""
    specs = [rule for _, rule in rules]
    place_of = {rule.name: place for place, rule in rules}
    detectors = {rule.detector for rule in specs}
    forecasts = {rule.forecast for rule in specs}
    if registry is not None:
        detectors = {kind.name for kind in registry.all(registry.kinds["detector"])}
        forecasts = {kind.name for kind in registry.all(registry.kinds["forecaster"])}
    try:
        check_together(specs, detectors, forecasts)
    except SettingError as error:
        place = f"{place_of[error.component]}.{error.setting}"
        raise reader.refusal(place, repr(error.found), error.expected) from None


def _check_inhibitions(reader: _Reader, inhibitions: list[Inhibition]) -> None:
    """Alerts that hide one another in a circle would all be hidden."""
    hides: dict[str, tuple[str, ...]] = {}
    for number, each in enumerate(inhibitions, start=1):
        if not each.targets:
            raise reader.refusal(f"inhibition[{number}].targets", "an empty list", "the rules that are hidden")
        hides[each.source] = (*hides.get(each.source, ()), *each.targets)
        cycle = find_cycle(hides)
        if cycle:
            raise reader.refusal(f"inhibition[{number}]", " → ".join(cycle), "alerts that do not hide one another")


def _levels(
    reader: _Reader,
) -> tuple[Mapping[Severity, Mapping[AlertState, float]], Mapping[Severity, tuple[Rung, ...]]]:
    """Deadlines and ladders by severity, the usual ones where the file says nothing."""
    deadlines, ladders = dict(DEADLINES), {}
    for name, table in reader.document.get("level", {}).items():
        place = f"level.{name}"
        if name not in list(Severity):
            raise reader.refusal(place, f"the unknown severity {name!r}", f"one of {', '.join(Severity)}")
        _, level = reader.made(place, table, _Level)
        if level.deadlines is not None:
            deadlines[Severity(name)] = level.deadlines
        times = [rung.after_s for rung in level.escalate]
        if times != sorted(times) or any(time < 0 for time in times):
            raise reader.refusal(f"{place}.escalate", times, "times that grow")
        ladders[Severity(name)] = level.escalate
    return deadlines, ladders


def _channels(reader: _Reader) -> tuple[Channel, ...]:
    """The channels; raises for two of one name."""
    found: dict[str, Channel] = {}
    for place, table in _tables(reader, "channel"):
        kind = _KINDS.get(str(table.get("kind")))
        if kind is None:
            raise reader.refusal(f"{place}.kind", repr(table.get("kind")), f"one of {', '.join(_KINDS)}")
        _, channel = reader.made(place, table, kind)
        reader.placed(place, channel.check)
        if channel.name in found:
            raise reader.refusal(f"{place}.name", repr(channel.name), "a name that no other channel has")
        found[channel.name] = channel
    return tuple(found.values())


def _rota(reader: _Reader, place: str, rota: _Rota) -> Rota:
    if not rota.members or rota.shift_h <= 0:
        raise reader.refusal(place, "nobody, or shifts without length", "members, and shift_h above 0")
    reliefs = tuple(
        Relief(each.member, _moment(reader, place, each.starts), _moment(reader, place, each.ends))
        for each in rota.reliefs
    )
    return Rota(rota.name, rota.members, _moment(reader, place, rota.starts), rota.shift_h * 3600, reliefs)


def _window(reader: _Reader, place: str, window: _Window) -> Maintenance:
    for day in window.weekdays:
        if day not in _WEEKDAYS:
            raise reader.refusal(f"{place}.weekdays", repr(day), f"some of {', '.join(_WEEKDAYS)}")
    return Maintenance(
        window.name,
        tuple(Matcher(name, value) for name, value in window.match.items()),
        tuple(_WEEKDAYS.index(day) for day in window.weekdays),
        _second(reader, f"{place}.from", window.from_),
        _second(reader, f"{place}.to", window.to),
    )


def _second(reader: _Reader, place: str, text: str) -> float:
    """The second of the day of a text as 04:30."""
    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text)
    if match is None:
        raise reader.refusal(place, repr(text), "a time of the day as 04:30")
    return int(match[1]) * 3600.0 + int(match[2]) * 60.0


def _moment(reader: _Reader, place: str, text: str) -> float:
    try:
        return from_iso(text)
    except ValueError:
        raise reader.refusal(place, repr(text), "a time as 2026-05-01T08:00") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(str(path), "", f"nothing to read ({error.strerror})", "a file of rules in TOML") from None
    except UnicodeDecodeError as error:
        raise InputError(str(path), f"byte {error.start}", "bytes that are not UTF-8", "text in UTF-8") from None
