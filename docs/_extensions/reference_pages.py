"""Writes the reference from the code's own declarations, so that the two cannot drift apart.

A page holds markers like `<!-- generated: settings -->`; `filled` puts the text in their place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from touyan.core.components import Change, Component
from touyan.core.errors import TouyanError
from touyan.core.settings import Configurable, Setting
from touyan.packs.traffic.sumo.report import OMISSIONS
from touyan.runtime.contract import CONTRACT
from touyan.runtime.manifests import ENGINES, LEVELS
from touyan.runtime.packs import Pack, Registry, load_packs
from touyan.runtime.rooms import MAY_IMPORT
from touyan.runtime.settings import TABLES, BrainSettings, environment_name
from touyan.runtime.what_if import RunTable

_MARKER = re.compile(r"<!-- generated: ([a-z-]+) -->")

_WORDS: dict[str, tuple[str, str]] = {
    "name": ("name", "名称"),
    "what": ("what it is for", "用途"),
    "default": ("default", "默认值"),
    "allowed": ("allowed", "允许的值"),
    "unit": ("unit", "单位"),
    "variable": ("environment", "环境变量"),
    "code": ("code", "代码"),
    "exit": ("exit code", "退出码"),
    "meaning": ("meaning", "含义"),
    "room": ("room", "房间"),
    "may": ("may import", "可以导入"),
    "file": ("file", "文件"),
    "kind": ("kind", "种类"),
    "level": ("level", "级别"),
    "engines": ("engines", "引擎"),
    "owners": ("owners", "负责人"),
    "needed": ("must be given", "必填"),
}

_EXIT_MEANINGS = {
    "OK": ("done", "完成"),
    "FAILURE": ("something failed that is not the input's fault", "发生了与输入无关的失败"),
    "USAGE": ("the command line is wrong", "命令行写错"),
    "INVALID_INPUT": ("a file, a setting or a name is wrong or missing", "文件、设置或名称有误或不存在"),
    "PROBLEMS_FOUND": ("a check found problems", "检查发现问题"),
    "INTERRUPTED": ("stopped by Ctrl+C or SIGTERM, in order", "被 Ctrl+C 或 SIGTERM 有序停止"),
}


def filled(page: str, language: str) -> str:
    """A page with every marker replaced by the generated text; raises KeyError for an unknown marker."""
    return _MARKER.sub(lambda marker: PARTS[marker.group(1)](language), page)


def settings_of_the_brain(language: str) -> str:
    """One table for each table of the settings file."""
    return "\n\n".join(
        f"### `[{name}]`\n\n{table.summary()}\n\n{_settings(table, language, name)}" for name, table in TABLES.items()
    )


def components_of_all_packs(language: str) -> str:
    """Every pack with its components and their settings."""
    registry = load_packs(BrainSettings())
    registry.all(Component)
    return "\n\n".join(_pack(registry, pack, language) for pack in registry.packs.values())


def pack_files(language: str) -> str:
    """The files of the contract and what each holds."""
    rows = ((f"`{file}.py`", f"`{kind.__name__}`", kind.summary()) for file, kind in CONTRACT.items())
    return _table((_word("file", language), _word("kind", language), _word("what", language)), rows)


def engine_names(language: str) -> str:
    """The engines that a manifest may list."""
    return ", ".join(f"`{engine}`" for engine in ENGINES)


def level_names(language: str) -> str:
    """The levels that a manifest may claim."""
    return ", ".join(f"`{level}`" for level in LEVELS)


def commands(language: str) -> str:
    """Every command with its arguments and options."""
    return "\n\n".join(_command(name, command, language) for name, command in sorted(all_commands().items()))


def exit_codes(language: str) -> str:
    """What each exit code means."""
    from touyan.cli.exits import ExitCode

    place = 1 if language == "zh" else 0
    rows = ((f"`{code.value}`", _EXIT_MEANINGS[code.name][place]) for code in ExitCode)
    return _table((_word("code", language), _word("meaning", language)), rows)


def errors(language: str) -> str:
    """Every class of error with its code and the exit code of a command that meets it."""
    from touyan.cli.exits import exit_code_of

    classes: list[type[TouyanError]] = [TouyanError, *TouyanError.__subclasses__()]
    rows = (
        (f"`{kind.code}`", f"`{kind.__name__}`", f"`{exit_code_of(kind).value}`", _first_line(kind)) for kind in classes
    )
    return _table((_word("code", language), "Python", _word("exit", language), _word("meaning", language)), rows)


def rooms(language: str) -> str:
    """Which room may import which, for the rooms that are built."""
    rows = (
        (f"`{room}/`", _first_line(import_module(f"touyan.{room}")), ", ".join(f"`{other}`" for other in sorted(below)))
        for room, below in MAY_IMPORT.items()
        if find_spec(f"touyan.{room}")
    )
    return _table((_word("room", language), _word("what", language), _word("may", language)), rows)


def what_if_run(language: str) -> str:
    """The keys of the table that says how a possible city is run."""
    return _keys(RunTable, language)


def changes(language: str) -> str:
    """Every change that packs bring, with its keys."""
    registry = load_packs(BrainSettings())
    kinds = registry.all(Change)
    return "\n\n".join(f"### `[[{kind.name}]]`\n\n{kind.summary()}\n\n{_keys(kind, language)}" for kind in kinds)


def sumo_omissions(language: str) -> str:
    """The table of what a SUMO city loses on the way in, by the names of `touyan import --json`."""
    rows = ((f"`{name}`", getattr(text, language)) for name, text in OMISSIONS.items())
    return _table((_word("name", language), _word("meaning", language)), rows)


PARTS: dict[str, Callable[[str], str]] = {
    "settings": settings_of_the_brain,
    "components": components_of_all_packs,
    "pack-files": pack_files,
    "engines": engine_names,
    "levels": level_names,
    "commands": commands,
    "exit-codes": exit_codes,
    "errors": errors,
    "rooms": rooms,
    "sumo-omissions": sumo_omissions,
    "what-if-run": what_if_run,
    "changes": changes,
}


def _keys(declared: type[Configurable], language: str) -> str:
    """Settings as keys of a file, which no environment variable sets."""
    columns = tuple(_word(key, language) for key in ("name", "default", "allowed", "unit", "what"))
    return _table(columns, ((f"`{name}`", *_setting(each, language)) for name, each in declared.settings.items()))


def _settings(declared: type[Configurable], language: str, *path: str) -> str:
    columns = tuple(_word(key, language) for key in ("name", "default", "allowed", "unit", "what", "variable"))
    rows = (
        (f"`{name}`", *_setting(setting, language), f"`{environment_name(*path, name)}`")
        for name, setting in declared.settings.items()
    )
    return _table(columns, rows)


def _setting(setting: Setting, language: str) -> tuple[str, str, str, str]:
    default = _word("needed", language) if setting.required else f"`{setting.default!r}`"
    return default, setting.expected(), setting.unit, setting.help


def _pack(registry: Registry, pack: Pack, language: str) -> str:
    manifest = pack.manifest
    title = manifest.title.zh if language == "zh" else manifest.title.en
    engines = ", ".join(manifest.engines)
    told = f"{_word('level', language)}: {manifest.level} · {_word('engines', language)}: {engines}"
    parts = [f"## `{pack.name}`: {title}", f"{told} · {_word('owners', language)}: {', '.join(manifest.owners)}"]
    for kind in registry.kinds.values():
        parts += [_component(pack.name, component, language) for component in pack.components(kind)]
    return "\n\n".join(parts)


def _component(pack: str, component: type[Component], language: str) -> str:
    heading = f"### {component.kind} `{component.name}`\n\n{component.summary()}"
    if not component.settings:
        return heading
    return f"{heading}\n\n{_settings(component, language, pack, component.name)}"


def command_group() -> Any:
    """The command line as its library sees it, with `commands` and their `params`."""
    import typer.main

    from touyan.cli.main import app

    return typer.main.get_command(app)


def all_commands() -> dict[str, Any]:
    """Every command by its whole name, those of groups (`rules test`) too."""
    found: dict[str, Any] = {}
    for name, command in command_group().commands.items():
        below = getattr(command, "commands", None)
        found |= {f"{name} {each}": made for each, made in below.items()} if below else {name: command}
    return found


def _command(name: str, command: Any, language: str) -> str:
    rows = ((f"`{_option(param)}`", _translated(param.help or "", language)) for param in command.params)
    table = _table((_word("name", language), _word("what", language)), rows)
    return f"### `touyan {name}`\n\n{_translated(command.help, language)}\n\n{table}"


def _option(param: Any) -> str:
    return ", ".join(param.opts) if param.param_type_name == "option" else (param.metavar or param.name.upper())


def _translated(text: str, language: str) -> str:
    """A text of the catalogue in the language; the program speaks the one that it started with."""
    from touyan.cli.messages import MESSAGES

    known = {either: message for message in MESSAGES.values() for either in (message.en, message.zh)}
    if text not in known:
        return text
    return known[text].zh if language == "zh" else known[text].en


def _first_line(documented: Any) -> str:
    return (documented.__doc__ or "").strip().partition("\n")[0]


def _word(key: str, language: str) -> str:
    return _WORDS[key][1 if language == "zh" else 0]


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    return "\n".join(_lines(tuple(columns), rows))


def _lines(columns: tuple[str, ...], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    yield _line(columns)
    yield _line("---" for _ in columns)
    for row in rows:
        yield _line(cell.replace("|", "\\|").replace("\n", " ") for cell in row)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
