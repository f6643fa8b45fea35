"""Plants side by side: together or alone, on one thread or four, the same digits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from touyan.core.commands import Command
from touyan.core.entities import Entity
from touyan.core.observations import ObservationBatch
from touyan.core.protocols import Plant
from touyan.packs.traffic.plant import SimulatedCity
from touyan.packs.traffic.sources import LaneDetectors, SignalHeads
from touyan.packs.traffic.worlds import Grid
from touyan.simulation.lockstep import Lockstep

SEEDS = (1, 2, 3, 4)


def city(seed: int) -> SimulatedCity:
    """A small city with noisy sensors, so that the order of random draws would show."""
    sources = [LaneDetectors(noise=0.2, loss=0.1, seed=seed), SignalHeads()]
    return Grid(rows=2, columns=2, arrivals=600, seed=seed).build(sources)


@contextmanager
def lockstep(plants: list[SimulatedCity] | list[Plant], threads: int | None = None) -> Iterator[Lockstep]:
    """Plants in lockstep, whose threads end with the test."""
    running = Lockstep(list(plants), threads)
    try:
        yield running
    finally:
        running.close()


def said(batches: list[ObservationBatch]) -> list[tuple[str, bytes]]:
    """What was said, to the bit."""
    return [(name, column.tobytes()) for batch in batches for name, column in batch.values.items()]


def heard_alone(seed: int, beats: int) -> list[list[tuple[str, bytes]]]:
    """What a city says, beat by beat, with nobody beside it."""
    alone = city(seed)
    return [said(alone.advance(7)) for _ in range(beats)]


@pytest.mark.parametrize("threads", [None, 1, 2, 4])
def test_plants_together_have_the_digits_that_each_has_alone(threads: int | None) -> None:
    """A twin is worth something only when nothing of the city reaches it, threads included."""
    cities = [city(seed) for seed in SEEDS]
    with lockstep(cities, threads) as together:
        beats = [[said(batches) for batches in together.advance(7)] for _ in range(20)]
    for number, seed in enumerate(SEEDS):
        alone = heard_alone(seed, 20)
        assert [beat[number] for beat in beats] == alone


def test_two_of_the_same_seed_stay_twins() -> None:
    """The city and its twin part only by what is commanded."""
    one, other = city(5), city(5)
    with lockstep([one, other]) as together:
        for _ in range(30):
            first, second = together.advance(5)
            assert said(first) == said(second)
    assert np.array_equal(one.scene().x, other.scene().x)


def test_a_plant_alone_needs_no_thread() -> None:
    """One city without a twin gives what it gives by itself."""
    with lockstep([city(6)]) as single:
        assert [said(single.advance(7)[0]) for _ in range(10)] == heard_alone(6, 10)


def test_answers_come_in_the_order_of_the_plants() -> None:
    """The city's sensors must never feed the twin's state, whoever is ready first."""
    plants: list[Plant] = [Named(f"plant {number}") for number in range(8)]
    with lockstep(plants, 3) as together:
        for _ in range(20):
            assert [batches[0].source for batches in together.advance(1)] == [f"plant {n}" for n in range(8)]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_plant_that_raises_is_not_passed_over(count: int) -> None:
    """A city that has stopped must stop the beat; silence would look like calm."""
    plants: list[Plant] = [*[Named("whole") for _ in range(count - 1)], Named("broken", broken=True)]
    with lockstep(plants) as together, pytest.raises(RuntimeError, match="the broken street is gone"):
        together.advance(1)


def test_all_clocks_show_the_same_time_after_a_beat() -> None:
    """`advance` returns when everybody has lived through it."""
    cities = [city(seed) for seed in SEEDS]
    with lockstep(cities, 2) as together:
        together.advance(90)
    assert len({one.now for one in cities}) == 1


class Named:
    """A plant that says its name, or raises."""

    def __init__(self, name: str, broken: bool = False) -> None:
        self.name, self.broken, self.now = name, broken, 0.0
        self.inventory: list[Entity] = []
        self.model: Any = None

    def advance(self, seconds: float) -> list[ObservationBatch]:
        """One batch without ids, from its name."""
        if self.broken:
            raise RuntimeError(f"the {self.name} street is gone")
        self.now += seconds
        return [ObservationBatch("Well", self.name, (), np.empty(0), {})]

    def obey(self, command: Command) -> bool:
        """Takes nothing."""
        return False
