"""When sensors count as silent: by what they owe, fast ones soon and slow ones later."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from touyan.control.freshness import Freshness
from touyan.core.entities import Entity
from touyan.core.observations import ObservationBatch
from touyan.fusion.state import CurrentState


def silence(reports: Sequence[float], now: float, stale_after_s: float = 60.0) -> dict[str, float]:
    """What is silent now, of one sensor that reported at some seconds; asked each second."""
    plant: Any = SimpleNamespace(now=0.0, inventory=[Entity("s", "Sensor")])
    freshness, state = Freshness(plant, stale_after_s), CurrentState(0.0)
    state.register("Sensor", ["s"])
    found: dict[str, float] = {}
    for second in range(int(now) + 1):
        state.move_to(float(second))
        if second in reports:
            state.update(ObservationBatch("Sensor", "test", ("s",), np.array([float(second)]), {"x": np.ones(1)}))
        found = freshness.silent(state)
    return found


@pytest.mark.parametrize(("now", "told"), [(65, {}), (66, {"Sensor": 61.0})])
def test_a_fast_sensor_is_silent_after_the_time_that_was_set(now: float, told: dict[str, float]) -> None:
    """Who decides on signals must not wait longer than the centre has said."""
    assert silence([5], now) == told


@pytest.mark.parametrize(("now", "told"), [(1500, {}), (1501, {"Sensor": 901.0})])
def test_a_slow_sensor_is_silent_after_three_of_its_own_intervals(now: float, told: dict[str, float]) -> None:
    """An air station that reports each five minutes would be silent most of the time otherwise."""
    assert silence([300, 600], now) == told


def test_a_sensor_that_was_never_heard_is_not_called_silent() -> None:
    """Nothing rests on it yet."""
    assert silence([], 500) == {}
