"""A request as the broker's handlers see it: path, parameters, media types, tenant, body and context."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

import msgspec
import numpy as np
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope

from touyan.core.errors import BrokerError
from touyan.runtime.broker import CORE, BrokerHost, Context, Tenant, TermMap, check_parameters, flag, link_urls

JSON, LD_JSON, MERGE_PATCH, GEO_JSON = (
    "application/json",
    "application/ld+json",
    "application/merge-patch+json",
    "application/geo+json",
)
LARGEST_BODY = 16 * 2**20
_LARGEST_QUERY = 32 * 2**10
_BODY_TIMEOUT_S = 30.0
_MOST_NESTED = 100
_DEPTH = np.zeros(256, np.int8)
_DEPTH[[ord("{"), ord("[")]] = 1
_DEPTH[[ord("}"), ord("]")]] = -1


class Body(NamedTuple):
    """The JSON of a request, and the terms of its context."""

    payload: Any
    terms: TermMap


class Asked:
    """One request."""

    def __init__(self, scope: Scope, receive: Receive, host: BrokerHost, segments: list[str]) -> None:
        self.headers = Headers(scope=scope)
        self.method: str = scope["method"]
        self.segments = segments
        self.host = host
        self._scope, self._receive = scope, receive
        self._parameters: dict[str, str] | None = None

    @property
    def parameters(self) -> Mapping[str, str]:
        """The query parameters; a repeated one is joined with commas."""
        if self._parameters is None:
            self._parameters = _parameters(self._scope["query_string"])
        return self._parameters

    def tenant(self, *, create: bool = False) -> Tenant:
        """The tenant that the request is for."""
        name = self.headers.get("ngsild-tenant", "")
        try:
            return self.host.tenant(name, create=create)
        except BrokerError as error:
            kind = "NonexistentTenant" if error.kind == "ResourceNotFound" else error.kind
            raise BrokerError(kind, error.message) from None

    def details(self) -> bool:
        """Whether the request asks for details, with no other parameter (clause 6.3.20)."""
        check_parameters(self.parameters, frozenset({"details"}))
        return flag(self.parameters, "details")

    # ------------------------------------------------------------ media types

    def accepted(self, *offered: str) -> str:
        """The best of the offered media types for the Accept header; 406 for none (clause 6.3.4)."""
        wishes = self.headers.get("accept", "*/*")
        best, weight = "", 0.0
        for media_type in offered:
            quality = _quality(media_type, wishes)
            if quality > weight:
                best, weight = media_type, quality
        if not best:
            raise HTTPException(406, f"the Accept header allows none of {', '.join(offered)}")
        return best

    def content_type(self) -> str:
        """The media type of the body; 415 for one that is not JSON (clause 6.3.4)."""
        content_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        allowed = (JSON, LD_JSON, MERGE_PATCH) if self.method == "PATCH" else (JSON, LD_JSON)
        if content_type not in allowed:
            raise HTTPException(415, f"found the Content-Type {content_type[:80]!r}; expected {' or '.join(allowed)}")
        return content_type

    # ------------------------------------------------------------ contexts

    def link(self) -> Context | None:
        """The context that the Link header names; BadRequestData for several."""
        given = self.headers.getlist("link")
        if not given:
            return None
        urls = link_urls(part for header in given for part in header.split(",<"))
        if len(urls) > 1:
            raise BrokerError("BadRequestData", "more than one Link header names a context")
        return urls[0] if urls else None

    async def terms(self) -> TermMap:
        """The terms of the Link header's context; those of the core context without one."""
        link = self.link()
        return CORE if link is None else await self.host.terms(link)

    async def json(self) -> Any:
        """The body as JSON; InvalidRequest when it is none, 413 when it is too large."""
        return decoded(await self._read())

    async def body(self) -> Body:
        """The body with its context, from within (JSON-LD) or from the Link header (clause 6.3.5)."""
        content_type = self.content_type()
        payload = await self.json()
        return Body(payload, await self.terms_of(payload, content_type))

    async def terms_of(self, payload: Any, content_type: str) -> TermMap:
        """The terms that a payload is written in; BadRequestData for a context in the wrong place."""
        context = payload.get("@context") if isinstance(payload, dict) else None
        if content_type == LD_JSON:
            if self.headers.get("link") and self.link() is not None:
                raise BrokerError("BadRequestData", "a JSON-LD body brings its own context; leave the Link header out")
            if isinstance(payload, dict) and context is None:
                raise BrokerError("BadRequestData", "a JSON-LD body needs an @context")
            return await self.host.terms(context)
        if context is None:
            return await self.terms()
        if content_type == MERGE_PATCH:
            return await self.host.terms(context)
        raise BrokerError("BadRequestData", "an @context in the body needs the Content-Type application/ld+json")

    async def _read(self) -> bytes:
        length = self.headers.get("content-length", "0")
        if length.isdecimal() and int(length) > LARGEST_BODY:
            raise HTTPException(413, f"a body may have {LARGEST_BODY} bytes")
        try:
            async with asyncio.timeout(_BODY_TIMEOUT_S):
                return await self._all_chunks()
        except TimeoutError:
            raise HTTPException(408, f"the body did not come within {_BODY_TIMEOUT_S:g} s") from None

    async def _all_chunks(self) -> bytes:
        chunks, size, more = [], 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise HTTPException(400, "the client left before the end of its body")
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > LARGEST_BODY:
                raise HTTPException(413, f"a body may have {LARGEST_BODY} bytes")
            more = message.get("more_body", False)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def decoded(body: bytes) -> Any:
    """JSON of at most a hundred levels; InvalidRequest for anything else."""
    if body.count(b"[") + body.count(b"{") > _MOST_NESTED and _deepest(body) > _MOST_NESTED:
        raise BrokerError("InvalidRequest", f"the body is nested more than {_MOST_NESTED} times")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise BrokerError("InvalidRequest", f"the body is not JSON: {str(error)[:200]}") from None


def _deepest(body: bytes) -> int:
    """How deep brackets are nested at most, those within texts counted too."""
    return int(np.cumsum(_DEPTH[np.frombuffer(body, np.uint8)], dtype=np.int32).max())


def _parameters(query: bytes) -> dict[str, str]:
    if len(query) > _LARGEST_QUERY:
        raise HTTPException(414, f"the query may have {_LARGEST_QUERY} bytes")
    found: dict[str, str] = {}
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=200)
    except ValueError:
        raise BrokerError("InvalidRequest", "the query parameters are not UTF-8 in percent encoding") from None
    for name, value in pairs:
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def path_segments(scope: Scope, root: str) -> list[str]:
    """The parts of the path below the root, each decoded by itself, so that ids may hold slashes."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    path = raw.decode("latin-1").removeprefix(root).removeprefix("/").removesuffix("/")
    return [unquote(part) for part in path.split("/")]


def _quality(media_type: str, wishes: str) -> float:
    """How much an Accept header wants a media type; the most exact range decides."""
    best = (0, 0.0)
    kind = media_type.partition("/")[0]
    exactness = {media_type: 3, f"{kind}/*": 2, "*/*": 1}
    for part in wishes.split(","):
        name, *parameters = [piece.strip() for piece in part.split(";")]
        quality = next((item[2:] for item in parameters if item.startswith("q=")), "1")
        rank = exactness.get(name.lower(), 0)
        try:
            best = max(best, (rank, float(quality))) if rank else best
        except ValueError:
            continue
    return best[1]
