"""A city with what is different in it, as one TOML file says; another one may build on it.

base = "base.toml"          # take everything from there that is not said here

[city]
scenario = "grid"           # or files = "folder", or files = ["roadnet.json", "flow.json"]
rows = 4                    # any setting of the scenario

[run]
controller = "max-pressure:30"

[[closure]]                 # any change that a pack knows, as often as wanted
roads = "road_2_2_0"
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from touyan.core.components import Change, Controller, Scenario
from touyan.core.errors import InputError, NotFoundError, SettingError, TouyanError
from touyan.core.settings import Configurable, Setting, setting

from .cities import find_scenario
from .packs import Registry, load_packs
from .settings import BrainSettings, Given
from .toml_places import places

Made = TypeVar("Made")

BASE, CITY, RUN = "base", "city", "run"
SCENARIO, FILES = "scenario", "files"


class RunTable(Configurable):
    """How a possible city is run."""

    name = RUN
    controller: str = setting("own", help="Controller of the city, as name or name:argument.")
    mode: str = setting(
        "automatic",
        one_of=("advise", "confirm", "automatic"),
        help="Whether commands are only proposed, wait for a person, or go out by themselves.",
    )
    seconds: int = setting(3600, unit="SEC", at_least=1, help="City seconds that it lives through.")


@dataclass(frozen=True)
class WhatIf:
    """A city, what is different in it, and how it is run; `files` are the texts that said so, by name."""

    scenario: Scenario
    changes: tuple[Change, ...] = ()
    run: RunTable = field(default_factory=RunTable)
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def seed(self) -> int:
        """The scenario's own seed."""
        return int(getattr(self.scenario, "seed", 0))

    def seeded(self, seed: int) -> Scenario:
        """The changed city under a seed; raises SettingError where nothing in it is random."""
        if "seed" not in self.scenario.settings:
            raise SettingError(self.scenario.name, "seed", seed, "a city with a seed")
        return type(self.scenario)(**{**self.scenario.values(), "seed": seed}).changed(self.changes)


def read_what_if(path: Path | str, registry: Registry | None = None) -> WhatIf:
    """The city of a TOML file; raises InputError with file, line and key."""
    packs = registry or load_packs(BrainSettings())
    draft = _read(Path(path), ())
    scenario = _scenario(draft, packs)
    values = _values(draft.run, RunTable)
    run = _made(draft.run, lambda: RunTable(**values))
    if "controller" in draft.run:
        _named(draft.run["controller"], lambda: packs.component(Controller, run.controller))
    changes = tuple(_change(change, packs) for change in draft.changes)
    _check(draft, scenario, changes)
    return WhatIf(scenario, changes, run, draft.files)


@dataclass(frozen=True)
class _Listed:
    """One table of a list, `[[closure]]` say."""

    head: Given
    keys: dict[str, Given]


@dataclass(frozen=True)
class _Draft:
    """What a file and those it builds on say, later words above earlier ones."""

    path: Path
    city: dict[str, Given]
    run: dict[str, Given]
    changes: list[_Listed]
    files: dict[str, str]


# ------------------------------------------------------------ reading


