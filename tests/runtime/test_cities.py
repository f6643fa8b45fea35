"""From a folder or files to a city: by the pack that knows them, or with words that help."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from touyan.core.components import Scenario
from touyan.core.errors import InputError, NotFoundError, SettingError
from touyan.packs.traffic.worlds import CityFlowCity
from touyan.runtime.cities import find_scenario
from touyan.runtime.packs import Registry, load_pack

from .pack_writing import registry_of, write_pack

TRAFFIC = Path(__file__).parents[2] / "src" / "touyan" / "packs" / "traffic"
CROSSING = TRAFFIC / "data" / "one_crossing"

WELLS = '''
from touyan.core.components import Scenario


class Wells(Scenario):
    """A village with wells."""

    accepts = "a folder with wells.csv"

    @classmethod
    def recognise(cls, paths):
        """A folder with its table."""
        return {} if (paths[0] / "wells.csv").is_file() else None

    def build(self, sources):
        """Nothing yet."""
'''


@pytest.fixture(scope="module")
def registry() -> Registry:
    """The traffic pack alone."""
    return load_pack(TRAFFIC)


def test_a_cityflow_folder_is_a_cityflow_city(registry: Registry) -> None:
    """Downloaded data run without a word of configuration."""
    found = find_scenario(registry, [CROSSING])
    assert isinstance(found, CityFlowCity)
    assert found.roadnet == CROSSING / "roadnet.json"
    assert found.flow == CROSSING / "flow.json"
    assert "one_crossing" in found.label().en


def test_two_files_are_the_city_too(registry: Registry) -> None:
    """Road network first, flow second."""
    found = find_scenario(registry, [CROSSING / "roadnet.json", CROSSING / "flow.json"])
    assert isinstance(found, CityFlowCity)
    assert found.flow == CROSSING / "flow.json"


def test_the_first_flow_by_name_is_taken_and_the_others_are_told(registry: Registry, tmp_path: Path) -> None:
    """Data sets bring several flows; nobody may wonder which one ran."""
    for name in ("roadnet.json", "flow_b.json", "flow_a.json", "flow_c.json"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    found = find_scenario(registry, [tmp_path])
    assert isinstance(found, CityFlowCity)
    assert found.flow.name == "flow_a.json"
    assert found.label().en == f"{tmp_path.name} (flow_a.json, 2 more beside it)"
    assert found.label().zh == f"{tmp_path.name}（flow_a.json，旁边还有 2 个）"


def test_settings_of_the_caller_win(registry: Registry) -> None:
    """The seed of the command line reaches the city that was found."""
    found = find_scenario(registry, [CROSSING], seed=7, starts_at="2026-02-01T00:00:00+08:00")
    assert isinstance(found, CityFlowCity)
    assert (found.seed, found.starts_at) == (7, "2026-02-01T00:00:00+08:00")


def test_a_setting_out_of_range_is_refused_by_name(registry: Registry) -> None:
    """Latitudes end at the poles."""
    with pytest.raises(SettingError, match="latitude"):
        find_scenario(registry, [CROSSING], latitude=300.0)


def test_a_folder_that_nobody_knows_is_refused_in_words(registry: Registry, tmp_path: Path) -> None:
    """What lies there, and what was looked for: enough to see the mistake."""
    for name in ("readme.txt", "photo.jpg"):
        (tmp_path / name).write_text("", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        find_scenario(registry, [tmp_path])
    assert str(tmp_path) in caught.value.message
    assert caught.value.found == "a folder with photo.jpg, readme.txt"
    assert caught.value.expected.startswith("roadnet*.json and flow*.json of CityFlow; or a .sumocfg of SUMO")


def test_a_road_network_without_a_flow_is_not_a_city(registry: Registry, tmp_path: Path) -> None:
    """Half of the files is the commonest mistake; the words name both."""
    (tmp_path / "roadnet.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match=r"a folder with roadnet.json; expected roadnet\*.json and flow\*.json"):
        find_scenario(registry, [tmp_path])


def test_an_empty_folder_is_called_empty(registry: Registry, tmp_path: Path) -> None:
    """Nothing in it is something to say."""
    with pytest.raises(InputError, match="found an empty folder"):
        find_scenario(registry, [tmp_path])


def test_a_full_folder_is_not_listed_to_its_end(registry: Registry, tmp_path: Path) -> None:
    """A message is read by a person; eight names are enough."""
    for number in range(40):
        (tmp_path / f"photo_{number:02}.jpg").touch()
    with pytest.raises(InputError) as caught:
        find_scenario(registry, [tmp_path])
    assert caught.value.found.count("photo_") == 8


def test_files_that_nobody_knows_are_named(registry: Registry, tmp_path: Path) -> None:
    """One file alone is no city."""
    file = tmp_path / "city.dxf"
    file.touch()
    with pytest.raises(InputError, match=r"city\.dxf: found files of another kind"):
        find_scenario(registry, [file])


def test_a_path_that_is_not_there_is_told_with_the_nearest(registry: Registry, tmp_path: Path) -> None:
    """A slip of the hand in a long path is hard to see."""
    (tmp_path / "jinan_3x4").mkdir()
    with pytest.raises(NotFoundError, match="there is no file or folder") as caught:
        find_scenario(registry, [tmp_path / "jinan_3x5"])
    assert caught.value.hint == f"did you mean {str(tmp_path / 'jinan_3x4')!r}?"


def test_a_path_in_a_folder_that_is_not_there_is_told_too(registry: Registry, tmp_path: Path) -> None:
    """The search for the nearest must not fall over what is missing."""
    with pytest.raises(NotFoundError, match="there is no file or folder"):
        find_scenario(registry, [tmp_path / "nowhere" / "deep" / "jinan"])


def test_broken_files_are_refused_when_they_are_read(registry: Registry, tmp_path: Path) -> None:
    """Recognising looks at names alone; the reader says what is wrong with the content, and where."""
    (tmp_path / "roadnet.json").write_text(json.dumps({"roads": []}), encoding="utf-8")
    (tmp_path / "flow.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match=r"roadnet\.json"):
        find_scenario(registry, [tmp_path]).build([])


def test_another_pack_s_city_is_found_by_that_pack(tmp_path: Path) -> None:
    """A new kind of data needs a new pack and nothing else."""
    write_pack(tmp_path / "packs", files={"worlds.py": WELLS})
    registry = registry_of(tmp_path / "packs")
    village = tmp_path / "village"
    village.mkdir()
    (village / "wells.csv").touch()
    assert find_scenario(registry, [village]).name == "wells"
    assert find_scenario(registry, [CROSSING]).name == "cityflow"


def test_what_all_packs_read_is_told_where_none_does(tmp_path: Path) -> None:
    """The words come from the packs that are here, and so are never out of date."""
    write_pack(tmp_path / "packs", files={"worlds.py": WELLS})
    with pytest.raises(InputError) as caught:
        find_scenario(registry_of(tmp_path / "packs"), [tmp_path])
    assert "roadnet*.json and flow*.json of CityFlow" in caught.value.expected
    assert "a folder with wells.csv" in caught.value.expected


def test_without_any_pack_that_reads_cities_the_words_say_so(tmp_path: Path) -> None:
    """An empty list of what is expected helps nobody."""
    registry = load_pack(write_pack(tmp_path / "packs"))
    assert not registry.all(Scenario)
    with pytest.raises(InputError, match="expected a pack that reads cities"):
        find_scenario(registry, [CROSSING])
