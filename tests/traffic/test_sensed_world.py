"""Worlds set to what is seen: they hold what was seen, go on as the street does, and know nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.core.observations import ObservationBatch
from touyan.fusion.state import CurrentState
from touyan.kernels.traffic.layout import NONE
from touyan.kernels.traffic.staging import Seen
from touyan.packs.traffic.cameras import in_order, look_at
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.habits import Habits
from touyan.packs.traffic.poisson import CAR, PoissonDemand
from touyan.packs.traffic.pressure import candidate_phases
from touyan.packs.traffic.sensed_world import Outlook, SensedFuture, SensedWorlds, SignalView, surroundings
from touyan.packs.traffic.traffic_world import TrafficWorld
from touyan.packs.traffic.vocabulary import ENTERED, LANE_DETECTOR, lane_detectors

NETWORK = grid_network(2, 3)
CANDIDATES = candidate_phases(NETWORK, 4)
WORLDS = SensedWorlds(NETWORK, CAR, CANDIDATES, Outlook(30, 2))


def habits(entered: float = 0.0, reports: int = 12) -> Habits:
    """What is learnt from a number of equal reports."""
    known, state = Habits(NETWORK, 900.0), CurrentState(0.0)
    ids = lane_detectors(NETWORK)
    state.register(LANE_DETECTOR, ids)
    for report in range(1, reports + 1):
        state.move_to(report * 5.0)
        values = {ENTERED: np.full(len(ids), entered)}
        state.update(ObservationBatch(LANE_DETECTOR, "test", ids, np.full(len(ids), report * 5.0), values))
        known.note(state)
    return known


def signals(world: TrafficWorld | None = None) -> SignalView:
    """What signals show."""
    shown = world.phases() if world else np.zeros(len(NETWORK.crossing_ids), np.int32)
    return SignalView(shown, shown.copy(), np.zeros_like(shown))


def busy_world(seed: int = 3, seconds: int = 200) -> TrafficWorld:
    """A small city at work."""
    world = TrafficWorld(NETWORK, PoissonDemand(NETWORK, 500.0, seed=seed))
    for crossing in NETWORK.signalised.tolist():
        world.command(crossing, 1)
    world.advance(seconds)
    return world


def future_of(world: TrafficWorld, seed: int = 0) -> SensedFuture:
    """A world set to what another one's cameras see."""
    return WORLDS.at(look_at(world.arrays), signals(world), habits(), [seed])


@pytest.mark.parametrize("seed", range(4))
def test_what_was_seen_is_there_again(seed: int) -> None:
    """Each vehicle on its lane or crossing, at its place and speed."""
    world = busy_world(seed)
    seen, again = look_at(world.arrays), look_at(future_of(world).arrays)
    for one, other in zip(seen, again, strict=True):
        assert np.allclose(np.asarray(one), np.asarray(other))


def test_a_sensed_world_goes_on_as_the_street_does() -> None:
    """Over five seconds nearly all vehicles are where they really are, though their ways are guessed."""
    world = busy_world()
    future = future_of(world)
    world.advance(5)
    future.advance(5)
    real, guessed = look_at(world.arrays), look_at(future.arrays)
    places = {(lane, round(x, 3)) for lane, x in zip(real.lane.tolist(), real.distance.tolist(), strict=True)}
    met = [
        (lane, round(x, 3)) in places for lane, x in zip(guessed.lane.tolist(), guessed.distance.tolist(), strict=True)
    ]
    assert np.mean(met) > 0.9


sightings = st.lists(
    st.tuples(st.integers(0, NETWORK.lane_count - 1), st.floats(-40, 400), st.floats(0, 20)), max_size=80
)


@settings(max_examples=40, deadline=None)
@given(sightings)
def test_whatever_cameras_say_the_world_can_go_on(vehicles: list[tuple[int, float, float]]) -> None:
    """Readings with errors, of vehicles one upon the other or beyond the lane, must not break the model."""
    columns = [np.array([each[place] for each in vehicles], float) for place in range(3)]
    seen = in_order(Seen(columns[0].astype(np.int32), columns[1], columns[2]))
    future = WORLDS.at(seen, signals(), habits(), [1])
    again = look_at(future.arrays)
    assert len(again.lane) == len(vehicles)
    lost = future.branch().carry_out(CANDIDATES[:, 0])
    assert np.isfinite(lost).all()


