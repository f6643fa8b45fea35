"""What came in from a source, before and after it was understood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from touyan.core.entities import point
from touyan.core.observations import Column, ObservationBatch
from touyan.core.time import to_utc
from touyan.core.units import to_si

from ..quality.flags import UNUSABLE, Flags, words


class Letter(NamedTuple):
    """A message as it came: bytes, when (epoch s), and from where in the source (a topic, a file)."""

    body: bytes
    at: float
    place: str = ""


@dataclass(frozen=True, eq=False)
class Arrival:
    """Readings of one entity type, in the source's own units; columns have one element for each of `ids`.

    `units` holds the UN/CEFACT code of each value, `texts` what is no number, `location` longitude and latitude.
    """

    source: str
    entity_type: str
    ids: tuple[str, ...]
    observed_at: Column
    values: dict[str, Column]
    units: dict[str, str] = field(default_factory=dict)
    texts: dict[str, tuple[str | None, ...]] = field(default_factory=dict)
    location: np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None = None
    flags: dict[str, Flags] = field(default_factory=dict)
    """What may be wrong with each value, see `fusion.quality.flags`."""

    def batch(self) -> ObservationBatch:
        """The numbers as the state takes them: SI, NaN where missing."""
        values = {name: to_si(column, self.units.get(name, "C62")) for name, column in self.values.items()}
        return ObservationBatch(self.entity_type, self.source, self.ids, self.observed_at, values)

    def usable(self) -> ObservationBatch:
        """The same without values that must not reach the state."""
        batch = self.batch()
        for name, flags in self.flags.items():
            batch.values[name][(flags & UNUSABLE) > 0] = np.nan
        return batch

    def entities(self) -> list[dict[str, Any]]:
        """The readings as NGSI-LD entities, in the source's units with their code."""
        return [self._entity(row) for row in range(len(self.ids))]

    def _entity(self, row: int) -> dict[str, Any]:
        when = to_utc(float(self.observed_at[row]))
        entity: dict[str, Any] = {"id": self.ids[row], "type": self.entity_type}
        for name, column in self.values.items():
            if not np.isnan(column[row]):
                entity[name] = self._number(name, row, when)
        for name, texts in self.texts.items():
            if texts[row] is not None:
                entity[name] = {"type": "Property", "value": texts[row], "observedAt": when, **self._origin()}
        if self.location is not None and not np.isnan(self.location[row]).any():
            entity["location"] = {"type": "GeoProperty", "value": point(self.location[row])}
        return entity

    def _number(self, name: str, row: int, when: str) -> dict[str, Any]:
        told: dict[str, Any] = {"type": "Property", "value": float(self.values[name][row]), "observedAt": when}
        if name in self.units:
            told["unitCode"] = self.units[name]
        if name in self.flags:
            told["quality"] = {"type": "Property", "value": words(int(self.flags[name][row]))}
        return told | self._origin()

    def _origin(self) -> dict[str, Any]:
        """Every value says where it came from."""
        return {"source": {"type": "Property", "value": self.source}}
