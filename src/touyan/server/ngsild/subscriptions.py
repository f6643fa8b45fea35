"""Subscriptions over HTTP (clauses 6.10 and 6.11)."""

from __future__ import annotations

from starlette.responses import Response

from touyan.core.errors import BrokerError
from touyan.runtime.broker import TermMap, check_parameters, context_for_showing

from . import answers
from .asked import JSON, LD_JSON, Asked, Body


async def subscription_create(asked: Asked) -> Response:
    """POST /subscriptions."""
    check_parameters(asked.parameters, frozenset())
    body = await asked.body()
    shown_in = await _shown_in(asked, body)
    tenant = asked.tenant(create=True)
    terms = shown_in or body.terms
    url = await asked.host.serve_implicitly(terms.context)
    identifier, transaction = tenant.subscriptions.create(body.payload, body.terms, terms, url)
    await asked.host.commit(transaction)
    return answers.made("subscriptions", identifier)


async def subscription_list(asked: Asked) -> Response:
    """GET /subscriptions."""
    media_type = asked.accepted(JSON, LD_JSON)
    terms = await asked.terms()
    return answers.page(asked, asked.tenant().subscriptions.query(terms, asked.parameters), terms, media_type)


async def subscription_show(asked: Asked) -> Response:
    """GET /subscriptions/{id}."""
    media_type = asked.accepted(JSON, LD_JSON)
    terms = await asked.terms()
    found = asked.tenant().subscriptions.retrieve(asked.segments[1], terms, asked.parameters)
    return answers.shown(asked, found, terms, media_type)


async def subscription_update(asked: Asked) -> Response:
    """PATCH /subscriptions/{id}."""
    body = await asked.body()
    shown_in = await _shown_in(asked, body)
    url = "" if shown_in is None else await asked.host.serve_implicitly(shown_in.context)
    subscriptions = asked.tenant().subscriptions
    await asked.host.commit(subscriptions.update(asked.segments[1], body.payload, body.terms, shown_in, url))
    return answers.done()


async def subscription_delete(asked: Asked) -> Response:
    """DELETE /subscriptions/{id}."""
    await asked.host.commit(asked.tenant().subscriptions.delete(asked.segments[1]))
    return answers.done()


async def _shown_in(asked: Asked, body: Body) -> TermMap | None:
    """The context that a subscription wants its notifications in, loaded."""
    context = context_for_showing(body.payload)
    if context is None:
        return None
    try:
        return await asked.host.terms(context)
    except BrokerError as error:
        raise BrokerError(error.kind, f"jsonldContext: {error.message}") from None
