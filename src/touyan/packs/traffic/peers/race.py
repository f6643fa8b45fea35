"""Simulators take turns, slice of city time by slice, so that a busy machine slows all alike."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from .cities import City
from .process import Cost, RunnerProcess


class Racer(NamedTuple):
    """A simulator in a process, and how it is to run."""

    name: str
    process: RunnerProcess
    lane_change: bool = False
    threads: int = 1


class Result(NamedTuple):
    """The cost of all slices, each as in the median of the repeats; most vehicle-steps in a second of wall time."""

    cost: Cost
    best_per_s: float


def race(city: City, racers: Sequence[Racer], repeats: int) -> list[Result]:
    """What the timed seconds of a city took each racer."""
    runs = [_run(city, racers) for _ in range(repeats)]
    return [_typical([run[place] for run in runs]) for place in range(len(racers))]


def _run(city: City, racers: Sequence[Racer]) -> list[list[Cost]]:
    """For each racer the cost of every slice."""
    for racer in racers:
        racer.process.start(lane_change=racer.lane_change, threads=racer.threads)
        racer.process.advance(city.begins_s)
    slices = [[racer.process.advance(city.slice_s) for racer in racers] for _ in range(city.slices)]
    return [list(costs) for costs in zip(*slices, strict=True)]


def _typical(runs: Sequence[Sequence[Cost]]) -> Result:
    """From several runs, one list of slices each."""
    slices = list(zip(*runs, strict=True))
    cost = Cost(
        vehicle_steps=sum(cost.vehicle_steps for cost in runs[0]),
        cpu_s=sum(median(cost.cpu_s for cost in costs) for costs in slices),
        wall_s=sum(median(cost.wall_s for cost in costs) for costs in slices),
    )
    return Result(cost, max(slice_.vehicle_steps / slice_.wall_s for run in runs for slice_ in run))
