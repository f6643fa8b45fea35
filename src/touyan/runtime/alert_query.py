"""Which alerts somebody asks for."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import msgspec

from touyan.core.alerts import Alert, AlertState, Severity


class AlertQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Conditions that an alert must fulfil all of; an empty one asks for the newest thousand.

    `since` is epoch seconds, `text` is looked for in headline and entity, `muted` is "yes" or "no".
    """

    state: tuple[AlertState, ...] = ()
    severity: tuple[Severity, ...] = ()
    rule: str = ""
    entity: str = ""
    assignee: str = ""
    text: str = ""
    muted: str = ""
    since: float | None = None
    most: int = 1_000

    def takes(self, alert: Alert) -> bool:
        """Whether an alert fulfils it."""
        said = [(self.rule, alert.rule), (self.entity, alert.entity), (self.assignee, alert.assignee)]
        return (
            (not self.state or alert.state in self.state)
            and (not self.severity or alert.severity in self.severity)
            and all(asked in ("", found) for asked, found in said)
            and self.text.casefold() in f"{alert.headline.en} {alert.headline.zh} {alert.entity}".casefold()
            and (self.muted == "" or (self.muted == "yes") is bool(alert.muted))
            and (self.since is None or (alert.last or alert.sent) >= self.since)
        )

    def of(self, alerts: Iterable[Alert]) -> list[Alert]:
        """Those that it asks for, in their order."""
        return list(islice(filter(self.takes, alerts), self.most))
