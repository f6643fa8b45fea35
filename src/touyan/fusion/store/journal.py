"""The journal: every change on disk before it is acknowledged, read again at the next start.

folder/
  log-00000000000000000001.touyan     records 1 … 4,711 in blocks; a new file from a cut or a size on
  log-00000000000000004712.touyan     the file that grows
  state-00000000000000004711.touyan   all that stood at record 4,711: the log before it may go
  lock                                held by the one process that writes
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from itertools import chain, pairwise
from pathlib import Path
from typing import IO, NamedTuple

from touyan.core.errors import InputError, StorageFullError, TouyanError

from .blocks import LARGEST_PAYLOAD, blocks, encoded, valid_after
from .durable import DurableFile, storage_error, write_whole

Done = Callable[[int | StorageFullError], None]
"""Told the position of the last record, or why none of them was kept."""

_FILE_BYTES = 64 * 2**20
_GROUP_BYTES = 16 * 2**20  # one block is in memory twice while it is written
_SNAPSHOT_RECORDS = 1024
_logger = logging.getLogger(__name__)


class _Waiting(NamedTuple):
    records: Sequence[bytes]
    size: int
    done: Done


class Journal:
    """An append-only log of opaque records; what `append` has acknowledged survives a crash.

    Any thread may call. All that is submitted while the disk is busy is written and synced together. Records have
    positions 1, 2, …; completions come in the order of submission.
    """

    def __init__(self, folder: Path, lock: IO[bytes] | None, file_bytes: int) -> None:
        self.folder = folder
        self.repairs: list[str] = []
        self._lock_file, self._file_bytes = lock, file_bytes
        self._file, self._position = self._last_file()
        self._durable = self._position
        self._gate = threading.Condition()
        self._tidying = threading.Lock()
        self._queue: deque[_Waiting] = deque()
        self._busy = self._closed = self._cut_wanted = False
        self._thread = threading.Thread(target=self._serve, name="journal", daemon=True)
        self._thread.start()

    @classmethod
    def open(cls, folder: Path, file_bytes: int = _FILE_BYTES) -> Journal:
        """The journal of a folder; a torn tail is repaired, damage elsewhere is an InputError."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return cls(folder, _locked(folder / "lock"), file_bytes)
        except OSError as error:
            raise storage_error(folder, error) from error

    @property
    def position(self) -> int:
        """The last record that is on disk; 0 when there is none."""
        return self._durable

    @property
    def size(self) -> int:
        """Bytes of log that a start has to read behind the snapshot."""
        return sum(path.stat().st_size for path in self._logs())

    def append(self, records: Sequence[bytes]) -> Future[int]:
        """Write records; the future's result is the last one's position, or it raises StorageFullError."""
        future: Future[int] = Future()
        self.append_soon(records, lambda outcome: _settle(future, outcome))
        return future

    def append_soon(self, records: Sequence[bytes], done: Done) -> None:
        """Write records, then call `done` from the journal's thread; it must be quick and not raise."""
        size = sum(map(len, records)) + 4 * len(records)
        if size > LARGEST_PAYLOAD:
            raise ValueError(f"{size} bytes at once; the journal takes {LARGEST_PAYLOAD}")
        with self._gate:
            if self._closed:
                raise TouyanError(f"{self.folder}: the journal is closed", "open it again")
            self._queue.append(_Waiting(records, size, done))
            if not self._busy:
                self._gate.notify_all()

    def cut(self) -> int:
        """Wait for all that is submitted, begin a new file, and tell the last position before it."""
        with self._gate:
            self._gate.wait_for(lambda: not self._queue and not self._busy)
            self._cut_wanted = True
            return self._durable

    def snapshot(self, records: Iterable[bytes], at: int | None = None, keep_after: int | None = None) -> None:
        """Keep the whole state as it stood at a cut; log before it, and not behind `keep_after`, goes."""
        at = self.cut() if at is None else at
        with self._tidying:
            path = self.folder / f"state-{at:020d}.touyan"
            write_whole(path, _state_blocks(at, records))
            for old in self._states():
                if old != path:
                    old.unlink()
            self._drop_logs(at if keep_after is None else min(at, keep_after))

    def replay(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """Positions and records in order: log kept from before the snapshot, the snapshot, the log behind it."""
        until, state = self._durable, next(iter(self._states()), None)
        at = _number(state) if state else 0
        snapshot = self._snapshotted(state, at) if state and after < at else ()
        return chain(self._logged(after, min(at, until)), snapshot, self._logged(max(after, at), until))

    def close(self) -> None:
        """Write what is submitted, then let go of the folder."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._gate.notify_all()
        self._thread.join()
        self._file.close()
        if self._lock_file:
            self._lock_file.close()

    # ------------------------------------------------------------ writing

    def _serve(self) -> None:
        while group := self._next_group():
            self._commit(group)
            with self._gate:
                self._busy = False
                self._gate.notify_all()

    def _next_group(self) -> list[_Waiting]:
        """All that waits, up to a size; empty when the journal is to end."""
        with self._gate:
            self._gate.wait_for(lambda: self._queue or self._closed)
            group: list[_Waiting] = []
            size = 0
            while self._queue and (not group or size + self._queue[0].size <= _GROUP_BYTES):
                group.append(self._queue.popleft())
                size += group[-1].size
            self._busy = bool(group)
            return group

    def _commit(self, group: list[_Waiting]) -> None:
        records = [record for waiting in group for record in waiting.records]
        try:
            if records:
                self._write(records)
        except StorageFullError as error:
            for waiting in group:
                waiting.done(error)
            return
        position = self._durable - len(records)
        for waiting in group:
            position += len(waiting.records)
            waiting.done(position)

    def _write(self, records: list[bytes]) -> None:
        if self._cut_wanted or self._file.size >= self._file_bytes:
            self._begin_file()
        self._file.append(encoded(self._durable + 1, records))
        self._durable += len(records)

    def _begin_file(self) -> None:
        self._cut_wanted = False
        if self._file.size == 0:
            return
        path = _log_path(self.folder, self._durable + 1)
        try:
            following = DurableFile(path)
        except OSError as error:
            raise storage_error(path, error) from error
        self._file.close()
        self._file = following

    # ------------------------------------------------------------ files

    def _logs(self) -> list[Path]:
        return sorted(self.folder.glob("log-*.touyan"))

    def _states(self) -> list[Path]:
        """Snapshots, the newest first."""
        return sorted(self.folder.glob("state-*.touyan"), reverse=True)

    def _drop_logs(self, until: int) -> None:
        """Remove the files of which every record is at or before a position."""
        logs = self._logs()
        for path, following in pairwise(logs):
            if _number(following) - 1 <= until:
                path.unlink()

    def _last_file(self) -> tuple[DurableFile, int]:
        """The file that grows, repaired, and the last position in it."""
        state = next(iter(self._states()), None)
        position = _number(state) if state else 0
        logs = self._logs()
        path = logs[-1] if logs else _log_path(self.folder, position + 1)
        end, last = self._checked(path) if logs else (0, 0)
        file = DurableFile(path)
        if file.size > end:
            self._repair(file, end)
        return file, max(position, last, _number(path) - 1)

    def _checked(self, path: Path) -> tuple[int, int]:
        """The end of the last whole block and its last position; raises InputError for real damage."""
        data = memoryview(path.read_bytes())
        end = last = 0
        for block in blocks(data):
            end, last = block.end, block.first + len(block.records) - 1
        if end < len(data) and valid_after(data, end):
            raise _damaged(path, end)
        return end, last

    def _repair(self, file: DurableFile, end: int) -> None:
        words = f"{file.path}: {file.size - end} bytes at the end were never acknowledged and are dropped"
        self.repairs.append(words)
        _logger.warning("%s", words)
        file.cut_to(end)

    # ------------------------------------------------------------ reading

    def _logged(self, after: int, until: int) -> Iterator[tuple[int, bytes]]:
        """Records of the log with after < position ≤ until."""
        logs = self._logs()
        for path, following in zip(logs, [*logs[1:], None], strict=True):
            if following and _number(following) - 1 <= after:
                continue
            last = _number(path) - 1
            for block in blocks(memoryview(path.read_bytes())):
                for last, record in enumerate(block.records, block.first):
                    if after < last <= until:
                        yield last, record
                if last >= until:
                    return
            if following and last != _number(following) - 1:
                raise _damaged(path, -1)

    @staticmethod
    def _snapshotted(path: Path, at: int) -> Iterator[tuple[int, bytes]]:
        """Records of a snapshot; its last block is empty, so that a lost end is seen."""
        data, end, complete = memoryview(path.read_bytes()), 0, False
        for block in blocks(data):
            end, complete = block.end, not block.records
            for record in block.records:
                yield at, record
        if not complete:
            raise _damaged(path, end)


def _settle(future: Future[int], outcome: int | StorageFullError) -> None:
    if isinstance(outcome, StorageFullError):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def _state_blocks(at: int, records: Iterable[bytes]) -> Iterator[bytes]:
    part: list[bytes] = []
    for record in records:
        part.append(record)
        if len(part) == _SNAPSHOT_RECORDS:
            yield encoded(at, part)
            part = []
    if part:
        yield encoded(at, part)
    yield encoded(at, [])


def _log_path(folder: Path, first: int) -> Path:
    return folder / f"log-{first:020d}.touyan"


def _number(path: Path) -> int:
    """The position that a file's name holds."""
    return int(path.stem.partition("-")[2])


def _damaged(path: Path, end: int) -> InputError:
    place = f"byte {end}" if end >= 0 else "the end"
    return InputError(str(path), place, "a block whose checksum is wrong", "the file as it was written: restore a copy")


def _locked(path: Path) -> IO[bytes] | None:
    """Hold a folder for this process; the system lets go of it when the process ends."""
    try:
        import fcntl
    except ImportError:  # not a POSIX system: the folder is not guarded
        return None
    stream = path.open("ab")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        stream.close()
        raise TouyanError(f"{path.parent}: another process writes here", "stop it, or use another folder") from None
    return stream
