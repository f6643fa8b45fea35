"""What sensors say, as columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ObservationBatch:
    """Readings of one entity type; every column has one value for each of `ids`.

    `observed_at` is UTC epoch seconds, `values` are SI, NaN where a reading is missing.
    `source` names the component that made the batch.
    """

    entity_type: str
    source: str
    ids: tuple[str, ...]
    observed_at: Column
    values: dict[str, Column]

    def __post_init__(self) -> None:
        for name, column in {"observed_at": self.observed_at, **self.values}.items():
            if column.shape != (len(self.ids),):
                raise ValueError(
                    f"{self.source}: column {name!r} has shape {column.shape}, expected ({len(self.ids)},)"
                )
