"""How the sensors show that a command had its effect.

An entity that can be commanded reports two kinds of quantity: one with the name of each action (its
value is the argument that is in force), and `commanded` (1 under command, 0 on its own programme). The
action `release` gives the entity back to its own programme, which is the safe state.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from touyan.core.commands import Command
from touyan.core.entities import type_in
from touyan.core.errors import NotFoundError
from touyan.core.protocols import State, Table

RELEASE = "release"
COMMANDED = "commanded"


class Reading(NamedTuple):
    """What a sensor said last of one quantity, and when (epoch s)."""

    value: float = math.nan
    at: float = -math.inf


class Effects:
    """Looks up what sensors say of commanded entities."""

    def __init__(self) -> None:
        self._positions: dict[str, tuple[tuple[str, ...], dict[str, int]]] = {}

    def shown(self, command: Command, state: State) -> Reading:
        """The newest reading of what the command is to change."""
        try:
            table = state.table(type_in(command.entity))
        except NotFoundError:
            return Reading()
        quantity = COMMANDED if command.action == RELEASE else command.action
        row = self._rows(type_in(command.entity), table).get(command.entity)
        return (
            Reading()
            if row is None
            else Reading(float(table.column(quantity)[row]), float(table.heard_at(quantity)[row]))
        )

    def _rows(self, entity_type: str, table: Table) -> dict[str, int]:
        """Where each id stands in the table; kept while ids stay."""
        known = self._positions.get(entity_type)
        if known is None or known[0] is not table.ids:
            known = (table.ids, {identifier: row for row, identifier in enumerate(table.ids)})
            self._positions[entity_type] = known
        return known[1]


def wanted(command: Command) -> float:
    """The value that sensors show once the command is in force."""
    return 0.0 if command.action == RELEASE else command.value
