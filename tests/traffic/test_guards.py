"""The guard rules of signals: what is refused, with which words, and that nothing legitimate is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from touyan.control.authority import Mode
from touyan.control.engine import Control
from touyan.control.ledger import Ledger
from touyan.core.commands import Command
from touyan.core.components import Controller, GuardRule
from touyan.core.errors import SettingError
from touyan.core.protocols import Plant, Proposal, State
from touyan.core.text import Text
from touyan.fusion.state import CurrentState
from touyan.packs.traffic.cityflow import read_network
from touyan.packs.traffic.conflicts import conflicting_movements, conflicts_in_phases
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.guards import (
    ClearanceTime,
    ConflictingGreens,
    KnownCrossing,
    KnownPhase,
    MaximumRed,
    MinimumGreen,
    NoFlapping,
)
from touyan.packs.traffic.intergreens import all_red_s, clearances, yellow_s
from touyan.packs.traffic.network import RIGHT, RoadNetwork
from touyan.packs.traffic.sources import LaneDetectors, SignalHeads
from touyan.packs.traffic.vocabulary import LANE_DETECTOR, RELEASE, TRAFFIC_SIGNAL, lane_detectors, traffic_signals
from touyan.packs.traffic.worlds import Grid

from .sensed import SensedCity, command, with_greens

NETWORK = grid_network(1, 2)
FIRST, SECOND = traffic_signals(NETWORK)
RULES = (KnownCrossing, KnownPhase, ConflictingGreens, ClearanceTime, MinimumGreen, MaximumRed, NoFlapping)
DATA = Path(__file__).parents[3] / "shared" / "data" / "traffic"


def objection(rule: GuardRule, entity: str, value: float, action: str = "phase", network: RoadNetwork = NETWORK) -> str:
    """What a rule says of one command at the start; empty when it agrees."""
    city = SensedCity(network)
    rule.start(city)
    return rule.objection(command(entity, value, action), city.state) or ""


def test_a_crossing_that_does_not_exist_cannot_be_commanded() -> None:
    """A misspelt id must not be sent to any street."""
    assert objection(KnownCrossing(), FIRST, 1) == ""
    assert objection(KnownCrossing(), "urn:ngsi-ld:TrafficSignal:nowhere", 1) == (
        "there is no signal 'urn:ngsi-ld:TrafficSignal:nowhere'"
    )
    assert objection(KnownCrossing(), "urn:ngsi-ld:TrafficSignal:intersection_0_1", 1) != ""


@pytest.mark.parametrize("value", [-1, 9, 1.5, math.nan, math.inf, 1e300])
def test_a_phase_that_does_not_exist_is_refused(value: float) -> None:
    """Whatever a controller computes, only phases of the file reach the street."""
    assert "only 0 to 8" in objection(KnownPhase(), FIRST, value)


@pytest.mark.parametrize("value", range(1, 9))
def test_every_phase_of_the_file_is_known(value: int) -> None:
    """The guard must not stand in the way of what the street can do."""
    assert objection(KnownPhase(), FIRST, value) == ""


def test_the_clearance_phase_cannot_be_commanded() -> None:
    """It would stop the whole crossing for as long as it stands."""
    assert objection(KnownPhase(), FIRST, 0) == "phase 0 clears the crossing and is inserted by itself"


def test_unknown_actions_are_refused_and_releases_are_not() -> None:
    """A signal can be brought to a phase or released, nothing else."""
    assert objection(KnownPhase(), FIRST, 0, "explode") == "a signal has no action 'explode', only phase and release"
    assert objection(KnownPhase(), FIRST, 0, RELEASE) == ""


def seen(rule: GuardRule, phase: int, at: float, city: SensedCity, commanded: float = 1.0) -> None:
    """All signals report a phase at a second since the start, and the rule looks."""
    city.at(at)
    city.signals_say(float(phase), commanded)
    rule.note(city.state)


def test_a_green_must_have_lasted_before_it_ends() -> None:
    """Drivers who just got green need time to react; what counts is when the green was first seen."""
    city, rule = SensedCity(NETWORK), MinimumGreen(min_green_s=5.0)
    rule.start(city)
    seen(rule, 1, 0, city)
    refused = {}
    for s in (0.0, 4.0, 4.5, 5.0, 30.0):
        seen(rule, 1, s, city)
        refused[s] = rule.objection(command(FIRST, 2), city.state)
    assert refused == {
        0: "phase 1 has had green for 0 s, and must have it for 5 s",
        4: "phase 1 has had green for 4 s, and must have it for 5 s",
        4.5: "phase 1 has had green for 4.5 s, and must have it for 5 s",
        5: None,
        30: None,
    }


def test_a_green_of_the_street_s_own_programme_counts_too() -> None:
    """Taking command one second after the programme gave green must not cut that green short."""
    city, rule = SensedCity(NETWORK), MinimumGreen()
    rule.start(city)
    seen(rule, 3, 0, city, commanded=0.0)
    assert "phase 3 has had green for 0 s" in str(rule.objection(command(FIRST, 2), city.state))
    assert rule.objection(command(FIRST, 3), city.state) is None


def test_a_change_under_way_is_neither_diverted_nor_forgotten() -> None:
    """Who changes his mind waits for the green that he asked for; if it never comes, what is seen counts."""
    city, rule = SensedCity(NETWORK), MinimumGreen()
    rule.start(city)
    seen(rule, 0, 0, city)
    rule.applied(command(FIRST, 1), city.now)
    assert rule.objection(command(FIRST, 2), city.state) == "the change to phase 1 is under way"
    assert rule.objection(command(FIRST, 1), city.state) is None
    seen(rule, 0, 25, city)
    assert rule.objection(command(FIRST, 2), city.state) is None


@pytest.mark.parametrize("phase", [-1.0, math.nan])
def test_a_signal_that_nobody_can_see_is_not_commanded(phase: float) -> None:
    """Between two phases, or with its reports lost, a signal may show anything; the release stays possible."""
    city, rule = SensedCity(NETWORK), MinimumGreen()
    rule.start(city)
    city.signals_say(phase)
    rule.note(city.state)
    assert rule.objection(command(FIRST, 2), city.state) == "nobody knows what the signal shows"
    assert rule.objection(command(FIRST, 0, RELEASE), city.state) is None
    seen(rule, 1, 100, city)
    seen(rule, 1, 105, city)
    city.at(116)
    rule.note(city.state)
    assert rule.objection(command(FIRST, 2), city.state) == "nobody knows what the signal shows"


def test_what_was_heard_before_a_release_says_nothing_after_it() -> None:
    """The programme may have begun a green since; one lost report must not cut it short."""
    city, rule = SensedCity(NETWORK), MinimumGreen()
    rule.start(city)
    seen(rule, 0, 0, city)
    rule.applied(command(FIRST, 0, RELEASE), city.now)
    assert rule.objection(command(FIRST, 2), city.at(1)) == "nobody knows what the signal shows"
    seen(rule, 0, 2, city, commanded=0.0)
    assert rule.objection(command(FIRST, 2), city.state) is None
    city.at(4)
    rule.note(city.state)
    assert rule.objection(command(FIRST, 2), city.state) == "nobody knows what the signal shows"


def test_the_same_phase_again_and_another_crossing_are_no_change() -> None:
    """Repeating a command ends no green; the neighbour's phase is its own affair."""
    city, rule = SensedCity(NETWORK), MinimumGreen()
    rule.start(city)
    city.signals_say([1.0, 0.0])
    rule.note(city.state)
    assert rule.objection(command(FIRST, 1), city.state) is None
    assert rule.objection(command(SECOND, 2), city.state) is None


