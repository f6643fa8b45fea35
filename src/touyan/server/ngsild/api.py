"""The NGSI-LD API as an ASGI application: which handler a path has, and the edge where errors become problems."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from touyan.core.errors import BrokerError, TouyanError
from touyan.runtime.broker import BrokerHost

from . import batches, contexts, discovery, entities, subscriptions, temporal
from .answers import ROOT, encoded
from .asked import JSON, Asked, path_segments
from .description import described
from .problems import plain, refusal

Handler = Callable[[Asked], Awaitable[Response]]

_log = logging.getLogger(__name__)


async def _without_id(asked: Asked) -> Response:
    raise BrokerError("BadRequestData", "the address names no entity")


async def description_show(asked: Asked) -> Response:
    """GET /openapi.json."""
    return Response(encoded(described(ROUTES)), media_type=JSON)


ROUTES: dict[tuple[str, ...], dict[str, Handler]] = {
    ("entities",): {
        "GET": entities.entity_list,
        "POST": entities.entity_create,
        "DELETE": entities.entity_purge,
        "PATCH": _without_id,
        "PUT": _without_id,
    },
    ("entities", "*"): {
        "GET": entities.entity_show,
        "DELETE": entities.entity_delete,
        "PATCH": entities.entity_merge,
        "PUT": entities.entity_replace,
    },
    ("entities", "*", "attrs"): {"POST": entities.attributes_append, "PATCH": entities.attributes_update},
    ("entities", "*", "attrs", "*"): {
        "PATCH": entities.attribute_patch,
        "PUT": entities.attribute_replace,
        "DELETE": entities.attribute_delete,
    },
    ("entityOperations", "create"): {"POST": batches.batch_create},
    ("entityOperations", "upsert"): {"POST": batches.batch_upsert},
    ("entityOperations", "update"): {"POST": batches.batch_update},
    ("entityOperations", "merge"): {"POST": batches.batch_merge},
    ("entityOperations", "delete"): {"POST": batches.batch_delete},
    ("entityOperations", "query"): {"POST": batches.batch_query},
    ("subscriptions",): {
        "GET": subscriptions.subscription_list,
        "POST": subscriptions.subscription_create,
    },
    ("subscriptions", "*"): {
        "GET": subscriptions.subscription_show,
        "PATCH": subscriptions.subscription_update,
        "DELETE": subscriptions.subscription_delete,
    },
    ("jsonldContexts",): {"GET": contexts.context_list, "POST": contexts.context_add},
    ("jsonldContexts", "*"): {"GET": contexts.context_serve, "DELETE": contexts.context_delete},
    ("openapi.json",): {"GET": description_show},
    ("types",): {"GET": discovery.type_list},
    ("types", "*"): {"GET": discovery.type_show},
    ("attributes",): {"GET": discovery.attribute_list},
    ("attributes", "*"): {"GET": discovery.attribute_show},
    ("temporal", "entities"): {"GET": temporal.past_list, "POST": temporal.past_create},
    ("temporal", "entities", "*"): {"GET": temporal.past_show, "DELETE": temporal.past_delete},
    ("temporal", "entities", "*", "attrs"): {"POST": temporal.past_append},
    ("temporal", "entities", "*", "attrs", "*"): {"DELETE": temporal.past_attribute_delete},
    ("temporal", "entities", "*", "attrs", "*", "*"): {
        "PATCH": temporal.past_instance_patch,
        "DELETE": temporal.past_instance_delete,
    },
    ("temporal", "entityOperations", "query"): {"POST": temporal.past_query},
}
"""Handlers by path and method; a star stands for any one part."""


class NgsiLd:
    """ASGI application for everything below /ngsi-ld/v1; a slash at the end of a path does no harm."""

    def __init__(self, host: BrokerHost) -> None:
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._answer(scope, receive)
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        segments = path_segments(scope, ROOT)
        methods = _methods(segments)
        if methods is None:
            return refusal(BrokerError("ResourceNotFound", "there is nothing at this address"))
        handler = methods.get(scope["method"])
        if handler is None:
            return plain(405, f"{scope['method']} is not for this address", {"Allow": ", ".join(methods)})
        try:
            return await handler(Asked(scope, receive, self._host, segments))
        except TouyanError as error:
            return refusal(error)
        except HTTPException as error:
            return plain(error.status_code, error.detail)
        except Exception:  # noqa: BLE001 - the edge of a request
            _log.exception("the request %s %s failed", scope["method"], scope["path"])
            return plain(500, "the server failed on this request; its log says why")


class BrokerDoor:
    """ASGI middleware: gives what lies below the NGSI-LD root to the broker, and lets the rest pass."""

    def __init__(self, app: ASGIApp, host: BrokerHost) -> None:
        self._app = app
        self._ngsi_ld = NgsiLd(host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Choose by the path."""
        mine = scope["type"] == "http" and scope["path"].startswith(ROOT)
        await (self._ngsi_ld if mine else self._app)(scope, receive, send)


def _methods(segments: list[str]) -> dict[str, Handler] | None:
    """The handlers of a path, None when there is nothing at it."""
    exact = ROUTES.get(tuple(segments))
    if exact is not None:
        return exact
    past = segments[0] == "temporal"
    stars = {2, 4, 5} if past else {1, 3}
    return ROUTES.get(tuple("*" if at in stars else part for at, part in enumerate(segments)))
