"""The journal: what it acknowledged is there, in order, once; whatever happened to the process or the disk."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from touyan.core.errors import InputError, StorageFullError, TouyanError
from touyan.fusion.store.blocks import HEADER_BYTES, block_at, encoded
from touyan.fusion.store.journal import Journal

from . import journal_writer
from .journal_writer import THREADS

KILLS = int(os.environ.get("TOUYAN_KILLS", "8"))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """An empty journal."""
    made = Journal.open(tmp_path / "journal")
    yield made
    made.close()


def reopened(journal: Journal) -> Journal:
    """The same journal at the next start."""
    journal.close()
    return Journal.open(journal.folder)


def records(journal: Journal, after: int = 0) -> list[tuple[int, bytes]]:
    """Everything that a start would read."""
    return list(journal.replay(after))


def last_log(journal: Journal) -> Path:
    """The file that grows."""
    return max(journal.folder.glob("log-*"))


def test_what_was_appended_is_read_again_with_its_positions(journal: Journal) -> None:
    """The state after a restart is made of nothing else."""
    assert journal.append([b"one", b"two"]).result() == 2
    assert journal.append([b""]).result() == 3
    assert records(reopened(journal)) == [(1, b"one"), (2, b"two"), (3, b"")]


def test_completions_come_in_the_order_of_submission(journal: Journal) -> None:
    """Effects of a write, notifications say, must not overtake those of an earlier one."""
    told: list[object] = []
    for number in range(500):
        journal.append_soon([b"%d" % number] * (number % 3), told.append)
    journal.cut()
    assert told == [sum(n % 3 for n in range(last + 1)) for last in range(500)]


def test_many_writers_share_a_sync_and_none_gets_anothers_place(journal: Journal) -> None:
    """Group commit must not mix up who was acknowledged for what."""
    found: dict[bytes, int] = {}

    def write(name: bytes) -> None:
        for number in range(50):
            body = name + b"%d" % number
            found[body] = journal.append([body]).result()

    threads = [threading.Thread(target=write, args=(bytes([65 + n]),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {position: body for body, position in found.items()} == dict(journal.replay())


def test_a_snapshot_takes_the_place_of_the_log_before_it(journal: Journal) -> None:
    """Without it the start would take longer each day, and the disk would fill."""
    journal.append([b"old"] * 1000).result()
    at = journal.cut()
    journal.append([b"new"]).result()
    journal.snapshot([b"state"], at=at)
    assert records(reopened(journal)) == [(1000, b"state"), (1001, b"new")]


def test_log_that_the_history_still_needs_outlives_a_snapshot(journal: Journal) -> None:
    """The newest window of the history is made again from the log."""
    for part in range(3):
        journal.append([b"%d" % part] * 10).result()
        journal.cut()
    journal.append([b"new"]).result()
    journal.snapshot([b"state"], at=30, keep_after=20)
    assert [position for position, _ in records(reopened(journal))] == [*range(21, 31), 30, 31]


def test_replay_can_begin_behind_a_record(journal: Journal) -> None:
    """A reader that knows the first records wants the rest only."""
    journal.append([b"a", b"b", b"c"]).result()
    assert records(journal, after=2) == [(3, b"c")]


def test_a_journal_goes_on_counting_after_a_snapshot_that_left_no_log(journal: Journal) -> None:
    """A position that comes twice would make the history drop new instances."""
    journal.append([b"a", b"b"]).result()
    journal.snapshot([b"state"])
    assert reopened(journal).append([b"c"]).result() == 3


def test_a_snapshot_whose_end_is_lost_is_refused(journal: Journal) -> None:
    """Half a state taken for the whole would silently lose entities."""
    journal.append([b"a"]).result()
    journal.snapshot([b"state"] * 10)
    state = next(journal.folder.glob("state-*"))
    state.write_bytes(state.read_bytes()[:-HEADER_BYTES])
    with pytest.raises(InputError, match="restore a copy"):
        records(journal)


@given(st.integers(1, 60))
@settings(max_examples=30, deadline=None)
def test_a_torn_tail_is_dropped_with_a_message(lost: int) -> None:
    """After a power cut the last block may be there in part; it was never acknowledged."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal.open(Path(folder))
        journal.append([b"kept"]).result()
        journal.append([b"torn" * 10]).result()
        journal.close()
        log = last_log(journal)
        log.write_bytes(log.read_bytes()[:-lost])
        again = Journal.open(Path(folder))
        assert "never acknowledged" in again.repairs[0]
        assert again.append([b"next"]).result() == 2
        assert records(again) == [(1, b"kept"), (2, b"next")]
        again.close()


