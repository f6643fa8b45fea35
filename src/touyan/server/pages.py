"""The pages of the console, made from templates."""

from __future__ import annotations

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from .static_files import CONSOLE, StaticFiles


class Pages:
    """Renders templates; pages are small and never cached."""

    def __init__(self, static: StaticFiles) -> None:
        self._static = static
        self._templates = Environment(
            loader=FileSystemLoader(CONSOLE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )

    def operations(self, request: Request) -> Response:
        """The live operations page; 503 with the remedy while the third-party modules are missing."""
        complete = self._static.complete
        template = self._templates.get_template("operations.html" if complete else "unbuilt.html")
        body = template.render(base=f"/static/{self._static.stamp}", language=preferred_language(request))
        return HTMLResponse(body, 200 if complete else 503, {"Cache-Control": "no-cache"})


def preferred_language(request: Request) -> str:
    """`zh` or `en`: `?lang=` first, then what the browser asks for; English otherwise."""
    asked = [request.query_params.get("lang", ""), *request.headers.get("accept-language", "").split(",")]
    known = [language.strip()[:2].lower() for language in asked]
    return next((language for language in known if language in {"zh", "en"}), "en")
