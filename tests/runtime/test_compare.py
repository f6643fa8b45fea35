"""Comparing possible cities: each run is the run that one would have alone, however many share the work."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import msgspec
import pytest

from touyan.packs.traffic.changes import Closure, DemandFactor
from touyan.packs.traffic.worlds import Grid
from touyan.runtime.compare import Job, Stopped, compare, encoded, run_job
from touyan.runtime.packs import Registry, load_packs
from touyan.runtime.settings import BrainSettings
from touyan.runtime.trial import run_trial
from touyan.runtime.what_if import RunTable, WhatIf, read_what_if
from touyan.runtime.workers import processes
from touyan.simulation.comparison import Comparison, read_comparison
from touyan.simulation.ensemble import Pool

RUN = RunTable(controller="cycle:30", seconds=240)
BASE = WhatIf(Grid(rows=2, columns=2, arrivals=600), run=RUN)
VARIANT = WhatIf(BASE.scenario, (Closure(roads="road_1_1_0"), DemandFactor(factor=1.2)), RUN)


@pytest.fixture(scope="module")
def packs() -> Registry:
    """The packs of the package."""
    return load_packs(BrainSettings())


@pytest.fixture(scope="module")
def told(packs: Registry) -> Comparison:
    """Base and variant under three seeds."""
    return compare(BASE, VARIANT, [4, 5, 6], registry=packs)


def timeless(comparison: Comparison) -> str:
    """All of a comparison but when it was made."""
    return encoded(msgspec.structs.replace(comparison, created_at=""))


def test_every_run_is_the_trial_that_one_would_have_alone(told: Comparison, packs: Registry) -> None:
    """Whoever doubts a figure of the table can repeat its run with `simulate`."""
    for run in told.base.runs:
        scenario = Grid(rows=2, columns=2, arrivals=600, seed=run.seed)
        alone = run_trial(packs, scenario, "cycle:30", 240).as_dict()
        assert {name: alone.get(name, 0.0) for name in run.measures} == run.measures


@pytest.mark.parametrize("workers", [1, 3])
def test_the_number_of_workers_is_not_seen_in_the_digits(told: Comparison, workers: int) -> None:
    """Two people with different machines must get the same file."""
    with ThreadPoolExecutor(workers) as pool:
        assert timeless(compare(BASE, VARIANT, [4, 5, 6], pool=pool)) == timeless(told)


def test_processes_give_the_same_digits(told: Comparison) -> None:
    """They are what the command line uses."""
    with processes(2, BrainSettings()) as pool:
        as_asked: Pool = pool
        assert timeless(compare(BASE, VARIANT, [4, 5, 6], pool=as_asked)) == timeless(told)


def test_the_result_says_what_was_compared_and_how(told: Comparison, tmp_path: Path) -> None:
    """A table without its cities, changes and seeds cannot be repeated."""
    assert told.seeds == (4, 5, 6)
    assert (told.variant.controller, told.variant.seconds, told.variant.mode) == ("cycle:30", 240, "automatic")
    assert [change.kind for change in told.variant.changes] == ["closure", "demand"]
    assert told.variant.changes[1].settings["factor"] == 1.2
    assert told.delta("average_travel_time_s").unit_code == "SEC"
    assert told.delta("arrived").difference.count == 3
    path = tmp_path / "result.json"
    path.write_text(encoded(told), encoding="utf-8")
    assert timeless(read_comparison(path)) == timeless(told)


def test_a_city_compared_with_itself_shows_no_difference(packs: Registry) -> None:
    """The same seeds on both sides: all that is left is the change."""
    same = compare(BASE, BASE, [1, 2], registry=packs)
    assert {delta.difference.mean for delta in same.deltas} == {0.0}
    assert not any(delta.distinguishable for delta in same.deltas)
    assert same.seeds_differ


def test_more_vehicles_are_seen_as_more_vehicles(packs: Registry) -> None:
    """This proves that the comparison can find something: one half more, over four seeds."""
    more = WhatIf(BASE.scenario, (DemandFactor(factor=1.5),), RUN)
    delta = compare(BASE, more, range(4), registry=packs).delta("running")
    assert delta.distinguishable
    assert delta.difference.mean is not None
    assert delta.difference.mean > 0


def test_what_is_over_is_told_run_by_run(packs: Registry) -> None:
    """Somebody waits."""
    heard: list[int] = []
    short = WhatIf(BASE.scenario, run=RunTable(seconds=5))
    compare(short, short, [1, 2], registry=packs, done=heard.append)
    assert heard == [1, 2, 3, 4]


def test_a_run_that_nobody_waits_for_ends_soon(packs: Registry) -> None:
    """Ctrl+C must not take an hour."""
    stop = Event()
    stop.set()
    with pytest.raises(Stopped):
        run_job(packs, Job(BASE, 1), stop)


def test_an_interruption_stops_runs_and_begins_no_more(packs: Registry) -> None:
    """The first run over raises, as Ctrl+C would; nothing goes on behind."""

    def interrupt(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(BASE, VARIANT, range(500), registry=packs, done=interrupt)


def test_three_lines_of_python_compare_two_files(tmp_path: Path) -> None:
    """So says the documentation."""
    text = '[city]\nscenario = "grid"\nrows = 1\ncolumns = 2\n[run]\nseconds = 60\n'
    (tmp_path / "base.toml").write_text(text, encoding="utf-8")
    (tmp_path / "more.toml").write_text('base = "base.toml"\n[[demand]]\nfactor = 2\n', encoding="utf-8")
    result = compare(read_what_if(tmp_path / "base.toml"), read_what_if(tmp_path / "more.toml"), seeds=range(2))
    assert result.variant.files.keys() == {"base.toml", "more.toml"}
