"""Types and attributes over HTTP (clauses 6.25 to 6.28)."""

from __future__ import annotations

from starlette.responses import Response

from . import answers
from .asked import JSON, LD_JSON, Asked


async def type_list(asked: Asked) -> Response:
    """GET /types."""
    media_type, details = asked.accepted(JSON, LD_JSON), asked.details()
    terms = await asked.terms()
    discovery = asked.tenant().discovery
    found = discovery.types_in_detail(terms) if details else discovery.types(terms)
    return answers.shown(asked, found, terms, media_type)


async def type_show(asked: Asked) -> Response:
    """GET /types/{type}."""
    media_type = asked.accepted(JSON, LD_JSON)
    terms = await asked.terms()
    return answers.shown(asked, asked.tenant().discovery.type(asked.segments[1], terms), terms, media_type)


async def attribute_list(asked: Asked) -> Response:
    """GET /attributes."""
    media_type, details = asked.accepted(JSON, LD_JSON), asked.details()
    terms = await asked.terms()
    discovery = asked.tenant().discovery
    found = discovery.attributes_in_detail(terms) if details else discovery.attributes(terms)
    return answers.shown(asked, found, terms, media_type)


async def attribute_show(asked: Asked) -> Response:
    """GET /attributes/{name}."""
    media_type = asked.accepted(JSON, LD_JSON)
    terms = await asked.terms()
    return answers.shown(asked, asked.tenant().discovery.attribute(asked.segments[1], terms), terms, media_type)
