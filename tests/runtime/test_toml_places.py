"""Where in a TOML file a key stands."""

from __future__ import annotations

import pytest

from touyan.runtime.toml_places import places

TEXT = """\
base = "base.toml"   # first

[city]
scenario = "grid"
rows=4
"quoted" = 1
a.b = 2

[[closure]]
roads = [
    "one",
]
[[closure]]
  roads = "two"
[[demand]]
factor = 1
[settings.traffic]
key = 3
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("base", 1),
        ("city", 3),
        ("city.scenario", 4),
        ("city.rows", 5),
        ("city.quoted", 6),
        ("city.a.b", 7),
        ("closure[1]", 9),
        ("closure[1].roads", 10),
        ("closure[2]", 13),
        ("closure[2].roads", 14),
        ("demand[1].factor", 16),
        ("settings.traffic.key", 18),
    ],
)
def test_every_key_has_its_line(path: str, line: int) -> None:
    """A message with the line saves the search for it."""
    assert places(TEXT)[path] == line


def test_what_stands_twice_is_told_by_its_first_line() -> None:
    """TOML itself forbids it; text within quotes may still look so."""
    assert places('a = """\nb = 1\n"""\nb = 2\n')["b"] == 2
