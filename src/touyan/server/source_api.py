"""Sources over HTTP: letters pushed in, and how each source fares."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from touyan.runtime.sources import SourceHall

from .answers import Json


class SourceApi:
    """`GET /api/sources` and `POST /api/sources/{name}`."""

    def __init__(self, sources: SourceHall) -> None:
        self._sources = sources

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route("/api/sources", self.cards_list),
            Route("/api/sources/{name}", self.letter_take, methods=["POST"]),
        ]

    async def cards_list(self, request: Request) -> Response:
        """How each source fares."""
        return Json({"sources": self._sources.cards()})

    async def letter_take(self, request: Request) -> Response:
        """Take a letter in; 204 when it is on disk, 503 when too many wait already."""
        name = request.path_params["name"]
        body, most = bytearray(), self._sources.largest(name)
        async for chunk in request.stream():
            body += chunk
            if most and len(body) > most:
                raise HTTPException(413, f"the letter is longer than {most} bytes")
            if not most and len(body) > 0:
                break
        await self._sources.push(name, bytes(body), request.client.host if request.client else "")
        return Response(status_code=204)
