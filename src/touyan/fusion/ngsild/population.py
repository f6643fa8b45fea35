"""All entities of one tenant in memory: compact bytes by id, with an index by type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .model import Entity, unpack
from .selection import Selection


class Population:
    """Entities as bytes by id; ids of each type in the order of their creation."""

    def __init__(self) -> None:
        self._blobs: dict[str, bytes] = {}
        self._types: dict[str, tuple[str, ...]] = {}
        self._known_types: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._by_type: dict[str, dict[str, None]] = {}

    def __len__(self) -> int:
        return len(self._blobs)

    def __contains__(self, identifier: str) -> bool:
        return identifier in self._blobs

    def blob(self, identifier: str) -> bytes | None:
        """An entity's bytes, None when there is none."""
        return self._blobs.get(identifier)

    def get(self, identifier: str) -> Entity | None:
        """An entity, None when there is none."""
        blob = self._blobs.get(identifier)
        return None if blob is None else unpack(blob)

    def put(self, identifier: str, types: tuple[str, ...], blob: bytes) -> None:
        """Store an entity."""
        known = self._types.get(identifier)
        if known != types:
            self._index(identifier, known or (), types)
        self._blobs[identifier] = blob

    def remove(self, identifier: str) -> None:
        """Take an entity away."""
        if self._blobs.pop(identifier, None) is not None:
            for name in self._types.pop(identifier):
                self._leave(name, identifier)

    def restore(self, identifier: str, blob: bytes | None) -> None:
        """Bring an entity back to what it was; None for not there."""
        if blob is None:
            self.remove(identifier)
        else:
            self.put(identifier, unpack(blob).types, blob)

    def _index(self, identifier: str, old: tuple[str, ...], new: tuple[str, ...]) -> None:
        # One tuple for all entities of the same types, as there are few kinds and many entities.
        shared = self._known_types.setdefault(new, new)
        self._types[identifier] = shared
        for name in old:
            if name not in new:
                self._leave(name, identifier)
        for name in shared:
            self._by_type.setdefault(name, {})[identifier] = None

    def _leave(self, name: str, identifier: str) -> None:
        members = self._by_type[name]
        members.pop(identifier, None)
        if not members:
            del self._by_type[name]

    def types(self) -> list[str]:
        """All types that entities have, sorted."""
        return sorted(self._by_type)

    def of_type(self, name: str) -> Iterator[Entity]:
        """All entities of a type."""
        for identifier in self._by_type.get(name, ()):
            yield unpack(self._blobs[identifier])

    def all(self) -> Iterator[Entity]:
        """All entities."""
        return map(unpack, self._blobs.values())

    def blobs(self) -> Iterator[tuple[str, bytes]]:
        """All ids with their bytes."""
        return iter(self._blobs.items())

    def select(self, selection: Selection) -> Iterator[Entity]:
        """The entities that are meant, in the order of their creation where types or nothing narrow them."""
        for identifier in self._candidates(selection):
            types = self._types.get(identifier)
            if types is None or (selection.who and not any(who.admits(identifier, types) for who in selection.who)):
                continue
            entity = unpack(self._blobs[identifier])
            if selection.holds_for(entity):
                yield entity

    def _candidates(self, selection: Selection) -> Iterable[str]:
        """Ids among which the selected ones are."""
        if selection.who and all(who.ids for who in selection.who):
            return dict.fromkeys(identifier for who in selection.who for identifier in who.ids)
        names = set().union(*(who.type_names() for who in selection.who))
        if selection.who and all(who.types is not None for who in selection.who):
            if len(names) == 1:
                return list(self._by_type.get(next(iter(names)), ()))
            return {identifier: None for name in sorted(names) for identifier in self._by_type.get(name, ())}
        return list(self._blobs)
