"""`touyan simulate`: one city, one controller, as numbers."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from touyan.cli.exits import ExitCode
from touyan.cli.files import write_whole
from touyan.core.errors import BrokenWorldError
from touyan.packs.traffic.strict import Laws

from ..traffic.files import saved, small_flow, small_roadnet
from .calling import Shell


@pytest.fixture
def city(empty_folder: Path) -> list[str]:
    """The two files of a small city."""
    roadnet = saved(empty_folder, "roadnet.json", small_roadnet())
    return [str(roadnet), str(saved(empty_folder, "flow.json", small_flow()))]


def test_the_document_has_the_travel_time_and_how_it_was_come_by(touyan: Shell, city: list[str]) -> None:
    """A figure without city, controller, time and seed cannot be compared."""
    told = touyan("simulate", *city, "--seconds", "120", "--signals", "cycle:30", "--json").document
    assert (told["ok"], told["signals"], told["seconds"], told["seed"]) == (True, "cycle:30", 120, 0)
    assert told["average_travel_time_s"] > 0


def test_the_same_seed_gives_the_same_document(touyan: Shell, city: list[str]) -> None:
    """Two people must be able to check each other's figures digit by digit."""
    arguments = ["simulate", *city, "--seconds", "60", "--seed", "7", "--json"]
    assert touyan(*arguments).out == touyan(*arguments).out


def test_the_counts_file_has_one_number_for_each_second(touyan: Shell, city: list[str], empty_folder: Path) -> None:
    """It is compared with those of other simulators, second by second."""
    touyan("simulate", *city, "--seconds", "90", "--counts", "counts.json")
    counts = json.loads((empty_folder / "counts.json").read_text(encoding="utf-8"))
    assert len(counts) == 90
    assert counts[-1] > counts[0] >= 0


def test_a_counts_file_that_cannot_be_written_is_told_before_the_work(touyan: Shell, city: list[str]) -> None:
    """Nobody wants to hear it after an hour."""
    outcome = touyan("simulate", *city, "--counts", "nowhere/counts.json")
    assert outcome.code == ExitCode.INVALID_INPUT
    assert "expected a folder that exists" in outcome.err
    assert "expected the path of a file" in touyan("simulate", *city, "--counts", ".").err


def test_an_interruption_leaves_no_half_written_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a list of counts looks like a short run."""
    target = tmp_path / "counts.json"
    write_whole(target, "[1]")

    def interrupted(handle: int, mode: str, encoding: str) -> None:
        os.close(handle)
        raise KeyboardInterrupt

    monkeypatch.setattr("touyan.cli.files.os.fdopen", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(target, "[1, 2]")
    assert [path.name for path in tmp_path.iterdir()] == ["counts.json"]
    assert target.read_text(encoding="utf-8") == "[1]"


@pytest.mark.parametrize(
    ("signals", "hint"),
    [("max-presure:30", "hint: did you mean 'max-pressure'?"), ("cycle:-1", "expected a number")],
)
def test_a_wrong_controller_is_told_with_what_would_be_right(
    touyan: Shell, city: list[str], signals: str, hint: str
) -> None:
    """Controllers are typed by hand."""
    outcome = touyan("simulate", *city, "--signals", signals)
    assert outcome.code == ExitCode.INVALID_INPUT
    assert hint in outcome.err


def test_broken_json_is_told_with_its_file(touyan: Shell, city: list[str]) -> None:
    """Downloads break off; the message must say which file did."""
    Path(city[1]).write_text(Path(city[1]).read_text(encoding="utf-8")[:-20], encoding="utf-8")
    outcome = touyan("simulate", *city)
    assert outcome.code == ExitCode.INVALID_INPUT
    assert "flow.json" in outcome.err.splitlines()[0]


def test_a_strict_run_gives_the_same_figures(touyan: Shell, city: list[str]) -> None:
    """To check the laws must not change what is simulated."""
    arguments = ["simulate", *city, "--seconds", "120", "--set", "lane_change=true", "--json"]
    assert touyan(*arguments, "--strict").document == touyan(*arguments).document


def test_a_strict_run_of_a_broken_world_ends_with_time_place_and_vehicle(
    touyan: Shell, city: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Figures of a world that lost somebody must not be believed."""

    def broken(laws: Laws) -> None:
        raise BrokenWorldError(7.0, "lane road_0_1_0_1", "vehicle flow_3_1", "is lost")

    monkeypatch.setattr(Laws, "check", broken)
    outcome = touyan("simulate", *city, "--seconds", "20", "--strict")
    assert outcome.code == ExitCode.FAILURE
    assert "after 7 s, lane road_0_1_0_1: vehicle flow_3_1 is lost" in outcome.err
