"""Other simulators as the street: what their sensors say, how their lamps change, and that this is safe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.control.authority import Mode
from touyan.core.components import Controller, GuardRule
from touyan.core.errors import InputError, NotFoundError
from touyan.packs.traffic.benchmarks import Plants
from touyan.packs.traffic.conflict_monitor import ConflictMonitor
from touyan.packs.traffic.network import RoadNetwork
from touyan.packs.traffic.plants.lamp_control import LampControl, ProgrammeClock
from touyan.packs.traffic.plants.sumo_plant import SumoPlant
from touyan.packs.traffic.sources import LaneCameras, LaneDetectors, SignalHeads
from touyan.packs.traffic.sumo.lamps import Lamps
from touyan.packs.traffic.sumo.programmes import GREEN
from touyan.packs.traffic.sumo.records import Phase, Programme
from touyan.packs.traffic.vocabulary import LANE_CAMERA, LANE_DETECTOR, PHASE, TRAFFIC_SIGNAL, traffic_signals
from touyan.runtime.cities import find_scenario
from touyan.runtime.loop import Loop
from touyan.runtime.no_store import NoStore
from touyan.runtime.packs import Registry, load_packs
from touyan.runtime.settings import BrainSettings
from touyan.runtime.trial import run_trial

from .reference import city_folder
from .sensed import command

LETTERS = ("GGrr", "rrGg", "GrGr")
CLEARS_S = (4.0, 6.0, 5.0)


def lamps() -> Lamps:
    """Four lamps with three phases; the programme shows the first two, with yellow and red between."""
    states = (("GGrr", 20.0), ("yyrr", 3.0), ("rrrr", 2.0), ("rrGg", 10.0), ("rryy", 3.0), ("rrrr", 2.0))
    phases = tuple(Phase(duration, state) for state, duration in states)
    programme = Programme("s", "0", "static", 0.0, phases, None)  # type: ignore[arg-type]
    return Lamps("a", "s", (0, 1, 2, 3), LETTERS, ((0,), (1,), (2,), (3,)), programme)


class Lit:
    """One crossing's lamps, second by second."""

    def __init__(self) -> None:
        self.control, self.clock = LampControl(lamps(), CLEARS_S, 3.0), ProgrammeClock(lamps())
        self.now, self.seen = 0.0, list[str]()

    def pass_by(self, seconds: int) -> list[str]:
        """What is shown in each of the next seconds."""
        before = len(self.seen)
        for _ in range(seconds):
            own = self.clock.shown(self.now)
            self.seen.append(self.control.tick(self.now, own))
            if self.control.following:
                self.control.watch(self.seen[-1], 0)
            self.now += 1.0
        return self.seen[before:]


def test_a_change_shows_yellow_then_red_and_keeps_what_both_phases_share() -> None:
    """From the first phase to the third the first lamp stays green, the second stops, the third starts after 5 s."""
    lit = Lit()
    assert lit.pass_by(10) == ["GGrr"] * 10
    lit.control.bring(2, lit.now)
    assert lit.pass_by(7) == ["Gyrr"] * 3 + ["Grrr"] * 2 + ["GrGr"] * 2
    assert lit.control.phase == 2


def test_a_change_of_mind_clears_anew_for_whom_it_stops() -> None:
    """The first lamp is still green when the new target stops it: whoever crosses it waits the whole time."""
    lit = Lit()
    lit.pass_by(10)
    lit.control.bring(2, lit.now)
    lit.pass_by(3)
    lit.control.bring(1, lit.now)
    assert lit.pass_by(8) == ["yrrr"] * 3 + ["rrrr"] * 3 + ["rrGg"] * 2


