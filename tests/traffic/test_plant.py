"""The simulated city behind its sensors: what it obeys, how its signals change, what it shows to whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.control.authority import Mode
from touyan.core.commands import Command
from touyan.core.components import GuardRule
from touyan.core.entities import Entity
from touyan.core.observations import ObservationBatch
from touyan.core.protocols import Observable, Plant
from touyan.packs.traffic.controllers import MaxPressure
from touyan.packs.traffic.network import RoadNetwork
from touyan.packs.traffic.plant import SimulatedCity
from touyan.packs.traffic.sources import LaneDetectors, SignalHeads
from touyan.packs.traffic.vocabulary import (
    CLEARANCE_S,
    COMMANDED,
    LANE_CAMERA,
    LANE_DETECTOR,
    PHASE,
    RELEASE,
    TRAFFIC_SIGNAL,
    lane_cameras,
    lane_detectors,
    traffic_signals,
)
from touyan.packs.traffic.worlds import Grid
from touyan.runtime.loop import Loop
from touyan.runtime.no_store import NoStore

from .sensed import command

CLEARANCE, GREEN, OTHER = 0, 1, 2
"""Phases of the grid's crossings: 5 s of clearance, then greens of 30 s each."""


def small_city(arrivals: float = 600) -> SimulatedCity:
    """Two by two crossings at their first second."""
    return Grid(rows=2, columns=2, arrivals=arrivals).build([LaneDetectors(), SignalHeads()])


def first_signal(city: SimulatedCity) -> str:
    """The id of the first signal."""
    return traffic_signals(city.model)[0]


def shown(city: SimulatedCity, seconds: float = 0) -> tuple[int, int]:
    """Phase and command of the first signal, as it reports them after so many seconds."""
    said = [batch for batch in city.advance(seconds) if batch.entity_type == TRAFFIC_SIGNAL][-1]
    return int(said.values[PHASE][0]), int(said.values[COMMANDED][0])


def phases(city: SimulatedCity, seconds: int) -> list[int]:
    """What the first signal shows in each of the next seconds."""
    return [shown(city, 1)[0] for _ in range(seconds)]


def ask(city: SimulatedCity, phase: float) -> bool:
    """Command the first signal to a phase."""
    return city.obey(command(first_signal(city), phase))


def give_back(city: SimulatedCity) -> bool:
    """Release the first signal."""
    return city.obey(command(first_signal(city), 0.0, RELEASE))


# ---------------------------------------------------------------- what it obeys


@pytest.mark.parametrize("phase", range(9))
def test_a_signal_takes_every_phase_that_it_has(phase: int) -> None:
    """At the first second nobody is on the crossing: the phase is there at once."""
    city = small_city()
    assert ask(city, phase)
    assert shown(city) == (phase, 1)


@pytest.mark.parametrize("value", [-1.0, 9.0, 1e9, 1.5, 0.001])
def test_a_phase_that_the_signal_does_not_have_is_not_taken(value: float) -> None:
    """The street says no, and goes on as it was."""
    city = small_city()
    assert not ask(city, value)
    assert shown(city) == (CLEARANCE, 0)


def test_a_signal_that_does_not_exist_takes_nothing() -> None:
    """Detectors and crossings without a signal do not either."""
    city = small_city()
    for entity in ("urn:ngsi-ld:TrafficSignal:nowhere", "", lane_detectors(city.model)[0]):
        assert not city.obey(command(entity, 1.0))
        assert not city.obey(command(entity, 0.0, RELEASE))


def test_an_action_that_signals_do_not_know_is_not_taken() -> None:
    """Another pack's action may reach the wrong street."""
    city = small_city()
    assert not city.obey(command(first_signal(city), 1.0, "close"))
    assert shown(city) == (CLEARANCE, 0)


def test_a_command_moves_one_signal_alone() -> None:
    """Its neighbours go on with their own programme."""
    city = small_city()
    ask(city, 5)
    (said,) = (batch for batch in city.advance(4) if batch.entity_type == TRAFFIC_SIGNAL)
    assert said.values[PHASE].tolist() == [5, 0, 0, 0]
    assert said.values[COMMANDED].tolist() == [1, 0, 0, 0]


# ---------------------------------------------------------------- how signals change


def test_without_command_a_signal_runs_its_own_programme() -> None:
    """Five seconds of clearance, then thirty of each green."""
    assert phases(small_city(), 66) == [0] * 4 + [1] * 30 + [2] * 30 + [3] * 2


def test_a_change_goes_through_the_clearance_phase() -> None:
    """Who is inside must leave before others get green: five whole seconds are driven under clearance."""
    city = small_city()
    ask(city, GREEN)
    city.advance(20)
    ask(city, OTHER)
    assert shown(city) == (CLEARANCE, 1)
    assert phases(city, 8) == [CLEARANCE] * CLEARANCE_S + [OTHER] * 3


