"""How the past is shown: every instance, values with their times, or aggregates (clauses 4.5.6 to 4.5.9, 4.5.19)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ..store.history import Figure
from .contexts import TermMap
from .model import Instance
from .moments import written
from .past import SCOPE
from .projection import Projection
from .temporal_query import AGGREGATED, VALUES, Shape
from .terms import PLURAL_MEMBER, PROPERTY
from .writing import SIMPLIFIED, Form, Writer, one_or_list

Past = dict[str, list[Instance]]
"""Instances by attribute, in the order of time."""


class Evolution(NamedTuple):
    """An entity through time; `figures` are there for aggregates only."""

    id: str
    types: tuple[str, ...]
    past: Past
    figures: tuple[Figure, ...] = ()


class Chronicler:
    """Shows evolutions in one context, shape and projection."""

    def __init__(self, terms: TermMap, shape: Shape, projection: Projection, time_property: str) -> None:
        self._terms, self._shape, self._projection, self._time = terms, shape, projection, time_property
        self._full = Writer(terms, Form(system_attributes=shape.system_attributes, language=shape.language))
        self._bare = Writer(terms, Form(SIMPLIFIED, language=shape.language))

    def show(self, evolution: Evolution) -> dict[str, Any]:
        """One entity as JSON."""
        keeps = self._projection.keeps
        shown: dict[str, Any] = {}
        if keeps("id"):
            shown["id"] = evolution.id
        if keeps("type"):
            shown["type"] = self._full.names(evolution.types)
        figures = _by_attribute(evolution.figures)
        for name, instances in evolution.past.items():
            member = "scope" if name == SCOPE else name
            if keeps(member):
                shown[self._terms.compact(name)] = self._attribute(instances, figures.get(name, []))
        return shown

    def _attribute(self, instances: list[Instance], figures: list[Figure]) -> Any:
        if self._shape.name == AGGREGATED:
            return self._aggregated(instances, figures)
        if self._shape.name == VALUES:
            return self._by_dataset(instances)
        return [self._instance(instance) for instance in instances]

    def _instance(self, instance: Instance) -> dict[str, Any]:
        shown = {**self._full.normalized(instance), "instanceId": instance.instance}
        if self._time != "observedAt":
            shown[self._time] = self._moment(instance)
        return shown

    def _moment(self, instance: Instance) -> str:
        if self._time == "observedAt":
            return instance.observed or written(instance.modified)
        stamps = {"createdAt": instance.created, "modifiedAt": instance.modified, "deletedAt": instance.deleted}
        return written(stamps[self._time])

    def _by_dataset(self, instances: list[Instance]) -> Any:
        groups: dict[str, list[Instance]] = {}
        for instance in instances:
            groups.setdefault(instance.dataset, []).append(instance)
        if not groups:
            return {"type": PROPERTY, PLURAL_MEMBER[PROPERTY]: []}
        return one_or_list(self._values(dataset, group) for dataset, group in groups.items())

    def _values(self, dataset: str, instances: list[Instance]) -> dict[str, Any]:
        kind = instances[-1].kind
        pairs = [[self._bare.value_alone(instance), self._moment(instance)] for instance in instances]
        return {"type": kind, **({"datasetId": dataset} if dataset else {}), PLURAL_MEMBER[kind]: pairs}

    def _aggregated(self, instances: list[Instance], figures: list[Figure]) -> Any:
        kind = instances[-1].kind if instances else PROPERTY
        groups: dict[str, list[Figure]] = {}
        for figure in figures:
            groups.setdefault(figure.dataset, []).append(figure)
        return one_or_list(
            {
                "type": kind,
                **({"datasetId": dataset} if dataset else {}),
                **{method: [_entry(figure, method) for figure in group] for method in self._shape.methods},
            }
            for dataset, group in groups.items()
        )


def _entry(figure: Figure, method: str) -> list[Any]:
    end = figure.start if figure.end is None else figure.end
    return [figure.values[method], written(figure.start), written(end)]


def _by_attribute(figures: Iterable[Figure]) -> dict[str, list[Figure]]:
    found: dict[str, list[Figure]] = {}
    for figure in figures:
        found.setdefault(figure.attribute, []).append(figure)
    return found