def test_the_same_seed_is_the_same_future_and_another_seed_another() -> None:
    """A decision must be repeatable; and several samples must differ, or they would teach nothing."""
    world = busy_world()
    plan = CANDIDATES[:, 1]
    costs = [future_of(world, seed).carry_out(plan).tolist() for seed in (1, 1, 2)]
    assert costs[0] == costs[1] != costs[2]


def test_what_is_tried_in_a_branch_leaves_the_future_alone() -> None:
    """All options are tried from the same moment."""
    future = future_of(busy_world())
    first = future.branch().carry_out(CANDIDATES[:, 0]).tolist()
    future.branch().carry_out(CANDIDATES[:, 2])
    assert future.branch().carry_out(CANDIDATES[:, 0]).tolist() == first


def test_vehicles_come_in_as_often_as_they_were_counted() -> None:
    """Arrivals are drawn from counts at the entries, and only there."""
    counted = habits(entered=1.0)
    created = [
        len(
            WORLDS.at(
                look_at(TrafficWorld(NETWORK, PoissonDemand(NETWORK, 0.0)).arrays), signals(), counted, [n]
            ).arrays.trips.created
        )
        for n in range(20)
    ]
    assert np.mean(created) == pytest.approx(len(counted.gates) * 60 / 5, rel=0.05)
    assert set(NETWORK.road_from[NETWORK.lane_road[counted.gates]].tolist()).isdisjoint(NETWORK.signalised.tolist())


def test_lanes_that_were_used_more_are_chosen_more() -> None:
    """Turning shares come from counts: a lane that nobody took gets few."""
    known = habits(entered=0.0, reports=1)
    before = known.link_chance()
    road = NETWORK.road("road_1_1_0")
    known._entered[NETWORK.lanes_of(road)[0]] = 1000.0
    links = NETWORK.link_from_lane_first[1]
    first, last = (NETWORK.link_from_lane_first[0][NETWORK.lane("road_0_1_0_1") + side] for side in (0, 1))
    chances = np.diff(known.link_chance()[first:last], prepend=0.0)
    towards = NETWORK.link_to_lane[links[first:last]] == NETWORK.lanes_of(road)[0]
    assert chances[towards].sum() > 0.9 > np.diff(before[first:last], prepend=0.0)[towards].sum()
    assert known.link_chance()[last - 1] == pytest.approx(1.0)


def test_a_signal_in_its_clearance_goes_on_to_the_phase_asked_for() -> None:
    """Decisions may fall into a clearance: what is left of it passes first."""
    view = signals()
    view.clears_s[NETWORK.signalised] = 3
    view.target[NETWORK.signalised] = 2
    future = WORLDS.at(look_at(busy_world().arrays), view, habits(), [0])
    shown = []
    for _ in range(5):
        shown.append(future.arrays.signals.phase[NETWORK.signalised].tolist())
        future.advance(1)
    assert [set(each) for each in shown] == [{0}, {0}, {0}, {0}, {2}]


def test_a_plan_is_carried_out_through_the_clearance() -> None:
    """The model must pay for a change what the street pays: five seconds of clearance."""
    future = future_of(busy_world())
    plan = np.full(len(NETWORK.signalised), 3, np.int32)
    plan[0] = NONE
    future.command(plan)
    assert future.arrays.signals.phase[NETWORK.signalised].tolist() == [1, 0, 0, 0, 0, 0]
    future.advance(6)
    assert future.arrays.signals.phase[NETWORK.signalised].tolist() == [1, 3, 3, 3, 3, 3]


def test_each_signal_has_itself_and_those_next_to_it_around() -> None:
    """In a grid of two by three, corners have two neighbours and the middle ones three."""
    sizes = sorted(len(each) for each in surroundings(NETWORK))
    assert sizes == [3, 3, 3, 3, 4, 4]
