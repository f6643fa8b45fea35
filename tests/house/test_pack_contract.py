"""The same checks for every pack, for being there."""

from __future__ import annotations

import pytest

from touyan.core.components import Component, Detector, Rule
from touyan.runtime.manifests import missing_for_level
from touyan.runtime.packs import OWN_FOLDER, Registry, load_packs
from touyan.runtime.settings import BrainSettings

NAMES = sorted(path.name for path in OWN_FOLDER.iterdir() if path.is_dir() and path.name[0] not in "._")


@pytest.fixture(scope="module")
def registry() -> Registry:
    """All packs of the package, every component of them imported."""
    packs = load_packs(BrainSettings())
    packs.all(Component)
    return packs


@pytest.mark.parametrize("name", NAMES)
def test_the_loader_takes_the_pack(registry: Registry, name: str) -> None:
    """Manifest, file names, docstrings, methods and names are checked by the loader itself."""
    assert [error.reason for error in registry.refused if error.pack == name] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_pack_has_earned_its_level(registry: Registry, name: str) -> None:
    """A level is a promise to those who build on the pack."""
    pack = registry.packs[name]
    assert missing_for_level(pack.folder, pack.manifest.level) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_explained_and_its_default_is_allowed(registry: Registry, name: str) -> None:
    """Forms and reference pages are made from the declarations, so these must be whole."""
    for component in registry.packs[name].components(Component):
        for setting in component.settings.values():
            assert setting.help.endswith("."), f"{component.name}.{setting.name}: one sentence, with its full stop"
            if not setting.required:
                assert setting.checked(component.name, setting.default) == setting.default


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_judges_a_detector_of_its_pack_or_of_one_it_needs(registry: Registry, name: str) -> None:
    """A rule whose detector does not exist would never fire, and nobody would know."""
    pack = registry.packs[name]
    reachable = [registry.packs[other] for other in (name, *pack.manifest.needs)]
    detectors = {detector.name for other in reachable for detector in other.components(Detector)}
    for rule in pack.components(Rule):
        assert rule.detector in detectors, rule.name


def test_levels_are_earned_step_by_step() -> None:
    """This proves that the level test can fail: the template is bronze and no more."""
    template = OWN_FOLDER / "_template"
    assert missing_for_level(template, "bronze") == []
    assert missing_for_level(template, "silver") == ["README.md", "data/"]
    assert missing_for_level(template, "gold") == ["README.md", "data/", "benchmarks.py"]
