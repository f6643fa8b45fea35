"""The store: what it acknowledged is there afterwards, whatever happened."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from touyan.core.alert_records import AlertRecord, Raised, Stepped
from touyan.core.alerts import Alert, AlertAction, AlertState, AlertStep, Evidence, Severity
from touyan.core.commands import Command, CommandState, CommandStep
from touyan.core.errors import NotFoundError, TouyanError
from touyan.core.text import Text
from touyan.runtime.no_store import NoStore
from touyan.runtime.store import FILE_NAME, Store, open_store
from touyan.warning.book import AlertBook

WORDS = Text("Fire", "火灾")


def alert(number: int) -> Alert:
    """An open alert."""
    evidence = Evidence("heat", 2.0, 1.0, "C62", 0.0, "nose")
    log = (AlertStep(AlertState.OPEN, "fire", 0.0, action=AlertAction.RAISE),)
    return Alert(
        f"alert-{number}",
        "fire",
        f"urn:{number}",
        WORDS,
        WORDS,
        WORDS,
        Severity.EXTREME,
        0.0,
        evidence,
        log,
        group="none",
    )


def command(number: int) -> Command:
    """A proposed command."""
    return Command(
        f"command-{number}", "urn:x", "phase", 2.0, WORDS, (CommandStep(CommandState.PROPOSED, "cycle", 0.0),)
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new store in its own folder."""
    made = Store.open(tmp_path, started_at=5.0, city="grid")
    yield made
    made.close()


def raised(*numbers: int) -> list[AlertRecord]:
    """The records of new alerts."""
    return [Raised(alert(number)) for number in numbers]


def test_records_of_alerts_come_back_in_the_order_they_came(store: Store) -> None:
    """The record after a restart must be the record before it."""
    step = AlertStep(AlertState.ACKNOWLEDGED, "李娜", 3.0, "来了", AlertAction.ACKNOWLEDGE)
    store.journal_alerts(raised(10, 9))
    store.journal_alerts([Stepped("alert-10", step)])
    assert list(store.alert_records()) == [*raised(10, 9), Stepped("alert-10", step)]


def test_commands_come_back_with_their_record(store: Store) -> None:
    """The record of a command is what an inquiry reads."""
    guarded = command(1).moved(CommandState.GUARDED, "guard", 1.0)
    store.journal_commands([command(1), command(2)])
    store.journal_commands([guarded])
    assert store.commands() == [guarded, command(2)]


def test_every_start_is_a_run_of_its_own(tmp_path: Path) -> None:
    """Commands of two runs may bear the same identifier and must not mix; alerts go on."""
    first = Store.open(tmp_path, started_at=1.0, city="grid")
    first.journal_commands([command(1)])
    first.journal_alerts(raised(1))
    second = Store.open(tmp_path, started_at=2.0, city="hangzhou")
    assert second.commands() == []
    assert second.commands(first.run) == [command(1)]
    assert list(second.alert_records()) == raised(1)
    assert [(run.run, run.started_at, run.city) for run in second.runs()] == [(1, 1.0, "grid"), (2, 2.0, "hangzhou")]
    first.close()
    second.close()


def test_an_unknown_run_is_named(store: Store) -> None:
    """An empty list would look like a quiet night."""
    with pytest.raises(NotFoundError, match="no run '7'"):
        store.commands(7)


def test_every_transaction_waits_for_the_disk(store: Store) -> None:
    """Without WAL and synchronous=FULL an acknowledged step could vanish with the power."""
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_commands_of_one_call_are_written_all_or_none(store: Store) -> None:
    """Half a step on record would be a lie about what the street got."""
    broken = msgspec.structs.replace(command(2), identifier=None)
    with pytest.raises(TouyanError, match="nothing more can be written down"):
        store.journal_commands([command(1), broken])
    assert store.commands() == []


def test_a_full_disk_is_told_in_words(store: Store) -> None:
    """The person who runs the brain must read what to do, not a traceback."""
    with store._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1")
    with pytest.raises(TouyanError, match="the disk is full") as error:
        store.journal_alerts(raised(*range(2000)))
    assert "free some space" in error.value.hint
    assert list(store.alert_records()) == []


def test_a_locked_file_is_told_in_words(tmp_path: Path) -> None:
    """A backup program that holds the file must be named as the cause."""
    store = Store.open(tmp_path, waits_s=0.0)
    other = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TouyanError, match="another program has locked it"):
        store.journal_alerts(raised(1))
    other.execute("ROLLBACK")
    store.journal_alerts(raised(1))
    assert list(store.alert_records()) == raised(1)
    other.close()
    store.close()


def test_a_file_that_is_no_database_is_told_in_words(tmp_path: Path) -> None:
    """Another program's file in the data folder is refused and left alone."""
    path = tmp_path / FILE_NAME
    path.write_text("not a database at all, " * 100)
    with pytest.raises(TouyanError, match="not a SQLite database"):
        Store.open(tmp_path)
    assert path.read_text().startswith("not a database")


def test_a_folder_that_cannot_be_made_is_told_in_words(tmp_path: Path) -> None:
    """A file where the folder should be is a user's mistake."""
    (tmp_path / "data").write_text("")
    with pytest.raises(TouyanError, match="data") as error:
        Store.open(tmp_path / "data")
    assert error.value.hint


def test_many_threads_write_at_once(store: Store) -> None:
    """The server's threads and the brain's write to one file."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: store.journal_alerts(raised(number)), range(40)))
    assert {found.identifier for found in store.alert_records()} == {f"alert-{number}" for number in range(40)}


CHILD = """
import sys
from pathlib import Path
from tests.runtime.test_store import alert
from touyan.runtime.store import Store
from touyan.warning.book import AlertBook

book = AlertBook(Store.open(Path(sys.argv[1])))
for number in range(1, 100_000):
    book.open([alert(number)])
    book.acknowledge(f"alert-{number}", "li", 1.0)
    sys.stdout.write(f"alert-{number}\\n")
    sys.stdout.flush()
"""


def test_what_was_acknowledged_survives_a_killed_process(tmp_path: Path) -> None:
    """Nothing acknowledged is lost: `kill -9` in the middle of writing, then everything told is there."""
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root), str(root / "src")])
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert child.stdout is not None
    told = [child.stdout.readline().strip() for _ in range(25)]
    child.send_signal(signal.SIGKILL)
    told += child.stdout.read().split()
    child.wait()
    store = Store.open(tmp_path)
    book = AlertBook(store, store.alert_records())
    taken = {found.identifier for found in book.all() if found.state is AlertState.ACKNOWLEDGED}
    store.close()
    assert len(told) >= 25
    assert set(told) <= taken


def test_the_book_of_alerts_writes_to_the_store(store: Store) -> None:
    """The store keeps the journal that the warning engine asks for."""
    book = AlertBook(store)
    book.open([alert(1), alert(2)])
    book.close("alert-1", "li", 2.0)
    assert AlertBook(store, store.alert_records()).all() == book.all()


def test_without_a_folder_nothing_is_kept_and_nothing_fails(tmp_path: Path) -> None:
    """A demo leaves no files behind."""
    store = open_store(None)
    store.journal_alerts(raised(1))
    store.journal_commands([command(1)])
    store.close()
    assert isinstance(store, NoStore)
    kept = open_store(tmp_path, 3.0, "grid")
    assert isinstance(kept, Store)
    kept.close()
