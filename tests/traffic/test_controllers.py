"""Signal controllers: what they decide, when, and what they do without eyes."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.core.errors import SettingError
from touyan.core.observations import Column
from touyan.core.protocols import Proposal
from touyan.kernels.traffic.staging import Seen
from touyan.packs.traffic.cameras import in_order
from touyan.packs.traffic.controllers import (
    Actuated,
    AdvancedPressure,
    FixedCycle,
    LookAhead,
    MaxPressure,
    OwnProgramme,
    Webster,
)
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.network import RoadNetwork
from touyan.packs.traffic.pressure import PhasePressure, candidate_phases
from touyan.packs.traffic.signal_controller import SignalController
from touyan.packs.traffic.timing import webster_greens
from touyan.packs.traffic.vocabulary import HALTING

from .sensed import SensedCity, with_greens

NETWORK = grid_network(2, 3)
ONE = grid_network(1, 1)

WEST_STRAIGHT, SOUTH_STRAIGHT, WEST_LEFT = "road_0_1_0_1", "road_1_0_1_1", "road_0_1_0_0"


def started(controller: SignalController, network: RoadNetwork = NETWORK) -> tuple[Any, SensedCity]:
    """A controller that knows a city."""
    city = SensedCity(network)
    controller.start(city)
    return controller, city


def asked(proposals: list[Proposal]) -> list[tuple[str, float]]:
    """Action and value of each proposal."""
    return [(proposal.action, proposal.value) for proposal in proposals]


def test_the_own_programme_is_left_alone() -> None:
    """The twin's controller must never touch a signal."""
    controller, city = OwnProgramme(), SensedCity(NETWORK)
    controller.start(city)
    assert [controller.decide(city.at(second)) for second in range(0, 300, 5)] == [[]] * 60


def test_the_names_and_first_settings_are_those_of_the_command_line() -> None:
    """`--signals cycle:30` and `max-pressure:15` must mean the interval."""
    assert [kind.name for kind in (OwnProgramme, FixedCycle, MaxPressure)] == ["own", "cycle", "max-pressure"]
    assert FixedCycle.from_spec("45").interval_s == MaxPressure.from_spec("45").interval_s == 45.0
    assert FixedCycle().interval_s == MaxPressure().interval_s == 30.0
    with pytest.raises(SettingError, match="at least 5"):
        MaxPressure.from_spec("4")


def test_a_fixed_cycle_gives_phases_one_to_four_their_turn() -> None:
    """Phase 1 + (t // 30) % 4 of the seconds since the start, for every signal, once for each turn."""
    controller, city = started(FixedCycle())
    turns = {}
    for second in range(0, 300, 5):
        proposals = controller.decide(city.at(second))
        if proposals:
            assert {proposal.entity for proposal in proposals} == set(city.signals)
            turns[second] = {value for _, value in asked(proposals)}
    assert turns == {30 * turn: {1 + turn % 4} for turn in range(10)}


def test_a_fixed_cycle_can_use_all_phases_but_the_clearance() -> None:
    """With 0 candidates asked for, the turn goes through phases 1 to 8."""
    controller, city = started(FixedCycle(candidate_phases=0), ONE)
    values = [asked(controller.decide(city.at(30 * turn)))[0][1] for turn in range(9)]
    assert values == [1, 2, 3, 4, 5, 6, 7, 8, 1]


def test_decisions_come_at_multiples_of_the_interval_even_when_beats_are_missed() -> None:
    """A slow beat may come at second 37; the next decision is still that of second 60."""
    controller, city = started(FixedCycle(), ONE)
    decided = [second for second in (0, 8, 37, 45, 59.9, 61, 89, 90) if controller.decide(city.at(second))]
    assert decided == [0, 37, 61, 90]


def test_equal_pressures_give_the_first_phase() -> None:
    """At the start nothing halts anywhere, and the published runs begin with phase 1."""
    controller, city = started(MaxPressure())
    assert asked(controller.decide(city.state)) == [("phase", 1.0)] * 6


def test_the_longest_queue_gets_green() -> None:
    """Vehicles that wait to go straight from the south want phase 2, left turns from the west phase 3."""
    controller, city = started(MaxPressure(), ONE)
    controller.decide(city.state)
    for turn, (lane, phase) in enumerate([(SOUTH_STRAIGHT, 2.0), (WEST_LEFT, 3.0), (WEST_STRAIGHT, 1.0)], 1):
        halting = city.empty()
        halting[city.lane(lane)] = 5
        city.at(30 * turn)
        city.lanes_say(**{HALTING: halting})
        assert asked(controller.decide(city.state)) == [("phase", phase)]


