"""Processes that run possible cities side by side, where Python's own time would make threads wait."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from touyan.simulation.ensemble import worker_count

from .compare import prepare
from .settings import BrainSettings

__all__ = ["processes", "worker_count"]


@contextmanager
def processes(count: int, settings: BrainSettings) -> Iterator[ProcessPoolExecutor]:
    """A pool of processes with the packs of the settings; an interruption ends them at once."""
    others = set(multiprocessing.active_children())
    # Fresh processes: a copy of this one could hold locks of threads that it does not have.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=prepare, initargs=(settings,))
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
        raise
    pool.shutdown()
