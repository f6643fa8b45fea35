"""Where the time of a world's steps goes."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from touyan.kernels.traffic.stages import timed_run

from .. import crew
from .cities import City
from .runners import TouyanRunner


def stage_rows(city: City, lane_change: bool, seed: int) -> list[dict[str, Any]]:
    """Each stage's share of a city's timed seconds, the longest first; call it in a process of its own.

    There every world then runs by the timed copy of the step.
    """
    stages, run = timed_run()
    spent = np.zeros(len(stages), np.int64)
    vars(crew)["run"] = lambda *arguments: run(*arguments, spent)
    world = TouyanRunner(city, seed)
    world.start(lane_change=lane_change)
    world.advance(1)  # whatever the demand compiles is compiled
    world.start(lane_change=lane_change)
    world.advance(city.begins_s)
    spent[:] = 0
    begun = time.process_time()
    vehicle_steps = world.advance(city.slices * city.slice_s)
    each_ns = (time.process_time() - begun) / vehicle_steps * 1e9
    share = spent / spent.sum()
    return [
        {
            "stage": stages[place],
            "percent": round(100 * float(share[place]), 1),
            "ns_per_vehicle_step": round(each_ns * float(share[place]), 2),
        }
        for place in np.argsort(-share).tolist()
    ]
