"""Writes a new pack from the template: two files and a test that passes at once."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from touyan.core.errors import InputError

from .manifests import is_pack_name
from .packs import OWN_FOLDER

TEMPLATE = OWN_FOLDER / "_template"
_PLACEHOLDER = "my_pack"


def default_folder() -> Path:
    """Where new packs go: the package's own folder in a source checkout, else `packs` here."""
    checkout = OWN_FOLDER.parents[2]
    return (
        OWN_FOLDER if (checkout / "pyproject.toml").is_file() and OWN_FOLDER.parents[1].name == "src" else Path("packs")
    )


def write_pack(name: str, folder: Path) -> Path:
    """The folder of a new pack; raises InputError when the name is bad or taken."""
    if not is_pack_name(name):
        raise InputError("command line", "NAME", repr(name), "small letters, digits and single underscores")
    target = folder / name
    if target.exists():
        raise InputError("command line", "NAME", f"{target}, which exists", "a name that no pack has")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".new-pack-") as half:
        # Made beside its place and then renamed, so that an interruption leaves no half pack.
        _fill(Path(half) / name, name)
        (Path(half) / name).rename(target)
    return target


def _fill(target: Path, name: str) -> None:
    shutil.copytree(TEMPLATE, target, ignore=shutil.ignore_patterns("__pycache__"))
    for path in target.rglob("*.*"):
        path.write_text(path.read_text(encoding="utf-8").replace(_PLACEHOLDER, name), encoding="utf-8")