def test_the_phase_that_is_shown_needs_no_clearance() -> None:
    """Asking again for what is there must not interrupt the green."""
    city = small_city()
    ask(city, GREEN)
    city.advance(20)
    ask(city, GREEN)
    assert phases(city, 8) == [GREEN] * 8


def test_a_commanded_phase_stays_until_the_next_command() -> None:
    """The signal's own programme has no say while it is under command."""
    city = small_city()
    ask(city, OTHER)
    assert set(phases(city, 120)) == {OTHER}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, CLEARANCE_S - 1), st.integers(1, 8))
def test_a_new_target_keeps_the_end_of_the_clearance(after: int, target: int) -> None:
    """Whoever changes his mind may neither prolong the clearance nor shorten it."""
    city = small_city(arrivals=0)
    ask(city, GREEN)
    city.advance(10)
    ask(city, OTHER)
    seen = phases(city, after)
    ask(city, target)
    seen += phases(city, 8 - after)
    assert seen == [CLEARANCE] * CLEARANCE_S + [target] * 3


def test_in_the_programme_s_own_clearance_its_rest_is_waited_for() -> None:
    """A command two seconds into it must not let the crossing go uncleared."""
    city = small_city()
    city.advance(2)
    ask(city, OTHER)
    assert phases(city, 6) == [CLEARANCE] * 3 + [OTHER] * 3


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 12)), min_size=1, max_size=12))
def test_two_greens_never_follow_each_other_without_clearance(asked: list[tuple[int, int]]) -> None:
    """Whatever is commanded and when: between two different greens lies a whole clearance."""
    city = small_city(arrivals=0)
    ask(city, GREEN)
    seen = phases(city, 2)
    for phase, wait in asked:
        assert ask(city, phase)
        seen += phases(city, wait)
    runs = np.split(np.array(seen), np.flatnonzero(np.diff(seen)) + 1)
    for before, between, after in zip(runs, runs[1:], runs[2:], strict=False):
        assert CLEARANCE in (before[0], between[0])
        if between[0] == CLEARANCE and before[0] != after[0]:
            assert len(between) >= CLEARANCE_S


def test_a_released_signal_goes_on_with_its_own_programme_from_the_phase_it_shows() -> None:
    """It stays for the duration of that phase, then the next one comes."""
    city = small_city()
    ask(city, 4)
    city.advance(50)
    assert give_back(city)
    assert shown(city) == (4, 0)
    assert phases(city, 32) == [4] * 29 + [5] * 3


def test_a_signal_released_in_the_clearance_clears_before_it_goes_on() -> None:
    """The target is forgotten, the clearance is not."""
    city = small_city()
    ask(city, GREEN)
    city.advance(10)
    ask(city, 7)
    city.advance(2)
    give_back(city)
    assert shown(city) == (CLEARANCE, 0)
    assert phases(city, 8) == [CLEARANCE] * 4 + [1] * 4


def test_a_signal_that_nobody_holds_can_be_released() -> None:
    """Giving back twice is no fault: the second time nothing is taken away."""
    city = small_city()
    assert give_back(city)
    assert give_back(city)
    assert phases(city, 6) == [0] * 4 + [1] * 2


# ---------------------------------------------------------------- what stands in it


def test_the_inventory_has_the_ids_that_sensors_use() -> None:
    """What reports and what stands in the inventory meet by id alone."""
    city = small_city()
    kinds = (LANE_DETECTOR, LANE_CAMERA, TRAFFIC_SIGNAL)
    by_type = {kind: tuple(e.id for e in city.inventory if e.type == kind) for kind in kinds}
    assert by_type[LANE_DETECTOR] == lane_detectors(city.model)
    assert by_type[LANE_CAMERA] == lane_cameras(city.model)
    assert by_type[TRAFFIC_SIGNAL] == traffic_signals(city.model)
    assert len(city.inventory) == 2 * city.model.lane_count + 4
    for batch in city.advance(5):
        assert batch.ids == by_type[batch.entity_type]


def test_the_inventory_says_where_things_stand_and_what_they_belong_to() -> None:
    """An alert is found on the map by the place of its entity."""
    for entity in small_city().inventory:
        assert entity.location is not None
        kind = "LineString" if entity.type == LANE_DETECTOR else "Point"
        assert entity.location["type"] == kind
    network: RoadNetwork = small_city().model
    detectors = [entity for entity in small_city().inventory if entity.type == LANE_DETECTOR]
    assert [entity.properties["lane"] for entity in detectors] == list(network.lane_ids)
    assert {entity.properties["road"] for entity in detectors} == set(network.road_ids)
    assert [entity.properties["length"] for entity in detectors] == network.lane_length.tolist()


def test_the_measures_have_names_that_reports_rely_on() -> None:
    """Tables of results and the console find them by name."""
    assert [measure.name for measure in small_city().measures()] == [
        "average_travel_time_s",
        "mean_delay_s",
        "mean_waiting_time_s",
        "mean_stops",
        "vehicle_hours",
        "arrived",
        "running",
        "waiting",
        "mean_speed_m_s",
        "crossing_travel_time_s",
    ]