def test_a_short_green_is_for_simulated_cities_only() -> None:
    """Published protocols have greens that no street may have."""
    with pytest.raises(SettingError, match="5 or more on a real street"):
        MinimumGreen(min_green_s=3.0).start(SensedCity(NETWORK))
    MinimumGreen(min_green_s=3.0).start(Grid(rows=1, columns=1).build([]))


# ---------------------------------------------------------------- clearance


def test_the_clearance_follows_from_speed_and_width() -> None:
    """Worked by hand: 14 m/s and 30 m to the far side, against 8 m to the same place at 10 m/s."""
    speed, entering = np.array([14.0]), np.array([10.0])
    assert yellow_s(speed)[0] == pytest.approx(1 + 14 / 6.1)
    red = all_red_s(np.array([30.0]), speed, np.array([8.0]), entering)[0]
    assert red == pytest.approx((30 + 1.75 + 6) / 14 - 8 / 10 - 1)
    assert yellow_s(np.array([5.0, 60.0])).tolist() == [3.0, 6.0]
    assert all_red_s(np.array([1.0]), speed, np.array([50.0]), entering)[0] == 0


def test_a_crossing_that_the_street_clears_too_briefly_is_not_commanded() -> None:
    """Two seconds of clearance are a protocol of papers, not of streets."""
    hasty = replace(NETWORK, given_clearance_s=np.full(len(NETWORK.phase_duration), 2.0))
    told = objection(ClearanceTime(), FIRST, 1, network=hasty)
    assert told.startswith("a change to phase 1 needs 4.4 s of clearance; the street gives 2 s")
    assert objection(ClearanceTime(), FIRST, 0, RELEASE, hasty) == ""
    assert objection(ClearanceTime(), FIRST, 1) == ""
    with pytest.raises(SettingError, match="0 on a real street"):
        ClearanceTime(simulated_clearance_s=2.0).start(SensedCity(hasty))


