"""The history: what was added is found, by entity and time, wherever it lies; what was removed is not."""

from __future__ import annotations

import random
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from touyan.core.errors import InputError, NotFoundError, StorageFullError
from touyan.fusion.store.history import History
from touyan.fusion.store.questions import Period, Question, Span
from touyan.fusion.store.rows import Row, table_of
from touyan.fusion.store.settings import HistorySettings

SECOND = 1_000_000
DAY = 86_400 * SECOND
T0 = 20_500 * DAY
FOREVER = HistorySettings(keep_days=0.0, threads=1)


def row(entity: str = "a", at: int = 0, number: float | None = 1.0, attribute: str = "speed", **more: object) -> Row:
    """An instance observed so many seconds after T0."""
    plain = Row(
        tenant="",
        entity=entity,
        types=("Road",),
        attribute=attribute,
        dataset="",
        instance=f"urn:{entity}:{attribute}:{at}",
        observed=T0 + at * SECOND,
        created=T0,
        modified=T0 + at * SECOND,
        deleted=None,
        number=number,
        value=b'{"type":"Property"}',
    )
    return plain._replace(**more)  # type: ignore[arg-type]


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    """An empty history that keeps all."""
    made = History(tmp_path / "history", FOREVER)
    yield made
    made.close()


def reopened(history: History, folder: Path) -> History:
    """The same history at the next start."""
    history.close()
    return History(folder / "history", FOREVER)


def test_rows_come_back_as_they_were_from_memory_and_from_files(history: History) -> None:
    """A reader of the past must not notice where it lies."""
    rows = [
        row("a", 1),
        row("a", 2, None, types=("Road", "Street"), dataset="urn:d", value=b"\x00\xff"),
        row("b", -5, observed=None, deleted=T0 + 7),
    ]
    history.add(rows, 1)
    assert list(history.rows("")) == rows
    assert history.flush() == history.position == 1
    history.add([row("b", 3)], 2)
    assert list(history.rows("")) == [*rows, row("b", 3)]


def test_tenants_do_not_see_one_another(history: History) -> None:
    """Two districts share a broker, not their data."""
    history.add([row("a", 1), row("a", 1, tenant="north")], 1)
    assert [found.tenant for found in history.rows("north")] == ["north"]
    assert history.entities("south") == []


def test_a_span_holds_its_start_and_not_its_end(history: History) -> None:
    """Two spans that touch must not count an instance twice."""
    history.add([row("a", second) for second in range(10)], 1)
    span = Span("observed", T0 + 3 * SECOND, T0 + 6 * SECOND)
    assert [found.observed for found in history.rows("", span=span)] == [T0 + n * SECOND for n in (3, 4, 5)]


def test_last_n_counts_for_each_attribute_of_each_entity(history: History) -> None:
    """`lastN` of the standard is about each attribute, not about the answer as a whole."""
    history.add([row(entity, n, attribute=name) for entity in "ab" for name in ("x", "y") for n in range(5)], 1)
    found = [(each.entity, each.attribute, each.observed) for each in history.rows("", last=2, span=Span())]
    assert found == [(e, x, T0 + n * SECOND) for e in "ab" for x in "xy" for n in (3, 4)]


def test_entities_are_listed_with_all_types_they_ever_had(history: History) -> None:
    """An entity that changed its type is found under both."""
    history.add([row("b"), row("a", 1, types=("Road", "Bridge"))], 1)
    history.flush()
    history.add([row("a", 2)], 2)
    assert history.entities("") == [("a", ("Bridge", "Road")), ("b", ("Road",))]
    assert history.entities("", types=["Bridge"]) == [("a", ("Bridge", "Road"))]
    assert history.entities("", ids=["b"], attributes=["speed"]) == [("b", ("Road",))]
    assert history.entities("", attributes=["flow"]) == []


