"""Recordings: what is replayed is what was seen, and a file that is not whole says so."""

from __future__ import annotations

import subprocess
import sys
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.core.errors import InputError
from touyan.core.protocols import Scene
from touyan.packs.traffic.worlds import Grid
from touyan.simulation.frames import BrokenBlock, Quanta, packed, unpacked
from touyan.simulation.recording import MAGIC, Header, Recorder, Recording

STARTS_AT = 1_767_571_200.0
HEADER = Header("a city", STARTS_AT, 120.13, 30.27, notes={"seed": 3, "signals": "own"})
QUANTA = HEADER.quanta


def scene(number: int, things: dict[int, tuple[float, float, float, float]]) -> Scene:
    """The scene of a frame: x, y, speed and heading by slot."""
    columns = np.array(list(things.values()), np.float32).reshape(-1, 4).T
    return Scene(STARTS_AT + number, np.array(list(things), np.uint32), *columns)


def drive(frames: int) -> list[Scene]:
    """Three vehicles on their way, one of which leaves and comes back."""
    told = []
    for number in range(frames):
        things = {7: (10.0 * number, 3.5, 10.0, 0.0), 2: (500.0, 40.0 + 0.123 * number, 0.123, np.pi / 2)}
        if number % 10 < 6:
            things[5] = (-3.0 * number, -4.0 * number, 5.0, np.pi + 0.9273)
        told.append(scene(number, things))
    return told


def recorded(path: Path, scenes: Sequence[Scene], header: Header = HEADER) -> Path:
    """A whole recording of some scenes."""
    with Recorder(path, header) as recorder:
        for each in scenes:
            recorder.add(each)
    return path


def opened(path: Path, unfinished: bool = False) -> list[Scene]:
    """Everything in a recording."""
    with Recording(path, unfinished=unfinished) as recording:
        return list(recording.scenes())


def assert_same(seen: Scene, replayed: Scene, quanta: Quanta = QUANTA) -> None:
    """Within half a quantum, and the rounding of 32-bit floats."""
    order = np.argsort(seen.slot)
    assert replayed.at == seen.at
    assert replayed.slot.tolist() == seen.slot[order].tolist()
    turn = np.abs(seen.heading[order].astype(float) - replayed.heading) % (2 * np.pi)
    assert (np.minimum(turn, 2 * np.pi - turn) <= np.pi / quanta.headings + 1e-5).all()
    for name, quantum in (("x", quanta.metres), ("y", quanta.metres), ("speed", quanta.metres_per_second)):
        true = getattr(seen, name)[order].astype(float)
        allowed = quantum / 2 + 1.2e-7 * np.abs(true) + 1e-9
        assert (np.abs(getattr(replayed, name) - true) <= allowed).all(), name


# ---------------------------------------------------------------- what is read is what was written


def test_a_recording_says_what_it_holds(tmp_path: Path) -> None:
    """Whoever finds the file in ten years must be able to read it without us."""
    with Recording(recorded(tmp_path / "a.rec", drive(150))) as recording:
        assert recording.header == HEADER
        assert recording.whole
        assert (recording.frames, recording.most, recording.rows) == (150, 3, 150 * 2 + 15 * 6)
        assert recording.header.projection.latitude == 30.27


def test_every_second_is_replayed_in_any_order(tmp_path: Path) -> None:
    """Seeking must not depend on where one was before."""
    scenes = drive(200)
    with Recording(recorded(tmp_path / "a.rec", scenes)) as recording:
        for number in (199, 0, 61, 60, 59, 120, 3):
            assert_same(scenes[number], recording.scene(number))
            assert_same(scenes[number], recording.scene_at(STARTS_AT + number + 0.5))
        for outside in (-1, 200):
            with pytest.raises(IndexError):
                recording.scene(outside)


def test_a_recorded_city_equals_its_run(tmp_path: Path) -> None:
    """This is what a replay is for: vehicles queue, turn, leave and come in, and all are where they were."""
    city = Grid(rows=2, columns=2, arrivals=900, incident=True).build([])
    seen = [city.scene()]
    for _ in range(400):
        city.advance(1)
        seen.append(city.scene())
    path = recorded(tmp_path / "a.rec", seen, msgspec.structs.replace(HEADER, starts_at=seen[0].at))
    replayed = opened(path)
    assert len(replayed) == 401
    for true, shown in zip(seen, replayed, strict=True):
        assert_same(true, shown)
    assert path.stat().st_size < 1.0 * sum(len(each.slot) for each in seen)  # a byte a vehicle and second