def test_published_clearances_are_possible_in_simulation() -> None:
    """Tables of the literature must be reproducible, and only there."""
    city = Grid(rows=1, columns=1, clearance_s=2.0).build([])
    rule = ClearanceTime(simulated_clearance_s=2.0)
    rule.start(city)
    signal = traffic_signals(city.model)[0]
    assert rule.objection(command(signal, 1), CurrentState(city.now)) is None
    rule = ClearanceTime(simulated_clearance_s=3.0)
    rule.start(city)
    assert "the street gives 2 s" in str(rule.objection(command(signal, 1), CurrentState(city.now)))


def test_people_on_a_crosswalk_have_their_time() -> None:
    """Fifteen metres at 1.07 m/s take longer than any car."""
    walked = replace(NETWORK, given_crosswalk_m=np.full(len(NETWORK.crossing_ids), 15.0))
    assert "needs 14.0 s" in objection(ClearanceTime(), FIRST, 1, network=walked)
    enough = replace(walked, given_clearance_s=clearances(walked))
    assert set(enough.clearance_s[walked.signalised].tolist()) == {15.0}
    assert objection(ClearanceTime(), FIRST, 1, network=enough) == ""


# ---------------------------------------------------------------- waiting and flapping


def waiting(lane: str, city: SensedCity) -> None:
    """Three vehicles stand on one lane, and nobody anywhere else."""
    halting = city.empty()
    halting[city.lane(lane)] = 3
    city.lanes_say(halting=halting)


def test_who_has_waited_too_long_must_have_green() -> None:
    """A controller that only likes the main road must not forget the others."""
    city, rule = SensedCity(NETWORK), MaximumRed(max_red_s=180.0, patience_s=30.0)
    rule.start(city)
    for s in (0, 179):
        city.at(s)
        waiting("road_1_0_1_1", city)
        seen(rule, 1, s, city)
    assert rule.objection(command(FIRST, 1), city.state) is None
    waiting("road_1_0_1_1", city)
    seen(rule, 1, 180, city)
    told = str(rule.objection(command(FIRST, 1), city.state))
    assert told == "road_1_0_1 → road_1_1_1 has waited at red for 180 s and must have green"
    assert rule.objection(command(FIRST, 2), city.state) is None
    assert rule.objection(command(FIRST, 0, RELEASE), city.state) is None
    assert rule.overdue(city.state) == {}
    seen(rule, 1, 210, city)
    assert list(rule.overdue(city.state)) == [FIRST]
    seen(rule, 2, 211, city)
    assert rule.overdue(city.state) == {}


