"""The broker's answers over HTTP: bodies with their context, pages, results of batches."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from starlette.responses import Response

from touyan.runtime.broker import CORE_CONTEXT, BatchResult, Page, TermMap

from .asked import GEO_JSON, JSON, LD_JSON, Asked
from .problems import details

_encode = msgspec.json.Encoder(decimal_format="number").encode
ROOT = "/ngsi-ld/v1"


def encoded(content: Any) -> bytes:
    """JSON in UTF-8."""
    return _encode(content)


def shown(
    asked: Asked, content: Any, terms: TermMap, media_type: str, headers: dict[str, str] | None = None
) -> Response:
    """A resource, with its context in the body (JSON-LD) or in the Link header (clause 6.3.5)."""
    headers = dict(headers or {})
    if media_type == LD_JSON or (media_type == GEO_JSON and "body=json" not in asked.headers.get("prefer", "")):
        content = _with_context(content, terms)
    else:
        headers["Link"] = context_link(terms)
    if asked.headers.get("ngsild-tenant"):
        headers["NGSILD-Tenant"] = asked.headers["ngsild-tenant"]
    return Response(encoded(content), 200, headers, media_type=media_type)


def _with_context(content: Any, terms: TermMap) -> Any:
    if isinstance(content, list):
        return [_with_context(item, terms) for item in content]
    if isinstance(content, dict):
        return {**content, "@context": terms.context}
    return content


def context_link(terms: TermMap) -> str:
    """The Link header for a context (JSON-LD 1.1, section 6.2)."""
    context = terms.context
    while isinstance(context, list) and len(context) == 1:
        context = context[0]
    url = context if isinstance(context, str) else CORE_CONTEXT
    return f'<{url}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'


def page(asked: Asked, found: Page, terms: TermMap, media_type: str) -> Response:
    """A part of a list, with links to its neighbours (clause 6.3.10)."""
    headers = {} if found.total is None else {"NGSILD-Results-Count": str(found.total)}
    response = shown(asked, found.items, terms, media_type, headers)
    for link in _neighbours(asked, found, media_type):
        response.headers.append("Link", link)
    return response


def _neighbours(asked: Asked, found: Page, media_type: str) -> list[str]:
    offset = int(asked.parameters.get("offset", 0))
    limit = int(asked.parameters.get("limit", 20))
    links = []
    if offset > 0:
        links.append(_page_link(asked, max(0, offset - limit), media_type, "prev"))
    if found.more and limit:
        links.append(_page_link(asked, offset + limit, media_type, "next"))
    return links


def _page_link(asked: Asked, offset: int, media_type: str, relation: str) -> str:
    query = urlencode({**asked.parameters, "offset": offset})
    path = "/".join(quote(part, safe=":") for part in asked.segments)
    return f'<{ROOT}/{path}?{query}>;rel="{relation}";type="{media_type}"'


def made(path: str, identifier: str) -> Response:
    """201 with the place of the new resource."""
    return Response(b"", 201, {"Location": f"{ROOT}/{path}/{quote(identifier, safe=':')}"})


def done() -> Response:
    """204."""
    return Response(status_code=204)


def batch(result: BatchResult, *, all_good: int) -> Response:
    """The outcome of a batch: ids when something was created, the errors when something failed (clause 6.3.12)."""
    if result.failed:
        errors = [{"entityId": identifier, "error": details(error)} for identifier, error in result.failed]
        body = {"success": [*result.created, *result.updated], "errors": errors}
        return Response(encoded(body), 207, media_type=JSON)
    if all_good == 204 or not result.created:
        return done()
    return Response(encoded(result.created), 201, media_type=JSON)


def partly(refused: dict[str, str], updated: list[str]) -> Response:
    """207 with the attributes that were and were not taken (clause 5.2.18); full names, as no context is told."""
    not_updated = [{"attributeName": name, "reason": reason} for name, reason in refused.items()]
    return Response(encoded({"updated": updated, "notUpdated": not_updated}), 207, media_type=JSON)
