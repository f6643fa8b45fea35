"""Where nothing is kept: for runs that nobody will ask about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from touyan.core.alert_records import AlertRecord
from touyan.core.commands import Command


class NoStore:
    """Keeps no record: alerts and commands live as long as the process."""

    def journal_alerts(self, records: Sequence[AlertRecord]) -> None:
        """Forget them."""

    def alert_records(self) -> Iterator[AlertRecord]:
        """None."""
        return iter(())

    def journal_commands(self, commands: Sequence[Command]) -> None:
        """Forget them."""

    def alert_position(self) -> int:
        """Nothing is on record."""
        return 0

    def alerts_since(self, position: int) -> list[str]:
        """None."""
        return []

    def channel_position(self, channel: str) -> int:
        """The beginning."""
        return 0

    def mark_channel(self, channel: str, position: int) -> None:
        """Forget it."""

    def journal_delivery(self, channel: str, identifier: str, steps: int, outcome: str) -> None:
        """Forget it."""

    def close(self) -> None:
        """Nothing to let go of."""
