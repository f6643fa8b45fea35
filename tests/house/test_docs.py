"""The documentation says what is true: everything has its place, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

import reference_pages
from touyan.cli.exits import ExitCode
from touyan.core.components import Component
from touyan.core.errors import TouyanError
from touyan.runtime.channels.declared import MailChannel, MqttChannel, WebhookChannel
from touyan.runtime.packs import load_packs
from touyan.runtime.settings import TABLES, BrainSettings, environment_name
from touyan.warning.desk import Grouping, Inhibition, Rung
from touyan.warning.rules import After, RuleSpec, Together
from touyan.warning.sender import Sender

CHANNELS = (WebhookChannel, MqttChannel, MailChannel)

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LANGUAGES = ("en", "zh")


def pages(language: str) -> dict[str, str]:
    """Every page of a tree by its path, with the generated parts filled in."""
    tree = DOCS / language
    files = sorted(tree.rglob("*.md"))
    texts = {str(path.relative_to(tree)): path.read_text(encoding="utf-8") for path in files}
    return {name: reference_pages.filled(text, language) for name, text in texts.items()}


def commands() -> list[str]:
    """Every command that the program knows."""
    return sorted(reference_pages.command_group().commands)


def test_both_trees_have_the_same_pages() -> None:
    """A page that exists in one language only is lost for half of the readers."""
    assert pages("en").keys() == pages("zh").keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_with_every_option_has_its_place(language: str) -> None:
    """What cannot be looked up does not exist for most people."""
    page = pages(language)["reference/cli.md"]
    for name, command in reference_pages.all_commands().items():
        section = page.partition(f"### `touyan {name}`")[2].partition("\n### ")[0]
        options = [option for param in command.params for option in param.opts if option.startswith("--")]
        assert [option for option in options if option not in section] == [], name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_exit_code_and_error_has_its_place(language: str) -> None:
    """Scripts are written against these tables."""
    filled = pages(language)
    assert all(f"| `{code.value}` |" in filled["reference/cli.md"] for code in ExitCode)
    kinds: list[type[TouyanError]] = [TouyanError, *TouyanError.__subclasses__()]
    for kind in kinds:
        assert f"| `{kind.code}` | `{kind.__name__}` |" in filled["reference/errors.md"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_of_the_brain_has_its_place(language: str) -> None:
    """Both the key of the file and the variable of the environment must be found."""
    page = pages(language)["reference/settings.md"]
    for name, table in TABLES.items():
        assert f"### `[{name}]`" in page
        assert all(environment_name(name, key) in page for key in table.settings)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_pack_and_component_with_every_setting_has_its_place(language: str) -> None:
    """A new pack gets its place by being there, because the page is made from the code."""
    page = pages(language)["reference/components.md"]
    registry = load_packs(BrainSettings())
    for component in registry.all(Component):
        pack = registry.pack_of(component).name
        assert f"## `{pack}`: " in page
        assert f"### {component.kind} `{component.name}`" in page
        assert all(environment_name(pack, component.name, key) in page for key in component.settings)


@pytest.mark.parametrize(("readme", "picture"), [("README.md", "console.png"), ("README.zh.md", "console.zh.png")])
def test_the_readme_is_short_opens_with_the_console_and_names_every_command(readme: str, picture: str) -> None:
    """A newcomer decides in a minute, by the picture and the two commands."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    assert f"](docs/images/{picture})" in text[:300]
    assert (DOCS / "images" / picture).stat().st_size < 300_000
    assert all(f"`touyan {name}" in text for name in commands())


def test_links_between_pages_lead_somewhere() -> None:
    """A dead link ends the search of a reader who was nearly there."""
    texts = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
    for page in [path for path in texts if "_build" not in path.parts]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_commands_shown_in_the_documentation_exist() -> None:
    """A reader copies them without thinking."""
    texts = [path.read_text(encoding="utf-8") for path in [*ROOT.glob("README*.md"), *DOCS.glob("*/*/*.md")]]
    shown = {name for text in texts for name in re.findall(r"^\$ .*?\btouyan ([a-z-]+)", text, re.MULTILINE)}
    assert shown <= set(commands())


def test_the_changelog_has_a_place_for_what_comes_next() -> None:
    """Keep a Changelog: each change is entered when it is made."""
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_of_the_alert_file_has_its_place(language: str) -> None:
    """What an operation centre may decide must be found in one page."""
    page = pages(language)["reference/alert-file.md"]
    kinds: list[type] = [RuleSpec, Together, After, Inhibition, Grouping, Rung, Sender, *CHANNELS]
    keys = {field.encode_name for kind in kinds for field in msgspec.structs.fields(kind)}
    assert [key for key in sorted(keys) if not re.search(rf"\b{key}\b", page)] == []
