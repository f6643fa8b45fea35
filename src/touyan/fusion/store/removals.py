"""Removals: what was struck out of files that themselves never change."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Removal(msgspec.Struct, frozen=True):
    """Rows of files before `generation` that are gone; None stands for all."""

    tenant: str
    entity: str
    attribute: str | None = None
    dataset: str | None = None
    instance: str | None = None
    generation: int = 0

    def conditions(self) -> dict[str, str]:
        """The columns and the value that each must have."""
        named = {name: getattr(self, name) for name in ("tenant", "entity", "attribute", "dataset", "instance")}
        return {name: value for name, value in named.items() if value is not None}


def sql_without(removals: Sequence[Removal]) -> tuple[str, list[str | int]]:
    """A condition that no removed row meets, and its parameters."""
    parts: list[str] = []
    given: list[str | int] = []
    for removal in removals:
        conditions = removal.conditions()
        parts.append(" AND ".join([f"{name} = ?" for name in conditions] + ["generation < ?"]))
        given += [*conditions.values(), removal.generation]
    return "".join(f" AND NOT ({part})" for part in parts), given
