"""Since when the condition of a rule holds for each entity, and when it has passed.

quiet ──score ≥ threshold──▶ pending ──for holds_for_s──▶ live
  ▲───score < threshold────────┘                           │
  └───────────────score < clear_below──────────────────────┘
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from touyan.core.components import Rule
from touyan.core.observations import Column
from touyan.core.protocols import Finding

# City time is a sum of steps; a millisecond of rounding must not delay an alert by a step.
_ROUNDING_S = 1e-3


class Condition:
    """One rule's condition over all entities, in columns.

    A score of NaN says nothing: what is pending starts afresh, what is live stays live.
    """

    def __init__(self, rule: Rule, lasting: dict[str, str]) -> None:
        self.rule = rule
        self.ids: tuple[str, ...] = ()
        self.since: Column = np.empty(0)
        self.alerts = lasting
        """The key of the raw alert of each entity that lasts."""

    def due(self, finding: Finding, now: float) -> NDArray[np.intp]:
        """Positions where an alert is due now."""
        self._follow(finding.ids)
        over = finding.score >= self.rule.threshold
        self.since = np.where(over, np.fmin(self.since, now), np.nan)
        held = now - self.since >= self.rule.holds_for_s - _ROUNDING_S
        return np.array([row for row in np.flatnonzero(held) if self.ids[row] not in self.alerts], np.intp)

    def passed(self, finding: Finding) -> list[str]:
        """The entities whose live condition has passed."""
        if not self.alerts:
            return []
        clear_below = min(self.rule.clear_below, self.rule.threshold)
        clear = np.flatnonzero(finding.score < clear_below).tolist()
        return [finding.ids[row] for row in clear if finding.ids[row] in self.alerts]

    def _follow(self, ids: tuple[str, ...]) -> None:
        """Keep `since` with its entity when the detector's list of entities changes."""
        if ids == self.ids:
            return
        known = dict(zip(self.ids, self.since.tolist(), strict=True))
        self.since = np.array([known.get(identifier, np.nan) for identifier in ids], float)
        self.ids = ids
