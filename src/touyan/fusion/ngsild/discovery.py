"""Which types and attributes there are (clauses 5.7.5 to 5.7.10)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .contexts import TermMap
from .population import Population
from .reading import checked_name
from .refusals import not_found

_LIST_ID = "urn:ngsi-ld:{kind}:{tenant}"


class Discovery:
    """Tells of the types and attributes of one tenant's entities."""

    def __init__(self, tenant: str, population: Population) -> None:
        self._tenant = tenant or "default"
        self._population = population

    def types(self, terms: TermMap) -> dict[str, Any]:
        """All types (5.7.5)."""
        return {
            "id": _LIST_ID.format(kind="EntityTypeList", tenant=self._tenant),
            "type": "EntityTypeList",
            "typeList": sorted(terms.compact(name) for name in self._population.types()),
        }

    def types_in_detail(self, terms: TermMap) -> list[dict[str, Any]]:
        """All types with the names of their attributes (5.7.6)."""
        return [
            {
                "id": name,
                "type": "EntityType",
                "typeName": terms.compact(name),
                "attributeNames": sorted(terms.compact(attribute) for attribute in self._kinds(name)),
            }
            for name in self._population.types()
        ]

    def type(self, name: str, terms: TermMap) -> dict[str, Any]:
        """One type with its attributes and how many entities it has (5.7.7)."""
        iri = terms.expand(checked_name(name, "type"))
        kinds = self._kinds(iri)
        count = sum(1 for _ in self._population.of_type(iri))
        if not count:
            raise not_found("entity type", name)
        return {
            "id": iri,
            "type": "EntityTypeInfo",
            "typeName": terms.compact(iri),
            "entityCount": count,
            "attributeDetails": [
                {
                    "id": attribute,
                    "type": "Attribute",
                    "attributeName": terms.compact(attribute),
                    "attributeTypes": sorted(found),
                }
                for attribute, found in sorted(kinds.items())
            ],
        }

    def attributes(self, terms: TermMap) -> dict[str, Any]:
        """All attributes (5.7.8)."""
        return {
            "id": _LIST_ID.format(kind="AttributeList", tenant=self._tenant),
            "type": "AttributeList",
            "attributeList": sorted(terms.compact(name) for name in self._usage()),
        }

    def attributes_in_detail(self, terms: TermMap) -> list[dict[str, Any]]:
        """All attributes with the types that have them (5.7.9)."""
        return [
            {
                "id": name,
                "type": "Attribute",
                "attributeName": terms.compact(name),
                "typeNames": sorted(terms.compact(kind) for kind in types),
            }
            for name, (types, _, _) in sorted(self._usage().items())
        ]

    def attribute(self, name: str, terms: TermMap) -> dict[str, Any]:
        """One attribute: who has it, in which kinds, how often (5.7.10)."""
        iri = terms.expand(checked_name(name, "attribute"))
        usage = self._usage().get(iri)
        if usage is None:
            raise not_found("attribute", name)
        types, kinds, count = usage
        return {
            "id": iri,
            "type": "Attribute",
            "attributeName": terms.compact(iri),
            "attributeCount": count,
            "attributeTypes": sorted(kinds),
            "typeNames": sorted(terms.compact(kind) for kind in types),
        }

    def _kinds(self, entity_type: str) -> dict[str, set[str]]:
        """The attributes of a type's entities, each with its kinds."""
        kinds: dict[str, set[str]] = {}
        for entity in self._population.of_type(entity_type):
            for name, instances in entity.attributes.items():
                kinds.setdefault(name, set()).update(instance.kind for instance in instances)
        return kinds

    def _usage(self) -> dict[str, tuple[set[str], set[str], int]]:
        types: dict[str, set[str]] = {}
        kinds: dict[str, set[str]] = {}
        counts: Counter[str] = Counter()
        for entity in self._population.all():
            for name, instances in entity.attributes.items():
                types.setdefault(name, set()).update(entity.types)
                kinds.setdefault(name, set()).update(instance.kind for instance in instances)
                counts[name] += len(instances)
        return {name: (types[name], kinds[name], counts[name]) for name in types}
