"""How entities are shown: normalized, concise, simplified (clauses 4.5.1 to 4.5.4) and as GeoJSON (4.5.16)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from msgspec import UNSET

from .contexts import TermMap
from .model import Entity, Instance
from .moments import written
from .projection import EVERYTHING, Projection
from .terms import (
    GEO_PROPERTY,
    JSON_PROPERTY,
    LANGUAGE_PROPERTY,
    LIST_PROPERTY,
    LIST_RELATIONSHIP,
    NGSI_LD,
    PROPERTY,
    VALUE_MEMBER,
    VOCAB_PROPERTY,
)

NORMALIZED, CONCISE, SIMPLIFIED = "normalized", "concise", "simplified"
_WRAPPED = {LANGUAGE_PROPERTY, VOCAB_PROPERTY, JSON_PROPERTY, LIST_PROPERTY, LIST_RELATIONSHIP}
LOCATION = NGSI_LD + "location"


class Form(NamedTuple):
    """In which form entities are shown; `language` is a filter for language properties."""

    representation: str = NORMALIZED
    system_attributes: bool = False
    language: str = ""


class Writer:
    """Shows entities in one context and form."""

    def __init__(self, terms: TermMap, form: Form, projection: Projection = EVERYTHING) -> None:
        self._terms = terms
        self._form = form
        self._projection = projection
        shows: dict[str, Callable[[Instance], Any]] = {SIMPLIFIED: self._simplified, CONCISE: self._concise}
        self._show: Callable[[Instance], Any] = shows.get(form.representation, self.normalized)

    def entity(self, entity: Entity, more: dict[str, Any] | None = None) -> dict[str, Any]:
        """An entity as JSON; `more` stands before its attributes."""
        keeps = self._projection.keeps
        shown: dict[str, Any] = {}
        if keeps("id"):
            shown["id"] = entity.id
        if keeps("type"):
            shown["type"] = self.names(entity.types)
        if entity.scope and keeps("scope"):
            shown["scope"] = one_or_list(entity.scope)
        if self._form.system_attributes:
            shown |= {"createdAt": written(entity.created), "modifiedAt": written(entity.modified)}
        shown.update(more or {})
        compact = self._terms.compact
        for name, instances in entity.attributes.items():
            if keeps(name):
                value = self.attribute(instances)
                if value is not UNSET:
                    shown[compact(name)] = value
        return shown

    def attribute(self, instances: Iterable[Instance]) -> Any:
        """One attribute; UNSET when no instance of it is asked for."""
        datasets = self._projection.datasets
        asked = [instance for instance in instances if datasets is None or instance.dataset in datasets]
        if not asked:
            return UNSET
        if len(asked) == 1 and (self._form.representation != SIMPLIFIED or not asked[0].dataset):
            shown: Any = self._show(asked[0])
            return shown
        if self._form.representation == SIMPLIFIED:
            return {"dataset": {instance.dataset or "@none": self._simplified(instance) for instance in asked}}
        return [self._show(instance) for instance in asked]

    def names(self, types: tuple[str, ...]) -> Any:
        """Types as terms: one text, or a list of several."""
        return one_or_list([self._terms.compact(name) for name in types])

    def normalized(self, instance: Instance) -> dict[str, Any]:
        """An instance with its type and all its metadata."""
        kind, member, value = self._said(instance)
        return {"type": kind, member: value, **self.metadata(instance)}

    def metadata(self, instance: Instance) -> dict[str, Any]:
        """Everything of an instance but its type and value."""
        shown: dict[str, Any] = {}
        if instance.target:
            shown["objectType"] = self.names(instance.target)
        if instance.observed:
            shown["observedAt"] = instance.observed
        if instance.unit:
            shown["unitCode"] = instance.unit
        if instance.dataset:
            shown["datasetId"] = instance.dataset
        if instance.kind == LANGUAGE_PROPERTY and self._form.language:
            shown["lang"] = _best_language(instance.value, self._form.language)
        if self._form.system_attributes:
            shown |= {"createdAt": written(instance.created), "modifiedAt": written(instance.modified)}
            if instance.deleted:
                shown["deletedAt"] = written(instance.deleted)
        for name, instances in instance.parts.items():
            shown[self._terms.compact(name)] = self._part(instances)
        return shown

    def _part(self, instances: list[Instance]) -> Any:
        return self._show(instances[0]) if len(instances) == 1 else [self._show(item) for item in instances]

    def _concise(self, instance: Instance) -> Any:
        kind, member, value = self._said(instance)
        metadata = self.metadata(instance)
        # An object in the place of an attribute would be read as an attribute, so that it keeps its "value".
        bare = kind == GEO_PROPERTY or (kind == PROPERTY and not isinstance(value, dict) and not _looks_multiple(value))
        return value if bare and not metadata else {member: value, **metadata}

    def _simplified(self, instance: Instance) -> Any:
        kind, member, value = self._said(instance)
        return {member: value} if kind in _WRAPPED else value

    def _said(self, instance: Instance) -> tuple[str, str, Any]:
        """The kind, the value's member and the value, as this form says them."""
        if instance.kind == LANGUAGE_PROPERTY and self._form.language and isinstance(instance.value, dict):
            return PROPERTY, "value", instance.value.get(_best_language(instance.value, self._form.language))
        return instance.kind, VALUE_MEMBER[instance.kind], self.value(instance)

    def value_alone(self, instance: Instance) -> Any:
        """The value as the simplified form shows it."""
        return self._simplified(instance)

    def value(self, instance: Instance) -> Any:
        """The value as the reader's context writes it."""
        if instance.kind == VOCAB_PROPERTY:
            compact = self._terms.compact
            value = instance.value
            return compact(value) if isinstance(value, str) else [compact(word) for word in value]
        if instance.kind == LIST_RELATIONSHIP and isinstance(instance.value, list):
            if self._form.representation == SIMPLIFIED:
                return instance.value
            return [{"object": target} for target in instance.value]
        return instance.value

    def feature(self, entity: Entity, geometry_property: str = LOCATION, dataset: str = "") -> dict[str, Any]:
        """An entity as a GeoJSON feature; its geometry is that of one GeoProperty."""
        shown = self.entity(entity)
        shown.pop("id", None)
        feature = {"id": entity.id, "type": "Feature", "geometry": None, "properties": shown}
        for instance in entity.attributes.get(geometry_property, ()):
            if instance.kind == GEO_PROPERTY and (instance.dataset == dataset or feature["geometry"] is None):
                feature["geometry"] = instance.value
        return feature


def one_or_list(items: Iterable[Any]) -> Any:
    """A single item alone, several as a list."""
    found = list(items)
    return found[0] if len(found) == 1 else found


def _looks_multiple(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _best_language(texts: Any, wished: str) -> str:
    """The language tag that suits an Accept-Language style wish best (clause 4.15)."""
    if not isinstance(texts, dict) or not texts:
        return "@none"
    wishes = sorted((_weighted(part) for part in wished.split(",")), key=lambda wish: -wish[1])
    for tag, _ in wishes:
        for known in texts:
            if known.lower() == tag or known.lower().split("-")[0] == tag.split("-")[0]:
                return str(known)
    return next((tag for tag in ("@none", "en") if tag in texts), next(iter(texts)))


def _weighted(part: str) -> tuple[str, float]:
    tag, _, weight = part.strip().partition(";q=")
    try:
        return tag.strip().lower(), float(weight or 1)
    except ValueError:
        return tag.strip().lower(), 0.0
