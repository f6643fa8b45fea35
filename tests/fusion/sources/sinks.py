"""Sinks that tests can look into."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from touyan.core.errors import StorageFullError
from touyan.fusion.sources.mapping import Understood


class Shelf:
    """Keeps what it is given, and can be made to have no room for a while."""

    def __init__(self) -> None:
        self.understood: list[Understood] = []
        self.refusals = 0
        self.open = asyncio.Event()
        self.open.set()
        self._changed = asyncio.Event()

    async def __call__(self, understood: Sequence[Understood]) -> None:
        """Store, or refuse while refusals are due."""
        await self.open.wait()
        if self.refusals:
            self.refusals -= 1
            raise StorageFullError("shelf", "the disk is full")
        self.understood += understood
        self._changed.set()

    @property
    def ids(self) -> list[str]:
        """The ids of all readings, in the order in which they came."""
        return [name for told in self.understood for arrival in told.arrivals for name in arrival.ids]

    async def holds(self, count: int) -> None:
        """Wait until there are so many different readings."""
        while len(set(self.ids)) < count:
            self._changed.clear()
            await self._changed.wait()