def test_damage_before_the_tail_is_told_and_nothing_is_dropped(journal: Journal) -> None:
    """A bad sector must not cost all that was acknowledged after it."""
    for body in (b"first", b"second", b"third"):
        journal.append([body]).result()
    journal.close()
    log = last_log(journal)
    whole = bytearray(log.read_bytes())
    whole[whole.index(b"second")] ^= 1
    log.write_bytes(whole)
    with pytest.raises(InputError, match=f"byte {block_end(whole)}"):
        Journal.open(journal.folder)
    assert log.read_bytes() == whole


def block_end(data: bytes | bytearray) -> int:
    """Where the first block ends."""
    block = block_at(memoryview(data), 0)
    assert block is not None
    return block.end


def test_a_lost_end_of_an_older_file_is_told(journal: Journal) -> None:
    """Only the last file can be torn; elsewhere something acknowledged is gone."""
    journal.append([b"a"]).result()
    journal.cut()
    journal.append([b"b"]).result()
    first = min(journal.folder.glob("log-*"))
    first.write_bytes(b"")
    with pytest.raises(InputError, match="restore a copy"):
        records(journal)


@given(st.lists(st.binary(max_size=50), max_size=20), st.integers(1, 2**63), st.data())
def test_no_flipped_bit_of_a_block_goes_unseen(bodies: list[bytes], first: int, data: st.DataObject) -> None:
    """The checksum covers lengths and positions too, not the records alone."""
    whole = encoded(first, bodies)
    assert block_at(memoryview(whole), 0) == (first, bodies, len(whole))
    damaged = bytearray(whole)
    damaged[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert block_at(memoryview(damaged), 0) is None


def test_a_second_process_is_kept_out(journal: Journal) -> None:
    """Two writers in one log would overwrite each other's records."""
    with pytest.raises(TouyanError, match="another process"):
        Journal.open(journal.folder)


def test_a_closed_journal_refuses_and_has_written_all_before(journal: Journal) -> None:
    """Nothing may be taken in that nobody will write."""
    futures = [journal.append([b"x"]) for _ in range(100)]
    journal.close()
    assert [future.result() for future in futures] == list(range(1, 101))
    with pytest.raises(TouyanError, match="closed"):
        journal.append([b"y"])


class JournalLaws(RuleBasedStateMachine):
    """Appends, cuts, snapshots and restarts in any order give back what a plain list would."""

    @initialize()
    def begin(self) -> None:
        """Start with nothing."""
        self.folder = tempfile.TemporaryDirectory()
        self.journal = Journal.open(Path(self.folder.name), file_bytes=200)
        self.written: list[bytes] = []
        self.snapshot_at = 0

    @rule(bodies=st.lists(st.binary(max_size=40), max_size=6))
    def append(self, bodies: list[bytes]) -> None:
        """Some records."""
        self.written += bodies
        assert self.journal.append(bodies).result() == len(self.written)

    @rule()
    def snapshot(self) -> None:
        """The state here is simply all that was written."""
        self.snapshot_at = self.journal.cut()
        self.journal.snapshot(self.written[: self.snapshot_at], at=self.snapshot_at)

    @rule()
    def restart(self) -> None:
        """The process ends and starts again."""
        self.journal.close()
        self.journal = Journal.open(Path(self.folder.name), file_bytes=200)
        found = list(self.journal.replay())
        state = [body for position, body in found if position == self.snapshot_at][-self.snapshot_at :]
        after = [body for position, body in found if position > self.snapshot_at]
        assert (state if self.snapshot_at else []) + after == self.written

    def teardown(self) -> None:
        """Leave no thread and no folder."""
        if hasattr(self, "journal"):
            self.journal.close()
            self.folder.cleanup()


TestJournalLaws = JournalLaws.TestCase
TestJournalLaws.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)


