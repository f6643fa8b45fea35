"""New packs are whole, pass their own tests and keep the contract at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from touyan.core.components import Component
from touyan.core.errors import InputError
from touyan.runtime.new_pack import TEMPLATE, default_folder, write_pack
from touyan.runtime.packs import load_pack


def test_a_new_pack_keeps_the_contract(tmp_path: Path) -> None:
    """The first thing that somebody sees of the contract must be a pack that keeps it."""
    registry = load_pack(write_pack("flood", tmp_path))
    assert registry.all(Component)
    assert not registry.refused


def test_the_tests_of_a_new_pack_pass_at_once(tmp_path: Path) -> None:
    """Whoever starts a pack starts from green."""
    written = write_pack("flood", tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(written)]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_smallest_pack_is_two_files_and_about_twenty_lines(tmp_path: Path) -> None:
    """A pack must cost little to begin; the house style allows two files and 20 lines of code."""
    written = write_pack("flood", tmp_path)
    files = [path for path in written.iterdir() if path.is_file()]
    assert sorted(path.name for path in files) == ["analyses.py", "pack.toml"]
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    assert sum(bool(line.strip()) and '"""' not in line for line in lines) <= 20


def test_no_word_of_the_template_is_left(tmp_path: Path) -> None:
    """Two packs that both say `my_pack` would meet in the console."""
    written = write_pack("flood", tmp_path)
    assert not [path for path in written.rglob("*.*") if "my_pack" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", ["Flood", "_flood", "flood-plain", "9flood", "a__b", "../flood", ""])
def test_a_name_that_cannot_be_a_folder_and_a_module_is_refused(tmp_path: Path, name: str) -> None:
    """The loader would refuse the pack later, in another place."""
    with pytest.raises(InputError, match="expected small letters, digits and single underscores"):
        write_pack(name, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_pack_that_exists_is_never_overwritten(tmp_path: Path) -> None:
    """Somebody's work may be in it."""
    mine = write_pack("flood", tmp_path) / "analyses.py"
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="which exists; expected a name that no pack has"):
        write_pack("flood", tmp_path)
    assert mine.read_text(encoding="utf-8") == "mine"


def test_in_a_source_checkout_new_packs_join_the_others() -> None:
    """There, the contract test of the house looks after them."""
    assert default_folder() == TEMPLATE.parent
