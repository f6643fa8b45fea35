"""The rooms of the house, and which may import which; the layer test reads this table."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

_ENGINES = frozenset({"fusion", "warning", "simulation", "control", "content"})
_BASE = frozenset({"core", "kernels"})
_BELOW_PACKS = _BASE | _ENGINES | {"learning", "sharing"}

MAY_IMPORT: dict[str, frozenset[str]] = {
    "core": frozenset(),
    "kernels": frozenset(),
    **dict.fromkeys(sorted(_ENGINES), _BASE),
    "learning": _BASE,
    "sharing": frozenset({"core"}),
    # Packs reach kernels because a pack's compiled kernel lies there.
    "packs": _BELOW_PACKS,
    "runtime": _BELOW_PACKS,
    "server": frozenset({"core", "runtime", "sharing"}),
    "cli": frozenset({"core", "runtime", "server"}),
}
"""Room → the other rooms of ours that it may import; all may import `touyan` itself for the version."""


def upward_imports(package: Path) -> list[str]:
    """Each import in a package's tree that the table does not allow, in words.

    Tests of packs are not part of the house: they may import what they test with.
    """
    files = [path for path in sorted(package.rglob("*.py")) if "tests" not in path.relative_to(package).parts]
    return [told for path in files for told in _breaches(path, package)]


def _breaches(path: Path, package: Path) -> Iterator[str]:
    parts = path.relative_to(package).with_suffix("").parts
    if len(parts) < 2:  # the package's own __init__ belongs to no room
        return
    here = (package.name, *parts)
    needs = _needs(package / "packs" / parts[1]) if parts[0] == "packs" else []
    for line, target in _imports(path, here):
        if target[0] == package.name and not _allowed(here, target, needs):
            yield f"{'/'.join(parts)}.py:{line}: {parts[0]} may not import {'.'.join(target)}"


def _allowed(here: tuple[str, ...], target: tuple[str, ...], needs: list[str]) -> bool:
    """Whether one module may import another: both are split names that start with the package."""
    room, other = here[1], target[1] if len(target) > 1 else ""
    if room == other == "packs":
        return target[2:3] == here[2:3] or any(name in needs for name in target[2:3])
    return other in ("", "__version__", room) or other in MAY_IMPORT.get(room, frozenset())


def _needs(pack: Path) -> list[str]:
    """The other packs that a pack's manifest lists."""
    manifest = pack / "pack.toml"
    return list(tomllib.loads(manifest.read_text(encoding="utf-8")).get("needs", [])) if manifest.is_file() else []


def _imports(path: Path, here: tuple[str, ...]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Line and split name of every import in a file, late ones too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, tuple(alias.name.split("."))) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = here[: -node.level] if node.level else ()
            module = (*base, *(node.module.split(".") if node.module else ()))
            yield from ((node.lineno, (*module, alias.name)) for alias in node.names)