PLACES = st.tuples(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5), st.floats(0, 60), st.floats(-7, 7))
FRAMES = st.lists(st.dictionaries(st.sampled_from([0, 1, 2, 3, 2**32 - 1]), PLACES, max_size=5), min_size=1, max_size=9)


@settings(max_examples=60, deadline=None)
@given(FRAMES, st.sampled_from([Quanta(0.01, 0.01, 4096, 1.0), Quanta(0.1, 0.05, 256, 0.5), Quanta(2.0, 3.0, 7, 10.0)]))
def test_anything_that_moves_in_any_way_is_packed_and_unpacked(
    frames: list[dict[int, tuple[float, float, float, float]]], quanta: Quanta
) -> None:
    """What breaks the expectation costs bytes, never truth: things jump, vanish, and slots are used again."""
    scenes = [scene(number, things) for number, things in enumerate(frames)]
    rows = unpacked(packed(scenes, quanta), len(scenes), quanta)
    found = zip(rows.slot.tolist(), rows.frame.tolist(), rows.x.tolist(), rows.speed.tolist(), strict=True)
    true = [
        (slot, number, round(np.float32(x).item() / quanta.metres), round(np.float32(v).item() / quanta[1]))
        for number, things in enumerate(frames)
        for slot, (x, _, v, _) in things.items()
    ]
    assert list(found) == sorted(true)


def test_a_run_without_anything_in_it_is_a_recording_too(tmp_path: Path) -> None:
    """A city at night is empty."""
    assert [len(each.slot) for each in opened(recorded(tmp_path / "a.rec", [scene(0, {}), scene(1, {})]))] == [0, 0]
    assert opened(recorded(tmp_path / "b.rec", [])) == []


@pytest.mark.parametrize("headings", [256, 1024, 4096])
def test_no_machine_can_round_the_table_of_directions_otherwise(headings: int) -> None:
    """Libraries differ in the last bit of a cosine; no entry may lie that near to the edge of rounding."""
    angles = np.arange(headings) * (2 * np.pi / headings)
    for table in (np.cos(angles) * 2**14, np.sin(angles) * 2**14):
        assert np.abs(table - np.floor(table) - 0.5).min() > 1e-9


# ---------------------------------------------------------------- what cannot be written


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (scene(1, {1: (0, 0, 0, 0)}), "the next frame is that of"),
        (scene(0, {1: (np.nan, 0, 0, 0)}), "values that are not within"),
        (scene(0, {1: (0, 3e8, 0, 0)}), "values that are not within"),
        (Scene(STARTS_AT, np.array([4, 4], np.uint32), *np.zeros((4, 2), np.float32)), "one slot twice"),
    ],
)
def test_a_scene_that_cannot_be_replayed_is_not_recorded(tmp_path: Path, bad: Scene, words: str) -> None:
    """It would be found out years later."""
    with pytest.raises(ValueError, match=words):
        recorded(tmp_path / "a.rec", [bad])


# ---------------------------------------------------------------- what is not whole


def test_a_file_cut_anywhere_is_refused_and_read_as_far_as_it_goes_on_request(tmp_path: Path) -> None:
    """A copy that broke off must not pass for the run, and what is there must not be lost."""
    whole = recorded(tmp_path / "a.rec", drive(130)).read_bytes()
    cut = tmp_path / "cut.rec"
    lengths = []
    for size in range(0, len(whole), 7):
        cut.write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"cut\.rec"):
            opened(cut)
        if size > whole.index(b"SEEN"):
            lengths.append(len(opened(cut, unfinished=True)))
    assert set(lengths) == {0, 30, 60, 90, 120, 130}


