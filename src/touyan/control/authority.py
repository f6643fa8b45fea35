"""Who may send a command to the street: the three modes.

| mode      | what happens to a guarded command                                          |
| --------- | -------------------------------------------------------------------------- |
| advise    | it stays on record as advice and expires; nothing reaches the street       |
| confirm   | it waits for a person, and expires when nobody approves in time            |
| automatic | it is approved by the rule that a person set, who is named in the record   |
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from touyan.core.commands import Command
from touyan.core.errors import TouyanError


class Mode(StrEnum):
    """How far the brain may act by itself."""

    ADVISE = "advise"
    CONFIRM = "confirm"
    AUTOMATIC = "automatic"


@dataclass(frozen=True)
class Authority:
    """The mode in force, who set it, how long commands wait (s)."""

    mode: Mode
    set_by: str = "operator"
    waits_s: float = 60.0

    @property
    def standing_approval(self) -> str | None:
        """The rule that approves without asking; None if there is none."""
        return f"automatic mode, set by {self.set_by}" if self.mode is Mode.AUTOMATIC else None

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
