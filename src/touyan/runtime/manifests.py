"""Manifests of packs: read before, and without, any of their code."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from touyan.core.errors import PackError
from touyan.core.text import Text

FILE_NAME = "pack.toml"
ENGINES = ("fusion", "warning", "simulation", "control", "content", "learning", "sharing")
LEVELS = ("bronze", "silver", "gold")
"""What a pack has earned; each level needs what the one before needs."""

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a pack says of itself."""

    name: str
    title: Text
    owners: list[str]
    engines: list[str]
    level: str
    needs: list[str] = []
    demo: str = ""
    """The scenario that `touyan demo --pack` shows, as name or name:argument."""


def read_manifest(folder: Path, name: str) -> Manifest:
    """The manifest of the pack that must bear the name; raises PackError with what to correct."""
    manifest = _converted(name, _document(folder, name))
    if manifest.name != name:
        raise _mistake(name, "name", repr(manifest.name), f"the folder's name, {name!r}")
    if not is_pack_name(manifest.name):
        raise _mistake(name, "name", repr(manifest.name), "small letters, digits and single underscores")
    if not manifest.owners:
        raise _mistake(name, "owners", "an empty list", "who answers for the pack")
    for engine in manifest.engines:
        _check_known(name, "engines", engine, ENGINES)
    _check_known(name, "level", manifest.level, LEVELS)
    return manifest


def is_pack_name(name: str) -> bool:
    """Whether a pack may bear the name: it is a folder, a module and part of a variable's name."""
    return _NAME.fullmatch(name) is not None


def missing_for_level(folder: Path, level: str) -> list[str]:
    """What a pack of that level must still bring."""
    earned = {
        "bronze": {"tests/test_*.py": any(folder.glob("tests/test_*.py"))},
        "silver": {"README.md": (folder / "README.md").is_file(), "data/": any(folder.glob("data/*"))},
        "gold": {"benchmarks.py": (folder / "benchmarks.py").is_file()},
    }
    asked = LEVELS[: LEVELS.index(level) + 1]
    return [part for step in asked for part, there in earned[step].items() if not there]


def _document(folder: Path, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    except OSError:
        raise PackError(name, f"it has no readable {FILE_NAME}", f"write {folder / FILE_NAME}") from None
    except ValueError as error:
        raise PackError(name, f"{FILE_NAME} is not TOML: {error}", f"correct {FILE_NAME}") from None


def _converted(pack: str, document: dict[str, Any]) -> Manifest:
    known = {field.name for field in msgspec.structs.fields(Manifest)}
    for key in document:
        if key not in known:
            _check_known(pack, "top", key, known)
    try:
        return msgspec.convert(document, Manifest)
    except msgspec.ValidationError as error:
        raise PackError(pack, f"{FILE_NAME}: {error}", f"correct {FILE_NAME}") from None


def _check_known(pack: str, place: str, found: str, known: Collection[str]) -> None:
    if found not in known:
        near = get_close_matches(found, sorted(known), n=1)
        raise _mistake(pack, place, repr(found), near[0] if near else f"one of {', '.join(sorted(known))}")


def _mistake(pack: str, place: str, found: str, expected: str) -> PackError:
    return PackError(pack, f"{FILE_NAME}: at {place}: found {found}; expected {expected}", f"correct {FILE_NAME}")
