"""Ensembles: many futures at once, none of which knows of the others."""

from __future__ import annotations

from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Event

import pytest

from touyan.core.protocols import Branchable, Measure
from touyan.simulation.ensemble import Ensemble, Pool, run_each, worker_count


@dataclass
class Walker:
    """A little world: a place that moves by its seed, and the way it took."""

    seed: int
    place: int = 0
    way: list[int] = field(default_factory=list)

    def advance(self, seconds: float) -> int:
        """Walk on; returns the place."""
        for _ in range(int(seconds)):
            self.place = (self.place * 1103515245 + 12345 + self.seed) % 2**31
            self.way.append(self.place)
        return self.place

    def branch(self) -> Walker:
        """A copy that walks on alone."""
        return replace(self, way=list(self.way))


def solo(seed: int, seconds: int) -> Walker:
    """A walker that walked alone."""
    walker = Walker(seed)
    walker.advance(seconds)
    return walker


def square(number: int) -> int:
    """A task that another process can find by its name."""
    return number * number


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_each_member_is_equal_to_its_solo_run_whatever_the_number_of_workers(workers: int) -> None:
    """Two people with different machines must get the same digits."""
    with ThreadPoolExecutor(workers) as pool:
        ensemble = Ensemble.of_seeds(Walker, range(7), pool)
        ensemble.advance(40)
        assert ensemble.advance(2) == [solo(seed, 42).place for seed in range(7)]
    assert ensemble.members == [solo(seed, 42) for seed in range(7)]


def test_members_go_to_other_processes_and_come_back() -> None:
    """Python worlds that hold the interpreter need processes; the state must return with the answer."""
    with ProcessPoolExecutor(2) as pool:
        ensemble = Ensemble.of_seeds(Walker, [3, 1], pool)
        ensemble.advance(10)
        ensemble.advance(10)
    assert ensemble.members == [solo(3, 20), solo(1, 20)]


def test_branches_begin_where_the_origin_stands_and_leave_it_there() -> None:
    """The origin is the city: no future may change it."""
    origin = solo(8, 30)
    ensemble: Ensemble[Walker]
    with Ensemble.of_branches(origin, 4) as ensemble:
        assert ensemble.advance(5) == [solo(8, 35).place] * 4
    assert origin == solo(8, 30)
    assert isinstance(origin, Branchable)


def test_without_names_members_are_numbered_and_names_must_fit() -> None:
    """A seed that belongs to another member would be worse than none."""
    with Ensemble([Walker(5), Walker(6)]) as ensemble:
        assert ensemble.seeds == (0, 1)
    with pytest.raises(ValueError, match="2 members need as many seeds, not 1"):
        Ensemble([Walker(5), Walker(6)], [5])


def test_only_what_people_may_look_at_has_measures() -> None:
    """A world without a truth to tell has none to average."""
    with Ensemble([Walker(0)]) as ensemble:
        told: list[list[Measure]] = ensemble.measures()
    assert told == []


def test_an_error_in_a_member_reaches_the_caller() -> None:
    """A future that failed must not look like one that went well."""

    class Broken(Walker):
        def advance(self, seconds: float) -> int:
            raise RuntimeError("lane 3 lost a vehicle")

    with Ensemble([Walker(0), Broken(1)]) as ensemble, pytest.raises(RuntimeError, match="lost a vehicle"):
        ensemble.advance(1)


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_whole_runs_keep_the_order_of_their_keys(kind: type[Executor]) -> None:
    """The slowest run may come last; its answer must not."""
    with kind() as pool:
        pool_as_asked: Pool = pool
        assert list(run_each(square, [3, 1, 2], pool_as_asked)) == [9, 1, 4]
    assert list(run_each(square, [3, 1, 2])) == [9, 1, 4]


def test_whoever_stops_asking_waits_for_no_run_that_has_not_begun() -> None:
    """Ctrl+C in a long study must not run the rest of it first."""
    begun: list[int] = []
    stopped = Event()

    def run(key: int) -> int:
        begun.append(key)
        if key:
            stopped.wait()
        return key

    answers = run_each(run, range(100_000), stop=stopped)
    next(answers)
    answers.close()
    assert len(begun) < 100_000


def test_there_is_always_a_worker() -> None:
    """A container may hide the machine's cores."""
    assert worker_count() >= 1
