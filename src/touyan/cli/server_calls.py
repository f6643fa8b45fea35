"""Calls of a running server, its refusals as our own errors."""

from __future__ import annotations

import getpass
import json
import os
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from touyan.core.errors import TouyanError

from .loading import loaded
from .messages import tell

PATIENCE_S = 30.0


class Server:
    """The server at an address."""

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")

    def get(self, path: str, **query: object) -> Any:
        """The answer to a question; values of None are left out."""
        asked = urlencode({name: value for name, value in query.items() if value is not None}, doseq=True)
        return self._call(Request(f"{self._address}{path}?{asked}" if asked else f"{self._address}{path}"))

    def post(self, path: str, body: object) -> Any:
        """The answer to a JSON body."""
        data = json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        return self._call(Request(f"{self._address}{path}", data, headers, method="POST"))

    def delete(self, path: str, **query: str) -> Any:
        """The answer to the end of something."""
        return self._call(Request(f"{self._address}{path}?{urlencode(query)}", method="DELETE"))

    def text(self, path: str) -> str:
        """An answer that is not JSON."""
        return self._read(Request(f"{self._address}{path}")).decode()

    def _call(self, request: Request) -> Any:
        return json.loads(self._read(request))

    def _read(self, request: Request) -> bytes:
        if not self._address.startswith(("http://", "https://")):
            raise TouyanError(tell("said.no-server", address=self._address), tell("hint.server"))
        try:
            with urlopen(request, timeout=PATIENCE_S) as answer:
                body: bytes = answer.read()
                return body
        except HTTPError as error:
            raise _refusal(error) from None
        except (URLError, TimeoutError, OSError):
            raise TouyanError(tell("said.no-server", address=self._address), tell("hint.server")) from None


def server_of(url: str | None, config: Path | None) -> Server:
    """The server that is named, or the one of the settings."""
    if url:
        return Server(url)
    settings, _ = loaded(config)
    return Server(f"http://{settings.server.host}:{settings.server.port}")


def who_is(by: str | None) -> str:
    """The person who acts: named, by the environment, or the user of this machine."""
    return by or os.environ.get("TOUYAN_OPERATOR") or getpass.getuser()


def _refusal(error: HTTPError) -> TouyanError:
    """The problem that the server told, in its words."""
    try:
        problem = json.loads(error.read())
    except ValueError:
        problem = {}
    refusal = TouyanError(problem.get("detail", f"{error.code} {error.reason}"), problem.get("hint", ""))
    refusal.code = problem.get("type", "error").rpartition(":")[2]
    return refusal
