"""The four levels of Chinese early warning, and how they stand to CAP's severities."""

from __future__ import annotations

from typing import NamedTuple

from touyan.core.alerts import Severity
from touyan.core.text import Text


class Level(NamedTuple):
    """A level: Roman number, colour, and the word for people."""

    number: str
    colour: str
    title: Text


LEVELS: dict[Severity, Level] = {
    Severity.EXTREME: Level("I", "Red", Text("red", "红色")),
    Severity.SEVERE: Level("II", "Orange", Text("orange", "橙色")),
    Severity.MODERATE: Level("III", "Yellow", Text("yellow", "黄色")),
    Severity.MINOR: Level("IV", "Blue", Text("blue", "蓝色")),
}
"""Emergency Response Law of China, article 42 (2007): red, orange, yellow, blue for levels I to IV."""

SEVERITIES = {level.colour.casefold(): severity for severity, level in LEVELS.items()}
