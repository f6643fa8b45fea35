"""What all tests share: no setting of the machine may reach them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _machine_settings_stay_out(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A developer's own environment must not change what a test sees, nor a test the developer's data."""
    for name in list(os.environ):
        if name.startswith("TOUYAN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TOUYAN_LANG", "en")
    monkeypatch.setenv("TOUYAN_STORE__FOLDER", str(tmp_path_factory.getbasetemp() / "store"))


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with nothing in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