def test_a_released_crossing_clears_and_joins_its_programme_when_that_has_a_whole_green_left() -> None:
    """Programmes of neighbours are timed to each other, so it joins theirs and starts none of its own."""
    lit = Lit()
    lit.control.bring(0, 0.0, at_once=True)
    lit.pass_by(30)  # the programme is at its second green, which ends at second 35
    lit.control.release(lit.now)
    assert lit.pass_by(10) == ["yyrr"] * 3 + ["rrrr"] * 7
    assert lit.pass_by(3) == ["GGrr"] * 3
    assert lit.control.following


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-1, 2), st.integers(1, 9)), max_size=12))
def test_no_green_begins_before_those_that_ended_are_cleared(asked: list[tuple[int, int]]) -> None:
    """Whatever is asked and when, -1 being a release: at least 4 s and a yellow lie between two greens."""
    lit = Lit()
    lit.pass_by(2)
    for phase, wait in asked:
        lit.control.release(lit.now) if phase < 0 else lit.control.bring(phase, lit.now)
        lit.pass_by(wait)
    green = np.array([[letter in GREEN for letter in letters] for letters in lit.seen])
    for second in range(1, len(green)):
        starts = green[second] & ~green[second - 1]
        lately = green[max(0, second - 4) : second].any(axis=0) & ~green[second]
        assert not (starts.any() and lately.any()), lit.seen
        for lamp in np.flatnonzero(green[second - 1] & ~green[second]):
            assert lit.seen[second][lamp] == "y"


def test_a_programme_is_told_with_the_time_that_its_greens_have_left() -> None:
    """Phases with the same greens count as one."""
    clock = ProgrammeClock(lamps())
    assert clock.shown(0.0) == ("GGrr", 20.0)
    assert clock.shown(21.0) == ("yyrr", 4.0)
    assert clock.shown(30.0) == ("rrGg", 5.0)
    assert clock.shown(40.0) == ("GGrr", 20.0)


# ---------------------------------------------------------------- SUMO


@pytest.fixture(scope="module")
def registry() -> Registry:
    """The package's own packs."""
    return load_packs(BrainSettings())


def bologna(registry: Registry, district: str = "pasubio") -> SumoPlant:
    """A district of Bologna in SUMO."""
    pytest.importorskip("libsumo", reason="libsumo (extra sumo) is not installed")
    folder = city_folder(f"bologna/{district}")
    scenario = find_scenario(registry, [folder / "run.sumocfg"], "sumo")
    plant = scenario.build([LaneDetectors(), LaneCameras(), SignalHeads()])
    assert isinstance(plant, SumoPlant)
    return plant


def test_sumo_is_seen_through_our_sensors(registry: Registry) -> None:
    """Detectors, cameras and signals say what SUMO has, in the order of our lanes, and nothing of who drives."""
    plant = bologna(registry)
    batches = plant.advance(120)
    last = {batch.entity_type: batch for batch in batches}
    assert set(last) == {LANE_DETECTOR, LANE_CAMERA, TRAFFIC_SIGNAL}
    lanes = last[LANE_DETECTOR].values
    assert 0 < lanes["vehicles"].sum() <= plant.under_way
    assert (lanes["halting"] <= lanes["vehicles"]).all()
    network: RoadNetwork = plant.model
    assert (lanes["queueLength"] <= network.lane_length).all()
    seen = last[LANE_CAMERA].values["seen"]
    assert (seen >= lanes["vehicles"]).all()  # cameras see those on the crossing, too
    entered = sum(batch.values["entered"] for batch in batches if batch.entity_type == LANE_DETECTOR)
    left = sum(batch.values["left"] for batch in batches if batch.entity_type == LANE_DETECTOR)
    assert np.array_equal(entered - left, lanes["vehicles"])
    plant.close()


def test_sumo_s_own_programme_is_read_from_its_lamps(registry: Registry) -> None:
    """For a whole cycle every signal shows a phase that our network has, at the second at which it has it."""
    plant = bologna(registry)
    network: RoadNetwork = plant.model
    for second in range(1, 101):
        (said,) = (batch for batch in plant.advance(1) if batch.entity_type == TRAFFIC_SIGNAL)
        for name, shown in zip(said.ids, said.values[PHASE].tolist(), strict=True):
            rows = network.phases_of(network.crossing(name.rpartition(":")[2]))
            ends = np.cumsum(network.phase_duration[rows.start : rows.stop])
            # What is shown was chosen before the second passed.
            assert shown == np.searchsorted(ends, (second - 1) % ends[-1], side="right"), (name, second)
    plant.close()


