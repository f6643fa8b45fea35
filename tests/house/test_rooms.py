"""Imports point one way: each room imports only what the table of rooms allows."""

from __future__ import annotations

from pathlib import Path

import pytest

import touyan
from touyan.runtime.rooms import MAY_IMPORT, upward_imports

PACKAGE = Path(touyan.__file__).parent


def written(folder: Path, files: dict[str, str]) -> Path:
    """A package called touyan with the files given."""
    package = folder / "touyan"
    for name, text in files.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return package


def test_no_room_imports_what_stands_above_it() -> None:
    """Rooms stay replaceable only as long as imports point one way."""
    assert upward_imports(PACKAGE) == []


def test_every_room_stands_in_the_table() -> None:
    """A room that the table does not know could import anything."""
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms <= MAY_IMPORT.keys()


def test_the_table_itself_has_no_cycle() -> None:
    """A table that allows a circle would prove nothing."""
    left = dict(MAY_IMPORT)
    while left:
        lowest = [room for room, below in left.items() if not below & left.keys()]
        assert lowest, f"a circle among {sorted(left)}"
        for room in lowest:
            del left[room]


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("core/a.py", "import touyan.runtime.brain", "core/a.py:1: core may not import touyan.runtime.brain"),
        ("core/a.py", "from touyan.fusion import b", "core/a.py:1: core may not import touyan.fusion.b"),
        ("warning/a.py", "from ..control import b", "warning/a.py:1: warning may not import touyan.control.b"),
        ("server/a.py", "from touyan import cli", "server/a.py:1: server may not import touyan.cli"),
        (
            "runtime/a.py",
            "def f():\n    import touyan.packs.x",
            "runtime/a.py:2: runtime may not import touyan.packs.x",
        ),
        ("packs/x/a.py", "from touyan.packs.y import b", "packs/x/a.py:1: packs may not import touyan.packs.y.b"),
        ("new_room/a.py", "import touyan.core", "new_room/a.py:1: new_room may not import touyan.core"),
    ],
)
def test_an_upward_import_is_told_with_its_line(tmp_path: Path, file: str, text: str, told: str) -> None:
    """This proves that the first test of this file can fail, late and relative imports included."""
    assert upward_imports(written(tmp_path, {file: text})) == [told]


def test_what_the_table_allows_passes(tmp_path: Path) -> None:
    """A test that refuses everything would be as useless as one that refuses nothing."""
    files = {
        "__init__.py": "",
        "core/a.py": "from . import b\nfrom touyan import __version__\nimport numpy",
        "warning/a.py": "from touyan.core import b",
        "packs/x/a.py": "from .b import c\nfrom touyan.kernels import d\nfrom touyan.packs.y import e",
        "packs/x/pack.toml": "needs = ['y']",
        "packs/x/tests/test_a.py": "import touyan.runtime",
        "cli/a.py": "import touyan.server.b",
    }
    assert upward_imports(written(tmp_path, files)) == []
