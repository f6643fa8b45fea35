"""Cities ready to start: what they are called, what they read, and the forced incident."""

from __future__ import annotations

from pathlib import Path

import pytest

from touyan.core.errors import InputError
from touyan.packs.traffic.grid import write_city
from touyan.packs.traffic.worlds import CityFlowCity, Grid
from touyan.runtime.brain import Brain
from touyan.runtime.packs import load_packs
from touyan.runtime.settings import read_settings
from touyan.runtime.trial import run_trial

INCIDENT_AT_S = 60


@pytest.mark.parametrize("seed", range(6))
def test_the_forced_incident_raises_an_alert_within_five_minutes(seed: int) -> None:
    """Whoever tries the demo must see the brain notice; luck with the seed must not matter."""
    settings = read_settings(options={"brain.speed": 0, "authority.apart": False})
    brain = Brain(settings, load_packs(settings), Grid(incident=True, seed=seed), "max-pressure:30", None)
    started = brain.about().started_at
    brain.stop_at(started + INCIDENT_AT_S + 300)
    brain.start()
    brain.join()
    spilled = [alert for alert in brain.desk.all() if alert.rule == "spill-back"]
    assert spilled
    assert spilled[-1].entity == "urn:ngsi-ld:LaneDetector:road_0_2_0_1"
    assert spilled[-1].evidence.value >= spilled[-1].evidence.threshold
    assert spilled[-1].evidence.since <= spilled[-1].sent


def test_without_the_incident_the_demo_city_is_calm() -> None:
    """A demo that cries wolf would teach people to look away."""
    settings = read_settings(options={"brain.speed": 0, "authority.apart": False})
    brain = Brain(settings, load_packs(settings), Grid(), "max-pressure:30", None)
    brain.stop_at(brain.about().started_at + 600)
    brain.start()
    brain.join()
    assert brain.desk.all() == []


def test_a_saved_city_runs_as_the_generated_one(tmp_path: Path) -> None:
    """A generated city can be kept as files and given to others, CityFlow among them."""
    write_city(tmp_path, 2, 2, arrivals=400.0, seed=5)
    registry = load_packs(read_settings())
    saved = registry.make(CityFlowCity, CityFlowCity.recognise([tmp_path]))
    generated = Grid(rows=2, columns=2, arrivals=400.0, seed=5)
    trials = [run_trial(registry, scenario, "own", 300, counts=True) for scenario in (saved, generated)]
    assert trials[0].counts == trials[1].counts


def test_the_label_says_when_other_flows_lie_beside_the_chosen_one(tmp_path: Path) -> None:
    """Which demand runs is never a silent choice."""
    write_city(tmp_path, 1, 1)
    (tmp_path / "flow_evening.json").write_bytes((tmp_path / "flow.json").read_bytes())
    settings = CityFlowCity.recognise([tmp_path])
    assert settings is not None
    assert CityFlowCity(**settings).label().en == f"{tmp_path.name} (flow.json, 1 more beside it)"


def test_a_folder_without_a_city_is_not_recognised(tmp_path: Path) -> None:
    """Another pack may know it; the traffic pack must not claim it."""
    (tmp_path / "roadnet.json").write_text("{}")
    assert CityFlowCity.recognise([tmp_path]) is None


def test_the_flow_of_another_city_is_refused_in_words(tmp_path: Path) -> None:
    """Mixing up files is the commonest mistake; the message must name it."""
    write_city(tmp_path / "small", 1, 1)
    write_city(tmp_path / "large", 3, 3)
    city = CityFlowCity(roadnet=tmp_path / "small/roadnet.json", flow=tmp_path / "large/flow.json")
    with pytest.raises(InputError, match="another city"):
        city.build([])
