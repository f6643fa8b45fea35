"""The ASGI application: routes, guard, error shape."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route, WebSocketRoute

from touyan.runtime.view import BrainView

from .alert_api import AlertApi
from .api import Api
from .feed import Feed
from .pages import Pages
from .problems import HANDLERS
from .security import Guard, HostRule
from .static_files import StaticFiles


def create_app(view: BrainView, host: str = "127.0.0.1") -> Starlette:
    """The console and API of one brain; `host` is the address that the server is bound to."""
    feed, static = Feed(view), StaticFiles()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with feed.running():
            yield

    routes = [
        Route("/", Pages(static).operations),
        Route("/static/{stamp}/{path:path}", static.respond),
        *Api(view).routes(),
        *AlertApi(view, feed.alert_changed).routes(),
        WebSocketRoute("/live", feed.connect),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, hosts=HostRule(host))],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
