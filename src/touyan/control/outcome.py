"""Whether a command did what it was for: what sensors show, beside what was forecast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from touyan.core.commands import Command, Forecast
from touyan.core.errors import NotFoundError
from touyan.core.protocols import State


@dataclass(frozen=True)
class Margin:
    """How much worse than forecast counts as worse: by a share, and by at least so much.

    An entity whose plan was rolled back stays on its own programme for `rests_s`.
    """

    share: float = 0.5
    least: float = 10.0
    rests_s: float = 300.0

    def worse(self, forecast: float, seen: float) -> bool:
        """Whether what was seen is worse than forecast by more than the margin."""
        return seen > forecast + max(self.least, abs(forecast) * self.share)


class Outcome(NamedTuple):
    """What sensors showed on average after a command, where that is worse than forecast."""

    command: str
    entity: str
    forecast: float
    seen: float


@dataclass
class _Followed:
    """A command under observation: the sum of what was seen, and how often."""

    command: str
    forecast: Forecast
    began: float
    total: float = 0.0
    looks: int = 0


class Outcomes:
    """Follows the commands that came with a forecast; a newer command of the entity ends it."""

    def __init__(self, margin: Margin) -> None:
        self._margin = margin
        self._followed: dict[str, _Followed] = {}
        self._rows: dict[tuple[str, ...], tuple[tuple[str, ...], list[int]]] = {}

    def follow(self, command: Command, at: float) -> None:
        """Begin to look at what a command does; forget what it replaces."""
        forecast = command.explanation.forecast if command.explanation else None
        self._followed.pop(command.entity, None)
        if forecast and forecast.entities:
            self._followed[command.entity] = _Followed(command.identifier, forecast, at)

    def judged(self, state: State) -> list[Outcome]:
        """Look once more; what is worse than forecast when its time is over."""
        for followed in self._followed.values():
            self._look(followed, state)
        over = [entity for entity, each in self._followed.items() if state.now >= each.began + each.forecast.seconds]
        ended = [(entity, self._followed.pop(entity)) for entity in over]
        return [
            Outcome(each.command, entity, each.forecast.value, each.total / each.looks)
            for entity, each in ended
            if each.looks and self._margin.worse(each.forecast.value, each.total / each.looks)
        ]

    def _look(self, followed: _Followed, state: State) -> None:
        """Add what the sensors say now; a silent one says nothing of the whole."""
        if state.now <= followed.began:
            return
        values = self._values(followed.forecast, state)
        if len(values) and not np.isnan(values).any():
            followed.total += float(values.sum())
            followed.looks += 1

    def _values(self, forecast: Forecast, state: State) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        try:
            table = state.table(forecast.entity_type)
        except NotFoundError:
            return np.empty(0)
        known = self._rows.get(forecast.entities)
        if known is None or known[0] is not table.ids:
            place = {identifier: row for row, identifier in enumerate(table.ids)}
            rows = [place[each] for each in forecast.entities if each in place]
            known = self._rows[forecast.entities] = (table.ids, rows)
        return table.column(forecast.quantity)[known[1]]
