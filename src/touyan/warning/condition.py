"""Since when the condition of a rule holds for each entity, and when it has passed; in columns.

quiet ──score ≥ bound──▶ pending ──for suspect_s──▶ suspected ──for for_s──▶ live
  ▲───score < bound─────────┘                           │                     │
  └───────────────score < clear_below───────────────────┴─────────────────────┘
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.core.observations import Column

Rows = NDArray[np.intp]
Mask = NDArray[np.bool_]

# City time is a sum of steps; a millisecond of rounding must not delay an alert by a step.
_ROUNDING_S = 1e-3

QUIET, SUSPECTED, LIVE = 0, 1, 2
_NONE: Rows = np.empty(0, np.intp)


class Turn(NamedTuple):
    """The rows whose condition is to be suspected, is due, and has passed."""

    suspected: Rows
    due: Rows
    passed: Rows


NO_TURN = Turn(_NONE, _NONE, _NONE)


class Condition:
    """One bound over all entities; only what is beyond it takes memory.

    A score of NaN says nothing: what is pending starts afresh, what is suspected or live stays so. A turn is
    told until it is noted with `turned`, so that nothing is lost when an alert could not be written down.
    `lasting` are the entities whose alert is on record, and whether it is only suspected.
    """

    def __init__(
        self, bound: float, clear_below: float, for_s: float, suspect_s: float | None, lasting: Mapping[str, bool]
    ) -> None:
        self._bound, self._clear_below = bound, clear_below
        self._for_s, self._suspect_s = for_s, suspect_s
        self._lasting = {name: SUSPECTED if suspected else LIVE for name, suspected in lasting.items()}
        self.ids: tuple[str, ...] = ()
        self._over, self._since = _NONE, np.empty(0)
        self._phase: dict[int, int] = {}

    def look(self, ids: tuple[str, ...], score: Column, now: float, allowed: Mask | None = None) -> Turn:
        """What turns now; where `allowed` is false the score counts as quiet for what has not begun."""
        self._follow(ids)
        mask = score >= self._bound
        over = np.flatnonzero(mask if allowed is None else mask & allowed)
        if not (over.size or self._over.size or self._phase):
            return NO_TURN
        self._since = self._carried(over, now)
        self._over = over
        held = now - self._since + _ROUNDING_S
        phase = np.array(self.phases(over), np.int8)
        due = over[(held >= self._for_s) & (phase < LIVE)]
        suspected = _NONE
        if self._suspect_s is not None:
            suspected = over[(held >= self._suspect_s) & (held < self._for_s) & (phase == QUIET)]
        standing = np.fromiter(self._phase, np.intp, len(self._phase))
        return Turn(suspected, due, standing[score[standing] < self._clear_below])

    def since(self, row: int) -> float:
        """Since when a row that is beyond the bound is there."""
        return float(self._since[np.searchsorted(self._over, row)])

    def phases(self, rows: Rows) -> list[int]:
        """How far the condition of rows had come."""
        return [self._phase.get(row, QUIET) for row in rows.tolist()]

    def turned(self, rows: Rows, phase: int) -> None:
        """Note that what was told of rows is on record."""
        for row in rows.tolist():
            if phase == QUIET:
                self._phase.pop(row, None)
            else:
                self._phase[row] = phase

    def _carried(self, over: Rows, now: float) -> Column:
        """Since when each row is beyond the bound: as before, or from now on."""
        if not self._over.size:
            return np.full(over.size, now)
        place = np.minimum(np.searchsorted(self._over, over), self._over.size - 1)
        return np.where(self._over[place] == over, self._since[place], now)

    def _follow(self, ids: tuple[str, ...]) -> None:
        """Keep what is known with its entity when the list of entities changes."""
        if ids is self.ids or ids == self.ids:
            return
        since = {self.ids[row]: at for row, at in zip(self._over.tolist(), self._since.tolist(), strict=True)}
        # Entities that go away for a while must not lose their alert.
        phases = self._lasting | {self.ids[row]: phase for row, phase in self._phase.items()}
        rows = {name: row for row, name in enumerate(ids)} if since or phases else {}
        kept = sorted((rows[name], at) for name, at in since.items() if name in rows)
        self._over = np.array([row for row, _ in kept], np.intp)
        self._since = np.array([at for _, at in kept], float)
        self._phase = {rows[name]: phase for name, phase in phases.items() if name in rows}
        self._lasting = {name: phase for name, phase in phases.items() if name not in rows}
        self.ids = ids
