"""Dead letters: what could not be understood is kept, can be read, and tried again."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sql
from sqlalchemy.exc import DBAPIError

from ..store.durable import storage_error
from .arrivals import Letter

FILE_NAME = "dead-letters.sqlite"

_metadata = sql.MetaData()
_letters = sql.Table(
    "letters",
    _metadata,
    sql.Column("number", sql.Integer, primary_key=True, autoincrement=True),
    sql.Column("source", sql.Text, nullable=False, index=True),
    sql.Column("came_at", sql.Float, nullable=False),
    sql.Column("place", sql.Text, nullable=False),
    sql.Column("reason", sql.Text, nullable=False),
    sql.Column("body", sql.LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)


class DeadLetter(NamedTuple):
    """A letter that could not be used, with its number and the reason."""

    number: int
    source: str
    letter: Letter
    reason: str


class DeadLetters:
    """The dead letters of one folder; the oldest go when there are too many."""

    def __init__(self, folder: Path, most: int = 10_000) -> None:
        self._path, self._most = folder / FILE_NAME, most
        folder.mkdir(parents=True, exist_ok=True)
        self._engine = sql.create_engine(f"sqlite:///{self._path}")
        with self._engine.begin() as connection:
            _metadata.create_all(connection)

    def keep(self, source: str, letter: Letter, reason: str) -> None:
        """Put a letter aside; on disk when it returns; raises StorageFullError."""
        row = {"source": source, "came_at": letter.at, "place": letter.place, "reason": reason, "body": letter.body}
        try:
            with self._engine.begin() as connection:
                made = connection.execute(sql.insert(_letters).values(row))
                newest = int(made.lastrowid)
                connection.execute(sql.delete(_letters).where(_letters.c.number <= newest - self._most))
        except DBAPIError as error:
            raise storage_error(self._path, OSError(str(error.orig))) from error

    def of(self, source: str | None = None, most: int = 100) -> list[DeadLetter]:
        """The oldest letters of a source, or of all."""
        chosen = sql.select(_letters).order_by(_letters.c.number).limit(most)
        if source is not None:
            chosen = chosen.where(_letters.c.source == source)
        with self._engine.begin() as connection:
            rows = connection.execute(chosen).all()
        return [
            DeadLetter(row.number, row.source, Letter(row.body, row.came_at, row.place), row.reason) for row in rows
        ]

    def count(self, source: str | None = None) -> int:
        """How many there are of a source, or of all."""
        counted = sql.select(sql.func.count()).select_from(_letters)
        if source is not None:
            counted = counted.where(_letters.c.source == source)
        with self._engine.begin() as connection:
            return int(connection.execute(counted).scalar_one())

    def forget(self, number: int) -> None:
        """Drop a letter that was understood after all."""
        with self._engine.begin() as connection:
            connection.execute(sql.delete(_letters).where(_letters.c.number == number))

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()
