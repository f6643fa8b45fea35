"""The guide to writing a pack, followed to the letter: its pack loads, runs and warns."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from touyan.core.components import Component, Scenario
from touyan.runtime.brain import Brain
from touyan.runtime.new_pack import write_pack
from touyan.runtime.packs import load_packs
from touyan.runtime.settings import read_settings

DOCS = Path(__file__).parents[2] / "docs"
FILE = re.compile(r"^`(\w+\.\w+)`:\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)


def files_of(language: str) -> dict[str, str]:
    """The files of the pack on the page, by name."""
    return dict(FILE.findall((DOCS / language / "how-to" / "write-a-pack.md").read_text(encoding="utf-8")))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_pack_of_the_guide_has_under_sixty_lines(language: str) -> None:
    """A second field must be a small step; blank lines are not counted."""
    files = files_of(language)
    assert files.keys() == {"worlds.py", "detectors.py", "rules.py", "pack.toml"}
    assert sum(bool(line.strip()) for text in files.values() for line in text.splitlines()) < 60
    assert files == files_of("en")


def test_the_pack_of_the_guide_raises_its_alert(tmp_path: Path) -> None:
    """Who follows the page word for word must see a full car park, and no failed part of another pack."""
    folder = write_pack("parking", tmp_path)
    (folder / "analyses.py").unlink()
    for name, text in files_of("en").items():
        (folder / name).write_text(text, encoding="utf-8")
    settings = read_settings(environment={}, options={"brain.speed": 0, "packs.folders": str(tmp_path)})
    registry = load_packs(settings)
    registry.all(Component)
    assert registry.refused == []
    assert registry.demo_of("parking") == "parking/parking"
    brain = Brain(settings, registry, registry.component(Scenario, "parking"), "own", None)
    brain.stop_at(brain.about().started_at + 1800)
    brain.start()
    brain.join()
    assert {alert.rule for alert in brain.desk.all()} == {"car-park-full"}
