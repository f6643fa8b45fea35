"""`touyan compare`: two possible cities in one table, with intervals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from touyan.cli.exits import ExitCode

from .calling import Shell

BASE = '[city]\nscenario = "grid"\nrows = 1\ncolumns = 2\narrivals = 600\nseed = 3\n[run]\nseconds = 120\n'
VARIANT = 'base = "base.toml"\n[[demand]]\nfactor = 1.5\n'


@pytest.fixture
def study(empty_folder: Path) -> Path:
    """A folder with two what-if files."""
    (empty_folder / "base.toml").write_text(BASE, encoding="utf-8")
    (empty_folder / "more.toml").write_text(VARIANT, encoding="utf-8")
    return empty_folder


def run(touyan: Shell, *more: str) -> str:
    """What a comparison over three seeds prints."""
    outcome = touyan("compare", "base.toml", "more.toml", "--seeds", "3", "--workers", "1", *more)
    assert outcome.code == ExitCode.OK, outcome.err
    return outcome.out


def test_the_table_has_a_row_a_figure_with_its_interval(touyan: Shell, study: Path) -> None:
    """The last column is what most readers look for."""
    lines = run(touyan).splitlines()
    assert lines[0].split()[:4] == ["figure", "base", "variant", "difference"]
    (row,) = (line for line in lines if line.startswith("Vehicles under way"))
    assert "…" in row
    assert row.endswith("yes")


def test_the_json_is_the_saved_result(touyan: Shell, study: Path) -> None:
    """Programs get all that people get, and the seeds of the file's own first one."""
    told = json.loads(run(touyan, "--json", "--out", "result.json"))
    saved = json.loads((study / "result.json").read_text(encoding="utf-8"))
    assert told.pop("ok") is True
    assert told == saved
    assert saved["seeds"] == [3, 4, 5]
    assert saved["variant"]["files"] == {"base.toml": BASE, "more.toml": VARIANT}


def test_the_same_inputs_save_the_same_bytes_but_for_the_time(touyan: Shell, study: Path) -> None:
    """A result can be checked by making it again, on another machine too."""
    documents = []
    for name in ("one.json", "two.json"):
        run(touyan, "--out", name, "--seed", "8")
        text = (study / name).read_text(encoding="utf-8")
        documents.append(text.replace(json.loads(text)["created_at"], ""))
        assert str(study) not in text
    assert documents[0] == documents[1]


def test_processes_print_the_same_table(touyan: Shell, study: Path) -> None:
    """The number of workers is the machine's, not the result's."""
    assert touyan("compare", "base.toml", "more.toml", "--seeds", "3", "--workers", "2").out == run(touyan)


def test_one_seed_shows_no_interval(touyan: Shell, study: Path) -> None:
    """There is none."""
    outcome = touyan("compare", "base.toml", "more.toml", "--seeds", "1")
    assert [line.split()[-1] for line in outcome.out.splitlines()[1:]] == ["-"] * (len(outcome.out.splitlines()) - 1)


def test_seeds_without_effect_are_told(touyan: Shell, study: Path) -> None:
    """An interval of no width looks like perfect knowledge."""
    (study / "base.toml").write_text(BASE.replace("600", "0"), encoding="utf-8")
    outcome = touyan("compare", "base.toml", "more.toml", "--seeds", "2")
    assert "the seeds make no difference" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["base.toml", "none.toml"], "none.toml: found nothing to read"),
        (["base.toml", "more.toml", "--out", "no/where.json"], "expected a folder that exists"),
        (
            ["wrong.toml", "more.toml"],
            "wrong.toml: at line 3, city.rwos: found the unknown key of grid 'rwos'; expected rows",
        ),
    ],
)
def test_a_mistake_is_told_before_the_work(touyan: Shell, study: Path, arguments: list[str], message: str) -> None:
    """Nobody wants to hear it after an hour."""
    (study / "wrong.toml").write_text(BASE.replace("rows", "rwos"), encoding="utf-8")
    outcome = touyan("compare", *arguments)
    assert outcome.code == ExitCode.INVALID_INPUT
    assert message in outcome.err


def test_an_interruption_leaves_no_result(touyan: Shell, study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a comparison would look like a whole one."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("touyan.runtime.compare.run_each", interrupted)
    outcome = touyan("compare", "base.toml", "more.toml", "--workers", "1", "--out", "result.json")
    assert outcome.code == ExitCode.INTERRUPTED
    assert outcome.out == ""
    assert not (study / "result.json").exists()
