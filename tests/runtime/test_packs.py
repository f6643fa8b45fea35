"""The loader: packs are found, kept to the contract, and refused by name when they break it."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from touyan.core.components import Component, Controller, Detector, GuardRule
from touyan.core.errors import InputError, NotFoundError, PackError, SettingError
from touyan.runtime import packs as packs_module
from touyan.runtime.packs import load_pack

from .pack_writing import GUARD, MANIFEST, reason_for, registry_of, write_pack

DOCSTRING = '    """Keeps the valve shut."""\n'

NO_SCORE = '''
from touyan.core.components import Detector


class Level(Detector):
    """Watches the level."""
'''


def test_a_pack_in_a_folder_of_the_user_brings_its_components(tmp_path: Path) -> None:
    """A city's own knowledge must not need a change to the package."""
    write_pack(tmp_path)
    registry = registry_of(tmp_path)
    rule = registry.component(GuardRule, "shut-valve")
    assert rule.values() == {"hours": 2.0, "colour": "red"}
    assert registry.pack_of(type(rule)).manifest.title.zh == "水井"


def test_a_folder_that_is_a_pack_counts_as_one(tmp_path: Path) -> None:
    """Pointing at the pack itself is what people do first."""
    assert "wells" in registry_of(write_pack(tmp_path)).packs


def test_manifests_are_read_without_importing_code(tmp_path: Path) -> None:
    """Listing packs must be fast and safe, whatever their code does."""
    marker = "from pathlib import Path\nPath(__file__).with_name('imported').touch()\n"
    pack = write_pack(tmp_path, files={"guards.py": marker + GUARD.format(cls="ShutValve")})
    registry = registry_of(tmp_path)
    assert registry.packs["wells"].folder == pack.resolve()
    assert not (pack / "imported").exists()
    registry.all(GuardRule)
    assert (pack / "imported").exists()


def test_only_the_files_of_the_kind_asked_for_are_imported(tmp_path: Path) -> None:
    """A command that wants a controller must not pay for, or fail on, the map layers."""
    write_pack(tmp_path, files={"guards.py": GUARD.format(cls="ShutValve"), "layers.py": "raise ValueError"})
    registry = registry_of(tmp_path)
    assert registry.find(GuardRule, "shut-valve")
    assert "wells" in registry.packs


def test_packs_of_different_folders_with_the_same_name_do_not_meet(tmp_path: Path) -> None:
    """Python keeps modules by name, so a second pack could silently be the first."""
    write_pack(tmp_path / "a", files={"guards.py": GUARD.format(cls="First")})
    write_pack(tmp_path / "b", files={"guards.py": GUARD.format(cls="Second")})
    assert registry_of(tmp_path / "a").find(GuardRule, "first")
    assert registry_of(tmp_path / "b").find(GuardRule, "second")


def test_a_pack_may_import_its_own_modules(tmp_path: Path) -> None:
    """Real packs have more code than the contract's files."""
    files = {"valve.py": "HOURS = 7.0", "guards.py": "from .valve import HOURS\n" + GUARD.format(cls="ShutValve")}
    write_pack(tmp_path, files=files)
    assert registry_of(tmp_path).find(GuardRule, "shut-valve")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("name", "nome"), "pack.toml: at top: found 'nome'; expected name"),
        (('"bronze"', '"copper"'), "pack.toml: at level: found 'copper'; expected one of bronze, gold, silver"),
        (('"warning"', '"warnings"'), "pack.toml: at engines: found 'warnings'; expected warning"),
        (('"{name}"', '"well"'), "pack.toml: at name: found 'well'; expected the folder's name, 'wells'"),
        (('["water office"]', "[]"), "pack.toml: at owners: found an empty list; expected who answers for the pack"),
        (('["water office"]', "3"), "pack.toml: Expected `array`, got `int` - at `$.owners`"),
        (("title", "# title"), "pack.toml: Object missing required field `title`"),
        (("owners =", "owners"), "pack.toml is not TOML: "),
    ],
)
def test_a_bad_manifest_refuses_the_pack_in_words(tmp_path: Path, change: tuple[str, str], reason: str) -> None:
    """The owner must read in one line what to correct, and the others must start."""
    write_pack(tmp_path, manifest=MANIFEST.replace(*change, 1))
    write_pack(tmp_path, "springs")
    registry = registry_of(tmp_path)
    assert reason_for(registry).startswith(reason)
    assert "springs" in registry.packs


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"guards.py": "import no_such_module"}, "guards.py cannot be imported: ModuleNotFoundError: "),
        ({"guards.py": "def ("}, "guards.py cannot be imported: SyntaxError: "),
        ({"guards.py": "raise SystemExit(3)"}, "guards.py cannot be imported: SystemExit: 3"),
        (
            {"guards.py": GUARD.format(cls="A").replace('"""Keeps', "'' + '''").replace('shut."""', "'''")},
            "guards.py: A",
        ),
        ({"detectors.py": NO_SCORE}, "detectors.py: Level does not define score()"),
        ({"detectors.py": GUARD.format(cls="A")}, "detectors.py: A is no detector"),
        (
            {"guards.py": GUARD.format(cls="A").replace("objection", "objects")},
            "guards.py: A does not define objection()",
        ),
        (
            {"guards.py": GUARD.format(cls="A") + GUARD.format(cls="B") + '    name = "a"\n'},
            "guards.py: the name 'a' is",
        ),
        ({"guards.py": GUARD.format(cls="A").replace("Colour of the lamp.", "")}, "guards.py: A.colour does not say"),
    ],
)
def test_a_component_that_breaks_the_contract_refuses_the_pack(
    tmp_path: Path, files: dict[str, str], reason: str
) -> None:
    """Whatever a pack's code does on import, the rest of the brain starts."""
    write_pack(tmp_path, files=files)
    write_pack(tmp_path, "springs")
    registry = registry_of(tmp_path)
    registry.all(Component)
    assert reason_for(registry).startswith(reason)
    assert "springs" in registry.packs