def _read(path: Path, builders: tuple[Path, ...]) -> _Draft:
    """The draft of a file; `builders` are the files that led here."""
    text = _text(path)
    document = _document(path, text)
    where = places(text)

    def given(key: str, value: Any) -> Given:
        place = f"line {where[key]}, {key}" if key in where else key
        return Given(tuple(key.split(".")), value, str(path), place)

    below = _below(path, given(BASE, document.pop(BASE, None)), builders)
    city, run = (_table(given(name, document.pop(name, {})), given) for name in (CITY, RUN))
    replaced = SCENARIO in city or FILES in city
    changes = [listed for name, value in document.items() for listed in _listed(given(name, value), given)]
    return _Draft(
        path,
        city if replaced else below.city | city,
        below.run | run,
        below.changes + changes,
        below.files | {path.name: text},
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(str(path), "", f"nothing to read ({error.strerror})", "a what-if file in TOML") from None
    except UnicodeDecodeError as error:
        raise InputError(str(path), f"byte {error.start}", "bytes that are not UTF-8", "text in UTF-8") from None


def _document(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        words, _, place = str(error).partition(" (at ")
        raise InputError(str(path), place.rstrip(")"), f"a text that is not TOML ({words})", "TOML") from None
    except RecursionError:
        raise InputError(str(path), "", "brackets nested too deep to read", "a what-if file in TOML") from None


def _below(path: Path, base: Given, builders: tuple[Path, ...]) -> _Draft:
    """What the file builds on."""
    if base.value is None:
        return _Draft(path, {}, {}, [], {})
    if not isinstance(base.value, str):
        raise base.refusal(repr(base.value), "the path of another what-if file, as a text")
    below = (path.parent / base.value).resolve()
    if below in (*builders, path.resolve()):
        raise base.refusal(f"{base.value!r}, which builds on this file", "a file that does not")
    if not below.is_file():
        raise base.refusal(f"{base.value!r}, which is not there", f"a file beside {path.name}")
    return _read(below, (*builders, path.resolve()))


def _table(table: Given, given: Callable[[str, Any], Given]) -> dict[str, Given]:
    if not isinstance(table.value, dict):
        raise table.refusal(repr(table.value), "a table")
    return {key: given(f"{table.path[0]}.{key}", value) for key, value in table.value.items()}


def _listed(lists: Given, given: Callable[[str, Any], Given]) -> list[_Listed]:
    """The tables of one list; which change each is, is checked later."""
    name = lists.path[0]
    tables = lists.value if isinstance(lists.value, list) else [lists.value]
    single = not isinstance(lists.value, list)
    found = []
    for number, table in enumerate(tables, start=1):
        place = name if single else f"{name}[{number}]"
        head = given(place, table)._replace(path=(name,))
        if not isinstance(table, dict):
            raise head.refusal(repr(table), f"[{CITY}], [{RUN}], {BASE} or a table of changes, [[closure]] say")
        found.append(_Listed(head, {key: given(f"{place}.{key}", value) for key, value in table.items()}))
    return found


# ------------------------------------------------------------ making


def _scenario(draft: _Draft, packs: Registry) -> Scenario:
    keys = dict(draft.city)
    scenario, files = keys.pop(SCENARIO, None), keys.pop(FILES, None)
    if scenario and files:
        raise files.refusal("both scenario and files", "one of them")
    if files:
        paths = [_beside(files, name) for name in _texts(files)]
        found = _named(files, lambda: find_scenario(packs, paths))
        values = _values(keys, type(found))
        return _made(keys, lambda: find_scenario(packs, paths, **values))
    if scenario is None:
        raise InputError(str(draft.path), CITY, "neither scenario nor files", "one of them: which city it is")
    if not isinstance(scenario.value, str):
        raise scenario.refusal(repr(scenario.value), "a scenario, as name or name:argument")
    name: str = scenario.value
    kind = _named(scenario, lambda: packs.find(Scenario, name.partition(":")[0]))
    values = _values(keys, kind)
    return _made({SCENARIO: scenario} | keys, lambda: packs.component(Scenario, name, values))


def _change(listed: _Listed, packs: Registry) -> Change:
    name = listed.head.path[0]
    known = [BASE, CITY, RUN, *(kind.name for kind in packs.all(Change))]
    if name.rpartition("/")[2] not in known:
        raise listed.head.unknown("table", name, known)
    kind = _named(listed.head, lambda: packs.find(Change, name))
    values = _values(listed.keys, kind)
    return _made({"": listed.head} | listed.keys, lambda: packs.make(kind, values))


def _check(draft: _Draft, scenario: Scenario, changes: Sequence[Change]) -> None:
    """Refuse a city that cannot be built, and a change for which it has no place, with the place in the file."""
    plant = _made(draft.city, lambda: scenario.build([]))
    for change, listed in zip(changes, draft.changes, strict=True):
        keys = {"": listed.head} | listed.keys
        # First whether it is a change of such a city at all: only then does it know what to look for there.
        _made(keys, partial(scenario.changed, [change]))
        _made(keys, partial(change.check, plant))


def _values(keys: Mapping[str, Given], kind: type[Configurable]) -> dict[str, Any]:
    """The values of settings, lists as texts and paths beside their file."""
    for key, given in keys.items():
        if key not in kind.settings:
            raise given.unknown(f"key of {kind.name}", key, kind.settings)
    return {key: _value(given, kind.settings[key]) for key, given in keys.items()}


def _value(given: Given, declared: Setting) -> Any:
    if declared.type is str and isinstance(given.value, list):
        return ",".join(_texts(given))
    if declared.type is Path and isinstance(given.value, str):
        return _beside(given, given.value)
    if isinstance(given.value, list | dict):
        raise given.refusal("a list" if isinstance(given.value, list) else "a table", declared.expected())
    return given.value


def _texts(given: Given) -> list[str]:
    values = given.value if isinstance(given.value, list) else [given.value]
    if not all(isinstance(value, str | int | float) and not isinstance(value, bool) for value in values):
        raise given.refusal(repr(given.value), "a text, or a list of texts or numbers")
    return [str(value) for value in values]


def _beside(given: Given, name: str) -> Path:
    """A path in a file is meant from the file's own folder."""
    return Path(given.file).parent / name


def _made(keys: Mapping[str, Given], make: Callable[[], Made]) -> Made:
    """What a call makes from keys; its complaints get their place."""
    whole = next(iter(keys.values()), None)
    try:
        return make()
    except SettingError as error:
        place = keys.get(error.setting, whole)
        if place is None:
            raise
        raise place.refusal(f"{error.setting} = {error.found!r}", error.expected) from None
    except NotFoundError as error:
        named = [given for key, given in keys.items() if key and error.name in str(given.value)]
        raise _placed(error, next(iter(named), whole)) from None


def _named(given: Given, find: Callable[[], Made]) -> Made:
    """What a name stands for; an unknown one gets its place."""
    try:
        return find()
    except (NotFoundError, SettingError) as error:
        raise _placed(error, given) from None


def _placed(error: TouyanError, given: Given | None) -> TouyanError:
    """The same complaint with its place in the file."""
    if given is None:
        return error
    return given.refusal(error.message, error.expected if isinstance(error, SettingError) else _meant(error.hint))


def _meant(hint: str) -> str:
    """What a hint about an unknown name says, as what was expected."""
    near = hint.removeprefix("did you mean ").removesuffix("?")
    return f"{near} perhaps" if near != hint else hint.replace("known: ", "one of ")
