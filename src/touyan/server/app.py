"""The ASGI applications: routes, guard, error shape."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Lifespan

from touyan.runtime.broker import BrokerHost
from touyan.runtime.sources import SourceHall
from touyan.runtime.view import BrainView

from .alert_api import AlertApi
from .alertmanager import Alertmanager
from .answers import Json
from .api import Api
from .command_api import CommandApi
from .feed import Feed
from .ngsild.api import BrokerDoor
from .pages import Pages
from .problems import HANDLERS
from .security import Guard, HostRule
from .source_api import SourceApi
from .static_files import StaticFiles


def create_app(view: BrainView, host: str = "127.0.0.1", broker: BrokerHost | None = None) -> Starlette:
    """The console and API of one brain, with its broker; `host` is the address that the server is bound to."""
    feed, static = Feed(view), StaticFiles()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with feed.running(), broker.running() if broker else nullcontext():
            yield

    routes: list[BaseRoute] = [
        Route("/", Pages(static).operations),
        Route("/static/{stamp}/{path:path}", static.respond),
        *Api(view).routes(),
        *AlertApi(view, feed.alert_changed).routes(),
        *CommandApi(view).routes(),
        *Alertmanager(view, feed.alert_changed).routes(),
        WebSocketRoute("/live", feed.connect),
    ]
    return _guarded(routes, host, broker, lifespan)


def create_broker_app(broker: BrokerHost, host: str = "127.0.0.1", sources: SourceHall | None = None) -> Starlette:
    """The broker alone or with the sources that feed it, with a page that says that it is well."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with broker.running(), sources.running() if sources else nullcontext():
            yield

    feeding = SourceApi(sources).routes() if sources else []
    return _guarded([Route("/health", broker_health), *feeding], host, broker, lifespan)


def _guarded(routes: list[BaseRoute], host: str, broker: BrokerHost | None, lifespan: Lifespan[Starlette]) -> Starlette:
    door = [Middleware(BrokerDoor, host=broker)] if broker else []
    middleware = [Middleware(Guard, hosts=HostRule(host)), *door]
    return Starlette(routes=routes, middleware=middleware, exception_handlers=HANDLERS, lifespan=lifespan)


async def broker_health(request: Request) -> Response:
    """Answer that the broker listens."""
    return Json({"status": "ok"})