# ------------------------------------------------------------ other processes


def start_writer(folder: Path, before: str = "") -> subprocess.Popen[bytes]:
    """A process that writes into the folder until it dies or finds no room."""
    program = f"import sys, pathlib\n{before}\nfrom journal_writer import main\nmain(pathlib.Path(sys.argv[1]))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(Path(journal_writer.__file__).parent)])}
    return subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, env=environment)


def check_nothing_is_lost(folder: Path, acknowledged: dict[int, int]) -> None:
    """Every thread's records are there from 0 on, once, in order, at least to the last acknowledged one."""
    journal = Journal.open(folder)
    found: dict[int, list[int]] = {thread: [] for thread in range(THREADS)}
    for expected, (position, body) in enumerate(journal.replay(), 1):
        assert position == expected
        thread, number = map(int, body.split(b":")[:2])
        found[thread].append(number)
    journal.close()
    for thread, numbers in found.items():
        assert numbers == list(range(len(numbers)))
        assert len(numbers) > acknowledged.get(thread, -1)


def last_acknowledged(lines: list[bytes], acknowledged: dict[int, int]) -> None:
    """Take over what the lines of a writer say; a line that was cut off says nothing."""
    for line in lines:
        if line.endswith(b"\n") and b":" in line:
            thread, number = map(int, line.split(b":"))
            acknowledged[thread] = number


def test_kill_9_under_load_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """The promise that the whole store stands on; set TOUYAN_KILLS=100 for the long form."""
    moments = random.Random(7)
    acknowledged: dict[int, int] = {}
    for _ in range(KILLS):
        writer = start_writer(tmp_path)
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(moments.randrange(1, 150))]
        writer.send_signal(signal.SIGKILL)
        lines += writer.stdout.readlines()
        writer.wait()
        writer.stdout.close()
        last_acknowledged(lines, acknowledged)
        check_nothing_is_lost(tmp_path, acknowledged)
    assert sum(acknowledged.values()) > KILLS


def run_until_full(folder: Path, before: str = "") -> dict[int, int]:
    """The last number of each thread that was acknowledged before there was no room."""
    writer = start_writer(folder, before)
    out, _ = writer.communicate(timeout=60)
    lines = out.splitlines(keepends=True)
    assert writer.returncode == 0
    assert lines.count(b"full\n") == THREADS
    acknowledged: dict[int, int] = {}
    last_acknowledged(lines, acknowledged)
    return acknowledged


def test_a_file_that_may_not_grow_fails_by_name_and_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    """A quota acts like a full disk: refused writes are told, and the log stays whole."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"
    acknowledged = run_until_full(tmp_path, limit)
    check_nothing_is_lost(tmp_path, acknowledged)
    assert min(acknowledged.values()) > 10


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "touyan", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_keeps_what_was_acknowledged_and_goes_on_when_there_is_room(small_disk: Path) -> None:
    """An operator frees some space, and no restart is needed."""
    check_nothing_is_lost(small_disk, run_until_full(small_disk))
    for path in small_disk.glob("log-*"):
        path.unlink()
    journal = Journal.open(small_disk)
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 800_000)
    journal.append([b"before"]).result()
    with pytest.raises(StorageFullError, match="the disk is full"):
        journal.append([b"y" * 600_000]).result()
    with pytest.raises(StorageFullError):
        journal.snapshot([b"z" * 600_000])
    assert records(journal) == [(1, b"before")]
    ballast.unlink()
    assert journal.append([b"after"]).result() == 2
    journal.close()


def test_the_limit_of_this_process_is_left_alone() -> None:
    """The quota above belongs to the child only, else later tests would fail for no reason."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
