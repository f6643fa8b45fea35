"""Checks of what sensors say, over whole columns; each remembers a few numbers an entity, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from touyan.core.observations import Column, ObservationBatch

from .flags import Flag, Flags

Positions = NDArray[np.intp]

_PHYSICAL = {"KEL": 0.0, "CEL": -273.15, "FAH": -459.67}
"""Least value of units that have an absolute zero."""


@dataclass(frozen=True)
class Limits:
    """What counts as wrong; times in s."""

    late_s: float = 600.0
    early_s: float = 60.0
    stuck_reports: int = 20  # unchanged reports in a row, zeros apart: a street may be empty for hours
    gap_intervals: float = 3.0
    drift: float = 8.0  # sum of deviations from the likes, in standard deviations
    slack: float = 0.5  # deviation that is nobody's fault


@dataclass
class _Memory:
    """Of one quantity: last value, how often it came in a row, deviations so far."""

    value: Column
    repeats: Column
    offset: Column
    seen: Column
    up: Column
    down: Column


@dataclass
class _Kind:
    """Of one entity type: where each id stands, and when it was heard."""

    places: dict[str, int] = field(default_factory=dict)
    heard_at: Column = field(default_factory=lambda: np.empty(0))
    interval_s: Column = field(default_factory=lambda: np.empty(0))
    quantities: dict[str, _Memory] = field(default_factory=dict)

    def positions(self, ids: tuple[str, ...]) -> Positions:
        """Where ids stand; new ones get a place."""
        found = np.fromiter((self.places.setdefault(each, len(self.places)) for each in ids), np.intp, len(ids))
        more = len(self.places) - len(self.heard_at)
        if more:
            self.heard_at = np.append(self.heard_at, np.full(more, -np.inf))
            self.interval_s = np.append(self.interval_s, np.full(more, np.nan))
        return found

    def memory(self, quantity: str) -> _Memory:
        """What is remembered of a quantity, with room for every entity."""
        size = len(self.places)
        known = self.quantities.setdefault(quantity, _Memory(*(np.empty(0) for _ in range(6))))
        for name, fill in (("value", np.nan), *((each, 0.0) for each in ("repeats", "offset", "seen", "up", "down"))):
            column = getattr(known, name)
            setattr(known, name, np.append(column, np.full(size - len(column), fill)))
        return known


class Checks:
    """The checks of one source; `ranges` gives least and most of a quantity, SI."""

    def __init__(self, limits: Limits | None = None, ranges: Mapping[str, tuple[float, float]] | None = None) -> None:
        self._limits = limits or Limits()
        self._ranges = dict(ranges or {})
        self._kinds: dict[str, _Kind] = {}

    def check(self, batch: ObservationBatch, now: float) -> dict[str, Flags]:
        """Flags of every value of a batch that came at a time (epoch s).

        An id that stands twice in a batch is judged by its rows one after another.
        """
        flags = {name: np.zeros(len(batch.ids), np.uint8) for name in batch.values}
        for rows in _rounds(batch.ids):
            for name, found in self._round(batch, rows, now).items():
                flags[name][rows] = found
        return flags

    def _round(self, batch: ObservationBatch, rows: Positions, now: float) -> dict[str, Flags]:
        """The rows of a batch in which no id stands twice."""
        kind = self._kinds.setdefault(batch.entity_type, _Kind())
        places = kind.positions(tuple(batch.ids[row] for row in rows))
        at = batch.observed_at[rows]
        times = self._times(kind, places, at, now)
        repeated = at == kind.heard_at[places]
        found = {}
        for name, column in batch.values.items():
            known, values = kind.memory(name), column[rows]
            same = values == known.value[places]
            flags = times | _where(repeated & same, Flag.DUPLICATE) | self._implausible(name, values)
            flags |= self._stuck(known, places, values, same & ~repeated)
            flags |= self._drifting(known, places, values)
            known.value[places] = np.where(np.isnan(values), known.value[places], values)
            found[name] = np.where(np.isnan(values), 0, flags).astype(np.uint8)
        self._remember(kind, places, at)
        return found

    def _times(self, kind: _Kind, places: Positions, at: Column, now: float) -> Flags:
        limits, before = self._limits, kind.heard_at[places]
        late = (at < before) | (now - at > limits.late_s)
        with np.errstate(invalid="ignore"):
            gap = at - before > limits.gap_intervals * kind.interval_s[places]
        return (
            _where(late, Flag.LATE)
            | _where(at > now + limits.early_s, Flag.EARLY)
            | _where(gap & np.isfinite(before), Flag.AFTER_GAP)
        )

    def _implausible(self, name: str, values: Column) -> Flags:
        least, most = self._ranges.get(name, (-np.inf, np.inf))
        return _where((values < least) | (values > most), Flag.IMPLAUSIBLE)

    def _stuck(self, known: _Memory, places: Positions, values: Column, same: NDArray[np.bool_]) -> Flags:
        known.repeats[places] = np.where(same & (values != 0), known.repeats[places] + 1, 0)
        return _where(known.repeats[places] >= self._limits.stuck_reports, Flag.STUCK)

    def _drifting(self, known: _Memory, places: Positions, values: Column) -> Flags:
        """A cumulative sum of how far each is from the middle of its likes, beyond what was always so.

        Page (1954), two-sided; the scale is the median absolute deviation of the batch.
        """
        if np.count_nonzero(~np.isnan(values)) < 5:  # too few likes to say who drifts
            return np.zeros(len(values), np.uint8)
        apart = values - np.nanmedian(values)
        scale = 1.4826 * np.nanmedian(np.abs(apart)) or 1.0
        deviation = np.nan_to_num(apart / scale)
        learning = known.seen[places] < self._limits.stuck_reports
        known.seen[places] += 1
        share = 1.0 / np.maximum(known.seen[places], 1)
        usual = known.offset[places]
        known.offset[places] = np.where(learning, usual + share * (deviation - usual), usual)
        beyond = np.where(learning, 0.0, deviation - usual)
        known.up[places] = np.maximum(0.0, known.up[places] + beyond - self._limits.slack)
        known.down[places] = np.maximum(0.0, known.down[places] - beyond - self._limits.slack)
        return _where(np.maximum(known.up[places], known.down[places]) > self._limits.drift, Flag.DRIFTING)

    @staticmethod
    def _remember(kind: _Kind, places: Positions, at: Column) -> None:
        """Time and usual interval of each entity; a gap counts a little only."""
        before, usual = kind.heard_at[places], kind.interval_s[places]
        step = at - before
        fresh = np.isfinite(before) & (step > 0)
        mean = np.where(np.isnan(usual), step, usual + 0.2 * (np.minimum(step, 2 * usual) - usual))
        kind.interval_s[places] = np.where(fresh, mean, usual)
        kind.heard_at[places] = np.maximum(before, at)


def physical_least(unit_code: str) -> float:
    """The least value that a unit allows; -inf where there is none."""
    return _PHYSICAL.get(unit_code, -np.inf)


def _where(condition: NDArray[np.bool_], flag: Flag) -> Flags:
    return np.where(condition, np.uint8(flag), np.uint8(0))


def _rounds(ids: tuple[str, ...]) -> list[Positions]:
    """Rows in rounds, so that no id stands twice in one."""
    if len(set(ids)) == len(ids):
        return [np.arange(len(ids))]
    counts: dict[str, int] = {}
    turn = np.empty(len(ids), np.intp)
    for row, identifier in enumerate(ids):
        turn[row] = counts[identifier] = counts.get(identifier, -1) + 1
    return [np.flatnonzero(turn == each) for each in range(int(turn.max()) + 1)]
