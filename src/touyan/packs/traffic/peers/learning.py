"""What decisions of learners cost, and how well demand is found again from counts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..calibration import Calibration, best
from ..counts import Counts, Point
from ..od import through_routes
from ..route_choice import RouteChoice
from ..signal_task import SignalTask, TaskSettings
from ..simulated_counts import simulate
from ..worlds import TrafficScenario
from .cities import City

Row = dict[str, Any]


def decision_costs(scenario: TrafficScenario, decision_s: int, episode_s: int) -> Row:
    """One episode of random choices: how many decisions a CPU second makes, simulation and all."""
    task = SignalTask(scenario, TaskSettings(decision_s=decision_s, episode_s=episode_s))
    chance = np.random.default_rng(0)
    most = [len(junction.phases) for junction in task.junctions]
    choices = [chance.integers(most).astype(np.int32) for _ in range(-(-episode_s // decision_s))]
    begun = time.process_time()
    task.start(0)
    started = time.process_time()
    for choice in choices:
        task.step(choice)
        task.observations(), task.masks(), task.rewards()
    seconds = time.process_time() - started
    return {
        "signals": len(task.junctions),
        "decision_s": decision_s,
        "decisions_per_cpu_s": round(len(choices) / seconds),
        "reset_ms": round((started - begun) * 1e3, 1),
    }


def fit_quality(city: City, interval_s: int, rounds: int) -> Row:
    """Counts on all roads of a city in its first hour, simulated, and the demand that is fitted to them."""
    network, truth = city.load()
    counts = _everywhere(len(network.road_ids), range(0, 3601, interval_s))
    counts = replace(counts, vehicles=simulate(network, truth, counts, counts.edges).counts)
    begun = time.process_time()
    found = Calibration(network, counts, *through_routes(network, RouteChoice(network, 2))).rounds(rounds)
    seconds = time.process_time() - begun
    first, chosen = found[0].agreement, found[best(found)].agreement
    return {
        "interval_s": interval_s,
        "counts": len(counts.vehicles),
        "geh_below_5_first": round(first.share_good, 4),
        "geh_below_5": round(chosen.share_good, 4),
        "mean_geh_first": round(first.mean, 2),
        "mean_geh": round(chosen.mean, 2),
        "cpu_s": round(seconds, 2),
    }


def _everywhere(roads: int, edges: Sequence[int]) -> Counts:
    """Counts of nothing on every road in every interval."""
    count = len(edges) - 1
    begin, end = (np.tile(np.array(part, float), roads) for part in (edges[:-1], edges[1:]))
    point = np.repeat(np.arange(roads, dtype=np.int32), count)
    return Counts([Point(road) for road in range(roads)], point, begin, end, np.zeros(len(point)))