def test_a_detector_without_entity_type_is_refused(tmp_path: Path) -> None:
    """What a kind announces for all must be there before the brain asks for it."""
    methods = '    def start(self, plant):\n        "No."\n    def score(self, state):\n        "No."\n'
    write_pack(tmp_path, files={"detectors.py": NO_SCORE + methods})
    registry = registry_of(tmp_path)
    assert registry.all(Detector) == [c for c in registry.all(Detector) if "wells" not in c.__module__]
    assert reason_for(registry) == "detectors.py: Level does not give entity_type"


def test_a_pack_without_manifest_or_without_component_file_is_refused(tmp_path: Path) -> None:
    """An empty folder is a mistake that must not pass in silence."""
    (tmp_path / "empty").mkdir()
    write_pack(tmp_path, files={"guard.py": ""})
    registry = registry_of(tmp_path)
    assert reason_for(registry, "empty") == "it has no readable pack.toml"
    assert reason_for(registry) == "it has no component file"


def test_a_pack_whose_needs_are_absent_is_refused_with_all_that_need_it(tmp_path: Path) -> None:
    """Half a chain of packs would fail later, where nobody sees why."""
    write_pack(tmp_path, "wells", needs='["rivers"]')
    write_pack(tmp_path, "springs", needs='["wells"]')
    registry = registry_of(tmp_path)
    assert reason_for(registry, "wells") == "it needs the pack 'rivers', which is not here"
    assert reason_for(registry, "springs") == "it needs the pack 'wells', which is not here"


def test_a_pack_that_breaks_late_takes_those_that_need_it_along(tmp_path: Path) -> None:
    """The promise of `needs` holds after the start too."""
    write_pack(tmp_path, "wells", files={"guards.py": "raise ValueError('late')"})
    write_pack(tmp_path, "springs", needs='["wells"]')
    registry = registry_of(tmp_path)
    registry.all(GuardRule)
    assert "springs" not in registry.packs


def test_the_second_pack_of_a_name_is_refused(tmp_path: Path) -> None:
    """Settings and commands name packs, so a name must mean one."""
    write_pack(tmp_path / "a")
    second = write_pack(tmp_path / "b")
    registry = registry_of(Path(f"{tmp_path / 'a'}:{second.parent}"))
    assert reason_for(registry).endswith("has the same name")


def test_a_folder_of_packs_that_is_missing_is_told(tmp_path: Path) -> None:
    """A typing mistake in a path must not mean fewer packs."""
    with pytest.raises(InputError, match="found no folder at"):
        registry_of(tmp_path / "nowhere")


def test_a_spec_may_name_the_pack_and_give_the_first_setting(tmp_path: Path) -> None:
    """`pack/name:argument` is how commands, files and pages ask for a component."""
    write_pack(tmp_path)
    rule = registry_of(tmp_path).component(GuardRule, "wells/shut-valve:5", {"colour": "blue"})
    assert rule.values() == {"hours": 5.0, "colour": "blue"}


