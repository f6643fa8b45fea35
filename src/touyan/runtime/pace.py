"""How the brain's one clock goes: as the wall clock times a factor, or as fast as possible."""

from __future__ import annotations

import threading
import time

_PATIENCE_S = 1.0  # further behind than this, lost time is let go instead of hurried after


class Pace:
    """Keeps city time `speed` times as fast as wall time; 0 does not wait at all."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._stopped = threading.Event()
        self._due = time.monotonic()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()

    def wait(self, city_seconds: float) -> None:
        """Return when this much city time may have passed since the last call, or when stopped."""
        if self.speed <= 0:
            return
        now = time.monotonic()
        self._due = max(self._due + city_seconds / self.speed, now - _PATIENCE_S)
        self._stopped.wait(max(0.0, self._due - now))

    def stop(self) -> None:
        """Let nobody wait any longer."""
        self._stopped.set()
