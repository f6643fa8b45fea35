"""Runs on record: a trial that writes what an onlooker sees, and what a recording says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from touyan.core.components import Scenario
from touyan.core.protocols import Observable, Plant
from touyan.core.time import to_iso
from touyan.simulation.recording import Header, Recorder, Recording

from .packs import Registry
from .trial import TICK_S, Trial, run_trial

COLUMNS = ("second", "slot", "x", "y", "longitude", "latitude", "speed", "heading")
"""What an exported frame tells of each thing: s, its number, m, degrees, m/s, radians from east."""


def record_trial(
    registry: Registry,
    scenario: Scenario,
    controller: str,
    seconds: int,
    path: Path,
    counts: bool = False,
    *,
    strict: bool = False,
) -> Trial:
    """A trial of which every second is written to a file, the first one included."""
    with ExitStack() as open_files:
        recorder: list[Recorder] = []

        def watch(plant: Plant) -> None:
            if not isinstance(plant, Observable):
                raise ValueError("only a simulated city can be recorded")
            if not recorder:
                header = _header(scenario, controller, plant.now, plant)
                recorder.append(open_files.enter_context(Recorder(path, header)))
            recorder[0].add(plant.scene())

        return run_trial(registry, scenario, controller, seconds, counts, watch=watch, strict=strict)


def open_recording(path: Path, unfinished: bool = False) -> Recording:
    """A recording, opened and checked; raises InputError."""
    return Recording(path, unfinished=unfinished)


def described(recording: Recording) -> dict[str, Any]:
    """What a recording holds, as plain values; every frame is read for it."""
    seen = sum(len(scene.slot) for scene in recording.scenes())
    header = recording.header
    return {
        "city": header.city,
        "starts_at": to_iso(header.starts_at),
        "seconds": max(recording.frames - 1, 0) * header.step_s,
        "frames": recording.frames,
        "whole": recording.whole,
        "most": recording.most,
        "mean": seen / recording.frames if recording.frames else 0.0,
        "bytes": recording.path.stat().st_size,
        "step_s": header.step_s,
        "quantum_m": header.quantum_m,
        "quantum_m_s": header.quantum_m_s,
        "headings": header.headings,
        "longitude": header.longitude,
        "latitude": header.latitude,
        "touyan": header.touyan,
        "notes": header.notes,
    }


def frame_lines(recording: Recording, from_s: float = 0.0, to_s: float = np.inf) -> Iterator[str]:
    """Frames as lines of CSV under a line of names, things by slot."""
    yield ",".join(COLUMNS) + "\n"
    projection, header = recording.header.projection, recording.header
    for number in range(recording.frames):
        second = number * header.step_s
        if from_s <= second <= to_s:
            scene = recording.scene(number)
            degrees = projection.to_wgs84(np.column_stack([scene.x, scene.y]).astype(np.float64))
            columns = (scene.slot, scene.x, scene.y, *degrees.T, scene.speed, scene.heading)
            for slot, x, y, longitude, latitude, speed, heading in zip(*map(np.ndarray.tolist, columns), strict=True):
                place = f"{x:.3f},{y:.3f},{longitude:.7f},{latitude:.7f}"
                yield f"{second:g},{slot},{place},{speed:.3f},{heading:.4f}\n"


def _header(scenario: Scenario, controller: str, starts_at: float, plant: Observable) -> Header:
    notes: dict[str, str | int | float] = {"controller": controller}
    if "seed" in scenario.settings:
        notes["seed"] = scenario.values()["seed"]
    place = plant.projection
    return Header(scenario.label().en, starts_at, place.longitude, place.latitude, step_s=TICK_S, notes=notes)
