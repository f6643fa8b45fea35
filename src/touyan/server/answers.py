"""The JSON shapes of the API: core records as builtins, with what a page needs beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from touyan.core.alerts import Alert
from touyan.core.commands import Command
from touyan.runtime.view import About, Figure, LayerInfo

_SAID_BY_LOG = ("state", "due", "overdue", "assignee", "level", "approvers", "released", "feedback", "muted")


class Json(Response):
    """A JSON response; a NaN becomes null, so that a page reads it as "no data"."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The content as UTF-8 JSON."""
        return msgspec.json.encode(content)


def about_answer(about: About) -> dict[str, Any]:
    """What is running; the projection with its scale, so that no page repeats the ellipsoid."""
    east, north = about.projection.metres_per_degree()
    answer: dict[str, Any] = plain(about)
    return answer | {
        "projection": {
            "longitude": about.projection.longitude,
            "latitude": about.projection.latitude,
            "metres_per_degree": [east, north],
        }
    }


def alert_answer(alert: Alert) -> dict[str, Any]:
    """An alert with what its log says of it."""
    answer: dict[str, Any] = plain(alert)
    return answer | {name: getattr(alert, name) for name in _SAID_BY_LOG}


def command_answer(command: Command) -> dict[str, Any]:
    """A command with the state that its record left."""
    answer: dict[str, Any] = plain(command)
    return answer | {"state": command.state.value}


def figure_answer(figure: Figure) -> dict[str, Any]:
    """A figure as the page shows it."""
    answer: dict[str, Any] = plain(figure)
    return answer


def layer_answer(layer: LayerInfo) -> dict[str, Any]:
    """A layer's name, pack and title."""
    answer: dict[str, Any] = plain(layer)
    return answer


def plain(record: msgspec.Struct | Sequence[msgspec.Struct]) -> Any:
    """A record, or a list of them, as builtins."""
    return msgspec.to_builtins(record)