def test_figures_of_buckets_are_those_of_a_plain_calculation(history: History) -> None:
    """Aggregates are read as truth, so they are checked against a loop."""
    values = [(random.Random(n).randrange(900), float(n % 17)) for n in range(400)]
    history.add([row("a", at, number) for at, number in values[:200]], 1)
    history.flush()
    history.add([row("a", at, number) for at, number in values[200:]], 2)
    methods = ["totalCount", "distinctCount", "sum", "avg", "min", "max", "stddev", "sumsq"]
    found = history.aggregate("", ["a"], ["speed"], Span(), methods, Period(micros=300 * SECOND), T0)
    assert [figure.start for figure in found] == [T0, T0 + 300 * SECOND, T0 + 600 * SECOND]
    for figure in found:
        begin = (figure.start - T0) // SECOND
        numbers = [number for at, number in values if begin <= at < begin + 300]
        mean = sum(numbers) / len(numbers)
        variance = sum((number - mean) ** 2 for number in numbers) / len(numbers)
        assert figure.end == figure.start + 300 * SECOND
        assert figure.values == pytest.approx(
            {
                "totalCount": len(numbers),
                "distinctCount": len(set(numbers)),
                "sum": sum(numbers),
                "avg": mean,
                "min": min(numbers),
                "max": max(numbers),
                "stddev": variance**0.5,
                "sumsq": sum(number * number for number in numbers),
            }
        )


@given(at=st.integers(-(10**6), 10**6), period=st.integers(1, 10**5), origin=st.integers(-(10**6), 10**6))
@settings(max_examples=40, deadline=None)
def test_an_instance_lies_in_the_bucket_that_holds_its_time(at: int, period: int, origin: int) -> None:
    """Also before the origin, where the remainder of a division changes its sign."""
    history = EMPTY
    history.add([row("h", observed=at)], history.position + 1)
    found = history.aggregate("", ["h"], None, Span(), ["totalCount"], Period(micros=period), origin)
    history.remove("", "h", position=history.position + 1)
    assert len(found) == 1
    assert found[0].start <= at < found[0].start + period
    assert (found[0].start - origin) % period == 0


@pytest.fixture(autouse=True, scope="module")
def _empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One history for laws about single rows."""
    global EMPTY
    EMPTY = History(tmp_path_factory.mktemp("laws"), FOREVER)
    yield
    EMPTY.close()


EMPTY: History


def test_months_are_those_of_the_calendar(history: History) -> None:
    """February must not take days of March."""
    days = [at * 86_400 for at in range(0, 90, 15)]  # from 2026-02-16
    history.add([row("a", at) for at in days], 1)
    found = history.aggregate("", ["a"], None, Span(), ["totalCount"], Period(months=1), 0)
    begins = [time.strftime("%Y-%m-%d", time.gmtime(figure.start / 1e6)) for figure in found]
    assert begins == ["2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01"]
    assert [figure.end for figure in found[:-1]] == [figure.start for figure in found[1:]]


def test_figures_of_the_whole_city_are_grouped_as_asked(history: History) -> None:
    """A city's mean does not need a row for each of its sensors."""
    history.add([row(entity, 1, number) for entity, number in (("a", 1.0), ("b", 5.0))], 1)
    answer = history.table(Question("", span=Span()), ["avg"], groups=("attribute",))
    assert answer.to_pylist() == [{"attribute": "speed", "start": 0, "avg": 3.0}]


def test_an_unknown_way_of_aggregation_is_told_with_the_nearest(history: History) -> None:
    """The name goes into SQL, so nothing unknown may pass."""
    with pytest.raises(NotFoundError, match="agv"):
        history.aggregate("", None, None, None, ["agv"])


def test_hostile_names_are_names_only(history: History) -> None:
    """Ids come from the street; none may act as SQL."""
    name = "a'; DROP TABLE newest; --\""
    history.add([row(name)], 1)
    history.flush()
    assert [found.entity for found in history.rows("", [name], [f"{name}", "speed"])] == [name]
    assert history.remove("", name, position=2) == 1


# ------------------------------------------------------------ removal


@pytest.mark.parametrize("flushed", [False, True])
def test_what_was_removed_is_in_no_answer_and_what_comes_after_is(history: History, flushed: bool) -> None:
    """Files never change, so a removal must hold for them too, and only for older rows."""
    history.add([row("a", 1), row("a", 2), row("b", 1)], 1)
    if flushed:
        history.flush()
    assert history.remove("", "a", position=2) == 2
    assert history.remove("", "a", position=3) == 0
    history.add([row("a", 3)], 4)
    history.flush()
    assert [found.instance for found in history.rows("")] == ["urn:a:speed:3", "urn:b:speed:1"]


