"""Score cards: how much of what a source says is good, and what is wrong with the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from touyan.core.observations import Column

from .flags import Flag, Flags


@dataclass
class ScoreCard:
    """The record of one source since the start."""

    source: str
    values: int = 0
    missing: int = 0
    good: int = 0
    flagged: Counter[str] = field(default_factory=Counter)
    delay_s: float = 0.0
    """Usual time between an observation and its arrival."""

    def note(self, values: Mapping[str, Column], flags: Mapping[str, Flags], delay_s: Column) -> None:
        """Take a checked batch into account."""
        for name, column in values.items():
            said = ~np.isnan(column)
            self.values += int(said.sum())
            self.missing += int((~said).sum())
            self.good += int((said & (flags[name] == 0)).sum())
            for flag in Flag:
                self.flagged[str(flag.name).lower()] += int(((flags[name] & flag) > 0).sum())
        if len(delay_s):
            self.delay_s += 0.1 * (float(np.median(delay_s)) - self.delay_s)

    @property
    def score(self) -> float:
        """Share of what should have come that came and was good; NaN before anything came."""
        expected = self.values + self.missing
        return self.good / expected if expected else float("nan")

    def as_dict(self) -> dict[str, Any]:
        """Plain values for people and programs."""
        return {
            "source": self.source,
            "score": self.score,
            "values": self.values,
            "missing": self.missing,
            "delay_s": self.delay_s,
            **{name: count for name, count in self.flagged.items() if count},
        }