def test_an_unknown_component_is_refused_with_the_nearest(tmp_path: Path) -> None:
    """Most unknown names are misspelt known ones."""
    write_pack(tmp_path)
    with pytest.raises(NotFoundError) as caught:
        registry_of(tmp_path).component(GuardRule, "shut-valves")
    assert (caught.value.kind, caught.value.hint) == ("guard", "did you mean 'shut-valve'?")
    with pytest.raises(NotFoundError, match="there is no controller 'shut-valve'"):
        registry_of(tmp_path).component(Controller, "shut-valve")


def test_a_name_in_two_packs_must_be_given_with_its_pack(tmp_path: Path) -> None:
    """Taking either of the two would be a guess."""
    write_pack(tmp_path, "wells")
    write_pack(tmp_path, "springs")
    registry = registry_of(tmp_path)
    with pytest.raises(NotFoundError, match="there is no single guard 'shut-valve'"):
        registry.find(GuardRule, "shut-valve")
    assert registry.pack_of(registry.find(GuardRule, "springs/shut-valve")).name == "springs"


def test_settings_come_from_file_then_environment_then_the_caller(tmp_path: Path) -> None:
    """The nearer to the person, the stronger."""
    write_pack(tmp_path)
    environment = {"TOUYAN_WELLS__SHUT_VALVE__HOURS": "3", "TOUYAN_WELLS__SHUT_VALVE__COLOUR": "blue"}
    registry = registry_of(tmp_path, environment)
    assert registry.component(GuardRule, "shut-valve").values() == {"hours": 3.0, "colour": "blue"}
    assert registry.component(GuardRule, "shut-valve:4").values() == {"hours": 4.0, "colour": "blue"}


@pytest.mark.parametrize(
    ("name", "value", "found", "expected"),
    [
        ("TOUYAN_WELL__SHUT_VALVE__HOURS", "3", "the unknown pack 'well'", "wells"),
        ("TOUYAN_WELLS__SHUT_VALVES__HOURS", "3", "the unknown component 'shut-valves'", "shut-valve"),
        ("TOUYAN_WELLS__SHUT_VALVE__HOUR", "3", "the unknown setting 'hour'", "hours"),
        ("TOUYAN_WELLS__SHUT_VALVE__HOURS", "-3", "'-3'", "a number of at least 0"),
    ],
)
def test_settings_of_components_are_checked_at_the_start(
    tmp_path: Path, name: str, value: str, found: str, expected: str
) -> None:
    """A misspelt setting must stop the start, not be ignored for a month."""
    write_pack(tmp_path)
    with pytest.raises(InputError) as caught:
        registry_of(tmp_path, {name: value})
    assert (caught.value.place, caught.value.found, caught.value.expected) == (name, found, expected)


def test_an_argument_for_a_component_without_settings_is_refused(tmp_path: Path) -> None:
    """Dropping it silently would run something else than was asked."""
    plain = "".join(line for line in GUARD.format(cls="Bare").splitlines(keepends=True) if "setting(" not in line)
    write_pack(tmp_path, files={"guards.py": plain})
    registry = registry_of(tmp_path)
    assert registry.component(GuardRule, "bare").values() == {}
    with pytest.raises(SettingError, match="nothing after the colon"):
        registry.component(GuardRule, "bare:3")


def test_an_installed_package_can_be_a_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packs can be shared as ordinary packages, under any package name."""
    write_pack(tmp_path).rename(tmp_path / "acme_wells")
    monkeypatch.syspath_prepend(str(tmp_path))
    entries = [EntryPoint("wells", "acme_wells", "touyan.packs"), EntryPoint("lost", "no.such.package", "touyan.packs")]
    monkeypatch.setattr(packs_module, "entry_points", lambda group: entries)
    (tmp_path / "none").mkdir()
    registry = registry_of(tmp_path / "none")
    assert registry.pack_of(registry.find(GuardRule, "shut-valve")).package == "acme_wells"
    assert reason_for(registry, "lost") == "there is no package 'no.such.package'"


def test_one_pack_alone_can_be_loaded_for_its_tests(tmp_path: Path) -> None:
    """A pack's own tests must not depend on the other packs."""
    assert list(load_pack(write_pack(tmp_path)).packs) == ["wells"]
    with pytest.raises(PackError, match="it has no readable"):
        load_pack(tmp_path)


def test_a_pack_names_the_city_that_shows_it(tmp_path: Path) -> None:
    """`touyan demo --pack` must find it, and say which packs have one where a pack has none."""
    write_pack(tmp_path)
    registry = registry_of(tmp_path)
    assert registry.demo_of("traffic") == "traffic/grid"
    with pytest.raises(NotFoundError, match="pack with a city to show 'wells'"):
        registry.demo_of("wells")
