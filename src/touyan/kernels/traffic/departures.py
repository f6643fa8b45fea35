"""When flows release vehicles, by the clock rule of the reference model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from touyan.kernels.compiled import compiled

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


@compiled
def ticks(clock: float, step_s: float, steps: int) -> Floats:
    """The clock at each step, added up step by step; one more element for the step after."""
    times = np.empty(steps + 1)
    times[0] = clock
    for step in range(steps):
        times[step + 1] = times[step] + step_s
    return times


@compiled
def spans(times: Floats, start: Floats, end: Floats) -> Ints:
    """Steps (from, to) of each flow among `times[:-1]` in which it runs; an `end` of -1 is never."""
    steps = np.empty((len(start), 2), np.int32)
    for flow in range(len(start)):
        steps[flow, 0] = np.searchsorted(times[:-1], start[flow])
        steps[flow, 1] = len(times) - 1
        if end[flow] != -1:
            steps[flow, 1] = np.searchsorted(times[:-1], end[flow], side="right")
    return steps


@compiled
def releases(credit: Floats, interval: Floats, steps: Ints, step_s: float, each: Ints) -> None:
    """Vehicles released in each step and over all flows, added to `each`; `credit` is left alone."""
    for flow in range(len(credit)):
        left = credit[flow]
        for step in range(steps[flow, 0], steps[flow, 1]):
            while left >= interval[flow]:
                each[step] += 1
                left -= interval[flow]
            left += step_s


@compiled
def release(
    credit: Floats, interval: Floats, steps: Ints, step_s: float, place: Ints, number: Ints
) -> tuple[Ints, Ints]:
    """(flow, number) of each vehicle by step, then flow; moves `credit` (s) and `number` on.

    `place[step]` is where the vehicles of a step begin, with one more element for the total.
    """
    flows, numbers = np.empty(place[-1], np.int32), np.empty(place[-1], np.int32)
    free = place.copy()
    for flow in range(len(credit)):
        for step in range(steps[flow, 0], steps[flow, 1]):
            while credit[flow] >= interval[flow]:
                flows[free[step]], numbers[free[step]] = flow, number[flow]
                free[step] += 1
                number[flow] += 1
                credit[flow] -= interval[flow]
            credit[flow] += step_s
    return flows, numbers
