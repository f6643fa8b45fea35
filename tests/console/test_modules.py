"""The console's own modules: typed, small, and bound to this origin."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from touyan.server.static_files import CONSOLE

REPOSITORY = Path(__file__).parents[2]
TYPESCRIPT = REPOSITORY / "node_modules/.bin/tsc"
OWN = sorted((CONSOLE / "static/js").rglob("*.js"))
MOST_LINES = 3_000


def test_modules_are_free_of_type_errors() -> None:
    """JavaScript without a checker hides a wrong name until somebody clicks there."""
    if not TYPESCRIPT.exists() or not (CONSOLE / "vendor/preact.d.mts").exists():
        pytest.skip("typescript is not installed: run make setup with Node.js")
    found = subprocess.run(
        [TYPESCRIPT, "--project", CONSOLE / "jsconfig.json"], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout


def test_every_module_asks_to_be_checked_and_all_stay_small() -> None:
    """A console that grows without end cannot be kept; 3,000 lines is the limit that we set."""
    texts = [path.read_text("utf-8") for path in OWN]
    assert all(text.startswith("// @ts-check\n") for text in texts)
    assert sum(text.count("\n") for text in texts) < MOST_LINES


def test_no_own_file_names_another_origin() -> None:
    """A control room may have no way out, and no other site may learn what it looks at."""
    files = [path for path in (CONSOLE / "static").rglob("*") if path.suffix in {".js", ".css", ".json"}]
    assert len(files) > 20
    for path in [*files, *(CONSOLE / "templates").iterdir()]:
        assert not re.search(r"https?://(?!www\.w3\.org)", path.read_text("utf-8")), path.name


def test_the_build_leaves_no_bare_import() -> None:
    """Browsers cannot resolve a bare import without an inline map, which the page's policy forbids."""
    built = sorted((CONSOLE / "vendor").glob("*.mjs"))
    if not built:
        pytest.skip("the console's modules are not built: run make setup with Node.js")
    for path in (path for path in built if not path.name.endswith(".d.mts")):
        bare = re.findall(r'\b(?:from|import) ?"([^"./][^"]*)"', path.read_text("utf-8"))
        assert bare == [], path.name
