"""All entities of one tenant in memory: compact bytes by slot, types as codes, columns where queries asked for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .columns import Column, Found, evaluate, has_column
from .logic import leaves
from .model import Entity, unpack
from .query import Query
from .selection import Selection

_ROOM = 1_024
_MOST_COLUMNS = 64
_GONE = -1
_FEW_FOR_COLUMNS = 500
"""Below so many entities looking at each is quicker than making a column."""


class Candidates(NamedTuple):
    """Slots in the order of creation, and for which of them nothing is left to be looked at."""

    slots: NDArray[np.intp]
    sure: NDArray[np.bool_]


class Population:
    """Entities as bytes by slot; slots are in the order of creation."""

    def __init__(self) -> None:
        self._slots: dict[str, int] = {}
        self._names: list[str] = []
        self._blobs: list[bytes | None] = []
        self._codes = np.full(_ROOM, _GONE, np.int32)
        self._kinds: list[tuple[str, ...]] = []
        self._code_of: dict[tuple[str, ...], int] = {}
        self._columns: dict[str, Column] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, identifier: str) -> bool:
        return identifier in self._slots

    def blob(self, identifier: str) -> bytes | None:
        """An entity's bytes, None when there is none."""
        slot = self._slots.get(identifier)
        return None if slot is None else self._blobs[slot]

    def get(self, identifier: str) -> Entity | None:
        """An entity, None when there is none."""
        slot = self._slots.get(identifier)
        return None if slot is None else self.at(slot)

    def at(self, slot: int) -> Entity:
        """The entity of a slot."""
        blob = self._blobs[slot]
        assert blob is not None
        return unpack(blob)

    # ------------------------------------------------------------ writing

    def put(self, entity: Entity, blob: bytes) -> None:
        """Store an entity."""
        slot = self._slots.get(entity.id)
        if slot is None:
            slot = self._new_slot(entity.id)
        self._blobs[slot] = blob
        self._codes[slot] = self._code(entity.types)
        for column in self._columns.values():
            column.set(slot, entity)

    def _new_slot(self, identifier: str) -> int:
        if len(self._names) > _ROOM and len(self._names) > 2 * len(self._slots):
            self._close_up()
        slot = self._slots[identifier] = len(self._names)
        self._names.append(identifier)
        self._blobs.append(None)
        if slot >= len(self._codes):
            self._codes = np.concatenate([self._codes, np.full(len(self._codes), _GONE, np.int32)])
        return slot

    def _close_up(self) -> None:
        """Move entities together where more than half of the slots are empty."""
        kept = list(self._slots.values())
        self._names = [self._names[slot] for slot in kept]
        self._blobs = [self._blobs[slot] for slot in kept]
        codes = self._codes[kept]
        self._codes = np.full(max(_ROOM, 2 * len(kept)), _GONE, np.int32)
        self._codes[: len(kept)] = codes
        self._slots = {name: slot for slot, name in enumerate(self._names)}
        self._columns.clear()

    def _code(self, types: tuple[str, ...]) -> int:
        code = self._code_of.get(types)
        if code is None:
            code = self._code_of[types] = len(self._kinds)
            self._kinds.append(types)
        return code

    def remove(self, identifier: str) -> None:
        """Take an entity away."""
        slot = self._slots.pop(identifier, None)
        if slot is not None:
            self._blobs[slot] = None
            self._codes[slot] = _GONE
            for column in self._columns.values():
                column.clear(slot)

    def restore(self, identifier: str, blob: bytes | None) -> None:
        """Bring an entity back to what it was; None for not there."""
        if blob is None:
            self.remove(identifier)
        else:
            self.put(unpack(blob), blob)

    # ------------------------------------------------------------ reading

    def types(self) -> list[str]:
        """All types that entities have, sorted."""
        present = np.unique(self._codes[: len(self._names)])
        return sorted({name for code in present if code != _GONE for name in self._kinds[code]})

    def of_type(self, name: str) -> Iterator[Entity]:
        """All entities of a type."""
        codes = [code for code, types in enumerate(self._kinds) if name in types]
        return map(self.at, np.flatnonzero(np.isin(self._codes[: len(self._names)], codes)).tolist())

    def all(self) -> Iterator[Entity]:
        """All entities."""
        return map(unpack, (blob for blob in self._blobs if blob is not None))

    def blobs(self) -> Iterator[tuple[str, bytes]]:
        """All ids with their bytes."""
        return ((name, blob) for name, blob in zip(self._names, self._blobs, strict=True) if blob is not None)

    def select(self, selection: Selection) -> Iterator[Entity]:
        """The entities that are meant, in the order of their creation."""
        candidates = self.candidates(selection)
        for slot, sure in zip(candidates.slots, candidates.sure, strict=True):
            entity = self.at(slot)
            if sure or selection.holds_for(entity):
                yield entity

    def candidates(self, selection: Selection) -> Candidates:
        """Where the entities are that are meant, as far as ids, types and columns tell."""
        slots = self._named(selection)
        rest = selection.scope is not None or selection.place is not None
        if selection.query is None or len(slots) < _FEW_FOR_COLUMNS:
            return Candidates(slots, np.full(len(slots), selection.query is None and not rest))
        found = self._over_columns(selection.query)
        slots = slots[found.possible[slots]]
        return Candidates(slots, found.sure[slots] & (not rest))

    def _named(self, selection: Selection) -> NDArray[np.intp]:
        """The slots of the entities with the right ids and types."""
        codes = self._codes[: len(self._names)]
        if not selection.who:
            return np.flatnonzero(codes != _GONE)
        if all(who.ids for who in selection.who):
            known = {self._slots[name] for who in selection.who for name in who.ids if name in self._slots}
            slots = np.array(sorted(known), np.intp)
        else:
            fitting = [code for code, types in enumerate(self._kinds) if selection.admits_types(types)]
            slots = np.flatnonzero(np.isin(codes, fitting))
        if all(not who.ids and who.pattern is None for who in selection.who):
            return slots
        kept = [slot for slot in slots if selection.admits_who(self._names[slot], self._kinds[codes[slot]])]
        return np.array(kept, np.intp)

    def _over_columns(self, query: Query) -> Found:
        for comparison in leaves(query):
            attribute = comparison.path.attribute
            if has_column(comparison) and attribute not in self._columns:
                self._make_column(attribute)
        return evaluate(query, self._columns, len(self._names))

    def _make_column(self, attribute: str) -> None:
        while len(self._columns) >= _MOST_COLUMNS:
            del self._columns[next(iter(self._columns))]
        column = self._columns[attribute] = Column(attribute, len(self._codes))
        for slot, blob in enumerate(self._blobs):
            if blob is not None:
                column.set(slot, unpack(blob))