def test_an_empty_lane_may_wait_and_a_silent_one_may_not() -> None:
    """Nobody is helped by a green for nobody; a dead detector must not hide a queue."""
    city, rule = SensedCity(NETWORK), MaximumRed()
    rule.start(city)
    city.lanes_say(halting=0.0)
    seen(rule, 1, 0, city)
    seen(rule, 1, 500, city)
    assert rule.objection(command(FIRST, 1), city.state) is None
    blind, rule = SensedCity(NETWORK), MaximumRed()
    rule.start(blind)
    seen(rule, 1, 0, blind)
    seen(rule, 1, 500, blind)
    assert "must have green" in str(rule.objection(command(FIRST, 1), blind.state))


def test_a_crossing_on_its_own_programme_is_not_overdue() -> None:
    """There is nothing to take back from a controller that holds nothing."""
    city, rule = SensedCity(NETWORK), MaximumRed()
    rule.start(city)
    seen(rule, 1, 0, city, commanded=0.0)
    seen(rule, 1, 900, city, commanded=0.0)
    assert rule.overdue(city.state) == {}


def test_a_crossing_is_not_changed_again_and_again() -> None:
    """Twelve changes in two minutes are enough; the same phase again is none, a release counts."""
    city, rule = SensedCity(NETWORK), NoFlapping(most_changes=3, window_s=60.0)
    rule.start(city)
    for s, (value, action) in enumerate([(1, "phase"), (1, "phase"), (0, RELEASE), (1, "phase")]):
        rule.applied(command(FIRST, value, action), city.at(s).now)
    assert rule.objection(command(FIRST, 2), city.at(10)) == "3 changes in 60 s are enough"
    assert rule.objection(command(FIRST, 1), city.state) is None
    assert rule.objection(command(FIRST, 0, RELEASE), city.state) is None
    assert rule.objection(command(SECOND, 2), city.state) is None
    assert rule.objection(command(FIRST, 2), city.at(60)) is None


# ---------------------------------------------------------------- conflicting greens


def test_phases_with_crossing_greens_are_refused_by_name() -> None:
    """Straight on from the west and from the south must never have green together."""
    straight = [place for place in range(12) if NETWORK.movement_type[place] == 3]
    from_road = [NETWORK.road_ids[NETWORK.movement_from_road[place]] for place in straight]
    west, south = (straight[from_road.index(road)] for road in ("road_0_1_0", "road_1_0_1"))
    broken = with_greens(NETWORK, 2, [west, south])
    told = objection(ConflictingGreens(), FIRST, 2, network=broken)
    assert told.startswith("phase 2 gives both green: ")
    assert all(way in told for way in ("road_0_1_0 → road_1_1_0", "road_1_0_1 → road_1_1_1"))
    assert objection(ConflictingGreens(), FIRST, 1, network=broken) == ""
    assert objection(ConflictingGreens(), FIRST, 2, RELEASE, broken) == ""
    assert objection(ConflictingGreens(), SECOND, 2, network=broken) == ""


def test_what_conflicts_is_what_stands_on_two_sides_of_the_barrier() -> None:
    """Of all pairs, those conflict that come from crossing roads, neither turning right."""
    pairs = {tuple(pair) for pair in conflicting_movements(NETWORK).tolist()}
    first = NETWORK.movements_of(int(NETWORK.signalised[0]))
    crossing_roads = set()
    for one in first:
        for other in range(one + 1, first.stop):
            east_west = [_heading(NETWORK, movement) % 2 == 0 for movement in (one, other)]
            turns_right = RIGHT in (NETWORK.movement_type[one], NETWORK.movement_type[other])
            if east_west[0] != east_west[1] and not turns_right:
                crossing_roads.add((one, other))
    assert {pair for pair in pairs if pair[0] in first} == crossing_roads


def test_a_green_that_gives_way_by_the_file_may_cross_another() -> None:
    """The city's engineers let some turn when there is a gap; the guard must not stop the city's own phases."""
    straight = [place for place in range(12) if NETWORK.movement_type[place] == 3]
    broken = with_greens(NETWORK, 2, straight)
    yields = np.zeros_like(broken.phase_green)
    yields[2, straight[1:]] = True
    assert objection(ConflictingGreens(), FIRST, 2, network=broken) != ""
    assert objection(ConflictingGreens(), FIRST, 2, network=replace(broken, given_phase_yields=yields)) == ""


