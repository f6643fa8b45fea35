"""Files that are on disk when a call returns, and whole or not there at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path

from touyan.core.errors import StorageFullError

_sync_data = getattr(os, "fdatasync", os.fsync)  # the size is synced too when it has changed
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class DurableFile:
    """A file that only grows, by whole pieces: a piece that fails leaves nothing behind."""

    def __init__(self, path: Path) -> None:
        self.path = path
        existed = path.exists()
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        self.size = os.lseek(self._handle, 0, os.SEEK_END)
        self._broken = False
        if not existed:
            sync_folder(path.parent)

    def append(self, piece: bytes) -> None:
        """Add a piece; synced when it returns; raises StorageFullError, and then the file is as it was."""
        if self._broken:
            raise storage_error(self.path, OSError(errno.EIO, "an earlier write could not be taken back"))
        try:
            self._write(piece)
            _sync_data(self._handle)
        except OSError as error:
            self._take_back()
            raise storage_error(self.path, error) from error
        self.size += len(piece)

    def cut_to(self, size: int) -> None:
        """Drop what lies behind a byte."""
        os.ftruncate(self._handle, size)
        os.fsync(self._handle)
        os.lseek(self._handle, size, os.SEEK_SET)
        self.size = size

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)

    def _write(self, piece: bytes) -> None:
        left = memoryview(piece)
        while left:
            left = left[os.write(self._handle, left) :]

    def _take_back(self) -> None:
        try:
            self.cut_to(self.size)
        except OSError:
            self._broken = True


def write_whole(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file beside its place, sync it, and put it there; raises StorageFullError."""
    half = path.with_name(f".{path.name}.half")
    try:
        with half.open("wb") as stream:
            for piece in pieces:
                stream.write(piece)
            stream.flush()
            os.fsync(stream.fileno())
        put_in_place(half, path)
    except OSError as error:
        raise storage_error(path, error) from error
    finally:
        half.unlink(missing_ok=True)


def put_in_place(half: Path, path: Path) -> None:
    """Give a synced file its name, durably."""
    half.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; systems without folder handles do it themselves."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def storage_error(path: Path, error: OSError) -> StorageFullError:
    """What went wrong with writing, in words."""
    reason = "the disk is full" if error.errno in _NO_ROOM else (error.strerror or str(error))
    return StorageFullError(str(path), reason)
