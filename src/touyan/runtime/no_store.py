"""Where nothing is kept: for runs that nobody will ask about."""

from __future__ import annotations

from collections.abc import Sequence

from touyan.core.alerts import Alert
from touyan.core.commands import Command


class NoStore:
    """Keeps no record: alerts and commands live as long as the process."""

    def journal_alerts(self, alerts: Sequence[Alert]) -> None:
        """Forget them."""

    def journal_commands(self, commands: Sequence[Command]) -> None:
        """Forget them."""

    def close(self) -> None:
        """Nothing to let go of."""
