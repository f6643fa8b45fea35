"""Scenes as small whole numbers: what a recording keeps of things that move.

A thing goes on about as fast and as straight as its speed and heading say, so only what differs from that is kept, and
most differences are 0 or 1. All sums are of whole numbers: what is read is what was written, on every machine.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.core.protocols import Scene

Wholes = NDArray[np.int64]
Flags = NDArray[np.bool_]

_ESCAPE = 255
"""A difference from here on does not fit its byte and is kept apart."""

_TRIG_BITS, _STEP_BITS = 14, 10
"""Binary places of the direction table and of the way in a step."""

_MOST_INFLATED = 2**29
"""Bytes that a block may grow to; more is no recording of ours."""


class Quanta(NamedTuple):
    """To what a recording rounds: metres, m/s, headings in a full turn; and the seconds between frames."""

    metres: float
    metres_per_second: float
    headings: int
    step_s: float


class Rows(NamedTuple):
    """Things in frames, in quanta, by slot and then by frame."""

    slot: Wholes
    frame: Wholes
    x: Wholes
    y: Wholes
    speed: Wholes
    heading: Wholes


class BrokenBlock(ValueError):
    """Bytes that no block of frames has."""


def packed(scenes: Sequence[Scene], quanta: Quanta) -> bytes:
    """Scenes in a row as bytes; raises ValueError for a scene that cannot be written."""
    rows = _rows(scenes, quanta)
    begins = _begins(rows)
    first = np.flatnonzero(begins)
    lengths = np.diff(np.append(first, len(begins)))
    at_first = [rows.slot, rows.frame, rows.x, rows.y, rows.speed, rows.heading]
    columns = [column[first] for column in at_first] + [lengths]
    parts = [_counted(column.astype(kind)) for column, kind in zip(columns, _RUN_KINDS, strict=True)]
    parts += [part for kept in _differences(rows, begins, quanta) for part in _bytewise(kept)]
    return zlib.compress(b"".join(parts), 6)


def unpacked(data: bytes, frames: int, quanta: Quanta) -> Rows:
    """The rows of `frames` frames, by slot and frame; raises BrokenBlock."""
    columns = _Columns(_inflated(data))
    slot, frame, x, y, speed, heading, lengths = (columns.next(kind).astype(np.int64) for kind in _RUN_KINDS)
    if {len(column) for column in (frame, x, y, speed, heading, lengths)} != {len(slot)}:
        raise BrokenBlock("runs of different number")
    if (lengths < 1).any() or (frame + lengths > frames).any():
        raise BrokenBlock("a thing outside the frames")
    total = int(lengths.sum())
    begins = np.zeros(total, bool)
    first = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64) if total else lengths
    begins[first] = True
    differ = [_placed(columns.next_differences(total - len(slot)), begins) for _ in range(4)]
    columns.finish()
    run = np.repeat(np.arange(len(slot)), lengths)
    speeds = _summed(differ[2], speed, first, run)
    headings = _summed(differ[3], heading, first, run) % quanta.headings
    way_x, way_y = _expected(speeds, headings, begins, quanta)
    age = np.arange(total) - first[run]
    xs, ys = _summed(differ[0] + way_x, x, first, run), _summed(differ[1] + way_y, y, first, run)
    return Rows(slot[run], frame[run] + age, xs, ys, speeds, headings)


class Frames:
    """The rows of a block, found frame by frame."""

    def __init__(self, rows: Rows, frames: int, quanta: Quanta) -> None:
        self._rows = rows
        number = rows.frame.astype(np.uint16)  # sixteen bits are sorted much faster than sixty-four
        self._order = np.argsort(number, kind="stable")
        self._first = np.searchsorted(number[self._order], np.arange(frames + 1))
        turn = 2 * np.pi / quanta.headings
        self._scale = np.array([[quanta.metres], [quanta.metres], [quanta.metres_per_second], [turn]])

    def of(self, number: int) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
        """Slots, and x, y, speed and heading (SI) in rows, of one frame; by slot."""
        row = self._order[self._first[number] : self._first[number + 1]]
        whole = np.stack([column[row] for column in self._rows[2:]])
        return self._rows.slot[row].astype(np.uint32), (whole * self._scale).astype(np.float32)


# ------------------------------------------------------------ rows and their runs


def _rows(scenes: Sequence[Scene], quanta: Quanta) -> Rows:
    frame = np.repeat(np.arange(len(scenes)), [len(scene.slot) for scene in scenes])
    slot = np.concatenate([scene.slot for scene in scenes]).astype(np.int64)
    order = np.lexsort((frame, slot))
    slot, frame = slot[order], frame[order]
    if ((slot[1:] == slot[:-1]) & (frame[1:] == frame[:-1])).any():
        raise ValueError("a scene with one slot twice")
    quantum = (quanta.metres, quanta.metres, quanta.metres_per_second, 2 * np.pi / quanta.headings)
    x, y, speed, heading = (
        _quantised(np.concatenate([getattr(scene, name) for scene in scenes])[order], size)
        for name, size in zip(("x", "y", "speed", "heading"), quantum, strict=True)
    )
    return Rows(slot, frame, x, y, speed, heading % quanta.headings)


def _quantised(values: NDArray[np.float32], quantum: float) -> Wholes:
    whole = np.rint(values.astype(np.float64) / quantum)
    if not (np.abs(whole) < 2**30).all():  # NaN is not either
        raise ValueError(f"a scene with values that are not within {quantum * 2**30:g}")
    return whole.astype(np.int64)


def _begins(rows: Rows) -> Flags:
    """Where a thing is seen that was not seen in the frame before."""
    begins = np.ones(len(rows.slot), bool)
    begins[1:] = (rows.slot[1:] != rows.slot[:-1]) | (rows.frame[1:] != rows.frame[:-1] + 1)
    return begins


def _differences(rows: Rows, begins: Flags, quanta: Quanta) -> Iterator[Wholes]:
    """What is kept of x, y, speed and heading where a thing was seen before."""
    way_x, way_y = _expected(rows.speed, rows.heading, begins, quanta)
    half = quanta.headings // 2
    turned = (_change(rows.heading) + half) % quanta.headings - half
    for kept in (_change(rows.x) - way_x, _change(rows.y) - way_y, _change(rows.speed), turned):
        yield kept[~begins]


def _expected(speed: Wholes, heading: Wholes, begins: Flags, quanta: Quanta) -> tuple[Wholes, Wholes]:
    """How far a thing should have come since the frame before, given its speeds and its heading."""
    angles = np.arange(quanta.headings) * (2 * np.pi / quanta.headings)
    half_step = round(quanta.step_s * quanta.metres_per_second / quanta.metres / 2 * 2**_STEP_BITS)
    way = (speed + _before(speed)) * half_step
    way[begins] = 0
    bits = _TRIG_BITS + _STEP_BITS
    tables = (np.rint(part * 2**_TRIG_BITS).astype(np.int64) for part in (np.cos(angles), np.sin(angles)))
    east, north = ((way * table[heading] + (1 << (bits - 1))) >> bits for table in tables)
    return east, north


def _summed(steps: Wholes, start: Wholes, first: Wholes, run: Wholes) -> Wholes:
    """Values from their start and steps, run by run; a run's first step is 0."""
    total = np.cumsum(steps)
    return total + (start - total[first])[run]


