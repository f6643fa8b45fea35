"""The guard rules of signals: what is refused, with which words, and that nothing legitimate is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touyan.control.authority import Mode
from touyan.control.engine import Control
from touyan.control.ledger import Ledger
from touyan.core.commands import Command
from touyan.core.components import Controller, GuardRule
from touyan.core.protocols import Plant, Proposal, State
from touyan.core.text import Text
from touyan.fusion.state import CurrentState
from touyan.packs.traffic.cityflow import read_network
from touyan.packs.traffic.conflicts import conflicting_movements, conflicts_in_phases
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.guards import ClearanceExists, ConflictingGreens, KnownCrossing, KnownPhase, MinimumGreen
from touyan.packs.traffic.network import RIGHT, RoadNetwork
from touyan.packs.traffic.sources import LaneDetectors, SignalHeads
from touyan.packs.traffic.vocabulary import RELEASE, TRAFFIC_SIGNAL, traffic_signals
from touyan.packs.traffic.worlds import Grid

from .sensed import SensedCity, command, with_greens

NETWORK = grid_network(1, 2)
FIRST, SECOND = traffic_signals(NETWORK)
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


def test_a_green_must_have_lasted_before_it_ends() -> None:
    """Drivers who just got green need time to react; the clearance before it does not count."""
    city, rule = SensedCity(NETWORK), MinimumGreen(min_green_s=5.0)
    rule.start(city)
    rule.applied(command(FIRST, 1), city.now)
    refused = {s: rule.objection(command(FIRST, 2), city.at(s)) for s in (0, 4, 9.5, 10, 30)}
    assert refused == {
        0: "phase 1 has had green for 0 s, and must have it for 5 s",
        4: "phase 1 has had green for 0 s, and must have it for 5 s",
        9.5: "phase 1 has had green for 4.5 s, and must have it for 5 s",
        10: None,
        30: None,
    }


def test_the_same_phase_again_and_another_crossing_are_no_change() -> None:
    """Repeating a command neither ends a green nor begins it anew."""
    city, rule = SensedCity(NETWORK), MinimumGreen()
    rule.start(city)
    rule.applied(command(FIRST, 1), city.now)
    assert rule.objection(command(FIRST, 1), city.at(2)) is None
    assert rule.objection(command(SECOND, 2), city.state) is None
    rule.applied(command(FIRST, 1), city.at(9).now)
    assert rule.objection(command(FIRST, 2), city.at(10)) is None


def test_a_release_is_never_held_up_and_ends_the_record() -> None:
    """Going back to the own programme is the safe state."""
    city, rule = SensedCity(NETWORK), MinimumGreen()
    rule.start(city)
    rule.applied(command(FIRST, 1), city.now)
    assert rule.objection(command(FIRST, 0, RELEASE), city.at(1)) is None
    rule.applied(command(FIRST, 0, RELEASE), city.now)
    assert rule.objection(command(FIRST, 2), city.at(2)) is None


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 4)), max_size=30))
def test_no_sequence_of_commands_gets_a_shorter_green_past_the_guard(wishes: list[tuple[int, int]]) -> None:
    """Between two changes that the guard lets pass lie the clearance and the minimum green."""
    city, rule = SensedCity(NETWORK), MinimumGreen()
    rule.start(city)
    at, shown, changes = 0, 0, []
    for wait, phase in wishes:
        at += wait
        if rule.objection(command(FIRST, phase), city.at(at)) is None:
            rule.applied(command(FIRST, phase), city.now)
            changes += [at] if phase != shown else []
            shown = phase
    assert all(later - earlier >= 10 for earlier, later in pairwise(changes))


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


def test_a_crossing_that_cannot_be_cleared_is_not_commanded() -> None:
    """Without a phase between two greens the brain could only switch from one to the other."""
    network = NETWORK
    for phase in range(9):
        network = with_greens(network, phase, [phase])
    assert "no clearance phase" in objection(ClearanceExists(), FIRST, 1, network=network)
    assert objection(ClearanceExists(), FIRST, 0, RELEASE, network) == ""
    assert objection(ClearanceExists(), SECOND, 1, network=network) == ""


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
    rules = [KnownCrossing(), KnownPhase(), MinimumGreen(), ConflictingGreens(), ClearanceExists()]
    control = Control(plant, [Restless(seed)], rules, Mode.AUTOMATIC, Ledger(Forget()))
    state = CurrentState(plant.now)
    state.register(TRAFFIC_SIGNAL, traffic_signals(plant.model))
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
    assert len(under_command) > 10
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
