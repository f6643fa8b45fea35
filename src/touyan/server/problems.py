"""Every error as one JSON shape: problem+json (RFC 9457).

`type` is `urn:touyan:problem:<code>`, `title` the short name, `detail` the words, `hint` the next step; a stale
action also says `state`, `who` and `when`.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from touyan.core.errors import (
    BusyError,
    InputError,
    NotFoundError,
    SettingError,
    StaleActionError,
    StorageFullError,
    TouyanError,
)

from .headers import HEADERS

Handler = Callable[[Request, Exception], Response | Awaitable[Response]]

_STATUS: dict[type[TouyanError], int] = {
    NotFoundError: 404,
    StaleActionError: 409,
    InputError: 422,
    SettingError: 422,
    BusyError: 503,
    StorageFullError: 507,
}

_log = logging.getLogger(__name__)


def problem(
    status: int, detail: str, code: str = "", headers: Mapping[str, str] | None = None, **more: object
) -> Response:
    """A problem+json response; without a code the status names the problem."""
    title = HTTPStatus(status).phrase
    body: dict[str, Any] = {
        "type": f"urn:touyan:problem:{code or title.lower().replace(' ', '-')}",
        "title": title,
        "status": status,
        "detail": detail,
        **more,
    }
    return Response(msgspec.json.encode(body), status, headers, media_type="application/problem+json")


def from_touyan_error(request: Request, error: Exception) -> Response:
    """Our own error in its own words."""
    assert isinstance(error, TouyanError)
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 400)
    if isinstance(error, StaleActionError):
        return problem(
            status, error.message, error.code, hint=error.hint, state=error.state, who=error.who, when=error.when
        )
    return problem(status, error.message, error.code, hint=error.hint)


def from_http_exception(request: Request, error: Exception) -> Response:
    """What the router or a handler refused."""
    assert isinstance(error, HTTPException)
    return problem(error.status_code, error.detail, headers=error.headers)


def from_fault(request: Request, error: Exception) -> Response:
    """A fault of ours; Starlette logs the traceback, the caller learns no internals."""
    _log.error("the request %s %s failed", request.method, request.url.path)
    # Starlette answers faults outside the guard, which adds these otherwise.
    return problem(500, "the server failed on this request; its log says why", headers=HEADERS)


HANDLERS: dict[Any, Handler] = {
    HTTPException: from_http_exception,
    TouyanError: from_touyan_error,
    Exception: from_fault,
}
