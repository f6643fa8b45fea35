"""A simulator in a process of its own, which tells what each stretch of city time cost."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple, Protocol, Self


class Runner(Protocol):
    """A simulator with a city loaded."""

    def start(self, *, lane_change: bool = False, threads: int = 1) -> None:
        """Go to second 0 of a new run."""

    def advance(self, seconds: int) -> int:
        """Let time pass; the vehicle-steps made."""

    def travel_time_s(self) -> float:
        """The engine's average travel time so far."""


class Cost(NamedTuple):
    """What a stretch of city time took."""

    vehicle_steps: int
    cpu_s: float
    wall_s: float


class _Failure(NamedTuple):
    told: str


class RunnerProcess:
    """Keeps a runner in a child process.

    So memory is measured apart, and an engine that hangs when it is taken down cannot hold up anybody.
    """

    def __init__(self, load: Callable[..., Runner], *arguments: Any) -> None:
        context = get_context("spawn")  # a fork would begin with this process's memory
        self._line, far_end = context.Pipe()
        self._child = context.Process(target=_serve, args=(far_end, load, arguments), daemon=True)
        self._child.start()
        far_end.close()
        self._answer()

    def start(self, *, lane_change: bool = False, threads: int = 1) -> None:
        """Go to second 0 of a new run."""
        self._ask("start", {"lane_change": lane_change, "threads": threads})

    def advance(self, seconds: int) -> Cost:
        """Let time pass; what it took."""
        cost: Cost = self._ask("advance", {"seconds": seconds})
        return cost

    def travel_time_s(self) -> float:
        """The engine's average travel time so far."""
        return float(self._ask("travel_time_s", {}))

    def peak_mib(self) -> float | None:
        """The most memory that the child ever had; None where the system does not tell."""
        peak: float | None = self._ask("peak_mib", {})
        return peak

    def close(self) -> None:
        """End the child, whatever it is doing."""
        self._child.kill()
        self._child.join()
        self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, what: str, options: dict[str, Any]) -> Any:
        self._line.send((what, options))
        return self._answer()

    def _answer(self) -> Any:
        try:
            answer = self._line.recv()
        except EOFError:
            self._child.join()
            raise ChildProcessError(f"the simulator ended with {self._child.exitcode}") from None
        if isinstance(answer, _Failure):
            raise ChildProcessError(answer.told)
        return answer


def _serve(line: Connection, load: Callable[..., Runner], arguments: tuple[Any, ...]) -> None:
    """Load, then do what is asked until the other end goes away."""
    try:
        runner = load(*arguments)
        line.send(None)
        while True:
            what, options = line.recv()
            line.send(_done(runner, what, options))
    except EOFError:
        pass
    except Exception as error:  # noqa: BLE001  # the edge of the process: the other end raises it
        line.send(_Failure(f"{type(error).__name__}: {error}"))
    os._exit(0)  # CityFlow's engine may wait for its threads for ever


def _done(runner: Runner, what: str, options: dict[str, Any]) -> Any:
    if what == "peak_mib":
        return _peak_mib()
    if what != "advance":
        return getattr(runner, what)(**options)
    wall, cpu = time.perf_counter(), time.process_time()
    vehicle_steps = runner.advance(**options)
    return Cost(vehicle_steps, time.process_time() - cpu, time.perf_counter() - wall)


def _peak_mib() -> float | None:
    """From the kernel, since `getrusage` also tells what the process had before it became this program."""
    status = Path("/proc/self/status")
    if sys.platform != "linux":
        return None
    peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024
