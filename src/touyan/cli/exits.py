"""Exit codes: the promise to scripts."""

from __future__ import annotations

from enum import IntEnum

from touyan.core.errors import InputError, NotFoundError, PackError, SettingError, TouyanError


class ExitCode(IntEnum):
    """How a command ended."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    INVALID_INPUT = 3
    PROBLEMS_FOUND = 4
    INTERRUPTED = 130


def exit_code_of(kind: type[TouyanError]) -> ExitCode:
    """The exit code for one of our classes of error."""
    named = (InputError, NotFoundError, SettingError, PackError)
    return ExitCode.INVALID_INPUT if issubclass(kind, named) else ExitCode.FAILURE
