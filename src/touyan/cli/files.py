"""Result files: whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from touyan.core.errors import InputError


def check_writable(path: Path) -> None:
    """Refuse a result file that cannot be written, before the work is done."""
    if not path.absolute().parent.is_dir():
        raise InputError("command line", str(path), f"no folder at {path.absolute().parent}", "a folder that exists")
    if path.is_dir():
        raise InputError("command line", str(path), "a folder", "the path of a file")


def write_whole(path: Path, text: str | Iterable[str]) -> None:
    """Write a text, or one in parts, beside the place, then rename: no interruption leaves half a file."""
    handle, half = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.writelines([text] if isinstance(text, str) else text)
        Path(half).replace(path)
    except BaseException:
        Path(half).unlink(missing_ok=True)
        raise
