"""The HTTP API: what runs, layers, alerts and what a person does about them, commands, figures, health."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from touyan import __version__
from touyan.core.alerts import Alert
from touyan.runtime.view import BrainView

from .answers import Json, about_answer, alert_answer, command_answer, figure_answer, layer_answer

_LARGEST_BODY = 16_384
_MOST_COMMANDS = 1_000


class Action(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person does about an alert: who, and a note."""

    by: Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"\S")]
    note: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class Api:
    """The handlers; plain ones run in the thread pool, as the brain may hold a lock or write to disk."""

    def __init__(self, view: BrainView, alert_changed: Callable[[Alert], None]) -> None:
        self._view = view
        self._alert_changed = alert_changed

    def routes(self) -> list[Route]:
        """The route table of the API."""
        return [
            Route("/api/about", self.about),
            Route("/api/layers", self.layers),
            Route("/api/layers/{name}", self.layer),
            Route("/api/alerts", self.alerts),
            Route("/api/alerts/{identifier}/acknowledge", self.acknowledge, methods=["POST"]),
            Route("/api/alerts/{identifier}/close", self.close, methods=["POST"]),
            Route("/api/commands", self.commands),
            Route("/api/figures", self.figures),
            Route("/health", self.health),
        ]

    def about(self, request: Request) -> Response:
        """What is running."""
        return Json(about_answer(self._view.about()))

    def layers(self, request: Request) -> Response:
        """The map layers of all packs."""
        return Json([layer_answer(layer) for layer in self._view.layers()])

    def layer(self, request: Request) -> Response:
        """One layer as GeoJSON (RFC 7946)."""
        return Json(self._view.features(request.path_params["name"]), media_type="application/geo+json")

    def alerts(self, request: Request) -> Response:
        """All alerts, the newest first."""
        return Json([alert_answer(alert) for alert in self._view.alerts()])

    async def acknowledge(self, request: Request) -> Response:
        """A person takes an alert on; 409 when somebody already did."""
        return await self._act(request, self._view.acknowledge)

    async def close(self, request: Request) -> Response:
        """A person ends an alert; 409 when somebody already did."""
        return await self._act(request, self._view.close)

    def commands(self, request: Request) -> Response:
        """The newest commands; `?most=` says how many."""
        return Json([command_answer(command) for command in self._view.commands(_most(request))])

    def figures(self, request: Request) -> Response:
        """The figures of the newest beat; `at` is null before the first."""
        latest = self._view.latest()
        figures = [] if latest is None else [figure_answer(figure) for figure in latest.figures]
        return Json({"at": None if latest is None else latest.at, "figures": figures})

    def health(self, request: Request) -> Response:
        """For load balancers: 503 once the brain has failed."""
        latest = self._view.latest()
        state = "starting" if latest is None else latest.state
        answer = {"state": state, "beat": None if latest is None else latest.beat, "version": __version__}
        return Json(answer, 503 if state == "failed" else 200)

    async def _act(self, request: Request, act: Callable[[str, str, str], Alert]) -> Response:
        action = await _read_action(request)
        alert = await run_in_threadpool(act, request.path_params["identifier"], action.by.strip(), action.note)
        self._alert_changed(alert)
        return Json(alert_answer(alert))


def _most(request: Request) -> int:
    text = request.query_params.get("most", "100")
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _MOST_COMMANDS:
        raise HTTPException(422, f"most: found {text!r}; expected a whole number from 1 to {_MOST_COMMANDS}")
    return int(text)


async def _read_action(request: Request) -> Action:
    """The body, checked; only JSON, since a form of another site could post anything else."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "send the body as application/json")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise HTTPException(413, f"the body is longer than {_LARGEST_BODY} bytes")
    try:
        return msgspec.json.decode(body, type=Action)
    except msgspec.ValidationError as error:
        raise HTTPException(422, str(error)) from error
    except msgspec.DecodeError as error:
        raise HTTPException(400, f"the body is not JSON: {error}") from error