def test_every_measure_has_a_unit_and_two_languages() -> None:
    """No bare numbers, and nobody reads half a screen."""
    for measure in small_city().measures():
        assert measure.unit_code in {"SEC", "HUR", "C62", "MTS"}
        for text in (measure.title, measure.method):
            assert all((text.en, text.zh))


def test_measures_agree_with_one_another() -> None:
    """Nobody is counted twice: vehicle-hours are the mean travel time of all who ever came."""
    city = small_city()
    city.advance(600)
    value = {measure.name: measure.value for measure in city.measures()}
    everybody = value["arrived"] + value["running"] + value["waiting"]
    assert value["vehicle_hours"] == pytest.approx(value["average_travel_time_s"] * everybody / 3600)
    assert value["running"] == city.under_way > 0
    assert value["arrived"] > 0


def test_an_empty_city_has_no_means() -> None:
    """And no travel time but zero: nobody ever set out."""
    city = small_city(arrivals=0)
    city.advance(60)
    value = {measure.name: measure.value for measure in city.measures()}
    means = [name for name in value if name.startswith(("mean_", "crossing_"))]
    assert all(np.isnan(value.pop(name)) for name in means)
    assert set(value.values()) == {0}
    assert len(city.scene().slot) == 0


# ---------------------------------------------------------------- what people see


def test_everybody_on_the_map_is_on_a_road() -> None:
    """Within the box of the network and fifty metres, in a projection that nobody mixed up."""
    city = small_city()
    points = city.model.drivable_shape.points
    low, high = points.min(axis=0) - 50, points.max(axis=0) + 50
    for _ in range(20):
        city.advance(15)
        scene = city.scene()
        place = np.column_stack([scene.x, scene.y])
        assert ((place >= low) & (place <= high)).all()
        assert len(place) == city.under_way > 0
        assert scene.at == city.now


def test_a_vehicle_keeps_its_slot_and_moves_no_further_than_it_drives() -> None:
    """The map draws the way between two scenes by slot; a swapped one would fly across the city."""
    city = small_city()
    city.advance(200)
    before = city.scene()
    for _ in range(60):
        city.advance(1)
        after = city.scene()
        _, old, new = np.intersect1d(before.slot, after.slot, return_indices=True)
        moved = np.hypot(after.x[new] - before.x[old], after.y[new] - before.y[old])
        assert len(old) >= 0.9 * len(before.slot)
        assert moved.max() < 17
        before = after


def test_every_slot_stands_for_one_vehicle() -> None:
    """Two vehicles in one slot would be one on the map."""
    city = small_city()
    city.advance(300)
    assert len(np.unique(city.scene().slot)) == city.under_way


def test_looking_changes_nothing() -> None:
    """A console that is open must not change the traffic."""
    watched, alone = small_city(), small_city()
    for _ in range(60):
        watched.advance(5)
        watched.scene()
        watched.measures()
    alone.advance(300)
    assert [m.value for m in watched.measures()] == [m.value for m in alone.measures()]
    assert np.array_equal(watched.scene().x, alone.scene().x)


# ---------------------------------------------------------------- what engines see


class SealedCity:
    """A city of which only sensors and signals can be reached, as a real one."""

    def __init__(self, city: SimulatedCity) -> None:
        self.inventory: Sequence[Entity] = city.inventory
        self.model: Any = city.model
        self.advance, self.obey = city.advance, city.obey
        self._city = city

    @property
    def now(self) -> float:
        """City time."""
        return self._city.now


def driven(plant: Plant, guards: Sequence[GuardRule] = ()) -> list[list[Command]]:
    """Three minutes of a plant under max-pressure, and the commands after each second."""
    loop = Loop(plant, MaxPressure(), guards, Mode.AUTOMATIC, NoStore())
    commands = []
    for _ in range(180):
        loop.decide()
        loop.absorb(loop.plant.advance(1))
        commands.append(loop.ledger.newest(100))
    return commands


def test_the_engines_do_not_need_the_truth() -> None:
    """A city without scene and measures is driven to the digit as one with them: nobody looks."""
    sealed, open_one = small_city(), small_city()
    plant = SealedCity(sealed)
    assert not isinstance(plant, Observable)
    assert isinstance(open_one, Observable)
    commands = driven(plant)
    assert commands == driven(open_one)
    assert len(commands[-1]) > 4
    assert [m.value for m in sealed.measures()] == [m.value for m in open_one.measures()]


def test_what_sensors_say_holds_no_positions_or_travel_times() -> None:
    """Batches carry the vocabulary's quantities of detectors and signals, nothing that only a simulator knows."""
    batches: list[ObservationBatch] = small_city().advance(60)
    assert {batch.entity_type for batch in batches} == {LANE_DETECTOR, TRAFFIC_SIGNAL}
    assert all(len(batch.ids) in (72, 4) for batch in batches)
