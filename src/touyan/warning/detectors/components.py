"""Detectors that a pack makes its own by naming an entity type and a quantity:

    class LevelNovelty(SeriesNovelty):
        "Water levels as this gauge never showed them."
        entity_type = "WaterObserved"
        observed = "waterLevel"

Their scores are surprises: -log10 of the share of readings at which normal life shows as much, so that a rule with the
threshold 3 raises one false alarm in a thousand readings.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from touyan.core.components import Detector
from touyan.core.observations import Column
from touyan.core.protocols import Finding, Plant, State
from touyan.core.settings import setting

from .arrivals import Arrivals
from .joint import Joint
from .runs import Silence, Stuck
from .series import Series

TRUE, FALSE = "true", "false"


class SeriesDetector(Detector):
    """One quantity of all entities of a type, each a series of its own."""

    abstract = True
    quantity: ClassVar[str] = "surprise"
    observed: ClassVar[str]

    def start(self, plant: Plant) -> None:
        """Know nothing yet: series are learned as they come."""
        self._arrivals = Arrivals(self.entity_type, (self.observed,))


class SeriesNovelty(SeriesDetector):
    """Readings, changes, hours, swings and shapes that a series never showed before."""

    abstract = True
    utc_offset_s: float = setting(
        28_800.0, unit="SEC", at_least=-86_400.0, at_most=86_400.0, help="What the city's clocks are ahead of UTC."
    )

    def start(self, plant: Plant) -> None:
        """Know nothing yet: series are learned as they come."""
        super().start(plant)
        self._series = Series(0, self.utc_offset_s)

    def score(self, state: State) -> Finding:
        """Surprise of each series' newest event, held for 100 readings."""
        self._take(state)
        told = self._series.verdict(self._arrivals.rows)
        return Finding(
            self._arrivals.ids, told.surprise, told.seen, told.expected, told.spread, _confidence(told.surprise)
        )

    def learn(self, entity: str, at: float, label: str) -> None:
        """Take over what people said of the newest alarm of an entity."""
        row = self._arrivals.row(entity)
        if row is not None and label in (TRUE, FALSE):
            self._series.learn(row, label == TRUE)

    def _take(self, state: State) -> None:
        new = self._arrivals.take(state)
        self._series.grow(len(self._arrivals) - len(self._series))
        self._series.observe(new.rows, new.at, new.values[0])


class SeriesUnrest(SeriesNovelty):
    """Series that have been unusual for some time, though no single reading need be."""

    abstract = True

    def score(self, state: State) -> Finding:
        """Surprise of the unrest of each series; seen and expected are in mean deviations."""
        self._take(state)
        told = self._series.verdict(self._arrivals.rows)
        surprise = told.unrest_surprise
        return Finding(self._arrivals.ids, surprise, told.unrest, confidence=_confidence(surprise))


class SeriesSilence(SeriesDetector):
    """Series from which nothing has come for longer than they ever paused."""

    abstract = True

    def start(self, plant: Plant) -> None:
        """Know nothing yet: intervals are learned as readings come."""
        super().start(plant)
        self._silence = Silence(0)

    def score(self, state: State) -> Finding:
        """Surprise of the wait; seen and expected are seconds between readings."""
        new = self._arrivals.take(state)
        self._silence.grow(len(self._arrivals) - len(self._silence.interval))
        self._silence.hear(new.rows, new.at)
        rows = self._arrivals.rows
        surprise = self._silence.surprise(state.now)[rows]
        waited, usual = self._silence.waited(state.now)[rows], self._silence.interval[rows]
        return Finding(self._arrivals.ids, surprise, waited, usual, confidence=_confidence(surprise))


class SeriesStuck(SeriesDetector):
    """Series that say the same value for longer than they ever did."""

    abstract = True

    def start(self, plant: Plant) -> None:
        """Know nothing yet: how long values last is learned as readings come."""
        super().start(plant)
        self._stuck = Stuck(0)

    def score(self, state: State) -> Finding:
        """Surprise of the run; seen is the number of equal readings."""
        new = self._arrivals.take(state)
        self._stuck.grow(len(self._arrivals) - len(self._stuck.length))
        self._stuck.observe(new.rows, new.values[0])
        surprise = self._stuck.surprise()[self._arrivals.rows]
        return Finding(
            self._arrivals.ids, surprise, self._stuck.length[self._arrivals.rows], confidence=_confidence(surprise)
        )


class JointNovelty(Detector):
    """Quantities of an entity that do not go together as they did: each may be usual by itself."""

    abstract = True
    quantity: ClassVar[str] = "surprise"
    observed: ClassVar[tuple[str, ...]]

    def start(self, plant: Plant) -> None:
        """Know nothing yet: how quantities go together is learned as they come."""
        self._arrivals = Arrivals(self.entity_type, self.observed)
        self._joint = Joint(0, len(self.observed))
        self._surprise: Column = np.empty(0)
        self._shares = np.empty((0, len(self.observed)))

    def score(self, state: State) -> Finding:
        """Surprise of each entity's newest readings; contributors are the quantities, the guiltiest first."""
        new = self._arrivals.take(state)
        added = len(self._arrivals) - len(self._surprise)
        self._joint.grow(added)
        self._surprise = np.concatenate([self._surprise, np.full(added, np.nan)])
        self._shares = np.concatenate([self._shares, np.full((added, len(self.observed)), np.nan)])
        self._surprise[new.rows], self._shares[new.rows] = self._joint.observe(new.rows, np.stack(new.values, axis=1))
        rows = self._arrivals.rows
        surprise, shares = self._surprise[rows], self._shares[rows]

        def contributors(position: int) -> tuple[str, ...]:
            return tuple(self.observed[quantity] for quantity in np.argsort(-shares[position]))

        return Finding(self._arrivals.ids, surprise, confidence=_confidence(surprise), contributors=contributors)


def _confidence(surprise: Column) -> Column:
    told: Column = 1.0 - 10.0**-surprise
    return told
