"""The traffic world against CityFlow: every second of an hour in real cities."""

from __future__ import annotations

import numpy as np
import pytest

from touyan.core.components import Scenario
from touyan.packs.traffic.traffic_world import TrafficWorld
from touyan.packs.traffic.worlds import CityFlowCity
from touyan.runtime.packs import load_packs
from touyan.runtime.settings import read_settings
from touyan.runtime.trial import run_trial

from .reference import CASES, city_folder, real_world, reference

MOMENTS = (600, 1800, 3600)
CYCLE_WITH_LANE_CHANGE = dict(zip(CASES, (568.39, 559.42, 506.04), strict=True))
MAX_PRESSURE = dict(zip(CASES, (365.84, 441.96, 327.82), strict=True))


def lane_counts(world: TrafficWorld) -> dict[str, int]:
    """Vehicles on each lane that has any, by id."""
    counts = world.lanes().vehicles
    return {world.network.lane_ids[lane]: int(counts[lane]) for lane in np.flatnonzero(counts)}


def cycle_30(world: TrafficWorld) -> None:
    """The reference's second programme: phases 1 to 4 in turn, 30 s each."""
    for crossing in world.network.signalised.tolist():
        world.command(crossing, 1 + world.seconds // 30 % 4)


@pytest.mark.parametrize("programme", ["own_program", "cycle_30s"])
@pytest.mark.parametrize(("city", "flow"), CASES)
def test_an_hour_of_a_real_city_equals_cityflow(city: str, flow: str, programme: str) -> None:
    """Published figures rest on CityFlow; only an equal world makes ours comparable."""
    wanted = reference(city, flow)[programme]
    world, running, moments = real_world(city, flow), list[int](), {}
    for second in range(0, 3600, 30):
        if programme == "cycle_30s":
            cycle_30(world)
        running += world.advance(30).tolist()
        if second + 30 in MOMENTS:
            moments[str(second + 30)] = lane_counts(world)
    assert running == wanted["vehicle_count_each_second"]
    assert moments == wanted["lane_vehicle_count"]
    assert world.average_travel_time_s == pytest.approx(wanted["average_travel_time_s"], abs=0.01)


@pytest.mark.parametrize(("city", "flow"), CASES)
def test_with_lane_change_an_hour_takes_as_long_as_in_cityflow(city: str, flow: str) -> None:
    """CityFlow's own order of changes hangs on addresses in memory, so only means can be compared."""
    world = real_world(city, flow, lane_change=True)
    for _ in range(0, 3600, 30):
        cycle_30(world)
        world.advance(30)
    assert world.average_travel_time_s == pytest.approx(CYCLE_WITH_LANE_CHANGE[city, flow], abs=0.1)


def scenario(city: str, flow: str) -> Scenario:
    """The scenario of one real city."""
    folder = city_folder(city)
    return CityFlowCity(roadnet=folder / "roadnet.json", flow=folder / f"{flow}.json")


@pytest.mark.parametrize("signals", ["own", "cycle:30"])
def test_the_whole_brain_adds_nothing_to_a_programme(signals: str) -> None:
    """Sensors, state, guard and commands lie in between; the digits must be those of the world alone."""
    city, flow = CASES[0]
    wanted = reference(city, flow)[{"own": "own_program", "cycle:30": "cycle_30s"}[signals]]
    trial = run_trial(load_packs(read_settings()), scenario(city, flow), signals, 3600, counts=True)
    assert trial.counts == wanted["vehicle_count_each_second"]
    assert trial.as_dict()["average_travel_time_s"] == pytest.approx(wanted["average_travel_time_s"], abs=0.01)


@pytest.mark.parametrize(("city", "flow"), CASES)
def test_max_pressure_gives_the_published_travel_times(city: str, flow: str) -> None:
    """The protocol of the literature: a decision every 30 s, 5 s of phase 0 at each change."""
    trial = run_trial(load_packs(read_settings()), scenario(city, flow), "max-pressure:30", 3600)
    assert trial.as_dict()["average_travel_time_s"] == pytest.approx(MAX_PRESSURE[city, flow], abs=0.1)