def _before(column: Wholes) -> Wholes:
    return np.concatenate([column[:1], column[:-1]])


def _change(column: Wholes) -> Wholes:
    return column - _before(column)


def _placed(kept: Wholes, begins: Flags) -> Wholes:
    column = np.zeros(len(begins), np.int64)
    column[~begins] = kept
    return column


# ------------------------------------------------------------ bytes

_RUN_KINDS = ("<u4", "<u2", "<i4", "<i4", "<i4", "<i4", "<u2")
"""Slot, first frame, x, y, speed, heading and length of each run."""


def _counted(column: NDArray[np.generic]) -> bytes:
    return len(column).to_bytes(4, "little") + column.tobytes()


def _bytewise(kept: Wholes) -> tuple[bytes, bytes]:
    """Differences as one byte each (0, -1, 1, -2, … → 0, 1, 2, 3, …), and those that do not fit."""
    folded = np.where(kept < 0, -2 * kept - 1, 2 * kept)
    small = np.minimum(folded, _ESCAPE).astype("<u1")
    return _counted(small), _counted(folded[folded >= _ESCAPE].astype("<u4"))


class _Columns:
    """Columns one after the other in bytes, each with its length before it."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def next(self, kind: str) -> NDArray[np.generic]:
        """The next column of a type."""
        count = int.from_bytes(self._data[self._at : self._at + 4], "little")
        start, self._at = self._at + 4, self._at + 4 + count * np.dtype(kind).itemsize
        if self._at > len(self._data):
            raise BrokenBlock("a column that is cut off")
        return np.frombuffer(self._data, kind, count, start)

    def next_differences(self, count: int) -> Wholes:
        """The next differences, as many as there must be."""
        folded, large = self.next("<u1").astype(np.int64), self.next("<u4").astype(np.int64)
        escaped = folded == _ESCAPE
        if len(folded) != count or np.count_nonzero(escaped) != len(large):
            raise BrokenBlock("differences of another number")
        folded[escaped] = large
        return np.where(folded & 1, -(folded + 1) // 2, folded // 2)

    def finish(self) -> None:
        """Nothing may be left."""
        if self._at != len(self._data):
            raise BrokenBlock("more bytes than columns")


def _inflated(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        inflated = inflater.decompress(data, _MOST_INFLATED)
    except zlib.error as error:
        raise BrokenBlock(str(error)) from None
    if not inflater.eof or inflater.unused_data:
        raise BrokenBlock("more or less than one compressed stream")
    return inflated
