"""The past over HTTP (clauses 6.18 to 6.22 and 6.24); questions run in threads, as they read files."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from touyan.runtime.broker import TermMap, Told

from . import answers
from .asked import JSON, LD_JSON, Asked


async def past_create(asked: Asked) -> Response:
    """POST /temporal/entities."""
    body = await asked.body()
    temporal = asked.tenant(create=True).temporal
    identifier, new, transaction = await run_in_threadpool(temporal.create, body.payload, body.terms, asked.parameters)
    await asked.host.commit(transaction)
    return answers.made("temporal/entities", identifier) if new else answers.done()


async def past_list(asked: Asked) -> Response:
    """GET /temporal/entities."""
    media_type = asked.accepted(JSON, LD_JSON)
    terms = await asked.terms()
    told = await run_in_threadpool(asked.tenant().temporal.query, terms, asked.parameters)
    return _page(asked, told, terms, media_type)


async def past_query(asked: Asked) -> Response:
    """POST /temporal/entityOperations/query."""
    media_type = asked.accepted(JSON, LD_JSON)
    body = await asked.body()
    temporal = asked.tenant().temporal
    told = await run_in_threadpool(temporal.query_by_body, body.payload, body.terms, asked.parameters)
    return _page(asked, told, body.terms, media_type)


async def past_show(asked: Asked) -> Response:
    """GET /temporal/entities/{id}."""
    media_type = asked.accepted(JSON, LD_JSON)
    terms = await asked.terms()
    told = await run_in_threadpool(asked.tenant().temporal.retrieve, asked.segments[2], terms, asked.parameters)
    return _partial(answers.shown(asked, told.page.items[0], terms, media_type), told)


async def past_delete(asked: Asked) -> Response:
    """DELETE /temporal/entities/{id}."""
    return await _forgotten(asked, await run_in_threadpool(asked.tenant().temporal.delete, asked.segments[2]))


async def past_append(asked: Asked) -> Response:
    """POST /temporal/entities/{id}/attrs."""
    body = await asked.body()
    temporal = asked.tenant().temporal
    given = (asked.segments[2], body.payload, body.terms, asked.parameters)
    return await _forgotten(asked, await run_in_threadpool(temporal.append, *given))


async def past_attribute_delete(asked: Asked) -> Response:
    """DELETE /temporal/entities/{id}/attrs/{name}."""
    terms = await asked.terms()
    _, _, identifier, _, name = asked.segments
    forget = asked.tenant().temporal.delete_attribute
    return await _forgotten(asked, await run_in_threadpool(forget, identifier, name, terms, asked.parameters))


async def past_instance_patch(asked: Asked) -> Response:
    """PATCH /temporal/entities/{id}/attrs/{name}/{instance}."""
    body = await asked.body()
    _, _, identifier, _, name, instance = asked.segments
    patch = asked.tenant().temporal.patch_instance
    return await _forgotten(asked, await run_in_threadpool(patch, identifier, name, instance, body.payload, body.terms))


async def past_instance_delete(asked: Asked) -> Response:
    """DELETE /temporal/entities/{id}/attrs/{name}/{instance}."""
    terms = await asked.terms()
    _, _, identifier, _, name, instance = asked.segments
    forget = asked.tenant().temporal.delete_instance
    return await _forgotten(asked, await run_in_threadpool(forget, identifier, name, instance, terms))


async def _forgotten(asked: Asked, transaction: Any) -> Response:
    await asked.host.commit(transaction)
    return answers.done()


def _page(asked: Asked, told: Told, terms: TermMap, media_type: str) -> Response:
    return _partial(answers.page(asked, told.page, terms, media_type), told)


def _partial(response: Response, told: Told) -> Response:
    """206 with the range of time that is covered, where something was left out (clause 6.3.10)."""
    if told.range is not None:
        response.status_code = 206
        response.headers["Content-Range"] = f"date-time {told.range.start}-{told.range.end}/{told.range.size}"
    return response
