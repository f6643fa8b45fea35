"""The house style, where a machine can judge it and no linter does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
SOURCE = sorted((ROOT / "src").rglob("*.py"))
TESTS = sorted([*(ROOT / "tests").rglob("test_*.py"), *(ROOT / "src").rglob("tests/test_*.py")])
CATCH_ALLS = {"util", "utils", "helper", "helpers", "common", "misc", "tools"}
PAST_REPAIR = 80
LONGEST_FILE = 650


def functions(paths: list[Path]) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function of the files with a name that a person can find."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the signature to the end, without the docstring."""
    documented = ast.get_docstring(function, clean=False) is not None
    skipped = (function.body[0].end_lineno or 0) - function.body[0].lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - skipped


def test_every_test_says_in_one_line_what_must_hold() -> None:
    """When a test fails, its reason is the first thing that is read."""
    tests = [(where, node) for where, node in functions(TESTS) if node.name.startswith("test_")]
    assert tests
    assert [where for where, node in tests if not ast.get_docstring(node)] == []


def test_no_function_is_too_long_and_most_are_short() -> None:
    """Nobody keeps 80 lines in mind; the median shows how the whole reads."""
    lengths = {where: code_lines(node) for where, node in functions(SOURCE)}
    assert [where for where, lines in lengths.items() if lines > PAST_REPAIR] == []
    assert median(lengths.values()) <= 6


def test_no_file_is_too_long() -> None:
    """A file that needs a table of contents holds more than one concept."""
    counts = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCE}
    assert [name for name, lines in counts.items() if lines > LONGEST_FILE] == []


def test_no_module_is_a_catch_all() -> None:
    """A function lives where its noun lives."""
    assert [str(path) for path in SOURCE if CATCH_ALLS & {path.stem, path.parent.name}] == []


def test_every_file_says_what_it_is_for() -> None:
    """The listing with its first lines is the map of the house."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCE}
    assert [str(path) for path, tree in trees.items() if not ast.get_docstring(tree)] == []
