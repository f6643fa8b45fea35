"""What tests of the command line share."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from touyan.cli.screen import SCREEN, Screen

from .calling import Shell


@pytest.fixture(autouse=True)
def _fresh_screen() -> None:
    """What an earlier command asked of the output must not reach the next test."""
    vars(SCREEN).update(vars(Screen()))


@pytest.fixture
def touyan(capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    """Calls commands in this process; puts back what a command sets for its process."""
    loggers = [logging.getLogger("touyan.runtime.packs"), logging.getLogger("touyan.cli.main")]
    before = [logger.level for logger in loggers]
    yield Shell(capsys)
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)
