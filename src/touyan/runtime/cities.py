"""From a folder or files on disk to the scenario that can read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from touyan.core.components import Scenario
from touyan.core.errors import InputError, NotFoundError

from .packs import Registry


def find_scenario(registry: Registry, paths: Sequence[Path], plant: str = "", **settings: Any) -> Scenario:
    """The scenario of a folder or files, by the first pack that recognises them.

    `plant` names another simulator that is to drive it. Raises NotFoundError for a path that is not there or a
    simulator that nobody brings, InputError when nobody recognises the files.
    """
    for path in paths:
        if not path.exists():
            raise NotFoundError("file or folder", str(path), _beside(path))
    kinds = [kind for kind in registry.all(Scenario) if kind.plant == plant]
    if plant and not kinds:
        raise NotFoundError("simulator to control", plant, {kind.plant for kind in registry.all(Scenario)} - {""})
    for kind in kinds:
        recognised = kind.recognise(paths)
        if recognised is not None:
            return registry.make(kind, {**recognised, **settings})
    expected = "; or ".join(kind.accepts for kind in kinds if kind.accepts)
    raise InputError(", ".join(map(str, paths)), "", _seen(paths), expected or "a pack that reads cities")


def _beside(path: Path) -> list[str]:
    return [str(other) for other in path.parent.iterdir()] if path.parent.is_dir() else []


def _seen(paths: Sequence[Path]) -> str:
    """What lies there, in words."""
    if len(paths) == 1 and paths[0].is_dir():
        names = sorted(path.name for path in paths[0].iterdir())
        return f"a folder with {', '.join(names[:8])}" if names else "an empty folder"
    return "files of another kind"
