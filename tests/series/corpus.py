"""Where tests find the Numenta benchmark, and how they write a small one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "anomaly" / "nab"


def real() -> Path:
    """The folder of the real benchmark; skips the test where it is not here."""
    if not DATA.is_dir():
        pytest.skip("the Numenta benchmark is not beside the repository")
    return DATA


def written(folder: Path, lines: list[str], windows: list[list[str]]) -> Path:
    """A benchmark of one series, `made/one.csv`."""
    (folder / "labels").mkdir()
    (folder / "data" / "made").mkdir(parents=True)
    (folder / "labels" / "combined_windows.json").write_text(json.dumps({"made/one.csv": windows}), encoding="utf-8")
    text = "\n".join(["timestamp,value", *lines])
    (folder / "data" / "made" / "one.csv").write_text(text, encoding="utf-8")
    return folder
