"""Files: letters from a folder, each file read once and again when it changes."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from touyan.core.settings import setting

from .arrivals import Letter
from .connector import ConnectionLostError, Connector, Take


class FileSource(Connector):
    """Files that match a pattern, looked for at intervals; by name, the oldest change first."""

    name = "files"
    pattern: str = setting(help="Files to read, as counts/*.csv.")
    every_s: float = setting(10.0, unit="SEC", at_least=0.0, help="Time between two looks; 0 looks once.")

    async def letters(self, take: Take) -> None:
        """Read what is there and what comes; ends after one look when `every_s` is 0."""
        read: dict[Path, tuple[int, int]] = {}
        while True:
            for path in await asyncio.to_thread(self._changed, read):
                await take(Letter(await asyncio.to_thread(self._content, path), time.time(), str(path)))
            if not self.every_s:
                return
            await asyncio.sleep(self.every_s)

    def _changed(self, read: dict[Path, tuple[int, int]]) -> list[Path]:
        """Files that are new or changed since they were read; they count as read now."""
        changed = []
        pattern = Path(self.pattern)
        for path in Path(pattern.anchor or ".").glob(str(pattern.relative_to(pattern.anchor))):
            if not path.is_file():
                continue
            told = path.stat()
            if read.get(path) != (told.st_mtime_ns, told.st_size):
                read[path] = (told.st_mtime_ns, told.st_size)
                changed.append((told.st_mtime_ns, path))
        return [path for _, path in sorted(changed)]

    def _content(self, path: Path) -> bytes:
        try:
            with path.open("rb") as stream:
                return stream.read(self.largest_bytes + 1)
        except OSError as error:
            raise ConnectionLostError(f"{path}: {error.strerror}") from error
