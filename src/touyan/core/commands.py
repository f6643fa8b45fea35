"""Commands to the street and their life cycle, each step on record.

proposed ─▶ guarded ─▶ approved ─▶ applied ─▶ verified ─▶ rolled-back (it made things worse than forecast)
    │           │           └────────▶ failed (the plant did not follow)
    └▶ refused  └▶ expired (nobody approved in time)

A proposal that is only too early for the guard (a green is still too short) stays proposed until it is time.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from .errors import StaleActionError
from .text import Text
from .time import to_iso


class CommandState(StrEnum):
    """Where a command stands on its way to the street."""

    PROPOSED = "proposed"
    GUARDED = "guarded"
    APPROVED = "approved"
    APPLIED = "applied"
    VERIFIED = "verified"
    REFUSED = "refused"
    EXPIRED = "expired"
    FAILED = "failed"
    ROLLED_BACK = "rolled-back"


NEXT_STATES: dict[CommandState, frozenset[CommandState]] = {
    CommandState.PROPOSED: frozenset({CommandState.GUARDED, CommandState.REFUSED}),
    CommandState.GUARDED: frozenset({CommandState.APPROVED, CommandState.REFUSED, CommandState.EXPIRED}),
    CommandState.APPROVED: frozenset({CommandState.APPLIED, CommandState.FAILED, CommandState.REFUSED}),
    CommandState.APPLIED: frozenset({CommandState.VERIFIED, CommandState.FAILED}),
    CommandState.VERIFIED: frozenset({CommandState.ROLLED_BACK}),
}

OPEN_STATES = frozenset({CommandState.PROPOSED, CommandState.GUARDED, CommandState.APPROVED, CommandState.APPLIED})
"""The states in which something is still to happen."""


class CommandStep(msgspec.Struct, frozen=True):
    """One entry of a command's record; `at` is epoch seconds."""

    state: CommandState
    by: str
    at: float
    note: str = ""


class Alternative(msgspec.Struct, frozen=True):
    """An argument that was considered, and what it was predicted to cost."""

    value: float
    cost: float
    chosen: bool = False


class Forecast(msgspec.Struct, frozen=True):
    """What sensors should show if the command does what it is for.

    `value` is the mean, over the `seconds` after the command, of the sum of a quantity over some entities (vehicles
    halting before a signal, say). Less is better.
    """

    entity_type: str
    quantity: str
    entities: tuple[str, ...]
    seconds: float
    value: float


class Explanation(msgspec.Struct, frozen=True):
    """How a decision was come by; costs are in `unit_code`."""

    method: Text
    unit_code: str
    alternatives: tuple[Alternative, ...] = ()
    forecast: Forecast | None = None


class Command(msgspec.Struct, frozen=True):
    """An action on one entity: `action` names it, `value` is its argument (a phase index, say)."""

    identifier: str
    entity: str
    action: str
    value: float
    reason: Text
    record: tuple[CommandStep, ...]
    explanation: Explanation | None = None

    @property
    def state(self) -> CommandState:
        """The state that the last step of the record left."""
        return self.record[-1].state

    def moved(self, state: CommandState, by: str, at: float, note: str = "") -> Command:
        """The command one step on; raises StaleActionError for a step that is not allowed."""
        if state not in NEXT_STATES.get(self.state, frozenset()):
            last = self.record[-1]
            raise StaleActionError(f"command {self.identifier}", last.state, last.by, to_iso(last.at))
        return msgspec.structs.replace(self, record=(*self.record, CommandStep(state, by, at, note)))