def test_under_max_pressure_sumo_s_lamps_are_always_safe(registry: Registry) -> None:
    """The letters themselves are watched: no conflict, no short green, no clearance missed; nobody collides."""
    plant = bologna(registry)
    network: RoadNetwork = plant.model
    monitor = ConflictMonitor(network)
    chosen = registry.component(Controller, "max-pressure:20")
    loop = Loop(plant, chosen, registry.fitting(GuardRule, plant), Mode.AUTOMATIC, NoStore())
    breaches = []
    for second in range(300):
        loop.decide()
        loop.absorb(plant.advance(1))
        breaches += monitor.look(plant.greens(), plant.commanded(), float(second + 1))
    assert breaches == []
    assert len(loop.ledger.newest(1000)) > 50
    assert {measure.name: measure.value for measure in plant.measures()}["collisions"] == 0
    plant.close()


def test_the_measures_of_sumo_count_everybody(registry: Registry) -> None:
    """Who waits outside has a delay as well."""
    plant = bologna(registry, "acosta")
    plant.advance(400)
    value = {measure.name: measure.value for measure in plant.measures()}
    assert value["loaded"] == value["arrived"] + value["running"] + value["waiting"]
    assert value["mean_delay_s"] == pytest.approx(value["mean_time_loss_s"] + value["mean_depart_delay_s"])
    assert value["mean_depart_delay_s"] > 0
    scene = plant.scene()
    assert len(scene.slot) == plant.under_way
    points = plant.model.drivable_shape.points
    assert (np.column_stack([scene.x, scene.y]) > points.min(axis=0) - 200).all()
    assert (np.column_stack([scene.x, scene.y]) < points.max(axis=0) + 200).all()
    plant.close()


def test_the_benchmark_of_plants_has_a_row_for_each_controller_with_its_interval() -> None:
    """Two minutes under two seeds: the mean lies within its interval, and more seeds than one give one."""
    pytest.importorskip("libsumo", reason="libsumo (extra sumo) is not installed")
    data = city_folder("bologna").parent
    rows = Plants(data=data, districts="pasubio", controllers="own, max-pressure:20", seconds=120, seeds=2).rows()
    assert [row["controller"] for row in rows] == ["own", "max-pressure:20"]
    assert all(row["low_95_s"] <= row["mean_delay_s"] <= row["high_95_s"] for row in rows)
    assert all(row["collisions"] == 0 and row["loaded"] > 100 for row in rows)


# ---------------------------------------------------------------- CityFlow


def test_cityflow_s_engine_does_under_our_command_what_our_world_does(registry: Registry) -> None:
    """The same controller, the same sensors, the same street: figures to the last digit."""
    pytest.importorskip("cityflow", reason="CityFlow's engine is not installed")
    folder = city_folder("hangzhou_4x4")
    times = []
    for plant in ("", "cityflow"):
        trial = run_trial(registry, find_scenario(registry, [folder], plant), "max-pressure:30", 240).as_dict()
        times.append((trial["average_travel_time_s"], trial["running"]))
    assert times[0] == times[1]


# ---------------------------------------------------------------- bad input


def test_a_simulator_that_nobody_brings_is_told_with_those_there_are(registry: Registry) -> None:
    """A misspelt name is the user's mistake, not ours."""
    with pytest.raises(NotFoundError, match="there is no simulator to control 'summo'"):
        find_scenario(registry, [Path(__file__).parent], "summo")


def test_files_that_sumo_cannot_run_are_refused_in_words(registry: Registry, tmp_path: Path) -> None:
    """Our reader may be more patient than SUMO; its words are passed on."""
    with pytest.raises(InputError):
        find_scenario(registry, [tmp_path], "sumo")


def test_a_command_for_nobody_is_not_taken(registry: Registry) -> None:
    """As in any street."""
    plant = bologna(registry)
    assert not plant.obey(command("urn:ngsi-ld:TrafficSignal:nowhere", 0))
    signal = traffic_signals(plant.model)[0]
    assert not plant.obey(command(signal, 99))
    assert not plant.obey(command(signal, float("nan")))
    assert not plant.obey(command(signal, 0, "close"))
    assert plant.obey(command(signal, 0))
    plant.close()
