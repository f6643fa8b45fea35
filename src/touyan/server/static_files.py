"""The console's files: compressed, cached for a year under a stamp of their content.

The address is `/static/<stamp>/<path>`. The stamp changes with any file, so a browser never mixes two versions;
under another stamp the files are served too, but not cached.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

CONSOLE = Path(__file__).parent / "console"

_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}


@dataclass(frozen=True)
class _File:
    media_type: str
    plain: bytes
    zipped: bytes


class StaticFiles:
    """All files of the console's `static` and `vendor` folders, in memory."""

    def __init__(self, root: Path = CONSOLE) -> None:
        self._files = {
            path.relative_to(root).as_posix(): _read(path)
            for folder in ("static", "vendor")
            for path in sorted((root / folder).rglob("*"))
            if path.suffix in _TYPES
        }
        digest = hashlib.sha256()
        for name, file in self._files.items():
            digest.update(name.encode() + b"\0" + file.plain)
        self.stamp = digest.hexdigest()[:12]

    @property
    def complete(self) -> bool:
        """Whether the third-party modules are there too."""
        return "vendor/maplibre-gl.mjs" in self._files

    def respond(self, request: Request) -> Response:
        """One file, compressed where the browser takes it; 404 for any other."""
        file = self._files.get(request.path_params["path"])
        if file is None:
            raise HTTPException(404, f"there is no file {request.path_params['path']!r}")
        current = request.path_params["stamp"] == self.stamp
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable" if current else "no-cache",
            "Vary": "Accept-Encoding",
        }
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(file.plain, headers=headers, media_type=file.media_type)
        return Response(file.zipped, headers=headers | {"Content-Encoding": "gzip"}, media_type=file.media_type)


def _read(path: Path) -> _File:
    plain, zipped = path.read_bytes(), path.with_name(path.name + ".gz")
    return _File(_TYPES[path.suffix], plain, zipped.read_bytes() if zipped.exists() else gzip.compress(plain, mtime=0))
