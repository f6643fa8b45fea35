"""Writes small packs, good and broken, for the tests of the loader."""

from __future__ import annotations

from pathlib import Path

from touyan.runtime.packs import Registry, load_packs
from touyan.runtime.settings import read_settings

MANIFEST = """
name = "{name}"
title = {{ en = "Wells", zh = "水井" }}
owners = ["water office"]
engines = ["warning"]
level = "bronze"
needs = {needs}
"""

GUARD = '''
from touyan.core.components import GuardRule
from touyan.core.settings import setting


class {cls}(GuardRule):
    """Keeps the valve shut."""

    hours: float = setting(2.0, unit="HUR", at_least=0.0, help="How long it stays shut.")
    colour: str = setting("red", one_of=("red", "blue"), help="Colour of the lamp.")

    def start(self, plant):
        """Nothing to learn."""

    def objection(self, command, state):
        """Never."""
'''


def write_pack(
    folder: Path,
    name: str = "wells",
    needs: str = "[]",
    manifest: str = MANIFEST,
    files: dict[str, str] | None = None,
) -> Path:
    """The folder of a pack with one guard rule, or with the files given."""
    pack = folder / name
    pack.mkdir(parents=True)
    (pack / "pack.toml").write_text(manifest.format(name=name, needs=needs), encoding="utf-8")
    for file, text in ({"guards.py": GUARD.format(cls="ShutValve")} if files is None else files).items():
        (pack / file).write_text(text, encoding="utf-8")
    return pack


def registry_of(folder: Path, environment: dict[str, str] | None = None) -> Registry:
    """The packs of a folder beside the package's own."""
    return load_packs(read_settings(environment=environment, options={"packs.folders": str(folder)}))


def reason_for(registry: Registry, name: str = "wells") -> str:
    """Why a pack was refused; fails when it was not."""
    return next(error.reason for error in registry.refused if error.pack == name)
