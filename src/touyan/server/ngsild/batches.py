"""Many entities in one request over HTTP (clauses 6.14 to 6.18, 6.23 and 6.31)."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from touyan.core.errors import BrokerError
from touyan.runtime.broker import TermMap

from . import answers
from .asked import GEO_JSON, JSON, LD_JSON, Asked


async def batch_create(asked: Asked) -> Response:
    """POST /entityOperations/create."""
    given = await _given(asked)
    result, transaction = asked.tenant(create=True).entities.create_batch(given)
    await asked.host.commit(transaction)
    return answers.batch(result, all_good=201)


async def batch_upsert(asked: Asked) -> Response:
    """POST /entityOperations/upsert."""
    given = await _given(asked)
    update = "update" in asked.parameters.get("options", "").split(",")
    result, transaction = asked.tenant(create=True).entities.upsert_batch(given, update=update)
    await asked.host.commit(transaction)
    return answers.batch(result, all_good=201)


async def batch_update(asked: Asked) -> Response:
    """POST /entityOperations/update."""
    given = await _given(asked)
    overwrite = "noOverwrite" not in asked.parameters.get("options", "").split(",")
    result, transaction = asked.tenant().entities.update_batch(given, overwrite=overwrite)
    await asked.host.commit(transaction)
    return answers.batch(result, all_good=204)


async def batch_merge(asked: Asked) -> Response:
    """POST /entityOperations/merge."""
    given = await _given(asked)
    observed, language = asked.parameters.get("observedAt", ""), asked.parameters.get("lang", "")
    result, transaction = asked.tenant().entities.merge_batch(given, observed=observed, language=language)
    await asked.host.commit(transaction)
    return answers.batch(result, all_good=204)


async def batch_delete(asked: Asked) -> Response:
    """POST /entityOperations/delete."""
    asked.content_type()
    result, transaction = asked.tenant().entities.delete_batch(_listed(await asked.json()))
    await asked.host.commit(transaction)
    return answers.batch(result, all_good=204)


async def batch_query(asked: Asked) -> Response:
    """POST /entityOperations/query."""
    media_type = asked.accepted(JSON, LD_JSON, GEO_JSON)
    body = await asked.body()
    entities = asked.tenant().entities
    ask = entities.query_by_body if media_type != GEO_JSON else entities.query_features_by_body
    found = ask(body.payload, body.terms, asked.parameters)
    if media_type != GEO_JSON:
        return answers.page(asked, found, body.terms, media_type)
    return answers.shown(asked, {"type": "FeatureCollection", "features": found.items}, body.terms, media_type)


async def _given(asked: Asked) -> list[tuple[Any, TermMap | BrokerError]]:
    """Each entity of a batch with its context, or with the reason why that is not to be had."""
    content_type = asked.content_type()
    if content_type == LD_JSON and asked.link() is not None:
        raise BrokerError("BadRequestData", "a JSON-LD body brings its own context; leave the Link header out")
    payloads = _listed(await asked.json())
    given: list[tuple[Any, TermMap | BrokerError]] = []
    known: dict[bytes, TermMap | BrokerError] = {}
    for payload in payloads:
        context = payload.get("@context") if isinstance(payload, dict) else None
        key = answers.encoded(context)
        if key not in known:
            known[key] = await _terms(asked, payload, content_type)
        given.append((payload, known[key]))
    return given


async def _terms(asked: Asked, payload: Any, content_type: str) -> TermMap | BrokerError:
    try:
        return await asked.terms_of(payload, content_type)
    except BrokerError as error:
        return error


def _listed(payload: Any) -> list[Any]:
    if not isinstance(payload, list) or not payload:
        raise BrokerError("BadRequestData", "expected a JSON array with at least one item")
    return payload
