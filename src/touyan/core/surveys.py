"""What a city's files hold, in figures, and what of them a world leaves out."""

from __future__ import annotations

from typing import Any, NamedTuple

from .text import Text


class Fact(NamedTuple):
    """One figure of a city."""

    name: str
    title: Text
    value: float
    unit_code: str = "C62"


class Omission(NamedTuple):
    """Something that the files hold and the world does not, and how often."""

    name: str
    title: Text
    times: int


class Survey(NamedTuple):
    """The size of a city and what was left out on the way in."""

    facts: list[Fact]
    omissions: list[Omission]

    def as_dict(self) -> dict[str, Any]:
        """Plain values by name."""
        return {
            "facts": {fact.name: fact.value for fact in self.facts},
            "left_out": {omission.name: omission.times for omission in self.omissions},
        }
