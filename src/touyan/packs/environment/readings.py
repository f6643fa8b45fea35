"""What stations said last, where it still is the present."""

from __future__ import annotations

import numpy as np

from touyan.core.observations import Column
from touyan.core.protocols import State

from .vocabulary import AIR_STATION

SILENT_AFTER = 3
"""Missed reports after which what a station said last is no longer the present."""


def fresh_column(state: State, quantity: str, interval_s: float) -> Column:
    """A quantity at the air stations.

    NaN where it is missing or old.
    """
    table = state.table(AIR_STATION)
    fresh = table.heard_at(quantity) >= state.now - SILENT_AFTER * interval_s
    return np.where(fresh, table.column(quantity), np.nan)
