"""Trials: one city, one controller, some time; the same digits every time."""

from __future__ import annotations

from pathlib import Path

import pytest

from touyan.core.components import Scenario
from touyan.core.errors import NotFoundError, SettingError
from touyan.packs.traffic.worlds import Grid
from touyan.runtime.packs import Registry, load_pack
from touyan.runtime.trial import Trial, run_trial

from .pack_writing import registry_of, write_pack

TRAFFIC = Path(__file__).parents[2] / "src" / "touyan" / "packs" / "traffic"
SECONDS = 400

BLIND_VILLAGE = '''
from touyan.core.components import Scenario


class Village(Scenario):
    """A place that nobody can look at from above."""

    def build(self, sources):
        """Its plant."""
        return Plant()


class Plant:
    now = 0.0
    inventory = ()
    model = None

    def advance(self, seconds):
        self.now += seconds
        return []

    def obey(self, command):
        return False
'''

WATCHING = '''
from touyan.core.components import Controller


class Watching(Controller):
    """Decides nothing, anywhere."""

    def start(self, plant):
        """Nothing to learn."""

    def decide(self, state):
        """Nothing."""
        return []
'''


@pytest.fixture(scope="module")
def registry() -> Registry:
    """The traffic pack alone."""
    return load_pack(TRAFFIC)


def grid(seed: int = 0, arrivals: float = 600.0) -> Grid:
    """Two by two crossings."""
    return Grid(rows=2, columns=2, arrivals=arrivals, seed=seed)


def trial(registry: Registry, controller: str, seed: int = 0, counts: bool = False) -> Trial:
    """A few minutes of the small grid."""
    return run_trial(registry, grid(seed), controller, SECONDS, counts)


@pytest.mark.parametrize("controller", ["own", "cycle:20", "max-pressure:30", "max-pressure", "traffic/own"])
def test_the_same_trial_has_the_same_digits(registry: Registry, controller: str) -> None:
    """A result that cannot be repeated is no result."""
    first, again = (trial(registry, controller, counts=True) for _ in range(2))
    assert first.as_dict() == again.as_dict()
    assert first.counts == again.counts


def test_every_controller_makes_its_own_traffic(registry: Registry) -> None:
    """If all were alike, nobody would control; and the argument must reach the controller."""
    specs = ("own", "cycle:15", "cycle:40", "max-pressure:15", "max-pressure:60")
    assert len({trial(registry, spec).as_dict()["average_travel_time_s"] for spec in specs}) == len(specs)


def test_another_seed_is_another_day(registry: Registry) -> None:
    """Ensembles need trials that differ."""
    assert trial(registry, "own", seed=1).measures != trial(registry, "own", seed=2).measures


def test_looking_after_each_second_changes_nothing(registry: Registry) -> None:
    """Counts are for charts; whoever asks for them must get the same city."""
    assert trial(registry, "cycle:20", counts=True).as_dict() == trial(registry, "cycle:20").as_dict()


def test_counts_are_taken_after_each_second(registry: Registry) -> None:
    """One for each second, the last of them the vehicles that are under way at the end."""
    counted = trial(registry, "own", counts=True)
    assert len(counted.counts) == SECONDS
    assert counted.counts[-1] == counted.as_dict()["running"]
    assert counted.counts[0] <= 8, "at most one vehicle enters at each entry lane in a second"
    assert trial(registry, "own").counts == []


def test_a_longer_trial_begins_as_the_shorter_one(registry: Registry) -> None:
    """What comes later cannot change what was."""
    short = run_trial(registry, grid(), "max-pressure:30", 100, counts=True)
    long = run_trial(registry, grid(), "max-pressure:30", 300, counts=True)
    assert long.counts[:100] == short.counts


def test_a_trial_tells_what_it_was(registry: Registry) -> None:
    """A row of results stands alone: city, controller, time and seed are in it."""
    told = trial(registry, "max-pressure:30", seed=5).as_dict()
    assert told["city"] == "generated city, 2 × 2 crossings, seed 5"
    assert (told["signals"], told["seconds"], told["seed"]) == ("max-pressure:30", SECONDS, 5)
    assert told["arrived"] > 0


def test_no_time_is_a_trial_in_which_nothing_happened(registry: Registry) -> None:
    """Zero seconds are allowed."""
    nothing = run_trial(registry, grid(), "max-pressure:30", 0, counts=True)
    assert nothing.counts == []
    assert nothing.as_dict()["arrived"] == nothing.as_dict()["running"] == 0


def test_a_controller_that_nobody_brings_is_told_with_the_nearest(registry: Registry) -> None:
    """A slip of the hand costs one second, not one search."""
    with pytest.raises(NotFoundError, match="there is no controller 'max-presure'") as caught:
        run_trial(registry, grid(), "max-presure:30", 10)
    assert caught.value.hint == "did you mean 'max-pressure'?"


@pytest.mark.parametrize("spec", ["max-pressure:fast", "max-pressure:1", "cycle:-5"])
def test_an_interval_that_no_signal_could_keep_is_refused(registry: Registry, spec: str) -> None:
    """Words, negative times and less than clearance and minimum green are refused before the run."""
    with pytest.raises(SettingError, match="interval_s"):
        run_trial(registry, grid(), spec, 10)


def test_a_city_that_cannot_be_looked_at_has_no_measures(tmp_path: Path) -> None:
    """A real street has no truth to judge by; the trial runs, and counting is refused in words."""
    write_pack(tmp_path, files={"worlds.py": BLIND_VILLAGE, "controllers.py": WATCHING})
    registry = load_pack(tmp_path / "wells")
    village = registry.component(Scenario, "village")
    seen = run_trial(registry, village, "watching", 20)
    assert seen.measures == []
    assert seen.seed is None
    with pytest.raises(ValueError, match="only a simulated city"):
        run_trial(registry, village, "watching", 20, counts=True)


def test_a_controller_that_raises_leaves_the_street_to_itself(tmp_path: Path) -> None:
    """From then on the signals run their own programme, to the digit."""
    failing = WATCHING.replace("return []", 'raise RuntimeError("lost")')
    write_pack(tmp_path, files={"controllers.py": failing})
    registry = registry_of(tmp_path)
    assert trial(registry, "watching").measures == trial(registry, "own").measures
