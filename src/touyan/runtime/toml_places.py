"""Where in a TOML file each key stands, for messages; the standard reader does not say."""

from __future__ import annotations

import re
from collections import Counter

_LIST = re.compile(r"\s*\[\[([^\[\]]+)\]\]")
_TABLE = re.compile(r"\s*\[([^\[\]]+)\]")
_KEY = re.compile(r"""\s*("[^"]*"|'[^']*'|[\w-]+(?:\s*\.\s*[\w-]+)*)\s*=""")


def places(text: str) -> dict[str, int]:
    """The line of each table and key by its path, `city.rows` or `closure[1].roads` say; a list counts from 1."""
    found: dict[str, int] = {}
    counts: Counter[str] = Counter()
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _LIST.match(line):
            name = _plain(match[1])
            counts[name] += 1
            table = f"{name}[{counts[name]}]"
            found.setdefault(table, number)
        elif match := _TABLE.match(line):
            table = _plain(match[1])
            found.setdefault(table, number)
        elif match := _KEY.match(line):
            key = _plain(match[1])
            found.setdefault(f"{table}.{key}" if table else key, number)
    return found


def _plain(name: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in name.split("."))
