"""What every connector keeps: letters in, one at a time, each stored before the next is asked for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable

from touyan.core.components import Source
from touyan.core.settings import setting

from .arrivals import Letter

Take = Callable[[Letter], Awaitable[None]]
"""Returns when a letter is stored, or lies among the dead letters: only then may it be confirmed."""


class ConnectionLostError(Exception):
    """The other side is not to be had; the next attempt comes after a while."""


class Connector(Source):
    """A source that fetches or receives letters over a network or from files."""

    abstract = True
    first_wait_s: float = setting(1.0, unit="SEC", at_least=0.0, help="Wait before the second attempt to connect.")
    longest_wait_s: float = setting(60.0, unit="SEC", at_least=0.0, help="Longest wait between two attempts.")
    buffer: int = setting(1000, at_least=1, help="Letters that may wait to be stored; more are held back.")
    largest_bytes: int = setting(16_000_000, at_least=1, help="Size beyond which a letter is refused.")

    @abstractmethod
    async def letters(self, take: Take) -> None:
        """Hand over letters while the connection lasts; raises ConnectionLostError when it ends."""
