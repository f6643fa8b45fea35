"""What the brain has written down: runs, the records of alerts, and every step of commands.

SQLite in WAL mode with `synchronous=FULL`: when a call returns, its rows are on disk and survive a crash of
the process, the system or the power. Tables are append-only. Of a command the last row stands; alerts stand as
their records, played back over all runs, leave them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sql
from sqlalchemy.exc import DBAPIError

from touyan.core.alert_records import AlertRecord
from touyan.core.commands import Command
from touyan.core.errors import NotFoundError, TouyanError

from .no_store import NoStore

FILE_NAME = "touyan.sqlite"

_metadata = sql.MetaData()
_runs = sql.Table(
    "runs",
    _metadata,
    sql.Column("run", sql.Integer, primary_key=True, autoincrement=True),
    sql.Column("started_at", sql.Float, nullable=False),
    sql.Column("city", sql.Text, nullable=False),
    sqlite_autoincrement=True,
)


_alert_records = sql.Table(
    "alert_records",
    _metadata,
    sql.Column("record", sql.Integer, primary_key=True, autoincrement=True),
    sql.Column("run", sql.Integer, sql.ForeignKey("runs.run"), nullable=False),
    sql.Column("identifier", sql.Text, nullable=False),
    sql.Column("body", sql.Text, nullable=False),
    sqlite_autoincrement=True,
)
_command_steps = sql.Table(
    "command_steps",
    _metadata,
    sql.Column("step", sql.Integer, primary_key=True, autoincrement=True),
    sql.Column("run", sql.Integer, sql.ForeignKey("runs.run"), nullable=False),
    sql.Column("identifier", sql.Text, nullable=False),
    sql.Column("state", sql.Text, nullable=False),
    sql.Column("body", sql.Text, nullable=False),
    sql.Index("command_steps_by_identifier", "run", "identifier"),
    sqlite_autoincrement=True,
)
_channels = sql.Table(
    "alert_channels",
    _metadata,
    sql.Column("channel", sql.Text, primary_key=True),
    sql.Column("record", sql.Integer, nullable=False),
)
_deliveries = sql.Table(
    "alert_deliveries",
    _metadata,
    sql.Column("delivery", sql.Integer, primary_key=True, autoincrement=True),
    sql.Column("run", sql.Integer, sql.ForeignKey("runs.run"), nullable=False),
    sql.Column("channel", sql.Text, nullable=False),
    sql.Column("identifier", sql.Text, nullable=False),
    sql.Column("steps", sql.Integer, nullable=False),
    sql.Column("outcome", sql.Text, nullable=False),
    sqlite_autoincrement=True,
)


class Delivery(msgspec.Struct, frozen=True):
    """What a channel did with an alert that had so many steps."""

    channel: str
    identifier: str
    steps: int
    outcome: str


class Run(msgspec.Struct, frozen=True):
    """One start of the brain; `started_at` is city time, epoch seconds."""

    run: int
    started_at: float
    city: str


_RECORDS = msgspec.json.Decoder(AlertRecord)


class Store:
    """The records of one data folder, for use from any thread.

    Each `open` begins a new run, which is the one read by default. A full disk, a locked or a
    damaged file is a TouyanError with words.
    """

    def __init__(self, engine: sql.Engine, path: Path, started_at: float, city: str) -> None:
        self._engine = engine
        self._path = path
        self._writing = threading.Lock()
        with self._connection() as connection:
            _metadata.create_all(connection)
            made = connection.execute(sql.insert(_runs).values(started_at=started_at, city=city))
            self.run = int(made.lastrowid)

    @classmethod
    def open(cls, folder: Path, started_at: float = 0.0, city: str = "", waits_s: float = 5.0) -> Store:
        """The store of a folder; waits so long for other writers."""
        path = Path(folder) / FILE_NAME
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _told(path, str(error)) from error
        engine = sql.create_engine(f"sqlite:///{path}", connect_args={"timeout": waits_s})
        sql.event.listen(engine, "connect", _prepare)
        return cls(engine, path, started_at, city)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def journal_alerts(self, records: Sequence[AlertRecord]) -> None:
        """Append records in one transaction; on disk when it returns."""
        rows = [{"run": self.run, "identifier": record.identifier, "body": _json(record)} for record in records]
        if rows:
            with self._writing, self._connection() as connection:
                connection.execute(sql.insert(_alert_records), rows)

    def journal_commands(self, commands: Sequence[Command]) -> None:
        """Append commands in one transaction; on disk when it returns."""
        rows = [
            {"run": self.run, "identifier": each.identifier, "state": each.state.value, "body": _json(each)}
            for each in commands
        ]
        if rows:
            with self._writing, self._connection() as connection:
                connection.execute(sql.insert(_command_steps), rows)

    def runs(self) -> list[Run]:
        """All runs, the oldest first."""
        with self._connection() as connection:
            return [Run(*row) for row in connection.execute(sql.select(_runs).order_by(_runs.c.run))]

    def alert_records(self) -> Iterator[AlertRecord]:
        """The records of all runs, in the order in which they were written."""
        chosen = sql.select(_alert_records.c.body).order_by(_alert_records.c.record)
        with self._connection() as connection:
            for body in connection.scalars(chosen):
                yield _RECORDS.decode(body)

    def alert_position(self) -> int:
        """The number of the newest record of alerts."""
        with self._connection() as connection:
            return int(connection.scalar(sql.select(sql.func.max(_alert_records.c.record))) or 0)

    def alerts_since(self, position: int) -> list[str]:
        """The alerts with records after a position, by their first one."""
        table = _alert_records
        chosen = sql.select(table.c.identifier).where(table.c.record > position, table.c.identifier.like("alert-%"))
        with self._connection() as connection:
            rows = connection.scalars(chosen.group_by(table.c.identifier).order_by(sql.func.min(table.c.record)))
            return [str(identifier) for identifier in rows]

    def channel_position(self, channel: str) -> int:
        """Up to which record a channel has said everything; a new channel begins with what comes."""
        with self._connection() as connection:
            found = connection.scalar(sql.select(_channels.c.record).where(_channels.c.channel == channel))
        return self.alert_position() if found is None else int(found)

    def mark_channel(self, channel: str, position: int) -> None:
        """Remember up to which record a channel has said everything."""
        row = {"channel": channel, "record": position}
        with self._writing, self._connection() as connection:
            changed = connection.execute(sql.update(_channels).where(_channels.c.channel == channel).values(row))
            if not changed.rowcount:
                connection.execute(sql.insert(_channels), row)

    def journal_delivery(self, channel: str, identifier: str, steps: int, outcome: str) -> None:
        """Append what came of a message; on disk when it returns."""
        row = {"run": self.run, "channel": channel, "identifier": identifier, "steps": steps, "outcome": outcome}
        with self._writing, self._connection() as connection:
            connection.execute(sql.insert(_deliveries), row)

    def deliveries(self) -> list[Delivery]:
        """All deliveries of all runs, the oldest first."""
        table = _deliveries
        columns = (table.c.channel, table.c.identifier, table.c.steps, table.c.outcome)
        with self._connection() as connection:
            return [Delivery(*row) for row in connection.execute(sql.select(*columns).order_by(table.c.delivery))]

    def commands(self, run: int | None = None) -> list[Command]:
        """A run's commands as they stood last, oldest first."""
        return self._standing(run)

    def _standing(self, run: int | None) -> list[Command]:
        """The last state of each command of a run; raises NotFoundError."""
        run = self.run if run is None else run
        table = _command_steps
        of_run = sql.select(sql.func.min(table.c.step).label("first"), sql.func.max(table.c.step).label("last"))
        ends = of_run.where(table.c.run == run).group_by(table.c.identifier).subquery()
        chosen = sql.select(table.c.body).join(ends, table.c.step == ends.c.last).order_by(ends.c.first)
        known = [str(known.run) for known in self.runs()]
        if str(run) not in known:
            raise NotFoundError("run", str(run), known)
        with self._connection() as connection:
            return [msgspec.json.decode(body, type=Command) for body in connection.scalars(chosen)]

    @contextmanager
    def _connection(self) -> Iterator[sql.Connection]:
        """One transaction; what the database objects to becomes a TouyanError."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise _told(self._path, str(error.orig)) from error


def open_store(folder: Path | None, started_at: float = 0.0, city: str = "") -> Store | NoStore:
    """The store of a folder; without one, nothing is kept."""
    return NoStore() if folder is None else Store.open(folder, started_at, city)


def _json(record: AlertRecord | Command) -> str:
    return msgspec.json.encode(record).decode()


def _prepare(connection: Any, _: object) -> None:
    """Settings of a new SQLite connection."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


_CAUSES = {
    "full": ("the disk is full", "free some space; what was acknowledged before is safe"),
    "locked": ("another program has locked it", "close the other program, or wait until it has finished"),
    "readonly": ("it cannot be written to", "check who may write to the folder"),
    "unable to open": ("it cannot be opened", "check that the folder exists and who may write to it"),
    "not a database": ("it is not a SQLite database", "move the file away; a new one is made at the next start"),
    "malformed": ("it is damaged", "move the file away and restore a copy; a new one is made at the next start"),
}


def _told(path: Path, words: str) -> TouyanError:
    """What went wrong with the file, in words, and what to do."""
    found = next((cause for sign, cause in _CAUSES.items() if sign in words), (words, "check the folder and its disk"))
    return TouyanError(f"{path}: nothing more can be written down: {found[0]}", found[1])
