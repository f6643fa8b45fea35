"""Many possible futures at once: branches of one world, or one city under many seeds."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, Generic, Protocol, Self, TypeVar

from touyan.core.protocols import Branchable, Measure, Observable

from .results import Results, results


class Pool(Protocol):
    """Where work is done side by side.

    The executors of `concurrent.futures` keep this, and so may a cluster's. A pool of processes carries members
    there and back, so they must be picklable.
    """

    def map(self, call: Callable[..., Any], /, *given: Iterable[Any]) -> Iterator[Any]:
        """The answers of a call for each element, in their order."""


class Advancing(Protocol):
    """Anything that time can pass in; what it returns is handed on."""

    def advance(self, seconds: Any) -> Any:
        """Let time pass."""


Member = TypeVar("Member", bound=Advancing)
Key = TypeVar("Key")
Answer = TypeVar("Answer")


class Ensemble(Generic[Member]):
    """Members that share nothing, so that no digit depends on how many workers there are.

    `seeds` name the members; without them they are numbered.
    """

    def __init__(self, members: Iterable[Member], seeds: Sequence[int] | None = None, pool: Pool | None = None) -> None:
        self.members = list(members)
        self.seeds = tuple(range(len(self.members)) if seeds is None else seeds)
        if len(self.seeds) != len(self.members):
            raise ValueError(f"{len(self.members)} members need as many seeds, not {len(self.seeds)}")
        self._own: ThreadPoolExecutor | None = None
        if pool is None:
            pool = self._own = ThreadPoolExecutor(worker_count(), thread_name_prefix="member")
        self._pool: Pool = pool

    @classmethod
    def of_branches(cls, origin: Branchable, count: int, pool: Pool | None = None) -> Self:
        """As many copies of a world as it stands; the origin itself stays where it is."""
        return cls([origin.branch() for _ in range(count)], pool=pool)  # type: ignore[misc]  # it branches and advances

    @classmethod
    def of_seeds(cls, start: Callable[[int], Member], seeds: Sequence[int], pool: Pool | None = None) -> Self:
        """One member for each seed."""
        return cls(map(start, seeds), seeds, pool)

    def advance(self, seconds: float) -> list[Any]:
        """Let time pass in every member; what each returned."""
        moved = list(self._pool.map(_moved, self.members, [seconds] * len(self.members)))
        self.members = [member for member, _ in moved]
        return [answer for _, answer in moved]

    def measures(self) -> list[list[Measure]]:
        """The truth by which each member is judged."""
        return [truth for member in self.members if (truth := _measures(member)) is not None]

    def results(self) -> Results:
        """What came of all members, with means and intervals; raises ValueError for members without measures."""
        return results(self.seeds, self.measures())

    def close(self) -> None:
        """Let the threads go; a pool that was given stays open."""
        if self._own:
            self._own.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def run_each(
    task: Callable[[Key], Answer], keys: Iterable[Key], pool: Pool | None = None, stop: Event | None = None
) -> Generator[Answer, None, None]:
    """The answers of a whole run for each key, a seed say, in the order of the keys, as they come.

    When nobody asks on, for an interruption say, `stop` is set, and runs that have not begun are left out.
    """
    if pool is not None:
        yield from pool.map(task, keys)
        return
    threads = ThreadPoolExecutor(worker_count(), thread_name_prefix="run")
    try:
        yield from threads.map(task, keys)
    finally:
        if stop:
            stop.set()
        threads.shutdown(wait=True, cancel_futures=True)


def worker_count() -> int:
    """One worker for each core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _moved(member: Member, seconds: float) -> tuple[Member, Any]:
    """The member after some time, which another process must hand back, and what it returned."""
    answer = member.advance(seconds)
    return member, answer


def _measures(member: object) -> list[Measure] | None:
    return member.measures() if isinstance(member, Observable) else None
