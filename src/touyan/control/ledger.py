"""The ledger: every command with its record, written down before anybody is told."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Protocol

from touyan.core.commands import OPEN_STATES, Command, CommandState, CommandStep
from touyan.core.errors import NotFoundError
from touyan.core.protocols import Proposal

KEPT = 10_000
"""Finished commands that stay in memory; all of them are in the journal."""


class Journal(Protocol):
    """Where commands are written down."""

    def journal_commands(self, commands: Sequence[Command]) -> None:
        """Append the commands as they stand now; durable when it returns."""


class Ledger:
    """All commands of a run, for use from any thread."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._lock = threading.RLock()
        self._numbered = 0
        self._live: dict[str, Command] = {}
        self._finished: dict[str, Command] = {}

    def propose(self, proposal: Proposal, by: str, at: float) -> Command:
        """A numbered command; `record` puts it on the books."""
        with self._lock:
            self._numbered += 1
            step = CommandStep(CommandState.PROPOSED, by, at)
            entity, action, value, reason, explanation = proposal
            return Command(f"command-{self._numbered}", entity, action, value, reason, (step,), explanation)

    def record(self, commands: Iterable[Command]) -> None:
        """Write down commands as they stand now; all of them or none."""
        standing = list(commands)
        if not standing:
            return
        with self._lock:
            self._journal.journal_commands(standing)
            for command in standing:
                self._keep(command)

    def get(self, identifier: str) -> Command:
        """One command as it stands; raises NotFoundError."""
        with self._lock:
            if identifier in self._live:
                return self._live[identifier]
            if identifier in self._finished:
                return self._finished[identifier]
            raise NotFoundError("command", identifier, self._live)

    def live(self, state: CommandState) -> list[Command]:
        """The unfinished commands in a state, the oldest first."""
        with self._lock:
            return [command for command in self._live.values() if command.state is state]

    def newest(self, most: int = 100) -> list[Command]:
        """The newest commands, the newest first."""
        with self._lock:
            known = [*self._live.values(), *islice(reversed(self._finished.values()), most)]
        return sorted(known, key=_number, reverse=True)[:most]

    def _keep(self, command: Command) -> None:
        if command.state in OPEN_STATES:
            self._live[command.identifier] = command
            return
        self._live.pop(command.identifier, None)
        self._finished[command.identifier] = command
        if len(self._finished) > KEPT:
            del self._finished[next(iter(self._finished))]


def _number(command: Command) -> int:
    return int(command.identifier.removeprefix("command-"))
