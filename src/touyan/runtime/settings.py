"""Settings of the brain: one TOML file, the environment above it, the command line above both.

touyan.toml               environment                            command line
[server]
port = 8600               TOUYAN_SERVER__PORT=8600               --port 8600
[settings.traffic.grid]
rows = 4                  TOUYAN_TRAFFIC__GRID__ROWS=4
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from platformdirs import user_data_path

from touyan.control.authority import Limits
from touyan.control.engine import Terms
from touyan.control.outcome import Margin
from touyan.core.errors import InputError, SettingError
from touyan.core.settings import Configurable, setting
from touyan.fusion.store.settings import HistorySettings

PREFIX = "TOUYAN_"
FILE_NAME = "touyan.toml"
COMPONENTS = "settings"
"""The table of the file that holds the settings of components."""


class BrainTable(Configurable):
    """Who controls the city, and how fast its clock runs."""

    name = "brain"
    controller: str = setting("max-pressure:30", help="Controller of the city, as name or name:argument.")
    mode: str = setting(
        "automatic",
        one_of=("advise", "confirm", "automatic"),
        help="Whether commands are only proposed, wait for a person, or go out by themselves.",
    )
    speed: float = setting(
        10.0, at_least=0.0, help='City seconds in a second of wall time; 0 or "max" runs as fast as possible.'
    )
    tick_s: int = setting(1, unit="SEC", at_least=1, at_most=60, help="Whole city seconds between two beats.")

    def __init__(self, **values: Any) -> None:
        super().__init__(**{key: 0.0 if (key, value) == ("speed", "max") else value for key, value in values.items()})


class AuthorityTable(Configurable):
    """What a person lets the brain do by itself, and when command is taken from it."""

    name = "authority"
    set_by: str = setting("operator", help="Who answers for these limits; the name stands in every record.")
    waits_s: float = setting(60.0, unit="SEC", at_least=1.0, help="How long a command waits for a person.")
    entities: str = setting("", help="Ids that may be commanded without asking, with * and ?, by commas; empty: all.")
    actions: str = setting("", help="Actions that may be taken without asking, by commas; empty: all.")
    hours: str = setting("", help="When nobody must be asked, as 06:00-22:00 in the city's zone; empty: always.")
    most_per_minute: int = setting(0, at_least=0, help="Commands in a minute without asking; 0 sets no limit.")
    deadline_s: float = setting(
        0.8, unit="SEC", at_least=0.05, at_most=60.0, help="By when a controller must have decided, or loses command."
    )
    apart: bool = setting(True, help="Let the controller work in a process of its own, so that it can be ended.")
    stale_after_s: float = setting(
        60.0, unit="SEC", at_least=5.0, help="After so long without readings nobody may decide on them."
    )
    worse_by: float = setting(0.5, at_least=0.0, help="Share by which a plan may miss its forecast.")
    worse_at_least: float = setting(10.0, at_least=0.0, help="And the least by which it must, to be rolled back.")
    rests_s: float = setting(300.0, unit="SEC", at_least=0.0, help="How long an entity rests after a rollback.")

    def terms(self) -> Terms:
        """The same, as control takes it; raises SettingError for hours that are none."""
        limits = Limits(_words(self.entities), _words(self.actions), self._hours(), self.most_per_minute)
        margin = Margin(self.worse_by, self.worse_at_least, self.rests_s)
        return Terms(self.set_by, self.waits_s, limits, stale_after_s=self.stale_after_s, margin=margin)

    def _hours(self) -> tuple[time, time] | None:
        begin, _, end = self.hours.partition("-")
        try:
            return (time.fromisoformat(begin.strip()), time.fromisoformat(end.strip())) if self.hours else None
        except ValueError:
            raise SettingError(self.name, "hours", self.hours, "a begin and an end, as 06:00-22:00") from None


class CityTable(Configurable):
    """Which city runs; where and when it is, its scenario's own settings say."""

    name = "city"
    scenario: str = setting("grid", help="Scenario that builds the city, as name or name:argument.")


class ServerTable(Configurable):
    """Where the console and the interface for programs listen."""

    name = "server"
    host: str = setting("127.0.0.1", help="Address to listen on.")
    port: int = setting(8600, at_least=0, at_most=65535, help="Port to listen on.")


class BrokerTable(Configurable):
    """What the NGSI-LD broker has at hand."""

    name = "broker"
    contexts: str = setting(
        "", help="Folder of JSON-LD contexts that need no web: index.json names the file of each URL."
    )

    instances: int = setting(
        10_000, at_least=1, at_most=1_000_000, help="Instances of the past that one answer holds at most."
    )

    @property
    def folder(self) -> Path | None:
        """The folder of contexts, None for none."""
        return Path(self.contexts) if self.contexts else None


class SourcesTable(Configurable):
    """Which systems of the city feed the broker."""

    name = "sources"
    folder: str = setting("", help="Folder of TOML files that declare a source each; empty for none.")


class StoreTable(Configurable):
    """Where the brain keeps what must outlive it."""

    name = "store"
    folder: str = setting("", help="Folder for the log and the alerts; empty is the user's data folder.")

    @property
    def path(self) -> Path:
        """The folder in force."""
        return Path(self.folder) if self.folder else user_data_path("touyan", appauthor=False)


class AlertsTable(Configurable):
    """What becomes an alert, and how people work with alerts."""

    name = "alerts"
    file: str = setting("", help="File with rules, deadlines, rotas, inhibitions and channels; empty is none.")


class PacksTable(Configurable):
    """Where packs outside the package lie."""

    name = "packs"
    folders: str = setting("", help="Folders with more packs: a list, or one text divided as PATH is.")

    @property
    def paths(self) -> list[Path]:
        """The folders, in the order given."""
        return [Path(folder) for folder in self.folders.split(os.pathsep) if folder]


