"""JSON-LD contexts over HTTP (clauses 6.29 and 6.30)."""

from __future__ import annotations

from starlette.responses import Response

from touyan.runtime.broker import check_parameters, flag

from . import answers
from .asked import JSON, LD_JSON, Asked


async def context_add(asked: Asked) -> Response:
    """POST /jsonldContexts."""
    asked.content_type()
    identifier, transaction = asked.host.broker.contexts.add(await asked.json())
    await asked.host.commit(transaction)
    return answers.made("jsonldContexts", identifier)


async def context_list(asked: Asked) -> Response:
    """GET /jsonldContexts."""
    found = asked.host.broker.contexts.list(asked.parameters, _base(asked))
    return Response(answers.encoded(found), media_type=JSON)


async def context_serve(asked: Asked) -> Response:
    """GET /jsonldContexts/{id}."""
    media_type = asked.accepted(JSON, LD_JSON)
    found = asked.host.broker.contexts.serve(asked.segments[1], asked.parameters, _base(asked))
    return Response(answers.encoded(found), media_type=media_type)


async def context_delete(asked: Asked) -> Response:
    """DELETE /jsonldContexts/{id}."""
    check_parameters(asked.parameters, frozenset({"reload"}))
    contexts, identifier = asked.host.broker.contexts, asked.segments[1]
    reload = flag(asked.parameters, "reload")
    transaction = contexts.delete(identifier, reload=reload)
    if reload:
        await asked.host.reload(contexts.find(identifier).url)
    elif transaction is not None:
        await asked.host.commit(transaction)
    return answers.done()


def _base(asked: Asked) -> str:
    """Where the broker was asked, so that addresses are of use to the reader."""
    return f"http://{asked.headers.get('host', '127.0.0.1')}"
