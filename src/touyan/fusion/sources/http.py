"""HTTP: letters fetched at intervals from an address, or pushed to us."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlsplit

import aiohttp

from touyan.core.errors import SettingError
from touyan.core.settings import setting

from .arrivals import Letter
from .connector import ConnectionLostError, Connector, Take

_CHUNK = 65_536


class HttpPollSource(Connector):
    """A document at an HTTP address, fetched at intervals; one that did not change is not taken again."""

    name = "http-poll"
    address: str = setting(help="Address of the document, http:// or https://.")
    every_s: float = setting(60.0, unit="SEC", at_least=0.1, help="Time between two fetches.")
    timeout_s: float = setting(20.0, unit="SEC", at_least=0.1, help="Time after which a fetch is given up.")

    async def letters(self, take: Take) -> None:
        """Fetch for ever; a fetch that fails is a lost connection."""
        if urlsplit(self.address).scheme not in ("http", "https"):
            raise SettingError(self.name, "address", self.address, "http://… or https://…")
        seen: dict[str, str] = {}
        timeout = aiohttp.ClientTimeout(total=self.timeout_s)
        async with aiohttp.ClientSession(timeout=timeout, headers={"User-Agent": "touyan"}) as session:
            while True:
                await self._fetch(session, seen, take)
                await asyncio.sleep(self.every_s)

    async def _fetch(self, session: aiohttp.ClientSession, seen: dict[str, str], take: Take) -> None:
        """One fetch, with the marks of the last so that the server may say that nothing changed."""
        try:
            async with session.get(self.address, headers=seen) as answer:
                if answer.status == 304:
                    return
                if answer.status != 200:
                    raise ConnectionLostError(f"{self.address}: status {answer.status}")
                body = await self._body(answer)
                marks = {
                    "If-None-Match": answer.headers.get("ETag"),
                    "If-Modified-Since": answer.headers.get("Last-Modified"),
                }
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ConnectionLostError(f"{self.address}: {type(error).__name__}: {error}") from error
        await take(Letter(body, time.time(), self.address))
        seen.clear()
        seen.update({name: mark for name, mark in marks.items() if mark})

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        """The body; one byte more than allowed, where it is larger, so that it is refused by its size."""
        parts, size = [], 0
        async for part in answer.content.iter_chunked(_CHUNK):
            parts.append(part)
            size += len(part)
            if size > self.largest_bytes:
                break
        return b"".join(parts)[: self.largest_bytes + 1]


class HttpPushSource(Connector):
    """Documents that others send to `POST /api/sources/NAME`."""

    name = "http-push"

    async def letters(self, take: Take) -> None:
        """Nothing to fetch: the server hands letters over."""
        await asyncio.Event().wait()
