"""Who may send a command to the street: the three modes, and the limits within which the brain acts by itself.

| mode      | what happens to a guarded command                                                       |
| --------- | --------------------------------------------------------------------------------------- |
| advise    | it stays on record as advice and expires; nothing reaches the street                    |
| confirm   | it waits for a person, and expires when nobody approves in time                         |
| automatic | within the limits it is approved by the person's rule; beyond them it waits as to confirm |
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from enum import StrEnum
from fnmatch import fnmatchcase

from touyan.core.commands import Command
from touyan.core.errors import TouyanError
from touyan.core.time import CITY_ZONE

_MINUTE_S = 60.0


class Mode(StrEnum):
    """How far the brain may act by itself."""

    ADVISE = "advise"
    CONFIRM = "confirm"
    AUTOMATIC = "automatic"


@dataclass(frozen=True)
class Limits:
    """What a person lets the brain do without asking; what is empty or 0 sets no limit.

    `entities` are patterns of ids with * and ?, `actions` names, `hours` the begin and end of the time of day, in the
    city's zone; a begin after the end lies over midnight.
    """

    entities: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    hours: tuple[time, time] | None = None
    most_per_minute: int = 0

    def objection(self, command: Command, now: float, sent_lately: int) -> str:
        """Which limit a command breaks, in words; empty when it keeps all."""
        if self.entities and not any(fnmatchcase(command.entity, pattern) for pattern in self.entities):
            return f"{command.entity} is not among the entities that may be commanded without asking"
        if self.actions and command.action not in self.actions:
            return f"{command.action} is not among the actions that may be taken without asking"
        if self.hours and not _within(datetime.fromtimestamp(now, UTC).astimezone(CITY_ZONE).time(), *self.hours):
            return f"outside {self.hours[0]:%H:%M}-{self.hours[1]:%H:%M} a person decides"
        if self.most_per_minute and sent_lately >= self.most_per_minute:
            return f"more than {self.most_per_minute} commands in a minute need a person"
        return ""


@dataclass
class Authority:
    """The mode in force, who set it, its limits, how long commands wait (s)."""

    mode: Mode
    set_by: str = "operator"
    waits_s: float = 60.0
    limits: Limits = field(default_factory=Limits)
    _sent: deque[float] = field(default_factory=deque)

    def approver(self, command: Command, now: float) -> tuple[str | None, str]:
        """The rule that approves without asking, or None and why a person is asked."""
        if self.mode is not Mode.AUTOMATIC:
            return None, ""
        while self._sent and self._sent[0] <= now - _MINUTE_S:
            self._sent.popleft()
        beyond = self.limits.objection(command, now, len(self._sent))
        if beyond:
            return None, beyond
        self._sent.append(now)
        return f"automatic mode, set by {self.set_by}", ""

    def expired(self, command: Command, now: float) -> bool:
        """Whether a guarded command has waited too long."""
        return now - command.record[-1].at >= self.waits_s

    def check_approval(self, command: Command) -> None:
        """Raises TouyanError where the mode keeps people from sending commands."""
        if self.mode is Mode.ADVISE:
            raise TouyanError(
                f"{command.identifier} is advice: in the mode advise nothing is sent to the street",
                "set the mode to confirm or automatic",
            )


def _within(now: time, begin: time, end: time) -> bool:
    return begin <= now < end if begin <= end else now >= begin or now < end
