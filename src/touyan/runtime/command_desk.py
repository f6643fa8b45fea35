"""What people do about commands: read, approve, refuse, and set the mode."""

from __future__ import annotations

from dataclasses import dataclass

from touyan.control.authority import Mode
from touyan.control.engine import Control
from touyan.control.ledger import Ledger
from touyan.core.commands import Command


@dataclass(frozen=True)
class Power:
    """Who may send commands now, and who said so."""

    mode: str
    set_by: str
    waits_s: float
    entities: tuple[str, ...]
    actions: tuple[str, ...]
    hours: str
    most_per_minute: int


class CommandDesk:
    """The commands of one run; may be used from any thread."""

    def __init__(self, control: Control, ledger: Ledger) -> None:
        self._control, self._ledger = control, ledger

    def newest(self, most: int = 100) -> list[Command]:
        """The newest commands with their record, the newest first."""
        return self._ledger.newest(most)

    def get(self, identifier: str) -> Command:
        """One command; raises NotFoundError."""
        return self._ledger.get(identifier)

    def approve(self, identifier: str, by: str, note: str = "") -> Command:
        """A person sends a command; on disk before it returns. Raises NotFoundError, StaleActionError."""
        return self._control.approve(identifier, by, note)

    def refuse(self, identifier: str, by: str, note: str = "") -> Command:
        """A person keeps a command from the street; raises NotFoundError, StaleActionError."""
        return self._control.refuse(identifier, by, note)

    def set_mode(self, mode: str, by: str) -> Power:
        """A person says how far the brain may act by itself."""
        self._control.set_mode(Mode(mode), by)
        return self.power()

    def power(self) -> Power:
        """Who may send commands now."""
        authority = self._control.authority
        limits = authority.limits
        hours = f"{limits.hours[0]:%H:%M}-{limits.hours[1]:%H:%M}" if limits.hours else ""
        return Power(
            authority.mode.value,
            authority.set_by,
            authority.waits_s,
            limits.entities,
            limits.actions,
            hours,
            limits.most_per_minute,
        )