def test_a_queue_beyond_the_crossing_holds_traffic_back() -> None:
    """All lanes of the exit road count, whichever movement they serve: there is no use in driving into a jam."""
    controller, city = started(MaxPressure(), ONE)
    halting = city.empty()
    halting[city.lane(WEST_STRAIGHT)] = 5
    halting[city.lane(SOUTH_STRAIGHT)] = 2
    halting[[city.lane(f"road_1_1_0_{lane}") for lane in range(3)]] = 2
    city.lanes_say(**{HALTING: halting})
    [proposal] = controller.decide(city.state)
    assert proposal.value == 2.0
    assert proposal.reason.en == "phase 2 has the highest pressure (1: -1, 2: 2, 3: 0, 4: -6)"
    assert proposal.reason.zh == "相位2的压力最大（1: -1, 2: 2, 3: 0, 4: -6）"


def test_nothing_is_proposed_while_the_signal_shows_what_is_wanted() -> None:
    """A command that changes nothing would only fill the record."""
    controller, city = started(MaxPressure(), ONE)
    controller.decide(city.state)
    city.at(25)
    city.signals_say(phase=1)
    city.lanes_say(**{HALTING: 0})
    assert controller.decide(city.at(30)) == []


@pytest.mark.parametrize(
    ("phase", "commanded"), [(1, 0), (4, 1)], ids=["on its own programme", "under another's command"]
)
def test_a_signal_that_does_not_follow_is_asked_again(phase: int, commanded: int) -> None:
    """A command may be refused or lost; the controller believes sensors, not itself."""
    controller, city = started(MaxPressure(), ONE)
    controller.decide(city.state)
    city.at(30)
    city.signals_say(phase=phase, commanded=commanded)
    city.lanes_say(**{HALTING: 0})
    assert asked(controller.decide(city.state)) == [("phase", 1.0)]


def test_a_signal_in_its_clearance_phase_is_on_its_way() -> None:
    """Just after a change the street shows the clearance phase, which is no disobedience."""
    controller, city = started(MaxPressure(interval_s=10), ONE)
    controller.decide(city.state)
    city.at(10)
    city.signals_say(phase=0)
    city.lanes_say(**{HALTING: 0})
    assert controller.decide(city.state) == []


def test_a_silent_lane_counts_as_last_known_and_then_the_crossing_is_given_back() -> None:
    """For 60 s old queues are better than none; after that the street's own programme is."""
    controller, city = started(MaxPressure(), ONE)
    halting = city.empty()
    halting[city.lane(SOUTH_STRAIGHT)] = 5
    city.lanes_say(**{HALTING: halting})
    assert asked(controller.decide(city.state)) == [("phase", 2.0)]
    for second in range(5, 60, 5):
        city.at(second)
        city.signals_say(phase=2)
        halting[city.lane(SOUTH_STRAIGHT)] = math.nan
        city.lanes_say(**{HALTING: halting})
        assert controller.decide(city.state) == []
    city.at(60)
    city.signals_say(phase=2)
    [proposal] = controller.decide(city.state)
    assert (proposal.action, proposal.value) == ("release", 0.0)
    assert proposal.reason.en == f"no reading for 60 s from {SOUTH_STRAIGHT}; back to its own programme"
    assert proposal.reason.zh == f"{SOUTH_STRAIGHT}已有60 s没有数据，恢复自身方案"
    assert controller.decide(city.at(70)) == []


def test_a_crossing_whose_lanes_are_heard_again_is_taken_back() -> None:
    """A dead detector that was repaired must not cost the crossing its control for ever."""
    controller, city = started(MaxPressure(), ONE)
    controller.decide(city.state)
    city.at(60)
    city.signals_say(phase=1)
    assert asked(controller.decide(city.state)) == [("release", 0.0)]
    city.at(90)
    city.signals_say(phase=6, commanded=0)
    assert controller.decide(city.state) == []
    city.at(120)
    city.lanes_say(**{HALTING: 0})
    assert asked(controller.decide(city.state)) == [("phase", 1.0)]


