"""What a recording of a city costs: its size, the time to write it, to open it and to seek in it."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from touyan.core.protocols import Scene
from touyan.simulation.recording import Header, Recorder, Recording

from ..traffic_world import TrafficWorld

_SEEKS = 100  # seconds sought one by one, each in a file opened anew

_HALF_QUANTUM_M = 0.005
_ROUNDING_M = 0.001  # of 32-bit floats, in a city of some kilometres


def replay_costs(world: TrafficWorld, seconds: int, file: Path) -> dict[str, Any]:
    """The row of a world from now on; the file is left behind."""
    scenes = [_scene_after(world, number) for number in range(seconds)]
    begun = time.process_time()
    with Recorder(file, Header("benchmark", 0.0, 0.0, 0.0)) as recorder:
        for scene in scenes:
            recorder.add(scene)
    written_s = time.process_time() - begun
    seen = sum(len(scene.slot) for scene in scenes)
    opened, sought, equal = zip(*(_seek(file, scenes, number) for number in _numbers(seconds)), strict=True)
    return {
        "seconds": seconds,
        "mean_vehicles": round(seen / seconds),
        "megabytes": round(file.stat().st_size / 1e6, 2),
        "bytes_per_vehicle_and_second": round(file.stat().st_size / max(seen, 1), 2),
        "write_cpu_s": round(written_s, 2),
        "open_ms": round(median(opened) * 1000, 1),
        "seek_ms": round(median(sought) * 1000, 1),
        "slowest_seek_ms": round(max(sought) * 1000, 1),
        "equal": all(equal),
    }


def _scene_after(world: TrafficWorld, number: int) -> Scene:
    world.advance(1)
    return world.scene(float(number))


def _numbers(seconds: int) -> list[int]:
    """Seconds far from each other, the same ones every time."""
    return [int(number) for number in np.random.default_rng(0).integers(seconds, size=_SEEKS)]


def _seek(file: Path, scenes: list[Scene], number: int) -> tuple[float, float, bool]:
    """Wall-clock seconds to open the file and to reach a scene, and whether it is the one that was."""
    begun = time.perf_counter()
    with Recording(file) as recording:
        opened = time.perf_counter()
        shown = recording.scene(number)
        found = time.perf_counter()
    return opened - begun, found - opened, _same(shown, scenes[number])


def _same(shown: Scene, true: Scene) -> bool:
    order = np.argsort(true.slot)
    if not np.array_equal(shown.slot, true.slot[order]):
        return False
    pairs = ((shown.x, true.x), (shown.y, true.y), (shown.speed, true.speed))
    return all(bool((np.abs(seen - was[order]) <= _HALF_QUANTUM_M + _ROUNDING_M).all()) for seen, was in pairs)
