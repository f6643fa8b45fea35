"""Blocks: what the journal writes at once, each with its own checksum.

magic 4 B │ CRC-32 4 B │ length 4 B │ first position 8 B │ records 4 B │ length of each record, 4 B each │ records

All numbers are little-endian; the checksum covers everything after itself. A block is written and synced as a
whole before the next begins, so a bad block that nothing valid follows was never acknowledged.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

MAGIC = b"TyJ1"
_START = struct.Struct("<4sI")
_REST = struct.Struct("<IQI")
HEADER_BYTES = _START.size + _REST.size
LARGEST_PAYLOAD = 2**32 - 1


class Block(NamedTuple):
    """Records that were written together, and where the next block begins (byte)."""

    first: int
    records: list[bytes]
    end: int


def encoded(first: int, records: Sequence[bytes]) -> bytes:
    """The bytes of one block whose first record has that position."""
    lengths = struct.pack(f"<{len(records)}I", *map(len, records))
    length = len(lengths) + sum(map(len, records))
    body = b"".join([_REST.pack(length, first, len(records)), lengths, *records])
    return _START.pack(MAGIC, zlib.crc32(body)) + body


def block_at(data: memoryview, start: int) -> Block | None:
    """The block that begins at a byte; None where there is no whole and valid one."""
    if len(data) - start < HEADER_BYTES:
        return None
    magic, checksum = _START.unpack_from(data, start)
    length, first, count = _REST.unpack_from(data, start + _START.size)
    end = start + HEADER_BYTES + length
    if magic != MAGIC or end > len(data) or zlib.crc32(data[start + _START.size : end]) != checksum:
        return None
    return Block(first, _records(data, start + HEADER_BYTES, count), end)


def blocks(data: memoryview) -> Iterator[Block]:
    """All blocks from the start up to the first that is not whole."""
    block = block_at(data, 0)
    while block is not None:
        yield block
        block = block_at(data, block.end)


def valid_after(data: memoryview, start: int) -> bool:
    """Whether a valid block begins anywhere behind a byte: then what lies before was once whole."""
    rest = data[start:].tobytes()
    at = rest.find(MAGIC, 1)
    while at >= 0:
        if block_at(data, start + at) is not None:
            return True
        at = rest.find(MAGIC, at + 1)
    return False


def _records(data: memoryview, start: int, count: int) -> list[bytes]:
    lengths = struct.unpack_from(f"<{count}I", data, start)
    at = start + 4 * count
    records = []
    for length in lengths:
        records.append(bytes(data[at : at + length]))
        at += length
    return records