def test_a_phase_that_gives_nobody_green_is_not_commanded() -> None:
    """It lies between two others, and would stop the whole crossing for as long as it stands."""
    between = replace(with_greens(NETWORK, 3, []), clears_by_phase=False)
    assert objection(KnownPhase(), FIRST, 3, network=between) == "phase 3 gives nobody green"


@pytest.mark.parametrize("city", ["hangzhou_4x4", "jinan_3x4"])
def test_no_phase_of_a_real_city_is_refused(city: str) -> None:
    """A guard that objects to what the street does by itself would be switched off by its users."""
    file = DATA / city / "roadnet.json"
    if not file.exists():
        pytest.skip("the real road networks are not here")
    network = read_network(file)
    assert conflicts_in_phases(network) == {}
    assert len(conflicting_movements(network)) == 16 * len(network.signalised)
    assert np.all(network.clearance_phase[network.signalised] == 0)


class Restless(Controller):
    """Asks for random phases of random signals at random moments."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = np.random.default_rng(seed)

    def start(self, plant: Plant) -> None:
        """Learn the names of the signals."""
        self._signals = traffic_signals(plant.model)

    def decide(self, state: State) -> list[Proposal]:
        """Any phase, also those that do not exist, and now and then a release."""
        why = Text("restless", "焦躁")
        wished = [signal for signal in self._signals if self._random.random() < 0.3]
        actions = self._random.choice(["phase", "phase", "phase", RELEASE], len(wished)).tolist()
        phases = self._random.integers(-1, 11, len(wished)).tolist()
        return [Proposal(*wish, why) for wish in zip(wished, actions, map(float, phases), strict=True)]


class Forget:
    """A journal that keeps nothing."""

    def journal_commands(self, commands: Sequence[Command]) -> None:
        """Nothing."""


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_street_itself_never_shows_an_unsafe_change_whatever_is_proposed(seed: int) -> None:
    """Under command, greens last, the clearance lies between them, and only phases of the file are shown."""
    plant = Grid(rows=1, columns=2, seed=seed).build([LaneDetectors(), SignalHeads()])
    rules = [kind() for kind in RULES]
    control = Control(plant, [Restless(seed)], rules, Mode.AUTOMATIC, Ledger(Forget()))
    state = CurrentState(plant.now)
    state.register(TRAFFIC_SIGNAL, traffic_signals(plant.model))
    state.register(LANE_DETECTOR, lane_detectors(plant.model))
    shown = []
    for _ in range(400):
        control.step(state)
        for batch in plant.advance(1.0):
            state.update(batch)
        state.move_to(plant.now)
        table = state.table(TRAFFIC_SIGNAL)
        shown.append(list(zip(table.column("phase").tolist(), table.column("commanded").tolist(), strict=True)))
    assert control.take_faults() == []
    spells = [list(spell) for signal in zip(*shown, strict=True) for spell in pairwise(_spells(signal))]
    under_command = [(one, other) for one, other in spells if one.commanded and other.commanded]
    assert len(under_command) > 3
    for one, other in under_command:
        assert 0 in (one.phase, other.phase), "a green follows a green"
        assert one.seconds >= 5


class Spell(NamedTuple):
    """A time for which a signal showed one phase; `commanded` when it was under command throughout."""

    phase: float
    commanded: bool
    seconds: int


def _spells(signal: Sequence[tuple[float, float]]) -> list[Spell]:
    spells = []
    for phase, group in groupby(signal, key=lambda shown: shown[0]):
        commanded = [bool(held) for _, held in group]
        spells.append(Spell(phase, all(commanded), len(commanded)))
    return spells


def _heading(network: RoadNetwork, movement: int) -> int:
    """The last figure of the id of the road that a movement comes from: 0 east, 1 north, 2 west, 3 south."""
    return int(network.road_ids[network.movement_from_road[movement]][-1])