def test_a_release_that_did_not_come_about_is_asked_for_again_at_the_next_decision() -> None:
    """Once between decisions is enough for the record, never again would be unsafe."""
    controller, city = started(MaxPressure(), ONE)
    controller.decide(city.state)
    released = []
    for second in range(1, 121):
        city.at(second)
        city.signals_say(phase=1)
        released += [(second, *pair) for pair in asked(controller.decide(city.state))]
    assert released == [(60, "release", 0.0), (90, "release", 0.0), (120, "release", 0.0)]


def test_only_crossings_that_need_the_silent_lane_are_given_back() -> None:
    """One dead detector must not cost the whole city its control."""
    controller, city = started(MaxPressure())
    controller.decide(city.state)
    values = city.empty()
    values[city.lane("road_0_1_0_1")] = math.nan
    for second in (30, 59, 60):
        city.at(second)
        city.lanes_say(**{HALTING: values})
        city.signals_say(phase=1)
        proposals = controller.decide(city.state)
    assert [(proposal.entity, proposal.action) for proposal in proposals] == [
        ("urn:ngsi-ld:TrafficSignal:intersection_1_1", "release")
    ]


def test_a_right_turn_lane_that_only_enters_is_not_needed() -> None:
    """Right turns never stop, so their own queue decides nothing at the border of the city."""
    network = ONE
    pressure = PhasePressure(network, candidate_phases(network, 4))
    flags = np.zeros(network.lane_count, bool)
    flags[network.lane("road_0_1_0_2")] = True
    assert pressure.signals_with(flags).tolist() == [False]
    flags[network.lane("road_0_1_0_1")] = True
    assert pressure.signals_with(flags).tolist() == [True]


def test_a_crossing_without_greens_is_left_alone() -> None:
    """Where no phase lets anybody go there is nothing to choose."""
    network = ONE
    for phase in range(9):
        network = with_greens(network, phase, [])
    for controller in (FixedCycle(), MaxPressure()):
        deciding, city = started(controller, network)
        assert deciding.decide(city.state) == []


def test_a_crossing_without_greens_does_not_disturb_its_neighbour() -> None:
    """Crossings are decided in one table of columns; an empty row must stay empty."""
    network = grid_network(1, 2)
    for phase in range(9):
        network = with_greens(network, phase, [])
    for controller in (FixedCycle(), MaxPressure(), MaxPressure(candidate_phases=0)):
        deciding, city = started(controller, network)
        [proposal] = deciding.decide(city.state)
        assert proposal.entity == "urn:ngsi-ld:TrafficSignal:intersection_2_1"
        assert proposal.value == 1.0


def plain_pressures(network: RoadNetwork, crossing: int, halting: Column, phases: list[int]) -> list[float]:
    """The published rule, word by word."""
    first = network.movements_of(crossing).start
    clearance = set(np.flatnonzero(network.phase_green[network.phases_of(crossing)[0]]).tolist())
    values = []
    for phase in phases:
        value = 0.0
        for place in np.flatnonzero(network.phase_green[network.phases_of(crossing)[phase]]).tolist():
            if place in clearance:
                continue
            movement = first + place
            links = [link for link in range(network.link_count) if network.link_movement[link] == movement]
            value += sum(halting[lane] for lane in {int(network.link_from_lane[link]) for link in links})
            value -= sum(halting[lane] for lane in network.lanes_of(int(network.movement_to_road[movement])))
        values.append(float(value))
    return values


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([4, 0]))
def test_the_columns_decide_as_the_plain_rule_does(seed: int, most: int) -> None:
    """Index arrays must give the same pressures and the same first-wins choice as plain loops."""
    halting = np.random.default_rng(seed).integers(0, 4, NETWORK.lane_count).astype(float)
    controller, city = started(MaxPressure(candidate_phases=most))
    city.lanes_say(**{HALTING: halting})
    chosen = [proposal.value for proposal in controller.decide(city.state)]
    phases = list(range(1, 9 if most == 0 else 5))
    for row, crossing in enumerate(NETWORK.signalised.tolist()):
        plain = plain_pressures(NETWORK, crossing, halting, phases)
        assert controller._values[row].tolist() == plain
        assert chosen[row] == phases[plain.index(max(plain))]


# ---------------------------------------------------------------- Webster, actuated, other pressures


