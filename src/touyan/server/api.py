"""The HTTP API: what runs, layers, figures, health; alerts and commands have their own."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from touyan import __version__
from touyan.runtime.view import BrainView

from .answers import Json, about_answer, figure_answer, layer_answer


class Api:
    """The handlers; plain ones run in the thread pool, as the brain may hold a lock or write to disk."""

    def __init__(self, view: BrainView) -> None:
        self._view = view

    def routes(self) -> list[Route]:
        """The route table of the API."""
        return [
            Route("/api/about", self.about),
            Route("/api/layers", self.layers),
            Route("/api/layers/{name}", self.layer),
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
