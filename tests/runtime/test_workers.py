"""Worker processes: they have the packs that their parent has, and end when nobody waits for them."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import wait
from pathlib import Path

import pytest

from touyan.runtime.compare import Job, run_prepared
from touyan.runtime.packs import load_packs
from touyan.runtime.settings import BrainSettings, PacksTable
from touyan.runtime.what_if import read_what_if
from touyan.runtime.workers import processes

from .pack_writing import write_pack


def for_ever() -> None:
    """A run without an end."""
    while True:
        pass


def test_an_interruption_ends_what_is_running() -> None:
    """Ctrl+C must not leave processes that go on for hours."""
    before = set(multiprocessing.active_children())
    begun: list[multiprocessing.process.BaseProcess] = []

    def interrupted() -> None:
        with processes(2, BrainSettings()) as pool:
            for _ in range(3):
                pool.submit(for_ever)
            begun.extend(set(multiprocessing.active_children()) - before)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert begun
    # The pool waits for its processes too, and only one of two who wait learns how a process ended: so ask the system.
    going_on = {process.sentinel for process in begun}
    while going_on:
        ended = wait(going_on, timeout=60)
        assert ended, "a run without an end goes on"
        going_on -= set(ended)


def test_a_worker_knows_the_packs_of_the_settings(tmp_path: Path) -> None:
    """A city of the user's own pack must run there too."""
    write_pack(tmp_path / "packs", "villages", files={"worlds.py": VILLAGE})
    settings = BrainSettings(packs=PacksTable(folders=str(tmp_path / "packs")))
    path = tmp_path / "base.toml"
    path.write_text('[city]\nscenario = "village"\n[run]\nseconds = 5\n', encoding="utf-8")
    city = read_what_if(path, load_packs(settings))
    with processes(1, settings) as pool:
        (trial,) = pool.map(run_prepared, [Job(city, 4)])
    assert (trial.city, trial.seed) == ("a village", 4)


VILLAGE = '''
from touyan.core.text import Text
from touyan.packs.traffic.worlds import Grid

class Village(Grid):
    """One crossing."""
    rows = 1
    columns = 1

    def label(self):
        """What it is called."""
        return Text("a village", "一个村庄")
'''
