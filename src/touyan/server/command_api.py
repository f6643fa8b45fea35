"""The HTTP API of commands: what the brain proposes, why, what became of it, and who may decide."""

from __future__ import annotations

from typing import Literal

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from touyan.runtime.view import BrainView

from .alert_api import Note, Who
from .answers import Json, command_answer
from .bodies import read_json

_MOST_COMMANDS = 1_000


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who decides about a command, and a note."""

    by: Who
    note: Note = ""


class NewMode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far the brain may act by itself, and who says so."""

    mode: Literal["advise", "confirm", "automatic"]
    by: Who


class CommandApi:
    """The handlers; what writes runs in the thread pool, as it waits for the disk and for the beat."""

    def __init__(self, view: BrainView) -> None:
        self._view = view

    def routes(self) -> list[Route]:
        """The route table of commands."""
        return [
            Route("/api/commands", self.list),
            Route("/api/commands/{identifier}", self.detail),
            Route("/api/commands/{identifier}/approve", self.approve, methods=["POST"]),
            Route("/api/commands/{identifier}/refuse", self.refuse, methods=["POST"]),
            Route("/api/authority", self.power),
            Route("/api/authority", self.set_mode, methods=["POST"]),
        ]

    def list(self, request: Request) -> Response:
        """The newest commands; `?most=` says how many, `?state=guarded` chooses."""
        wanted = request.query_params.get("state")
        found = self._view.commands(_most(request))
        return Json([command_answer(each) for each in found if wanted in (None, each.state.value)])

    def detail(self, request: Request) -> Response:
        """One command with its record, the alternatives and their predicted costs."""
        return Json(command_answer(self._view.command_desk.get(request.path_params["identifier"])))

    async def approve(self, request: Request) -> Response:
        """A person sends a command; 409 when somebody or the time has decided already."""
        decision = await read_json(request, Decision)
        name = request.path_params["identifier"]
        return Json(
            command_answer(
                await run_in_threadpool(self._view.command_desk.approve, name, decision.by.strip(), decision.note)
            )
        )

    async def refuse(self, request: Request) -> Response:
        """A person keeps a command from the street; 409 when it is too late."""
        decision = await read_json(request, Decision)
        name = request.path_params["identifier"]
        return Json(
            command_answer(
                await run_in_threadpool(self._view.command_desk.refuse, name, decision.by.strip(), decision.note)
            )
        )

    def power(self, request: Request) -> Response:
        """The mode in force, who set it, and its limits."""
        return Json(msgspec.to_builtins(self._view.command_desk.power()))

    async def set_mode(self, request: Request) -> Response:
        """A person sets the mode; advise gives everything back."""
        new = await read_json(request, NewMode)
        return Json(
            msgspec.to_builtins(await run_in_threadpool(self._view.command_desk.set_mode, new.mode, new.by.strip()))
        )


def _most(request: Request) -> int:
    text = request.query_params.get("most", "100")
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _MOST_COMMANDS:
        raise HTTPException(422, f"most: found {text!r}; expected a whole number from 1 to {_MOST_COMMANDS}")
    return int(text)
