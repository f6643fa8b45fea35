"""Recordings: what an onlooker saw of a run, in one file that says what it holds.

    magic, version │ HEAD: header (JSON) │ SEEN: some frames │ SEEN │ … │ DONE: how many frames

Every chunk is tag, length and CRC-32 of its bytes, so that damage is found when the file is opened. A writer that is
killed leaves whole chunks and at most one torn one: all frames but those of the last half minute can still be read.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO, NamedTuple, Self

import msgspec
import numpy as np

import touyan
from touyan.core.errors import InputError
from touyan.core.geometry import Projection
from touyan.core.protocols import Scene

from .frames import BrokenBlock, Frames, Quanta, packed, unpacked

MAGIC = b"TOUYANRC"
VERSION = 1

_START = struct.Struct("<8sH")
_CHUNK = struct.Struct("<4sII")
_SPAN = struct.Struct("<III")
_HEAD, _SEEN, _DONE = b"HEAD", b"SEEN", b"DONE"

_BLOCK_FRAMES = 30
"""Frames written at once: what a kill can cost, and what a seek must unpack."""

_BLOCK_ROWS = 2_000_000
"""Things in frames after which a block is written early, so that memory stays bounded."""

_MOST_FRAMES = 2**16 - 1
"""Frames that a block can number."""

_Positive = Annotated[float, msgspec.Meta(gt=0, le=1e9)]


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a recording says of itself; errors are at most half a quantum.

    `notes` are the writer's own: controller, seed and the like.
    """

    city: str
    starts_at: float
    longitude: float
    latitude: float
    step_s: _Positive = 1.0
    quantum_m: _Positive = 0.01
    quantum_m_s: _Positive = 0.01
    headings: Annotated[int, msgspec.Meta(ge=4, le=65536)] = 4096
    touyan: str = touyan.__version__
    notes: dict[str, str | int | float] = {}

    @property
    def quanta(self) -> Quanta:
        """To what it rounds."""
        return Quanta(self.quantum_m, self.quantum_m_s, self.headings, self.step_s)

    @property
    def projection(self) -> Projection:
        """Where the local metres of its scenes lie."""
        return Projection(self.longitude, self.latitude)


class Recorder:
    """Writes scenes as they come; close it, or use it in a `with` statement. Raises InputError."""

    def __init__(self, path: Path, header: Header) -> None:
        self._header = header
        self._waiting: list[Scene] = []
        self._frames = 0
        try:
            self._file = path.open("wb")
        except OSError as error:
            found = f"a place that cannot be written ({error.strerror})"
            raise InputError(str(path), "", found, "a file in a folder that is there") from None
        self._file.write(_START.pack(MAGIC, VERSION))
        self._write(_HEAD, msgspec.json.encode(header))

    def add(self, scene: Scene) -> None:
        """Take the scene of the next step; raises ValueError for one of another time."""
        due = self._header.starts_at + (self._frames + len(self._waiting)) * self._header.step_s
        if scene.at != due:
            raise ValueError(f"the next frame is that of {due}, not of {scene.at}")
        self._waiting.append(scene)
        rows = sum(len(waiting.slot) for waiting in self._waiting)
        if len(self._waiting) == _BLOCK_FRAMES or rows >= _BLOCK_ROWS:
            self._write_waiting()

    def close(self) -> None:
        """Write what is left, and that this is all."""
        if not self._file.closed:
            self._write_waiting()
            self._write(_DONE, self._frames.to_bytes(4, "little"))
            self._file.close()

    def abandon(self) -> None:
        """Keep what is left, but let the file say that it is not the whole run."""
        self._write_waiting()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        (self.close if kind is None else self.abandon)()

    def _write_waiting(self) -> None:
        if self._waiting:
            counts = [len(scene.slot) for scene in self._waiting]
            span = _SPAN.pack(len(counts), sum(counts), max(counts))
            self._write(_SEEN, span + packed(self._waiting, self._header.quanta))
            self._frames += len(self._waiting)
            self._waiting = []

    def _write(self, tag: bytes, payload: bytes) -> None:
        self._file.write(_CHUNK.pack(tag, len(payload), zlib.crc32(payload)) + payload)
        self._file.flush()  # from here on it outlives this process


class _Block(NamedTuple):
    """Where some frames lie in the file, and how many things they show."""

    place: int
    size: int
    first: int
    frames: int
    rows: int
    most: int


