"""Columns of attributes over all entities, made when a query first needs them and kept up to date then.

A column knows simple values only (one default instance with a number, text or boolean). For everything else it says
that one has to look, so that a query over columns finds what the entities themselves would answer.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .logic import Both, Either
from .model import Entity
from .query import Comparison, Query, Range, Value
from .terms import PROPERTY, RELATIONSHIP

Mask = NDArray[np.bool_]

ABSENT, NUMBER, TEXT, BOOLEAN, OTHER = range(5)
_EXACT = 2.0**53
_ROOM = 1_024
_OWN_NAMES = ("/createdAt", "/modifiedAt")


class Column:
    """One attribute of all entities by slot: what kind of value, its number or the hash of its text."""

    def __init__(self, attribute: str, size: int) -> None:
        self.attribute = attribute
        self.kinds = np.zeros(max(size, _ROOM), np.uint8)
        self.numbers = np.zeros(max(size, _ROOM))
        self.hashes = np.zeros(max(size, _ROOM), np.int64)

    def set(self, slot: int, entity: Entity) -> None:
        """Take over an entity's value."""
        if slot >= len(self.kinds):
            self._grow(slot)
        kind, number, text = _simple(entity, self.attribute)
        self.kinds[slot] = kind
        self.numbers[slot] = number
        self.hashes[slot] = text

    def clear(self, slot: int) -> None:
        """The entity is gone."""
        if slot < len(self.kinds):
            self.kinds[slot] = ABSENT

    def _grow(self, slot: int) -> None:
        size = max(slot + 1, 2 * len(self.kinds))
        self.kinds, self.numbers, self.hashes = (
            np.concatenate([column, np.zeros(size - len(column), column.dtype)])
            for column in (self.kinds, self.numbers, self.hashes)
        )


def _simple(entity: Entity, attribute: str) -> tuple[int, float, int]:
    instances = entity.attributes.get(attribute)
    if not instances:
        return ABSENT, 0.0, 0
    one = instances[0]
    value: Any = one.value
    if len(instances) > 1 or one.kind not in (PROPERTY, RELATIONSHIP):
        return OTHER, 0.0, 0
    if isinstance(value, bool):
        return BOOLEAN, float(value), 0
    if isinstance(value, (int, float)) and -_EXACT < value < _EXACT:
        return NUMBER, float(value), 0
    return (TEXT, 0.0, hash(value)) if isinstance(value, str) else (OTHER, 0.0, 0)


class Found(NamedTuple):
    """Where a query holds for sure, and where it holds for sure or one has to look."""

    sure: Mask
    possible: Mask


def evaluate(query: Query, columns: dict[str, Column], size: int) -> Found:
    """A query over columns of the first `size` slots; attributes without a column have to be looked at."""
    if isinstance(query, Both):
        parts = [evaluate(part, columns, size) for part in query.parts]
        return Found(
            np.logical_and.reduce([part.sure for part in parts]),
            np.logical_and.reduce([part.possible for part in parts]),
        )
    if isinstance(query, Either):
        parts = [evaluate(part, columns, size) for part in query.parts]
        return Found(
            np.logical_or.reduce([part.sure for part in parts]),
            np.logical_or.reduce([part.possible for part in parts]),
        )
    return _compared(query, columns.get(query.path.attribute), size)


def has_column(comparison: Comparison) -> bool:
    """Whether a column is of use: an attribute's own value, not the system's and not within it."""
    path = comparison.path
    return not path.parts and not path.keys and not path.attribute.startswith("@") and not _is_own(path.attribute)


def _is_own(attribute: str) -> bool:
    return attribute.endswith(_OWN_NAMES)


def _compared(comparison: Comparison, column: Column | None, size: int) -> Found:
    everywhere = np.ones(size, np.bool_)
    nowhere = np.zeros(size, np.bool_)
    if column is None or not has_column(comparison):
        return Found(nowhere, everywhere)
    kinds = column.kinds[:size]
    if comparison.operator in ("", "!"):
        there = kinds != ABSENT
        held = there if comparison.operator == "" else ~there
        return Found(held, held)
    if comparison.pattern is not None:
        return Found(nowhere, (kinds == TEXT) | (kinds == OTHER))
    each = [_against(comparison.operator, value, column, kinds, size) for value in comparison.values]
    other = kinds == OTHER
    if comparison.operator == "!=":
        unequal = np.logical_and.reduce([one.sure for one in each])
        return Found(unequal, np.logical_and.reduce([one.possible for one in each]) | other)
    sure = np.logical_or.reduce([one.sure for one in each])
    return Found(sure, np.logical_or.reduce([one.possible for one in each]) | other)


def _against(operator: str, value: Value | Range, column: Column, kinds: NDArray[np.uint8], size: int) -> Found:
    """One value of a comparison; where a value is no simple one, the caller lets it be looked at."""
    numbers = column.numbers[:size]
    if isinstance(value, Range):
        if isinstance(value.first, float) and isinstance(value.last, float):
            inside = (kinds == NUMBER) & (numbers >= value.first) & (numbers <= value.last)
            return _signed(operator, inside, inside, kinds)
        return _signed(operator, np.zeros(size, np.bool_), kinds == TEXT, kinds)
    if isinstance(value, bool):
        # Truth has no order, so that only == and != can hold.
        same = (kinds == BOOLEAN) & (numbers == float(value)) & (operator in ("==", "!="))
        return _signed(operator, same, same, kinds)
    if isinstance(value, float):
        held = (kinds == NUMBER) & _ordered(operator, numbers, value)
        return _signed(operator, held, held, kinds)
    # Equal hashes are looked at; moments that are written in different ways are equal without equal hashes.
    moment = value[:4].isdigit()
    if operator in ("==", "!="):
        similar = (kinds == TEXT) if moment else (kinds == TEXT) & (column.hashes[:size] == hash(value))
        return _signed(operator, np.zeros(size, np.bool_), similar, kinds)
    return Found(np.zeros(size, np.bool_), kinds == TEXT)


def _signed(operator: str, sure: Mask, possible: Mask, kinds: NDArray[np.uint8]) -> Found:
    """The same for == and its opposite: unequal is every other value that is there."""
    if operator != "!=":
        return Found(sure, possible)
    there = (kinds != ABSENT) & (kinds != OTHER)
    return Found(there & ~possible, there & ~sure)


def _ordered(operator: str, numbers: NDArray[np.float64], value: float) -> Mask:
    if operator in ("==", "!="):
        held = numbers == value
    elif operator == ">":
        held = numbers > value
    elif operator == "<":
        held = numbers < value
    elif operator == ">=":
        held = numbers >= value
    else:
        held = numbers <= value
    return np.asarray(held, np.bool_)
