"""What people call the entities of a city, where these stand, and which belong together."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from touyan.core.entities import Entity, name_in
from touyan.core.geometry import Projection

Degrees = tuple[float, float]


class Places:
    """Names, positions and relations of the things in a plant's inventory."""

    def __init__(self, inventory: Iterable[Entity] = ()) -> None:
        self._entities = {entity.id: entity for entity in inventory}

    def name(self, identifier: str) -> str:
        """The entity's `name` property, else the name in its id."""
        entity = self._entities.get(identifier)
        return str(entity.properties["name"]) if entity and "name" in entity.properties else name_in(identifier)

    def location(self, identifier: str) -> Degrees | None:
        """Longitude and latitude, of a line its middle; None if unknown."""
        entity = self._entities.get(identifier)
        return _middle(entity.location) if entity and entity.location else None

    def value(self, identifier: str, relation: str) -> str:
        """The first value of a property of an entity, as text; empty when it has none."""
        return next(iter(self.values(identifier, relation)), "")

    def values(self, identifier: str, relation: str) -> tuple[str, ...]:
        """The value or values of a property of an entity, as texts."""
        entity = self._entities.get(identifier)
        found = entity.properties.get(relation) if entity else None
        if found is None:
            return ()
        return tuple(str(each) for each in found) if isinstance(found, list | tuple) else (str(found),)

    def related(self, relation: str, one: str, other: str) -> bool:
        """Whether two entities stand in a relation: "same", "city", or a property's name.

        A property relates an entity to the one that it names, and to those with the same value.
        """
        if relation in ("same", "city"):
            return relation == "city" or one == other
        own, others = set(self.values(one, relation)), set(self.values(other, relation))
        return bool(own & others) or self._named(one, others) or self._named(other, own)

    def names(self, identifier: str, relation: str, other: str) -> bool:
        """Whether a property of an entity names another, by identifier or by name."""
        return self._named(other, set(self.values(identifier, relation)))

    def _named(self, identifier: str, values: set[str]) -> bool:
        return identifier in values or name_in(identifier) in values or self.name(identifier) in values


def metres_between(one: Degrees, other: Degrees) -> float:
    """The distance of two places that are near one another."""
    east, north = Projection(*one).to_metres([other])[0]  # type: ignore[arg-type]
    return math.hypot(east, north)


def _middle(geometry: dict[str, Any]) -> Degrees | None:
    """A point that stands for a geometry, as a line's middle."""
    coordinates = geometry["coordinates"]
    while coordinates and isinstance(coordinates[0], (list, tuple)):
        coordinates = coordinates[len(coordinates) // 2]
    return (float(coordinates[0]), float(coordinates[1])) if len(coordinates) >= 2 else None
