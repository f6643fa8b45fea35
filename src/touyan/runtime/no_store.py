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

    def close(self) -> None:
        """Nothing to let go of."""
