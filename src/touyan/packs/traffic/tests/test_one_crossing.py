"""What the traffic pack must do, on its own small sample of a city."""

from __future__ import annotations

from pathlib import Path

from touyan.core.components import Scenario
from touyan.runtime.packs import Registry, load_pack
from touyan.runtime.trial import run_trial

FOLDER = Path(__file__).parents[1]


def mean_travel_time(registry: Registry, controller: str) -> float:
    """Seconds, over a quarter of an hour at one crossing whose main road runs from west to east."""
    files = FOLDER / "data" / "one_crossing"
    scenario = registry.component(
        Scenario, "cityflow", {"roadnet": files / "roadnet.json", "flow": files / "flow.json"}
    )
    return float(run_trial(registry, scenario, controller, 900).as_dict()["average_travel_time_s"])


def test_max_pressure_serves_the_main_road_better_than_a_fixed_programme() -> None:
    """The pack is there to save time: sensors, decisions, guards and the street must work together."""
    registry = load_pack(FOLDER)
    own, pressure = (mean_travel_time(registry, controller) for controller in ("own", "max-pressure:30"))
    assert pressure < 0.9 * own