def queue_on(city: SensedCity, vehicles: dict[str, int], speed: float = 0.0, first_m: float = 1.0) -> Seen:
    """Queues on lanes, as cameras see them."""
    lane = np.repeat([city.lane(name) for name in vehicles], list(vehicles.values())).astype(np.int32)
    rank = np.array([place for count in vehicles.values() for place in range(count)], np.float64)
    return in_order(Seen(lane, first_m + 8.0 * rank, np.full(len(lane), speed)))


def green_of(name: str) -> int:
    """The one of the four phases that gives green to a lane."""
    return next(phase for phase in range(1, 5) if _has_green(ONE, phase, ONE.lane(name)))


def test_websters_cycle_is_that_of_his_formula() -> None:
    """Two phases with ratios 0.3 and 0.2, 10 s lost: C = (1.5 × 10 + 5) / (1 - 0.5) = 40 s, greens 18 and 12 s."""
    served = np.array([[True, False, True], [False, True, True]])
    flow = np.array([0.15, 0.1, 0.05])
    greens = webster_greens(flow, served, saturation=0.5, lost_s=5.0, least_green_s=5.0, longest_cycle_s=180.0)
    assert greens.tolist() == pytest.approx([18.0, 12.0])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 2), min_size=4, max_size=4))
def test_websters_greens_stay_within_their_bounds(flow: list[float]) -> None:
    """Whatever is counted, no green is too short and no cycle endless."""
    greens = webster_greens(
        np.array(flow), np.eye(4, dtype=np.bool_), saturation=0.5, lost_s=5.0, least_green_s=10.0, longest_cycle_s=120.0
    )
    assert greens.min() >= 10.0
    assert greens.sum() + 20.0 <= 120.0 + 4 * 10.0


def test_webster_gives_more_green_to_where_more_comes() -> None:
    """After the first reckoning the cycle follows the counts."""
    controller, city = started(Webster(), ONE)
    shown: dict[float, int] = {}
    phase = 0.0
    for second in range(1800):
        state = city.at(second)
        if second % 5 == 0:
            entered = city.empty()
            entered[city.lane(WEST_STRAIGHT)], entered[city.lane(SOUTH_STRAIGHT)] = 1.5, 0.5
            city.lanes_say(entered=entered)
        city.signals_say(phase)
        for proposal in controller.decide(state):
            phase = proposal.value
        if second > 900:
            shown[phase] = shown.get(phase, 0) + 1
    assert shown[green_of(WEST_STRAIGHT)] > 1.5 * shown[green_of(SOUTH_STRAIGHT)]
    assert len(shown) == 4


def actuated_run(vehicles: dict[str, int], seconds: int = 200, speed: float = 0.0) -> list[tuple[int, int]]:
    """Which phases it asks for and when, while cameras see the same vehicles for ever."""
    controller, city = started(Actuated(), ONE)
    asked: list[tuple[int, int]] = []
    phase = 0.0
    for second in range(seconds):
        state = city.at(second)
        city.cameras_say(queue_on(city, vehicles, speed))
        city.signals_say(phase)
        for proposal in controller.decide(state):
            phase = proposal.value
            asked.append((second, int(phase)))
    return asked


def test_actuated_goes_between_those_who_wait_and_skips_the_others() -> None:
    """Two lanes with endless queues: each has the longest green, then it is the other's turn."""
    asked = actuated_run({WEST_STRAIGHT: 9, WEST_LEFT: 9})
    phases = [phase for _, phase in asked[1:]]
    assert set(phases) == {green_of(WEST_STRAIGHT), green_of(WEST_LEFT)}
    assert {later - before for (before, _), (later, _) in pairwise(asked[1:])} == {55}


def test_actuated_keeps_its_green_when_nobody_else_waits() -> None:
    """Every change costs clearance."""
    assert len(actuated_run({WEST_STRAIGHT: 9})) <= 2
    assert len(actuated_run({})) <= 1


def test_efficient_pressure_takes_the_mean_of_the_lanes_beyond() -> None:
    """A full road of three lanes beyond counts a third of what it does for max pressure."""
    network = grid_network(1, 2)
    candidates = candidate_phases(network, 4)
    halting = np.zeros(network.lane_count)
    halting[network.lane("road_0_1_0_1")] = 4.0
    halting[list(network.lanes_of(network.road("road_1_1_0")))] = 2.0
    plain, efficient = (PhasePressure(network, candidates, kind).of(halting)[0] for kind in (False, True))
    place = next(
        i for i, p in enumerate(candidates[0].tolist()) if _has_green(network, p, network.lane("road_0_1_0_1"))
    )
    assert efficient[place] - plain[place] == pytest.approx(6.0 - 2.0)