def test_a_removal_takes_just_the_part_that_it_names(history: History) -> None:
    """The standard knows removal of an entity, an attribute, a data set and one instance."""
    history.add([row("a", n, attribute=name, dataset=d) for n in range(2) for name in "xy" for d in ("", "d")], 1)
    history.flush()
    assert history.remove("", "a", "x", "d", position=2) == 2
    assert history.remove("", "a", "y", position=3) == 4
    assert history.remove("", "a", instance="urn:a:x:1", position=4) == 1
    assert [found.instance for found in history.rows("")] == ["urn:a:x:0"]


def test_a_flush_does_not_come_between_the_parts_of_one_record(history: History, tmp_path: Path) -> None:
    """The record counts as written with its first part; the second would then be lost in a crash."""
    history.add([row("a", 1, 5.0)], 1)
    flush = threading.Thread(target=history.flush)
    with history.together():
        history.remove("", "a", instance="urn:a:speed:1", position=2)
        flush.start()
        flush.join(0.05)
        history.add([row("a", 1, 7.0)], 2)
    flush.join()
    assert [found.number for found in reopened(history, tmp_path).rows("")] == [7.0]


# ------------------------------------------------------------ files


def test_what_is_in_files_already_is_not_taken_again(history: History, tmp_path: Path) -> None:
    """The start replays the journal from before the last flush; each value must be there once."""
    history.add([row("a", 1)], 1)
    history.flush()
    history.add([row("a", 2)], 2)
    history = reopened(history, tmp_path)
    for position, second in ((1, 1), (2, 2)):
        history.add([row("a", second)], position)
    assert history.remove("", "a", instance="urn:a:speed:1", position=1) == 0
    assert [found.observed for found in history.rows("")] == [T0 + SECOND, T0 + 2 * SECOND]


def test_many_small_files_become_one_and_nothing_changes(history: History) -> None:
    """A question must not have to open a thousand files after a day of small flushes."""
    for n in range(20):
        history.add([row("a", n)], 2 * n + 1)
        history.remove("", "a", instance=f"urn:a:speed:{n - 3}", position=2 * n + 2)
        history.flush()
    assert len(list(history._files.folder.glob("*.parquet"))) < 10
    assert [found.observed for found in history.rows("")] == [T0 + n * SECOND for n in (17, 18, 19)]


def test_old_days_go_by_age_and_by_size(tmp_path: Path) -> None:
    """A disk that fills up silently stops the whole brain."""
    history = History(tmp_path, HistorySettings(keep_days=2.0))
    now = time.time_ns() // 1000
    history.add([row("a", observed=now - age * DAY) for age in (0, 1, 3, 40)], 1)
    history.flush()
    assert [found.observed for found in history.rows("")] == [now - DAY, now]
    history.close()
    tight = History(tmp_path, HistorySettings(keep_gigabytes=6e-6, keep_days=0.0))
    tight.add([row("b", observed=now - 2 * DAY)], 2)
    tight.flush()
    assert [found.observed for found in tight.rows("")] == [now]
    tight.close()


def test_questions_during_flushes_and_merges_see_every_row_once(history: History) -> None:
    """Rows on their way into a file must be in just one of the two places."""
    history.add([row("a", n) for n in range(50)], 1)
    stopped = threading.Event()

    def flush() -> None:
        for n in range(60):
            history.add([row("b", n)], n + 2)
            history.flush()
        stopped.set()

    thread = threading.Thread(target=flush)
    thread.start()
    seen = []
    while not stopped.is_set():
        seen.append(len(list(history.rows("", ["a"]))))
    thread.join()
    assert set(seen) == {50}
    assert len(list(history.rows("", ["b"]))) == 60


def test_a_file_that_nobody_knows_is_swept_at_the_start(history: History, tmp_path: Path) -> None:
    """A crash between a file and the list would otherwise leave it for ever."""
    history.add([row("a", 1)], 1)
    history.flush()
    folder = tmp_path / "history"
    known = next(folder.glob("*.parquet"))
    shutil.copy(known, folder / "19990101-000099.parquet")
    assert list(reopened(history, tmp_path).rows("")) == [row("a", 1)]
    assert list(folder.glob("*.parquet")) == [known]


