"""The threads that carry out a world's steps together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from touyan.kernels.compiled import is_compiled
from touyan.kernels.team import MEETING_SIZE
from touyan.kernels.traffic.layout import Longs, Team, World
from touyan.kernels.traffic.step import run


class Crew:
    """A team of threads, begun when first needed; one thread is the caller's own."""

    def __init__(self, threads: int) -> None:
        # Threads meet by the processor's atomic operations, which plain Python has not.
        self.threads = threads if is_compiled() else 1
        self._helpers: ThreadPoolExecutor | None = None
        self._team = Team(
            meeting=np.zeros(MEETING_SIZE, np.int64),
            stretches=np.zeros(self.threads + 1, np.int32),
            begin=np.zeros(self.threads, np.int64),
            movers=np.zeros(self.threads, np.int64),
            wish_begin=np.zeros(self.threads, np.int64),
            wishes=np.zeros(self.threads, np.int64),
            goes_on=np.zeros(1, np.int64),
        )

    def run(self, world: World, running: Longs) -> int:
        """As `step.run`, with all threads of the team."""
        if self.threads == 1:
            return run(0, 1, self._team, world, running)
        if self._helpers is None:
            self._helpers = ThreadPoolExecutor(self.threads - 1, thread_name_prefix="crew")
        others = [
            self._helpers.submit(run, thread, self.threads, self._team, world, running)
            for thread in range(1, self.threads)
        ]
        done = run(0, self.threads, self._team, world, running)
        for other in others:
            other.result()
        return done