def test_advanced_pressure_keeps_a_green_that_vehicles_drive_up_to() -> None:
    """Zhang et al.: the present phase stays while the vehicles near it outnumber the greatest pressure."""
    controller, city = started(AdvancedPressure(), ONE)
    halting = city.empty()
    halting[city.lane(WEST_STRAIGHT)] = 3.0
    city.lanes_say(halting=halting)
    city.signals_say(0.0)
    city.cameras_say(queue_on(city, {}))
    first = controller.decide(city.at(0))[0].value
    assert first == green_of(WEST_STRAIGHT)
    halting = city.empty()
    halting[city.lane(SOUTH_STRAIGHT)] = 3.0
    city.lanes_say(halting=halting)
    city.signals_say(first)
    city.cameras_say(queue_on(city, {WEST_STRAIGHT: 3}, speed=9.0))
    assert controller.decide(city.at(30)) == []
    state = city.at(60)
    city.lanes_say(halting=halting)
    city.cameras_say(queue_on(city, {WEST_STRAIGHT: 2}, speed=9.0))
    assert [proposal.value for proposal in controller.decide(state)] == [green_of(SOUTH_STRAIGHT)]


# ---------------------------------------------------------------- looking ahead


def test_looking_ahead_gives_green_to_the_only_queue() -> None:
    """Where one movement waits and nobody else, its phase costs least."""
    controller, city = started(LookAhead(samples=1), ONE)
    city.signals_say(1.0)
    lane = city.lane(WEST_LEFT)
    seen = Seen(np.full(5, lane, np.int32), 1.0 + 8.0 * np.arange(5, dtype=np.float64), np.zeros(5))
    city.cameras_say(seen)
    proposals = controller.decide(city.at(0))
    green = [phase for phase in range(1, 5) if _has_green(ONE, phase, lane)]
    assert [proposal.value for proposal in proposals] == green
    assert "s" in proposals[0].reason.en


def test_looking_ahead_asks_nothing_of_an_empty_city_that_is_under_command() -> None:
    """Every change costs clearance; without anybody there is no reason for one."""
    controller, city = started(LookAhead(samples=1), ONE)
    city.cameras_say(Seen(np.empty(0, np.int32), np.empty(0), np.empty(0)))
    city.signals_say(1.0)
    first = controller.decide(city.at(0))
    for second in range(30, 120, 30):
        city.signals_say(first[0].value if first else 1.0)
        assert controller.decide(city.at(second)) == []


def test_looking_ahead_tells_what_it_tried_and_what_that_would_cost() -> None:
    """People see the alternatives: one is chosen, and none costs less."""
    controller, city = started(LookAhead(samples=2), ONE)
    city.signals_say(green_of(WEST_STRAIGHT))
    city.cameras_say(queue_on(city, {WEST_STRAIGHT: 1, SOUTH_STRAIGHT: 12}))
    explanation = controller.decide(city.at(0))[0].explanation
    chosen = [each for each in explanation.alternatives if each.chosen]
    assert len(explanation.alternatives) > len(chosen) == 1
    assert chosen[0].value == green_of(SOUTH_STRAIGHT)
    assert explanation.unit_code == "SEC"


def test_looking_ahead_lets_nobody_wait_for_ever() -> None:
    """A lone vehicle against a stream that never ends is served before the longest red."""
    controller, city = started(LookAhead(samples=1, longest_red_s=90.0), ONE)
    phase, served = 0.0, []
    for second in range(0, 200, 5):
        state = city.at(second)
        city.cameras_say(queue_on(city, {WEST_LEFT: 1, WEST_STRAIGHT: 25, "road_2_1_2_1": 25}))
        city.signals_say(phase)
        for proposal in controller.decide(state):
            phase = proposal.value
            served += [second] * (phase == green_of(WEST_LEFT))
    assert served
    assert served[0] <= 90


def _has_green(network: RoadNetwork, phase: int, lane: int) -> bool:
    movement = network.link_movement[network.link_from_lane == lane][0]
    crossing = int(network.movement_crossing[movement])
    return bool(network.phase_green[network.phase_first[crossing] + phase, movement - network.movement_first[crossing]])
