"""Entities and their attributes over HTTP (clauses 6.4 to 6.7)."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from touyan.runtime.broker import Written

from . import answers
from .answers import done, made, shown
from .asked import GEO_JSON, JSON, LD_JSON, Asked


async def entity_create(asked: Asked) -> Response:
    """POST /entities."""
    body = await asked.body()
    identifier, transaction = asked.tenant(create=True).entities.create(body.payload, body.terms, asked.parameters)
    await asked.host.commit(transaction)
    return made("entities", identifier)


async def entity_list(asked: Asked) -> Response:
    """GET /entities."""
    media_type = asked.accepted(JSON, LD_JSON, GEO_JSON)
    terms = await asked.terms()
    entities = asked.tenant().entities
    if media_type != GEO_JSON:
        return answers.page(asked, entities.query(terms, asked.parameters), terms, media_type)
    found = entities.query_features(terms, asked.parameters)
    headers = {} if found.total is None else {"NGSILD-Results-Count": str(found.total)}
    return shown(asked, {"type": "FeatureCollection", "features": found.items}, terms, media_type, headers)


async def entity_purge(asked: Asked) -> Response:
    """DELETE /entities."""
    transaction = asked.tenant().entities.purge(await asked.terms(), asked.parameters)
    await asked.host.commit(transaction)
    return done()


async def entity_show(asked: Asked) -> Response:
    """GET /entities/{id}."""
    media_type = asked.accepted(JSON, LD_JSON, GEO_JSON)
    terms = await asked.terms()
    entities = asked.tenant().entities
    show = entities.retrieve_feature if media_type == GEO_JSON else entities.retrieve
    return shown(asked, show(asked.segments[1], terms, asked.parameters), terms, media_type)


async def entity_delete(asked: Asked) -> Response:
    """DELETE /entities/{id}."""
    await asked.host.commit(asked.tenant().entities.delete(asked.segments[1], asked.parameters))
    return done()


async def entity_merge(asked: Asked) -> Response:
    """PATCH /entities/{id}."""
    body = await asked.body()
    written = asked.tenant().entities.merge(asked.segments[1], body.payload, body.terms, asked.parameters)
    return await _finished(asked, written)


async def entity_replace(asked: Asked) -> Response:
    """PUT /entities/{id}."""
    body = await asked.body()
    written = asked.tenant().entities.replace(asked.segments[1], body.payload, body.terms, asked.parameters)
    return await _finished(asked, written)


async def attributes_append(asked: Asked) -> Response:
    """POST /entities/{id}/attrs."""
    body = await asked.body()
    written = asked.tenant().entities.append(asked.segments[1], body.payload, body.terms, asked.parameters)
    return await _finished(asked, written)


async def attributes_update(asked: Asked) -> Response:
    """PATCH /entities/{id}/attrs."""
    body = await asked.body()
    written = asked.tenant().entities.update(asked.segments[1], body.payload, body.terms, asked.parameters)
    return await _finished(asked, written)


async def attribute_patch(asked: Asked) -> Response:
    """PATCH /entities/{id}/attrs/{name}."""
    body = await asked.body()
    _, identifier, _, name = asked.segments
    written = asked.tenant().entities.patch_attribute(identifier, name, body.payload, body.terms, asked.parameters)
    return await _finished(asked, written)


async def attribute_replace(asked: Asked) -> Response:
    """PUT /entities/{id}/attrs/{name}."""
    body = await asked.body()
    _, identifier, _, name = asked.segments
    written = asked.tenant().entities.replace_attribute(identifier, name, body.payload, body.terms, asked.parameters)
    return await _finished(asked, written)


async def attribute_delete(asked: Asked) -> Response:
    """DELETE /entities/{id}/attrs/{name}."""
    terms = await asked.terms()
    _, identifier, _, name = asked.segments
    tenant = asked.tenant()
    if identifier in tenant.entities.population:
        await asked.host.commit(tenant.entities.delete_attribute(identifier, name, terms, asked.parameters))
    else:
        # Known from its past alone, as reported to the temporal API: there the end is told.
        end = tenant.temporal.note_deletion
        await asked.host.commit(await run_in_threadpool(end, identifier, name, terms, asked.parameters))
    return done()


async def _finished(asked: Asked, written: Written) -> Response:
    await asked.host.commit(written.transaction)
    if not written.outcome.refused:
        return done()
    updated = [change.attribute for change in written.outcome.changes]
    return answers.partly(written.outcome.refused, updated)