TABLES: dict[str, type[Configurable]] = {
    table.name: table
    for table in (
        BrainTable,
        AuthorityTable,
        CityTable,
        ServerTable,
        BrokerTable,
        SourcesTable,
        StoreTable,
        AlertsTable,
        HistorySettings,
        PacksTable,
    )
}


class Given(NamedTuple):
    """A value and where it was written, so that a complaint can say so."""

    path: tuple[str, ...]
    value: Any
    file: str
    place: str

    def refusal(self, found: object, expected: str) -> InputError:
        """The error that names this place."""
        return InputError(self.file, self.place, str(found), expected)

    def unknown(self, what: str, name: str, known: Iterable[str]) -> InputError:
        """The error for a name that nothing bears, with the nearest one."""
        names = sorted(known)
        near = get_close_matches(name, names, n=1)
        return self.refusal(f"the unknown {what} {name!r}", near[0] if near else f"one of {', '.join(names) or 'none'}")


@dataclass(frozen=True)
class BrainSettings:
    """All settings of one brain, checked; `components` holds those of packs' components."""

    brain: BrainTable = field(default_factory=BrainTable)
    authority: AuthorityTable = field(default_factory=AuthorityTable)
    city: CityTable = field(default_factory=CityTable)
    server: ServerTable = field(default_factory=ServerTable)
    broker: BrokerTable = field(default_factory=BrokerTable)
    sources: SourcesTable = field(default_factory=SourcesTable)
    store: StoreTable = field(default_factory=StoreTable)
    history: HistorySettings = field(default_factory=HistorySettings)
    alerts: AlertsTable = field(default_factory=AlertsTable)
    packs: PacksTable = field(default_factory=PacksTable)
    components: tuple[Given, ...] = ()


def read_settings(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> BrainSettings:
    """The settings in force; raises InputError that names file, key, found and expected.

    Without `file`, `touyan.toml` of the working folder is read where it exists. `options` are the command
    line's, by their dotted key (`server.port`); those that are None were not given.
    """
    givens = [*_of_file(file), *_of_environment(environment or {}), *_of_options(options or {})]
    last = {given.path: given for given in givens}.values()
    for given in last:
        _check_place(given)
    tables = {name: _table(kind, [given for given in last if given.path[0] == name]) for name, kind in TABLES.items()}
    return BrainSettings(**tables, components=tuple(given for given in last if given.path[0] == COMPONENTS))


def environment_name(*path: str) -> str:
    """The environment variable of a setting: table and key, or pack, component and key."""
    return PREFIX + "__".join(part.upper().replace("-", "_") for part in path)


def _of_file(file: Path | None) -> list[Given]:
    if file is None and not Path(FILE_NAME).is_file():
        return []
    path = file or Path(FILE_NAME)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(str(path), "", f"nothing to read ({error.strerror})", "a settings file in TOML") from None
    except ValueError as error:
        raise InputError(str(path), "", f"a text that is not TOML ({error})", "a settings file in TOML") from None
    return [Given(keys, value, str(path), ".".join(keys)) for keys, value in _leaves((), document)]


def _leaves(path: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value of a nested table with the keys that lead to it."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves((*path, key), value)
        else:
            yield (*path, key), value


def _of_environment(environment: Mapping[str, str]) -> list[Given]:
    """Variables with a double underscore are settings; others, TOUYAN_LANG say, are not."""
    givens = []
    if "TOUYAN_PACKS" in environment:
        givens.append(Given(("packs", "folders"), environment["TOUYAN_PACKS"], "environment", "TOUYAN_PACKS"))
    for name, value in environment.items():
        parts = name.removeprefix(PREFIX).lower().split("__")
        if name.startswith(PREFIX) and len(parts) > 1:
            givens.append(Given(_environment_path(parts), value, "environment", name))
    return givens


def _environment_path(parts: list[str]) -> tuple[str, ...]:
    if len(parts) == 2:
        return tuple(parts)
    pack, component, *rest = parts
    return COMPONENTS, pack, component.replace("_", "-"), *rest


def _of_options(options: Mapping[str, Any]) -> list[Given]:
    return [
        Given(tuple(key.split(".")), value, "command line", key) for key, value in options.items() if value is not None
    ]


def _check_place(given: Given) -> None:
    """Refuse a value that lies where no setting can be."""
    table, *rest = given.path
    if table not in TABLES and table != COMPONENTS:
        raise given.unknown("table", table, [*TABLES, COMPONENTS])
    if table == COMPONENTS and len(rest) != 3:
        raise given.refusal(repr(given.value), f"[{COMPONENTS}.PACK.COMPONENT] with SETTING = value")
    if not rest:
        raise given.refusal(repr(given.value), "a table")
    if table != COMPONENTS and rest[0] not in TABLES[table].settings:
        raise given.unknown("key", rest[0], TABLES[table].settings)
    if table != COMPONENTS and len(rest) != 1:
        raise given.refusal("a table", TABLES[table].settings[rest[0]].expected())


def _table(kind: type[Configurable], givens: list[Given]) -> Any:
    """One table made from what was given for it."""
    by_key = {given.path[1]: given for given in givens}
    try:
        return kind(**{key: _plain(given) for key, given in by_key.items()})
    except SettingError as error:
        raise by_key[error.setting].refusal(repr(error.found), error.expected) from None


def _plain(given: Given) -> Any:
    """The value as one text or number; a list is only for the folders of packs."""
    if not isinstance(given.value, list):
        return given.value
    if given.path == ("packs", "folders") and all(isinstance(folder, str) for folder in given.value):
        return os.pathsep.join(given.value)
    raise given.refusal("a list", TABLES[given.path[0]].settings[given.path[1]].expected())


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