def test_a_changed_byte_anywhere_is_found_on_opening(tmp_path: Path) -> None:
    """Disks and copies fail silently; the file must not."""
    whole = recorded(tmp_path / "a.rec", drive(70)).read_bytes()
    changed = tmp_path / "changed.rec"
    for place in range(len(whole)):
        changed.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        with pytest.raises(InputError):
            Recording(changed)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "another kind of file"),
        (b"{}", "another kind of file"),
        (MAGIC + b"\x00\x00", "format version 0; expected version 1"),
        (MAGIC + b"\x02\x00", "format version 2; expected version 1"),
        (MAGIC + b"\x01\x00", "cut short after 0 frames"),
    ],
)
def test_other_files_and_versions_are_told_apart(tmp_path: Path, content: bytes, found: str) -> None:
    """Each needs another remedy."""
    path = tmp_path / "other.rec"
    path.write_bytes(content)
    with pytest.raises(InputError, match=found):
        opened(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A slip of the pen is the most frequent mistake."""
    with pytest.raises(InputError, match="nothing to read"):
        opened(tmp_path / "nowhere.rec")


def forged(path: Path, *chunks: tuple[bytes, bytes]) -> Path:
    """A file with chunks whose checksums fit, whatever they hold."""
    with path.open("wb") as file:
        file.write(MAGIC + b"\x01\x00")
        for tag, payload in chunks:
            file.write(tag + len(payload).to_bytes(4, "little") + zlib.crc32(payload).to_bytes(4, "little") + payload)
    return path


def spanned(payload: bytes) -> tuple[bytes, bytes]:
    """A block that says that it holds one frame with one thing."""
    return b"SEEN", b"\1\0\0\0" * 3 + zlib.compress(payload)


HEAD = (b"HEAD", msgspec.json.encode(HEADER))
ONE = (b"DONE", b"\1\0\0\0")


@pytest.mark.parametrize(
    "chunks",
    [
        [(b"HEAD", b"not JSON"), ONE],
        [(b"HEAD", b'{"city": 3}'), ONE],
        [(b"HEAD", msgspec.json.encode(msgspec.structs.replace(HEADER, quantum_m=0.0))), ONE],
        [ONE],
        [HEAD, HEAD, ONE],
        [HEAD, ONE],
        [HEAD, (b"EVIL", b""), ONE],
        [HEAD, (b"SEEN", b""), ONE],
        [HEAD, (b"SEEN", b"\xff" * 12 + zlib.compress(b"\0" * 60)), (b"DONE", b"\xff" * 4)],
        [HEAD, (b"SEEN", b"\1\0\0\0" * 3 + b"no zlib"), ONE],
        [HEAD, spanned(b"\xff\xff\xff\xff"), ONE],
        [HEAD, spanned(b"\0" * 4 * 15 + b"more"), ONE],
        [HEAD, spanned(b"\0" * 4 * 15), ONE],
        [HEAD, spanned(b"\0" * 2**20), ONE],
        [
            HEAD,
            spanned(b"\1\0\0\0\7\0\0\0" + b"\1\0\0\0\0\0" + b"\1\0\0\0\0\0\0\0" * 4 + b"\1\0\0\0\2\0" + b"\0" * 32),
            ONE,
        ],
        [HEAD, spanned(packed([scene(0, {1: (0, 0, 0, 0)})], QUANTA)), ONE, HEAD],
    ],
)
def test_a_forged_file_is_an_error_and_no_crash(tmp_path: Path, chunks: list[tuple[bytes, bytes]]) -> None:
    """A recording may come from anywhere; its numbers are not to be trusted."""
    with pytest.raises(InputError, match="damage"):
        opened(forged(tmp_path / "forged.rec", *chunks))


def test_a_small_file_cannot_grow_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few kilobytes of zeros may claim to be gigabytes."""
    monkeypatch.setattr("touyan.simulation.frames._MOST_INFLATED", 1000)
    with pytest.raises(BrokenBlock, match="compressed stream"):
        unpacked(zlib.compress(b"\0" * 10_000), 1, QUANTA)


# ---------------------------------------------------------------- what is left of a writer that died

KILLED = """
import os, signal, sys
from pathlib import Path
from tests.simulation.test_recording import HEADER, drive
from touyan.simulation.recording import Recorder
recorder = Recorder(Path(sys.argv[1]), HEADER)
for scene in drive(100):
    recorder.add(scene)
os.kill(os.getpid(), signal.SIGKILL)
"""


def failing(path: Path) -> None:
    """A recorder whose run fails after 65 frames."""
    scenes = [*drive(65), scene(99, {})]
    with pytest.raises(ValueError, match="the next frame"):
        recorded(path, scenes)


def killed(path: Path) -> None:
    """A recorder in a process that is killed after 100 frames."""
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=root, check=False, timeout=120)
    assert done.returncode == -9


@pytest.mark.parametrize(("end", "left"), [(failing, 65), (killed, 90)])
def test_what_was_written_until_the_end_came_can_be_read(
    tmp_path: Path, end: Callable[[Path], None], left: int
) -> None:
    """An hour's recording must not be lost for its last second."""
    path = tmp_path / "a.rec"
    end(path)
    with pytest.raises(InputError, match=f"cut short after {left} frames"):
        opened(path)
    read = opened(path, unfinished=True)
    assert len(read) == left
    for true, shown in zip(drive(left), read, strict=True):
        assert_same(true, shown)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Before the run, in words."""
    with pytest.raises(InputError, match="a place that cannot be written"):
        Recorder(tmp_path / "nowhere" / "a.rec", HEADER)
