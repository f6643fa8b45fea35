"""Load over HTTP: requests prepared beforehand, sent over connections that stay open."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple


class Load(NamedTuple):
    """What a load took: wall seconds for all, and of each request."""

    seconds: float
    each_s: list[float]

    def a_second(self, count: int) -> float:
        """So many things in the whole, as a rate."""
        return count / self.seconds

    def percentile_ms(self, share: float) -> float:
        """The time within which that share of the requests was answered."""
        ordered = sorted(self.each_s)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def request(method: str, path: str, body: bytes = b"") -> bytes:
    """The bytes of one HTTP/1.1 request with JSON."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Content-Type: application/json\r\n\r\n".encode() + body


def load(port: int, requests: Sequence[bytes], connections: int, expected: Sequence[int]) -> Load:
    """Send all requests; raises RuntimeError where an answer has another status than those expected."""
    with ThreadPoolExecutor(1) as thread:  # the caller's may have a loop of its own
        done: Future[Load] = thread.submit(asyncio.run, _load(port, requests, connections, expected))
        return done.result()


async def _load(port: int, requests: Sequence[bytes], connections: int, expected: Sequence[int]) -> Load:
    each: list[float] = []
    begin = time.perf_counter()
    parts = [requests[number::connections] for number in range(connections)]
    await asyncio.gather(*(_one_after_another(port, part, expected, each) for part in parts))
    return Load(time.perf_counter() - begin, each)


async def _one_after_another(port: int, requests: Sequence[bytes], expected: Sequence[int], each: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    for prepared in requests:
        begin = time.perf_counter()
        writer.write(prepared)
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        body = await reader.readexactly(int(length or 0))
        each.append(time.perf_counter() - begin)
        if status not in expected:
            raise RuntimeError(f"status {status}: {body[:200]!r}")
    writer.close()