class Recording:
    """A recording opened and checked; scenes by their number or their time.

    Raises InputError for a file that is no recording, of another version, damaged or cut short; with `unfinished`
    one that is cut short is read as far as it goes.
    """

    def __init__(self, path: Path, *, unfinished: bool = False) -> None:
        self.path = path
        self._unfinished = unfinished
        self._kept: tuple[_Block, Frames] | None = None
        self._blocks: list[_Block] = []
        self.whole = False
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise self._wrong("", f"nothing to read ({error.strerror})", "a recording") from None
        self.header = self._opened()

    @property
    def frames(self) -> int:
        """Number of scenes; scene n is that of `starts_at + n * step_s`."""
        return self._blocks[-1].first + self._blocks[-1].frames if self._blocks else 0

    @property
    def rows(self) -> int:
        """Things seen, over all scenes."""
        return sum(block.rows for block in self._blocks)

    @property
    def most(self) -> int:
        """Things in the fullest scene."""
        return max((block.most for block in self._blocks), default=0)

    def scene(self, number: int) -> Scene:
        """One scene, by slot; raises IndexError past the ends."""
        if not 0 <= number < self.frames:
            raise IndexError(f"scene {number} of {self.frames}")
        place = int(np.searchsorted([block.first for block in self._blocks], number, side="right")) - 1
        block = self._blocks[place]
        if self._kept is None or self._kept[0] != block:
            self._kept = block, self._unpacked(block)
        slot, columns = self._kept[1].of(number - block.first)
        return Scene(self.header.starts_at + number * self.header.step_s, slot, *columns)

    def scene_at(self, at: float) -> Scene:
        """The scene of a time (epoch s), or the last one before it; raises IndexError past the ends."""
        return self.scene(int((at - self.header.starts_at) // self.header.step_s))

    def scenes(self) -> Iterator[Scene]:
        """All scenes in their order."""
        return map(self.scene, range(self.frames))

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------ what the file says

    def _opened(self) -> Header:
        try:
            return self._scanned(self._file)
        except BaseException:
            self._file.close()
            raise

    def _scanned(self, file: BinaryIO) -> Header:
        """The header; on the way every chunk is checked and every block noted."""
        start = file.read(_START.size)
        if start[:8] != MAGIC:
            raise self._wrong("byte 0", "the start of another kind of file", "a recording, as --record writes it")
        version = int.from_bytes(start[8:], "little")
        if len(start) == _START.size and version != VERSION:
            raise self._wrong("byte 8", f"format version {version}", f"version {VERSION}; record the run again")
        chunks = self._chunks(file)
        header = self._header_in(next(chunks, None))
        for tag, place, payload in chunks:
            self._note(tag, place, payload)
        if not self.whole and not self._unfinished:
            raise self._cut_short()
        return header

    def _chunks(self, file: BinaryIO) -> Iterator[tuple[bytes, int, bytes]]:
        """Tag, place and bytes of each whole chunk."""
        while len(begin := file.read(_CHUNK.size)) == _CHUNK.size:
            place = file.tell()
            tag, size, checksum = _CHUNK.unpack(begin)
            if tag not in (_HEAD, _SEEN, _DONE):
                raise self._damaged(place - _CHUNK.size, "no chunk of a recording")
            payload = file.read(size) if size <= self.path.stat().st_size else b""
            if len(payload) < size:
                return
            if zlib.crc32(payload) != checksum:
                raise self._damaged(place, "bytes that do not fit their checksum")
            yield tag, place, payload

    def _header_in(self, chunk: tuple[bytes, int, bytes] | None) -> Header:
        if chunk is None:
            raise self._cut_short()
        tag, place, payload = chunk
        if tag != _HEAD:
            raise self._damaged(place, "no header")
        try:
            return msgspec.json.decode(payload, type=Header)
        except msgspec.DecodeError as error:
            raise self._damaged(place, f"a header that does not fit ({error})") from None

    def _note(self, tag: bytes, place: int, payload: bytes) -> None:
        if self.whole or tag == _HEAD:
            raise self._damaged(place, "a chunk where none belongs")
        if tag == _DONE:
            self.whole = int.from_bytes(payload, "little") == self.frames
        frames, rows, most = _SPAN.unpack_from(payload) if len(payload) > _SPAN.size else (0, 0, 0)
        if tag == _SEEN and 1 <= frames <= _MOST_FRAMES:
            self._blocks.append(_Block(place, len(payload), self.frames, frames, rows, most))
        elif not self.whole:
            raise self._damaged(place, "frames of another number")

    def _unpacked(self, block: _Block) -> Frames:
        self._file.seek(block.place)
        data, quanta = self._file.read(block.size), self.header.quanta
        try:
            rows = unpacked(data[_SPAN.size :], block.frames, quanta)
            if len(rows.slot) != block.rows:
                raise BrokenBlock("things of another number")
        except BrokenBlock as error:
            raise self._damaged(block.place, str(error)) from None
        return Frames(rows, block.frames, quanta)

    def _damaged(self, place: int, found: str) -> InputError:
        return self._wrong(f"byte {place}", f"damage: {found}", "the recording as it was written")

    def _cut_short(self) -> InputError:
        found = f"a recording cut short after {self.frames} frames"
        return self._wrong("its end", found, "a whole one, or to be asked for an unfinished one")

    def _wrong(self, place: str, found: str, expected: str) -> InputError:
        return InputError(str(self.path), place, found, expected)
