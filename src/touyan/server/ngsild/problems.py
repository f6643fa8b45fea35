"""The broker's errors as problem+json with the types of NGSI-LD (clauses 5.5.2 and 6.3.2)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import Response

from touyan.core.errors import BrokerError, StorageFullError, TouyanError

_ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"

_STATUS = {
    "InvalidRequest": 400,
    "BadRequestData": 400,
    "AlreadyExists": 409,
    "OperationNotSupported": 422,
    "ResourceNotFound": 404,
    "InternalError": 500,
    "TooComplexQuery": 403,
    "TooManyResults": 403,
    "LdContextNotAvailable": 503,
    "NoMultiTenantSupport": 501,
    "NonexistentTenant": 404,
}
_TITLE = {
    "InvalidRequest": "The request cannot be understood",
    "BadRequestData": "The data of the request break a rule",
    "AlreadyExists": "It exists already",
    "OperationNotSupported": "The operation is not offered",
    "ResourceNotFound": "It does not exist",
    "LdContextNotAvailable": "The JSON-LD context cannot be had",
    "NonexistentTenant": "The tenant does not exist",
}


def details(error: BrokerError) -> dict[str, Any]:
    """The problem details of a refusal."""
    return {
        "type": _ERRORS + error.kind,
        "title": _TITLE.get(error.kind, error.kind),
        "status": _STATUS[error.kind],
        "detail": error.message,
    }


def refusal(error: TouyanError) -> Response:
    """An error of ours as a response."""
    if isinstance(error, BrokerError):
        return _response(details(error), _STATUS[error.kind])
    status = 507 if isinstance(error, StorageFullError) else 500
    return plain(status, error.message)


def plain(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """A problem that HTTP itself has a name for."""
    title = HTTPStatus(status).phrase
    kind = "InternalError" if status == 500 else "InvalidRequest"
    known = "about:blank" if status in (405, 406, 408, 411, 413, 414, 415, 431, 507) else _ERRORS + kind
    return _response({"type": known, "title": title, "status": status, "detail": detail}, status, headers)


def _response(body: dict[str, Any], status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status, headers, media_type="application/problem+json")
