"""What-if files: a city, how it is run, what is different in it; each mistake with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from touyan.core.errors import InputError, SettingError, TouyanError
from touyan.packs.traffic.changes import Closure, DemandFactor, SignalPlan
from touyan.packs.traffic.worlds import CityFlowCity, Grid
from touyan.runtime.packs import Registry, load_packs
from touyan.runtime.settings import BrainSettings
from touyan.runtime.what_if import WhatIf, read_what_if

from ..traffic.files import saved, small_flow, small_roadnet

BASE = """\
[city]
scenario = "grid"
rows = 2
columns = 2

[run]
controller = "cycle:30"
seconds = 120
"""


@pytest.fixture(scope="module")
def packs() -> Registry:
    """The packs of the package."""
    return load_packs(BrainSettings())


def written(folder: Path, **files: str) -> Path:
    """What-if files by their name without `.toml`; the path of the last one."""
    for name, text in files.items():
        path = folder / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, packs: Registry, **files: str) -> WhatIf:
    """The city of the last file."""
    return read_what_if(written(folder, **files), packs)


# ---------------------------------------------------------------- what they say


def test_a_file_says_which_city_how_it_is_run_and_what_is_different(tmp_path: Path, packs: Registry) -> None:
    """This is the whole of the format."""
    text = BASE + '[[closure]]\nroads = ["road_1_1_0", "road_1_1_1"]\nfrom_s = 60\n[[demand]]\nfactor = 1.2\n'
    told = read(tmp_path, packs, base=text)
    assert isinstance(told.scenario, Grid)
    assert (told.scenario.rows, told.scenario.columns) == (2, 2)
    assert (told.run.controller, told.run.seconds, told.run.mode) == ("cycle:30", 120, "automatic")
    closure, demand = told.changes
    assert isinstance(closure, Closure)
    assert (closure.roads, closure.from_s) == ("road_1_1_0,road_1_1_1", 60.0)
    assert isinstance(demand, DemandFactor)
    assert told.files == {"base.toml": text}


def test_a_file_that_builds_on_another_overrides_it_and_adds_to_it(tmp_path: Path, packs: Registry) -> None:
    """A variant says only what is different."""
    base = BASE + "[[demand]]\nfactor = 1.2\n"
    variant = 'base = "base.toml"\n[city]\nrows = 3\n[run]\ncontroller = "own"\n[[closure]]\nroads = "road_1_1_0"\n'
    told = read(tmp_path, packs, base=base, variant=variant)
    assert isinstance(told.scenario, Grid)
    assert (told.scenario.rows, told.scenario.columns) == (3, 2)
    assert (told.run.controller, told.run.seconds) == ("own", 120)
    assert [change.name for change in told.changes] == ["demand", "closure"]
    assert list(told.files) == ["base.toml", "variant.toml"]


def test_another_scenario_takes_no_setting_of_the_one_below(tmp_path: Path, packs: Registry) -> None:
    """The rows of a grid mean nothing to a city of files."""
    saved(tmp_path, "roadnet.json", small_roadnet())
    saved(tmp_path, "flow.json", small_flow())
    told = read(tmp_path, packs, base=BASE, variant='base = "base.toml"\n[city]\nfiles = "."\nseed = 7\n')
    assert isinstance(told.scenario, CityFlowCity)
    assert told.seed == 7
    assert told.run.seconds == 120


@pytest.mark.parametrize(
    "city",
    [
        'files = "data"',
        'files = ["data/roadnet.json", "data/flow.json"]',
        'scenario = "cityflow"\nroadnet = "data/roadnet.json"\nflow = "data/flow.json"',
    ],
)
def test_paths_are_meant_from_the_folder_of_their_file(tmp_path: Path, packs: Registry, city: str) -> None:
    """A study is a folder that can be moved, and run from anywhere."""
    (tmp_path / "data").mkdir()
    saved(tmp_path / "data", "roadnet.json", small_roadnet())
    saved(tmp_path / "data", "flow.json", small_flow())
    told = read(tmp_path, packs, base=f"[city]\n{city}\n")
    assert isinstance(told.scenario, CityFlowCity)
    assert told.scenario.flow.is_file()


def test_numbers_in_a_list_are_taken_as_they_stand(tmp_path: Path, packs: Registry) -> None:
    """Durations are more natural as a list than as a text."""
    text = BASE + '[[signal-plan]]\ncrossing = "intersection_1_1"\ndurations = [40, 20.5]\norder = [1, 2]\n'
    (plan,) = read(tmp_path, packs, base=text).changes
    assert isinstance(plan, SignalPlan)
    assert (plan.durations, plan.order) == ("40,20.5", "1,2")


def test_a_change_can_be_named_with_its_pack(tmp_path: Path, packs: Registry) -> None:
    """Two packs may have a change of the same name."""
    text = BASE + '[["traffic/demand"]]\nfactor = 2\n'
    assert [change.name for change in read(tmp_path, packs, base=text).changes] == ["demand"]


def test_each_seed_makes_the_same_city_anew() -> None:
    """Settings and changes stay; chance does not."""
    city = WhatIf(Grid(rows=2, columns=2, seed=3), (DemandFactor(factor=0.5),))
    assert city.seed == 3
    assert city.seeded(9).values() == {**Grid(rows=2, columns=2).values(), "seed": 9}


def test_a_city_without_chance_has_no_seeds() -> None:
    """Ten equal runs would look like certainty."""

    class Fixed(Grid):
        """A grid without a seed."""

    Fixed.settings = {name: value for name, value in Grid.settings.items() if name != "seed"}
    with pytest.raises(SettingError, match="a city with a seed"):
        WhatIf(Fixed()).seeded(1)


# ---------------------------------------------------------------- what is wrong in them


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[city\n", "at line 1, column 6: found a text that is not TOML"),
        ("", "at city: found neither scenario nor files; expected one of them"),
        ("city = 3\n", "at line 1, city: found 3; expected a table"),
        (
            '[city]\nscenario = "gird"\n',
            "at line 2, city.scenario: found there is no scenario 'gird'; expected 'grid' perhaps",
        ),
        ("[city]\nscenario = 3\n", "at line 2, city.scenario: found 3"),
        ('[city]\nscenario = "grid"\nfiles = "x"\n', "at line 3, city.files: found both scenario and files"),
        ('[city]\nfiles = "nowhere"\n', "at line 2, city.files: found there is no file or folder"),
        ("[city]\nfiles = [true]\n", "at line 2, city.files: found [True]"),
        (
            '[city]\nscenario = "grid"\nrwos = 2\n',
            "at line 3, city.rwos: found the unknown key of grid 'rwos'; expected rows",
        ),
        (
            '[city]\nscenario = "grid"\nrows = 0\n',
            "at line 3, city.rows: found rows = 0; expected a whole number of at least 1",
        ),
        ('[city]\nscenario = "grid"\nrows = "two"\n', "at line 3, city.rows: found rows = 'two'"),
        ('[city]\nscenario = "grid"\nrows = [2]\n', "at line 3, city.rows: found a list; expected a whole number"),
        ('[city]\nscenario = "grid"\n[city.rows]\n', "at line 3, city.rows: found a table; expected a whole number"),
        (
            BASE + "second = 3\n",
            "at line 9, run.second: found the unknown key of run 'second'; expected seconds",
        ),
        (BASE.replace("120", "0"), "at line 8, run.seconds: found seconds = 0; expected a whole number of at least 1"),
        (BASE + 'mode = "sometimes"\n', "at line 9, run.mode: found mode = 'sometimes'; expected one of advise"),
        (BASE.replace("cycle:30", "cylce:30"), "at line 7, run.controller: found there is no controller 'cylce'"),
        (BASE.replace("cycle:30", "cycle:1"), "at line 7, run.controller: found cycle.interval_s"),
        (BASE + "[[closrue]]\n", "at line 9, closrue[1]: found the unknown table 'closrue'; expected closure"),
        (BASE.replace("[run]", "[rnu]"), "at line 6, rnu: found the unknown table 'rnu'; expected run"),
        ("seconds = 3\n" + BASE, "at line 1, seconds: found 3; expected [city], [run], base or a table of changes"),
        (BASE + "[[closure]]\nroad = 'x'\n", "at line 10, closure[1].road: found the unknown key of closure 'road'"),
        (BASE + "[[demand]]\n", "at line 9, demand[1]: found factor = 'nothing'; expected a number"),
        (
            BASE + "[[demand]]\nfactor = -1\n",
            "at line 10, demand[1].factor: found factor = -1; expected a number of at",
        ),
        (
            BASE + "[[demand]]\nfactor = 1\n[[closure]]\nroads = ['road_1_1_0', 'road_1_1_9']\n",
            "at line 12, closure[1].roads: found there is no road 'road_1_1_9'; expected 'road_1_1_",
        ),
        (BASE + "[[closure]]\nroads = [['x']]\n", "at line 10, closure[1].roads: found [['x']]"),
        (BASE + "[[closure]]\n", "at line 9, closure[1]: found roads = ''; expected the id of a road here"),
        (
            BASE + "[[signal-plan]]\ncrossing = 'intersection_1_1'\ndurations = [30]\n",
            "at line 11, signal-plan[1].durations: found durations = '30'; expected 9 numbers above 0",
        ),
        (
            BASE.replace("rows", "lane_change = true\nrows") + "[[closure]]\nlanes = ['road_1_1_0_1']\n",
            "at line 11, closure[1].lanes",
        ),
        (
            BASE.replace("rows", "interval_s = 0.3\nrows"),
            "at line 3, city.interval_s: found interval_s = 0.3; expected a whole",
        ),
        ("base = 3\n", "at line 1, base: found 3; expected the path of another what-if file"),
        (
            'base = "none.toml"\n',
            "at line 1, base: found 'none.toml', which is not there; expected a file beside base.toml",
        ),
        ('base = "base.toml"\n', "at line 1, base: found 'base.toml', which builds on this file"),
    ],
)
def test_a_mistake_is_told_with_file_line_found_and_expected(
    tmp_path: Path, packs: Registry, text: str, message: str
) -> None:
    """The person who wrote the file can put it right with this one message."""
    with pytest.raises(InputError) as caught:
        read(tmp_path, packs, base=text)
    assert caught.value.message.startswith(f"{tmp_path / 'base.toml'}: ")
    assert message in caught.value.message


def test_a_mistake_in_the_file_below_names_that_file(tmp_path: Path, packs: Registry) -> None:
    """The reader must open the right one."""
    with pytest.raises(InputError, match=r"below\.toml: at line 3, city\.rows"):
        read(tmp_path, packs, below=BASE.replace("= 2", "= 0"), above='base = "below.toml"\n')


def test_files_that_build_on_each_other_in_a_circle_are_told(tmp_path: Path, packs: Registry) -> None:
    """Otherwise reading them would never end."""
    with pytest.raises(InputError, match="which builds on this file"):
        read(tmp_path, packs, one='base = "two.toml"', two='base = "three.toml"', three='base = "one.toml"')


@pytest.mark.parametrize(
    ("content", "told"), [(b"\xff\xfe", "byte 0: found bytes that are not UTF-8"), (None, "nothing")]
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, packs: Registry, content: bytes | None, told: str) -> None:
    """Some editors save other encodings; some paths are wrong."""
    path = tmp_path / "base.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=told):
        read_what_if(path, packs)


WHOLE = (
    BASE
    + """
[[closure]]
roads = ["road_1_1_0"]
from_s = 6
[[signal-plan]]
crossing = "intersection_1_1"
durations = [5]
"""
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 6), st.text('[]{}="#.,x \n', max_size=3)), max_size=3)
)
def test_whatever_is_done_to_a_file_it_is_read_or_refused_in_words(
    tmp_path: Path, packs: Registry, edits: list[tuple[int, int, str]]
) -> None:
    """A slip in an editor must never end in a traceback."""
    text = WHOLE
    for place, removed, added in edits:
        text = text[:place] + added + text[place + removed :]
    try:
        read(tmp_path, packs, base=text)
    except TouyanError as error:
        assert str(tmp_path / "base.toml") in error.message  # noqa: PT017 - reading it is as good
