"""What a channel has still to say: durable by the record of alerts and one position in it.

What is sent twice after a crash bears the same identifier; what was never sent is sent.
"""

from __future__ import annotations

from touyan.core.alerts import Alert, AlertAction
from touyan.runtime.no_store import NoStore
from touyan.runtime.store import Store
from touyan.warning.book import AlertBook

from .declared import Channel

Face = tuple[str, int, bool, int]
"""What of an alert is worth a message: its state, level, release, and how often it ended or came back."""


class Outbox:
    """The alerts that one channel has still to carry, the oldest change first."""

    def __init__(self, channel: Channel, book: AlertBook, store: Store | NoStore) -> None:
        self._channel, self._book, self._store = channel, book, store
        self._version = book.version
        self._marked = store.channel_position(channel.name)
        self._position = store.alert_position()
        self._waiting = dict.fromkeys(store.alerts_since(self._marked))
        # A new channel begins with what comes, also when the process dies before it said anything.
        store.mark_channel(channel.name, self._marked)
        self._sent: dict[str, Face] = {}

    def next(self) -> Alert | None:
        """The next alert to carry, as it stands now; None when all is said."""
        self._refresh()
        for identifier in list(self._waiting):
            alert = self._book.get(identifier)
            if self._channel.carries(alert) and self._sent.get(identifier) != _face(alert):
                return alert
            del self._waiting[identifier]
        if self._position != self._marked:
            self._store.mark_channel(self._channel.name, self._position)
            self._marked = self._position
        return None

    def said(self, alert: Alert, outcome: str) -> None:
        """Note what came of a message; what changed meanwhile is said anew."""
        self._sent[alert.identifier] = _face(alert)
        self._store.journal_delivery(self._channel.name, alert.identifier, len(alert.log), outcome)

    def _refresh(self) -> None:
        position = self._store.alert_position()
        self._version, changed = self._book.changed_since(self._version)
        self._waiting |= dict.fromkeys(alert.identifier for alert in changed)
        self._position = position


def _face(alert: Alert) -> Face:
    turns = sum(step.action in (AlertAction.END, AlertAction.RESUME) for step in alert.log)
    return alert.state.value, alert.level, alert.released, turns
