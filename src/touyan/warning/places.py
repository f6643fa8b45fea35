"""What people call the entities of a city, and where these stand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from touyan.core.entities import Entity, name_in


class Places:
    """Names and positions of the things in a plant's inventory."""

    def __init__(self, inventory: Iterable[Entity]) -> None:
        self._entities = {entity.id: entity for entity in inventory}

    def name(self, identifier: str) -> str:
        """The entity's `name` property, else the name in its id."""
        entity = self._entities.get(identifier)
        return str(entity.properties["name"]) if entity and "name" in entity.properties else name_in(identifier)

    def location(self, identifier: str) -> tuple[float, float] | None:
        """Longitude and latitude, of a line its middle; None if unknown."""
        entity = self._entities.get(identifier)
        return _middle(entity.location) if entity and entity.location else None


def _middle(geometry: dict[str, Any]) -> tuple[float, float] | None:
    """A point that stands for a geometry, as a line's middle."""
    coordinates = geometry["coordinates"]
    while coordinates and isinstance(coordinates[0], (list, tuple)):
        coordinates = coordinates[len(coordinates) // 2]
    return (float(coordinates[0]), float(coordinates[1])) if len(coordinates) >= 2 else None