@pytest.mark.parametrize("damage", ["list", "file"])
def test_a_damaged_folder_is_told_at_the_start(history: History, tmp_path: Path, damage: str) -> None:
    """An empty past taken for the true one would be believed."""
    history.add([row("a", 1)], 1)
    history.flush()
    folder = tmp_path / "history"
    if damage == "list":
        (folder / "segments.json").write_text("{")
    else:
        next(folder.glob("*.parquet")).unlink()
    with pytest.raises(InputError, match="restore a copy"):
        History(folder)


def test_a_full_disk_keeps_the_window_in_memory(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading goes on, and the next flush takes the same rows along."""
    history.add([row("a", 1)], 1)
    with monkeypatch.context() as patch:
        patch.setattr("touyan.fusion.store.segments.os.fsync", _no_room)
        with pytest.raises(StorageFullError):
            history.flush()
    assert history.position == 0
    assert list(history.rows("")) == [row("a", 1)]
    history.add([row("a", 2)], 2)
    assert history.flush() == 2
    assert list(history.rows("")) == [row("a", 1), row("a", 2)]


def _no_room(_: int) -> None:
    raise OSError(28, "No space left on device")


def test_the_files_can_be_read_without_us(history: History, tmp_path: Path) -> None:
    """Data bureaus bring their own tools; the format is open."""
    history.add([row("a", n) for n in range(3)], 1)
    history.flush()
    pattern = str(tmp_path / "history" / "*.parquet")
    assert duckdb.execute("SELECT sum(number) FROM read_parquet(?)", [pattern]).fetchall() == [(3.0,)]


def test_columns_in_bulk_are_as_good_as_rows(history: History) -> None:
    """A bulk load of millions cannot go through single rows."""
    rows = [row("a", n) for n in range(5)]
    history.add_table(table_of(rows), 1)
    assert list(history.rows("")) == rows
    history.flush()
    history.add_table(table_of(rows), 1)
    assert list(history.rows("")) == rows


class HistoryLaws(RuleBasedStateMachine):
    """Whatever the order of additions, removals, flushes and restarts, it is as a plain list would be."""

    @initialize()
    def begin(self) -> None:
        """Start with nothing."""
        self.folder = tempfile.TemporaryDirectory()
        self.history = History(Path(self.folder.name), FOREVER)
        self.plain: list[Row] = []
        self.journal: list[Row | str] = []

    def _record(self, record: Row | str) -> None:
        """Let the history know a record of the journal."""
        self.journal.append(record)
        self._tell(len(self.journal), record)

    def _tell(self, position: int, record: Row | str) -> None:
        if isinstance(record, Row):
            self.history.add([record], position)
        else:
            self.history.remove("", record, position=position)

    @rule(entity=st.sampled_from("abc"), at=st.integers(0, 3 * 86_400))
    def add(self, entity: str, at: int) -> None:
        """One value."""
        added = row(entity, at, float(len(self.journal)), instance=f"urn:{len(self.journal)}")
        self._record(added)
        self.plain.append(added)

    @rule(entity=st.sampled_from("abc"))
    def remove(self, entity: str) -> None:
        """All of an entity."""
        self._record(entity)
        self.plain = [each for each in self.plain if each.entity != entity]

    @precondition(lambda self: self.journal)
    @rule()
    def flush(self) -> None:
        """To files."""
        assert self.history.flush() == len(self.journal)

    @rule()
    def restart(self) -> None:
        """The process ends without a flush, and the journal is replayed from its start."""
        self.history.close()
        self.history = History(Path(self.folder.name), FOREVER)
        for position, record in enumerate(self.journal, 1):
            self._tell(position, record)

    @rule()
    def ask(self) -> None:
        """Everything."""
        found = sorted(self.history.rows(""), key=lambda each: each.number or 0.0)
        assert found == self.plain

    def teardown(self) -> None:
        """Leave no folder."""
        if hasattr(self, "history"):
            self.history.close()
            self.folder.cleanup()


TestHistoryLaws = HistoryLaws.TestCase
TestHistoryLaws.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
