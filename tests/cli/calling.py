"""Calls the command line as a shell would, in this process or in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from touyan.cli.main import run_command


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit code and both streams."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output."""
        document: dict[str, Any] = json.loads(self.out)
        return document


@dataclass(frozen=True)
class Shell:
    """Runs commands in this process, which is fast."""

    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Outcome:
        """Run `touyan` with the arguments."""
        self.capture.readouterr()
        code = run_command(list(arguments))
        out, err = self.capture.readouterr()
        return Outcome(int(code), out, err)


def start(*arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    """`touyan` as a process of its own, as the entry point starts it."""
    command = [sys.executable, "-c", "from touyan.cli.main import main; main()", *arguments]
    surroundings = {**os.environ, **environment}
    return subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
