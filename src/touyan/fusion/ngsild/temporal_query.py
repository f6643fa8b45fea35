"""What a request asks of the past: a span of time, how many instances, in which shape (clauses 4.11 and 4.5.19)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..store.questions import METHODS, Period, Span
from .moments import duration, moment
from .parameters import options_of, whole
from .refusals import bad_data, invalid_request

NORMALIZED, VALUES, AGGREGATED = "normalized", "temporalValues", "aggregatedValues"
_PROPERTIES = {"observedAt": "observed", "createdAt": "created", "modifiedAt": "modified", "deletedAt": "deleted"}
_SHAPES = {"temporalValues": VALUES, "simplified": VALUES, "aggregatedValues": AGGREGATED, "normalized": NORMALIZED}
_MOST_INSTANCES = 1_000_000


class Timeframe(NamedTuple):
    """Which instances; without a relation all of them."""

    measured_by: str = "observedAt"
    relation: str = ""
    start: int | None = None
    end: int | None = None
    last: int | None = None

    @property
    def span(self) -> Span | None:
        """The span for the history; None where the property does not matter."""
        if not self.relation and self.measured_by == "observedAt":
            return None
        return Span(_PROPERTIES[self.measured_by], self.start, self.end)


class Shape(NamedTuple):
    """How instances are shown; methods and period are for aggregates."""

    name: str = NORMALIZED
    system_attributes: bool = False
    methods: tuple[str, ...] = ()
    period: Period | None = None
    language: str = ""


def timeframe_of(parameters: Mapping[str, Any]) -> Timeframe:
    """The timeframe that parameters name; BadRequestData for what does not hold together."""
    name = parameters.get("timeproperty", "observedAt")
    if name not in _PROPERTIES:
        raise bad_data(f"timeproperty: found {str(name)[:40]!r}; expected one of {', '.join(_PROPERTIES)}")
    last = whole({"lastN": str(parameters["lastN"])}, "lastN", 0, _MOST_INSTANCES) if "lastN" in parameters else None
    if last == 0:
        raise bad_data("lastN: expected a whole number of at least 1")
    relation = parameters.get("timerel", "")
    if not relation:
        if "timeAt" in parameters or "endTimeAt" in parameters:
            raise bad_data("timeAt needs timerel")
        return Timeframe(name, last=last)
    return Timeframe(name, relation, *_bounds(relation, parameters), last)


def _bounds(relation: Any, parameters: Mapping[str, Any]) -> tuple[int | None, int | None]:
    if relation not in ("before", "after", "between"):
        raise bad_data(f"timerel: found {str(relation)[:40]!r}; expected before, after or between")
    at = moment(parameters.get("timeAt", ""), "timeAt")
    if relation == "before":
        return None, at
    # After a moment means not at it, and microseconds are the finest there is.
    if relation == "after":
        return at + 1, None
    end = moment(parameters.get("endTimeAt", ""), "endTimeAt")
    return at, end + 1


def shape_of(parameters: Mapping[str, str]) -> Shape:
    """The shape that a request wants; `format` outweighs `options`."""
    options = options_of(parameters)
    chosen = parameters.get("format")
    if chosen is not None and chosen not in _SHAPES:
        raise invalid_request(f"format: found {chosen[:40]!r}; expected one of {', '.join(_SHAPES)}")
    name = (
        _SHAPES[chosen] if chosen else next((_SHAPES[each] for each in sorted(options) if each in _SHAPES), NORMALIZED)
    )
    methods, period = _aggregation(parameters) if name == AGGREGATED else ((), None)
    return Shape(name, "sysAttrs" in options, methods, period, parameters.get("lang", ""))


def _aggregation(parameters: Mapping[str, str]) -> tuple[tuple[str, ...], Period | None]:
    methods = tuple(name.strip() for name in parameters.get("aggrMethods", "").split(",") if name.strip())
    unknown = [name for name in methods if name not in METHODS]
    if not methods or unknown:
        raise bad_data(f"aggrMethods: found {', '.join(unknown)[:80]!r}; expected some of {', '.join(METHODS)}")
    length = duration(parameters.get("aggrPeriodDuration", "PT0S"), "aggrPeriodDuration")
    return methods, Period(*length) if any(length) else None
