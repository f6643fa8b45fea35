"""Bodies and query strings of requests, checked."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request

_Wanted = TypeVar("_Wanted")

LARGEST_BODY = 16_384


async def read_body(request: Request, media_type: str = "application/json", most: int = LARGEST_BODY) -> bytes:
    """The body; only in the expected type, since a form of another site could post anything else."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != media_type:
        raise HTTPException(415, f"send the body as {media_type}")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise HTTPException(413, f"the body is longer than {most} bytes")
    return bytes(body)


async def read_json(request: Request, kind: type[_Wanted], most: int = LARGEST_BODY) -> _Wanted:
    """The body as a checked record."""
    body = await read_body(request, most=most)
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise HTTPException(422, str(error)) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise HTTPException(400, f"the body is not JSON: {error}") from error


def read_query(request: Request, kind: type[_Wanted]) -> _Wanted:
    """The query string as a checked record; a name may be given several times where a list is asked for."""
    names = request.query_params.keys()
    lists = {field.name for field in msgspec.structs.fields(kind) if isinstance(field.default, tuple)}  # type: ignore[arg-type]
    given = {name: _value(request, name, name in lists) for name in names}
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise HTTPException(422, str(error)) from error


def _value(request: Request, name: str, many: bool) -> str | list[str]:
    values = [part for text in request.query_params.getlist(name) for part in (text.split(",") if many else [text])]
    return values if many else values[-1]
