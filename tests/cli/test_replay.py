"""`touyan simulate --record` and `touyan replay`: a run on record, checked and taken out again."""

from __future__ import annotations

from pathlib import Path

import pytest

from touyan.cli.exits import ExitCode

from ..traffic.files import saved, small_flow, small_roadnet
from .calling import Shell


@pytest.fixture
def recording(touyan: Shell, empty_folder: Path) -> Path:
    """A recording of 90 seconds."""
    files = [saved(empty_folder, "roadnet.json", small_roadnet()), saved(empty_folder, "flow.json", small_flow())]
    outcome = touyan("simulate", *map(str, files), "--seconds", "90", "--seed", "5", "--record", "city.rec")
    assert outcome.code == ExitCode.OK
    assert outcome.out.splitlines()[-1] == "city.rec"
    return empty_folder / "city.rec"


def test_a_recording_says_what_it_holds(touyan: Shell, recording: Path) -> None:
    """City, time, length, exactness and who made it, for people and for programs."""
    told = touyan("replay", "city.rec", "--json").document
    assert (told["frames"], told["seconds"], told["whole"]) == (91, 90.0, True)
    assert told["notes"] == {"controller": "own", "seed": 5}
    assert told["quantum_m"] == 0.01
    table = touyan("replay", "city.rec").out
    assert "controller" in table
    assert "2026-01-05T08:00:00+08:00" in table


def test_frames_are_exported_for_the_seconds_asked_for(touyan: Shell, recording: Path) -> None:
    """A table that any program reads."""
    touyan("replay", "city.rec", "--export", "frames.csv", "--from", "60", "--to", "61")
    lines = recording.with_name("frames.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "second,slot,x,y,longitude,latitude,speed,heading"
    assert {line.partition(",")[0] for line in lines[1:]} == {"60", "61"}


def test_a_recording_cut_short_is_refused_unless_it_is_asked_for(touyan: Shell, recording: Path) -> None:
    """What was written until the writer died is there: all but the last second here."""
    recording.write_bytes(recording.read_bytes()[:-40])
    outcome = touyan("replay", "city.rec")
    assert outcome.code == ExitCode.INVALID_INPUT
    assert "city.rec: at its end: found a recording cut short after 90 frames" in outcome.err
    told = touyan("replay", "city.rec", "--unfinished", "--json").document
    assert (told["frames"], told["whole"]) == (90, False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[:500] + b"\0\0\0" + data[503:], "found damage: bytes that do not fit their checksum"),
        (lambda data: data[:8] + b"\0\0" + data[10:], "found format version 0; expected version 1"),
        (lambda data: b"PK" + data, "found the start of another kind of file"),
    ],
)
def test_a_damaged_an_older_and_another_file_are_told_apart(
    touyan: Shell, recording: Path, change: object, message: str
) -> None:
    """Each needs another remedy."""
    assert callable(change)
    recording.write_bytes(change(recording.read_bytes()))
    outcome = touyan("replay", "city.rec")
    assert outcome.code == ExitCode.INVALID_INPUT
    assert message in outcome.err


def test_a_file_that_cannot_be_written_is_told_before_the_work(touyan: Shell, recording: Path) -> None:
    """Nobody wants to hear it after an hour."""
    for arguments in (["replay", "city.rec", "--export", "no/f.csv"], ["simulate", "a", "b", "--record", "no/c.rec"]):
        outcome = touyan(*arguments)
        assert outcome.code == ExitCode.INVALID_INPUT
        assert "expected a folder that exists" in outcome.err
