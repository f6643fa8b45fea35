"""The JSON shapes of the API: core records as builtins, with what a page needs beside them."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from touyan.core.alerts import Alert
from touyan.core.commands import Command
from touyan.runtime.view import About, Figure, LayerInfo


class Json(Response):
    """A JSON response; a NaN becomes null, so that a page reads it as "no data"."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The content as UTF-8 JSON."""
        return msgspec.json.encode(content)


def about_answer(about: About) -> dict[str, Any]:
    """What is running; the projection with its scale, so that no page repeats the ellipsoid."""
    east, north = about.projection.metres_per_degree()
    return _plain(about) | {
        "projection": {
            "longitude": about.projection.longitude,
            "latitude": about.projection.latitude,
            "metres_per_degree": [east, north],
        }
    }


def alert_answer(alert: Alert) -> dict[str, Any]:
    """An alert with the state that its log left."""
    return _plain(alert) | {"state": alert.state.value}


def command_answer(command: Command) -> dict[str, Any]:
    """A command with the state that its record left."""
    return _plain(command) | {"state": command.state.value}


def figure_answer(figure: Figure) -> dict[str, Any]:
    """A figure as the page shows it."""
    return _plain(figure)


def layer_answer(layer: LayerInfo) -> dict[str, Any]:
    """A layer's name, pack and title."""
    return _plain(layer)


def _plain(record: msgspec.Struct) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(record)
    return plain
