"""What branches of a city cost, and what they do at once."""

from __future__ import annotations

import time
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.simulation.ensemble import Ensemble, worker_count

from ..traffic_world import TrafficWorld
from .cities import City
from .process import Cost
from .runners import world_of

_TIMED = 100  # branches timed one by one


class _Outcome(NamedTuple):
    running: NDArray[np.int64]
    travel_time_s: float


def branch_costs(city: City, lane_change: bool, count: int, seconds: int, repeats: int) -> dict[str, Any]:
    """The row of one city at its busiest second."""
    world, busiest = at_busiest(city, lane_change)
    rounds = [_round(world, count, seconds) for _ in range(repeats)]
    return {
        "second": busiest,
        "running": world.running,
        "branch_ms": round(median(_branch_s(world) for _ in range(_TIMED)) * 1000, 3),
        "branches": count,
        "seconds": seconds,
        "cores": worker_count(),
        "alone_million_vehicle_steps_per_s": round(median(one.alone for one in rounds) / 1e6, 2),
        "of_speed_alone_by_wall": round(median(one.by_wall for one in rounds), 3),
        "of_speed_alone_by_cpu": round(median(one.by_cpu for one in rounds), 3),
        "equal": all(one.equal for one in rounds),
    }


def at_busiest(city: City, lane_change: bool) -> tuple[TrafficWorld, int]:
    """The world at the second when most vehicles run, and that second."""
    first = world_of(city, lane_change)
    busiest = int(np.argmax(first.advance(city.slices * city.slice_s))) + 1
    world = world_of(city, lane_change)
    world.advance(busiest)
    return world, busiest


def _branch_s(world: TrafficWorld) -> float:
    begun = time.perf_counter()
    world.branch()
    return time.perf_counter() - begun


class _Round(NamedTuple):
    """One alone in vehicle-steps per second, the shares of that which many reach, and whether all agree."""

    alone: float
    by_wall: float
    by_cpu: float
    equal: bool


def _round(world: TrafficWorld, count: int, seconds: int) -> _Round:
    before, outcome = _alone(world, seconds)
    together, outcomes = _together(world, count, seconds)
    after, _ = _alone(world, seconds)
    equal = all(
        np.array_equal(other.running, outcome.running) and other.travel_time_s == outcome.travel_time_s
        for other in outcomes
    )
    by_wall = (before.vehicle_steps + after.vehicle_steps) / (before.wall_s + after.wall_s)
    by_cpu = (before.vehicle_steps + after.vehicle_steps) / (before.cpu_s + after.cpu_s)
    share = together.vehicle_steps / (together.wall_s * worker_count()) / by_wall
    return _Round(by_wall, share, together.vehicle_steps / together.cpu_s / by_cpu, equal)


def _alone(world: TrafficWorld, seconds: int) -> tuple[Cost, _Outcome]:
    branch = world.branch()
    wall, cpu = time.perf_counter(), time.process_time()
    running = branch.advance(seconds)
    cost = Cost(int(running.sum()), time.process_time() - cpu, time.perf_counter() - wall)
    return cost, _Outcome(running, branch.average_travel_time_s)


def _together(world: TrafficWorld, count: int, seconds: int) -> tuple[Cost, list[_Outcome]]:
    ensemble: Ensemble[TrafficWorld] = Ensemble([world.branch() for _ in range(count)])
    with ensemble:
        wall, cpu = time.perf_counter(), time.process_time()
        running = ensemble.advance(seconds)
        cpu_s, wall_s = time.process_time() - cpu, time.perf_counter() - wall
        times = [branch.average_travel_time_s for branch in ensemble.members]
    steps = sum(int(each.sum()) for each in running)
    return Cost(steps, cpu_s, wall_s), list(map(_Outcome, running, times))
