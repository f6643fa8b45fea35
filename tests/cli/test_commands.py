"""`touyan bench`, `new-pack`, `doctor` and the shell's completion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from touyan.cli import bench as bench_command
from touyan.cli.completion import benchmark_names, controller_names
from touyan.cli.exits import ExitCode
from touyan.cli.run import flow_file
from touyan.core.components import Benchmark
from touyan.core.errors import NotFoundError
from touyan.runtime.packs import Registry

from .calling import Shell


class Sums(Benchmark):
    """Adds numbers."""

    protocol = "one sum, no data, seed 0"

    def rows(self) -> list[dict[str, Any]]:
        """Two rows, one with a column more."""
        return [{"numbers": 2, "sum": 3.5}, {"numbers": 3, "sum": 6.0, "note": "round"}]


class Absent(Benchmark):
    """Needs what is not here."""

    protocol = "reads a city that is not here"

    def rows(self) -> list[dict[str, Any]]:
        """Never."""
        raise NotFoundError("data set", "atlantis")


class Benchmarks(Registry):
    """A registry that has the two."""

    def __init__(self) -> None:
        super().__init__({}, [])

    def all(self, kind: type[Any]) -> list[type[Any]]:
        """Both."""
        return [Sums, Absent]

    def find(self, kind: type[Any], name: str) -> type[Any]:
        """By name."""
        return {"sums": Sums, "absent": Absent}[name]

    def pack_of(self, component: type[Any]) -> Any:
        """A pack with a name."""
        return type("Pack", (), {"name": "arithmetic"})

    def make(self, component: type[Any], overrides: Any = None) -> Any:
        """As declared."""
        return component()


@pytest.fixture
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The door to benchmarks opens on the two."""
    monkeypatch.setattr(bench_command, "loaded", lambda config: (None, Benchmarks()))


@pytest.mark.usefixtures("benchmarks")
def test_benchmarks_are_tables_with_their_protocol_and_the_machine(touyan: Shell) -> None:
    """A figure without protocol, version and load of the machine is worth nothing."""
    out = touyan("bench").out
    assert "arithmetic/sums: one sum, no data, seed 0" in out
    assert "numbers  sum  note\n2        3.5\n3        6    round" in out
    assert "load" in out.splitlines()[0]


@pytest.mark.usefixtures("benchmarks")
def test_a_benchmark_without_its_data_is_skipped_unless_asked_for(touyan: Shell) -> None:
    """`make bench` must run anywhere; a person who names one wants to know why not."""
    told = touyan("bench", "--json").document
    assert told["benchmarks"][1]["skipped"] == "there is no data set 'atlantis'"
    assert touyan("bench", "absent").code == ExitCode.INVALID_INPUT
    assert [row["name"] for row in touyan("bench", "sums", "--json").document["benchmarks"]] == ["sums"]


def test_a_new_pack_lies_where_it_was_asked_for(touyan: Shell, empty_folder: Path) -> None:
    """The answer names the folder and the next step."""
    outcome = touyan("new-pack", "flood", "--folder", "packs")
    assert (empty_folder / "packs" / "flood" / "pack.toml").is_file()
    assert outcome.out.splitlines()[-1] == "try it:  TOUYAN_PACKS=packs touyan demo"
    assert touyan("new-pack", "drought", "--folder", "packs", "--json").document["pack"] == "drought"


def test_the_doctor_finds_a_sound_machine_sound(touyan: Shell) -> None:
    """It runs one small city from end to end, so that ok means ok."""
    told = touyan("doctor", "--json")
    assert told.code == ExitCode.OK, told.out
    checks = {check["name"]: check for check in told.document["checks"]}
    assert checks.keys() >= {"python", "packages", "data folder", "disk", "port", "packs", "mini run"}
    assert all(check["hint"] for check in checks.values() if check["status"] != "ok")


def test_the_doctor_finds_a_data_folder_that_cannot_be_written(
    touyan: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alerts are on disk before the answer goes out, so this must be known before the start."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("TOUYAN_STORE__FOLDER", str(tmp_path / "file"))
    outcome = touyan("doctor", "--json")
    assert outcome.code == ExitCode.PROBLEMS_FOUND
    folder = next(check for check in outcome.document["checks"] if check["name"] == "data folder")
    assert folder["hint"] == "set [store] folder to one you may write"


def test_the_shell_completes_names_of_packs_components() -> None:
    """Names come from the packs that are there, not from a list that grows old."""
    assert controller_names("max") == ["max-pressure"]
    assert isinstance(benchmark_names(""), list)


def test_completion_stays_silent_when_settings_are_broken(
    empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A complaint in the middle of typing helps nobody."""
    (empty_folder / "touyan.toml").write_text("[", encoding="utf-8")
    assert controller_names("") == []
    assert capsys.readouterr().out == ""


def test_a_flow_is_named_with_or_without_its_ending(tmp_path: Path) -> None:
    """People name flows as they see them, in either way."""
    (tmp_path / "flow_real.json").write_text("[]", encoding="utf-8")
    assert flow_file(tmp_path, "flow_real") == flow_file(tmp_path, "flow_real.json")
    with pytest.raises(NotFoundError) as caught:
        flow_file(tmp_path, "flow_reel.json")
    assert caught.value.hint == "did you mean 'flow_real.json'?"
