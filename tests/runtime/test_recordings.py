"""Runs on record: the trial is the trial, and the file is the run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from touyan.packs.traffic.worlds import Grid
from touyan.runtime.packs import Registry, load_packs
from touyan.runtime.recordings import COLUMNS, described, frame_lines, open_recording, record_trial
from touyan.runtime.settings import BrainSettings
from touyan.runtime.trial import run_trial
from touyan.simulation.recording import Recording

CITY = Grid(rows=1, columns=2, arrivals=700, seed=6, longitude=120.1, latitude=30.2)


@pytest.fixture(scope="module")
def packs() -> Registry:
    """The packs of the package."""
    return load_packs(BrainSettings())


@pytest.fixture(scope="module")
def recording(packs: Registry, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Two minutes of a small city."""
    path = tmp_path_factory.mktemp("recordings") / "city.rec"
    record_trial(packs, CITY, "cycle:30", 120, path)
    return open_recording(path)


def test_being_recorded_changes_nothing(packs: Registry, tmp_path: Path) -> None:
    """An onlooker must not disturb the city."""
    plain = run_trial(packs, CITY, "cycle:30", 60, counts=True)
    assert record_trial(packs, CITY, "cycle:30", 60, tmp_path / "city.rec", counts=True) == plain


def test_the_recording_holds_the_first_second_and_every_one_after_it(recording: Recording) -> None:
    """Second n of the file is second n of the run."""
    city = CITY.build([])
    city.advance(90)
    assert recording.frames == 121
    assert len(recording.scene(0).slot) == 0
    assert recording.scene(90).slot.tolist() == sorted(city.scene().slot.tolist())


def test_it_says_of_which_city_and_run_it_is(recording: Recording) -> None:
    """Files get separated from those who made them."""
    told = described(recording)
    assert told["city"] == "generated city, 1 × 2 crossings, seed 6"
    assert told["notes"] == {"controller": "cycle:30", "seed": 6}
    assert (told["seconds"], told["whole"], told["starts_at"]) == (120.0, True, "2026-01-05T08:00:00+08:00")
    assert 0 < told["mean"] < told["most"]


def test_frames_are_exported_with_their_place_on_earth(recording: Recording) -> None:
    """Other tools know neither our slots nor our metres."""
    lines = list(frame_lines(recording, 30, 31))
    assert lines[0].strip().split(",") == list(COLUMNS)
    rows = np.loadtxt(lines[1:], delimiter=",")
    assert sorted(set(rows[:, 0])) == [30.0, 31.0]
    scene = recording.scene(30)
    first = rows[rows[:, 0] == 30]
    assert first[:, 1].tolist() == scene.slot.tolist()
    assert np.allclose(first[:, 2], scene.x, atol=6e-4)
    degrees = CITY.projection().to_wgs84(np.column_stack([scene.x, scene.y]).astype(float))
    assert np.allclose(first[:, 4:6], degrees, atol=1e-7)
    assert np.allclose(first[:, 6], scene.speed, atol=6e-4)


@pytest.mark.parametrize("lane_change", [False, True])
def test_nothing_jumps_from_one_second_to_the_next(packs: Registry, tmp_path: Path, lane_change: bool) -> None:
    """A vehicle keeps its slot for as long as it is seen; no vehicle moves further than its speed allows."""
    city = Grid(rows=2, columns=2, arrivals=900, seed=2, lane_change=lane_change)
    record_trial(packs, city, "own", 300, tmp_path / "city.rec")
    with open_recording(tmp_path / "city.rec") as recording:
        for number in range(1, recording.frames):
            before, now = recording.scene(number - 1), recording.scene(number)
            both, old, new = np.intersect1d(before.slot, now.slot, return_indices=True)
            moved = np.hypot(now.x[new] - before.x[old], now.y[new] - before.y[old])
            # A vehicle that changes lanes moves aside by a lane's width at most, and 1 m/s is the least it does.
            assert (moved <= np.maximum(before.speed[old], now.speed[new]) + 4.0).all(), both[moved.argmax()]
