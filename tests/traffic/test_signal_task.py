"""Signal control as a task: what a learner sees, may do and is paid."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import groupby, pairwise
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.core.commands import Command
from touyan.core.errors import InputError, NotFoundError, SettingError
from touyan.core.observations import Column
from touyan.core.text import Text
from touyan.packs.traffic import cityflow
from touyan.packs.traffic.changes import DemandFactor
from touyan.packs.traffic.cityflow.records import Roadnet
from touyan.packs.traffic.conflicts import conflicts_in_phases
from touyan.packs.traffic.network import RoadNetwork
from touyan.packs.traffic.pressure import PhasePressure
from touyan.packs.traffic.signal_task import FIRST, SignalTask, TaskSettings, junctions
from touyan.packs.traffic.sources import LaneDetectors
from touyan.packs.traffic.vocabulary import (
    CLEARANCE_S,
    HALTING,
    LANE_DETECTOR,
    OCCUPANCY,
    PHASE,
    QUEUE_LENGTH,
    VEHICLES,
    traffic_signals,
)
from touyan.packs.traffic.worlds import Grid

from .files import small_roadnet

Quantities = dict[str, Column]


@cache
def grid(interval_s: float = 1.0, lane_change: bool = False) -> Grid:
    """One row of two crossings, busy."""
    return Grid(rows=1, columns=2, arrivals=500.0, interval_s=interval_s, lane_change=lane_change)


def started(seed: int = 0, only: str | None = None, **options: Any) -> SignalTask:
    """A task at its first second."""
    task = SignalTask(grid(), TaskSettings(**options), only)
    task.start(seed)
    return task


def choices(task: SignalTask, seed: int, count: int) -> list[Any]:
    """Random choices for all junctions."""
    chance = np.random.default_rng(seed)
    most = [len(junction.phases) for junction in task.junctions]
    return [chance.integers(most).astype(np.int32) for _ in range(count)]


def test_junctions_have_all_phases_but_the_one_that_clears() -> None:
    """The street inserts the clearance; a learner that asked for it would stop the crossing."""
    task = started()
    clearance = task.network.clearance_phase[task.network.signalised]
    assert [junction.id for junction in task.junctions] == ["intersection_1_1", "intersection_2_1"]
    for junction, clears in zip(task.junctions, clearance.tolist(), strict=True):
        phases = set(range(len(task.network.phases_of(junction.crossing))))
        assert set(junction.phases.tolist()) == phases - {clears}
        assert (task.network.road_to[task.network.lane_road[junction.entering]] == junction.crossing).all()
        assert (task.network.road_from[task.network.lane_road[junction.leaving]] == junction.crossing).all()
        assert (len(junction.entering), len(junction.leaving)) == (12, 12)


def test_a_phase_with_conflicting_greens_is_no_choice() -> None:
    """The guard would keep it from the street; a learner must not come to rely on it."""
    record = small_roadnet()
    for crossing in record["intersections"]:
        if not crossing["virtual"]:
            crossing["trafficLight"]["lightphases"][2]["availableRoadLinks"] = list(range(12))
            crossing["trafficLight"]["lightphases"][5]["availableRoadLinks"] = [0, 3, 2, 5, 8, 11]
    network = cityflow.parse_network(msgspec.convert(record, Roadnet), "roadnet.json")
    unsafe = {row - int(network.phase_first[network.signalised[0]]) for row in conflicts_in_phases(network)}
    assert {2, 5} <= unsafe
    for junction in junctions(network):
        assert junction.phases.tolist() == [1, 3, 4, 6, 7, 8]


def test_a_learner_sees_what_detectors_report_and_nothing_else() -> None:
    """The same traffic behind the city's own sensors gives the same figures, decision by decision."""
    task = started(seed=3)
    twin = Grid(rows=1, columns=2, arrivals=500.0, seed=3).build([LaneDetectors(interval_s=10)])
    signals = traffic_signals(task.network)
    for actions in choices(task, 1, 30):
        for row, action in enumerate(actions.tolist()):
            phase = float(task.junctions[row].phases[action])
            twin.obey(Command("", signals[row], PHASE, phase, Text("", ""), ()))
        reports = [batch.values for batch in twin.advance(10) if batch.entity_type == LANE_DETECTOR]
        assert not task.step(actions).any()
        for row, seen in enumerate(task.observations()):
            assert seen == pytest.approx(expected(task, row, reports[-1], int(actions[row])), abs=1e-6)


def expected(task: SignalTask, row: int, report: Quantities, action: int) -> list[float]:
    """The observation of a junction 10 s after its decision, put together from a detector report."""
    junction, length = task.junctions[row], task.network.lane_length
    holds = length / 7.5
    figures: list[float] = []
    for lane in junction.entering.tolist():
        figures += [
            min(1.0, report[VEHICLES][lane] / holds[lane]),
            min(1.0, report[HALTING][lane] / holds[lane]),
            report[QUEUE_LENGTH][lane] / length[lane],
            report[OCCUPANCY][lane],
        ]
    figures += [min(1.0, report[VEHICLES][lane] / holds[lane]) for lane in junction.leaving.tolist()]
    figures += [float(phase == action) for phase in range(len(junction.phases))]
    return [*figures, float(task.observations()[row][-1])]


def test_the_age_of_a_green_is_seen_in_minutes_and_begins_after_the_clearance() -> None:
    """How long drivers have had green decides what comes next."""
    task = started()
    task.step(np.array([0, 0], np.int32))
    assert [seen[-1] for seen in task.observations()] == pytest.approx([10 / 60] * 2)
    task.step(np.array([1, 0], np.int32))
    assert [seen[-1] for seen in task.observations()] == pytest.approx([(10 - CLEARANCE_S) / 60, 20 / 60])
    for _ in range(5):
        task.step(np.array([1, 0], np.int32))
    assert [seen[-1] for seen in task.observations()] == pytest.approx([55 / 60, 1.0])


def test_while_a_crossing_is_cleared_no_phase_is_shown() -> None:
    """All lights are red, and the learner must see so."""
    task = started(decision_s=2)
    shown = slice(-1 - len(task.junctions[0].phases), -1)
    task.step(np.array([0, 0], np.int32))
    for _ in range(3):
        task.step(np.array([0, 0], np.int32))
    task.step(np.array([3, 0], np.int32))
    seen = task.observations()
    assert seen[0][shown].sum() == 0
    assert seen[0][-1] == 0
    assert seen[1][shown].tolist() == [1, 0, 0, 0, 0, 0, 0, 0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 12), st.sampled_from([1.0, 0.5]), st.integers(0, 10**6))
def test_no_green_is_shorter_than_its_minimum_nor_without_clearance(
    min_green_s: int, interval_s: float, seed: int
) -> None:
    """Whatever a learner asks, second by second, the street stays safe; also where steps are finer and lanes change."""
    options = TaskSettings(decision_s=1, min_green_s=min_green_s, episode_s=150)
    task = SignalTask(grid(interval_s, lane_change=interval_s < 1), options)
    task.start(seed)
    crossing, clears = task.junctions[0].crossing, task.network.clearance_phase
    shown: list[int] = []
    for actions in choices(task, seed, 150):
        task.step(actions)
        shown.append(int(task.world.phases()[crossing]))
    spells = [(phase, len(list(spell))) for phase, spell in groupby(shown)]
    for phase, seconds in spells[1:-1]:
        if phase == clears[crossing]:
            assert seconds == CLEARANCE_S
        else:
            assert seconds >= min_green_s
    greens = [phase == clears[crossing] for phase, _ in spells]
    assert all(one != other for one, other in pairwise(greens)), "green, clearance, green, …"


def test_what_is_masked_is_refused_and_what_is_not_is_done() -> None:
    """A mask that says something else than the street does would teach nonsense."""
    task = started(decision_s=3, min_green_s=9, episode_s=300)
    for actions in choices(task, 5, 100):
        allowed = task.masks()[np.arange(2), actions]
        before = task.masks()
        assert (task.step(actions) == ~allowed).all()
        # Where only one choice is left, it is the phase that is shown or awaited.
        assert (before.sum(axis=1) >= 1).all()


@pytest.mark.parametrize("actions", [[0], [0, 8], [-1, 0], [0, 0, 0]])
def test_a_choice_that_is_none_is_refused_in_words(actions: list[int]) -> None:
    """Counted from the end, −1 would be a phase that nobody asked for."""
    with pytest.raises(ValueError, match="no choices; each of"):
        started().step(np.array(actions, np.int32))


def test_a_city_with_changes_is_refused() -> None:
    """What-ifs are compared by their own command; a learner would not notice that they are left out."""
    with pytest.raises(SettingError, match="a city as its files have it"):
        SignalTask(grid().changed([DemandFactor(factor=1.5)]), TaskSettings())


def test_everything_may_be_chosen_at_first() -> None:
    """No choice has been made that would have to last."""
    assert started().masks().all()


@pytest.mark.parametrize("reward", ["halting", "pressure", "delay"])
def test_rewards_are_what_their_definitions_say(reward: str) -> None:
    """Counted from the lanes of the world itself, lane by lane."""
    task = started(reward=reward)
    for actions in choices(task, 2, 20):
        task.step(actions)
    lanes = task.world.lanes()
    for junction, paid in zip(task.junctions, task.rewards().tolist(), strict=True):
        if reward == "halting":
            assert paid == -sum(lanes.halting[lane] for lane in junction.entering.tolist()) < 0
        elif reward == "pressure":
            before, behind = (lanes.vehicles[part].sum() for part in (junction.entering, junction.leaving))
            assert paid == -abs(before - behind)
        else:
            assert -10 * lanes.vehicles.sum() <= paid < 0


def test_delay_is_the_time_lost_against_the_speed_limit() -> None:
    """Who drives at the limit loses nothing; who stands loses every second."""
    task = started(reward="delay", decision_s=60)
    for actions in choices(task, 2, 5):
        task.step(actions)
    twin = started(reward="delay", decision_s=60)
    for actions in choices(twin, 2, 4):
        twin.step(actions)
    twin._change(np.arange(2, dtype=np.int32), choices(twin, 2, 5)[4])
    lost = np.zeros(2)
    for _ in range(60):
        twin.world.advance(1)
        gathered = twin.world.sensed()
        each = gathered.seconds - gathered.distance / twin.network.lane_speed_limit
        lost += [each[junction.entering].sum() for junction in twin.junctions]
    assert task.rewards() == pytest.approx(-lost)


def test_good_choices_are_paid_better_than_bad_ones() -> None:
    """The largest pressure against always the same phase: a reward that cannot tell them apart teaches nothing."""
    totals = {}
    for name in ("pressure", "one phase"):
        task = started(episode_s=1800)
        candidates = np.stack([junction.phases for junction in task.junctions])
        pressure = PhasePressure(task.network, candidates)
        total = 0.0
        while not task.over:
            best = pressure.of(task.world.lanes().halting.astype(float)).argmax(axis=1)
            task.step((best if name == "pressure" else np.zeros(2)).astype(np.int32))
            total += float(task.rewards().sum())
        totals[name] = total
    assert totals["pressure"] > 0.5 * totals["one phase"]


def test_the_same_seed_is_the_same_episode() -> None:
    """Learners are compared on the same traffic."""

    def episode(seed: int) -> list[list[float]]:
        task = started(seed, episode_s=120)
        seen = []
        for actions in choices(task, 9, 12):
            task.step(actions)
            seen += [one.tolist() for one in task.observations()]
        return seen

    assert episode(1) == episode(1) != episode(2)


def test_an_episode_ends_at_its_second_even_between_decisions() -> None:
    """Runs of 100 s in decisions of 30 s are 100 s long."""
    task = started(decision_s=30, episode_s=100)
    seconds = []
    while not task.over:
        task.step(np.zeros(2, np.int32))
        seconds.append(task.world.seconds)
    assert seconds == [30, 60, 90, 100]


def test_one_signal_alone_leaves_the_others_to_their_own_programme() -> None:
    """A learner at one crossing lives in a city that goes on without it."""
    task = started(only="intersection_2_1", decision_s=40)
    assert [junction.id for junction in task.junctions] == ["intersection_2_1"]
    other = task.network.crossing("intersection_1_1")
    shown = []
    for _ in range(9):
        task.step(np.zeros(1, np.int32))
        shown.append(int(task.world.phases()[other]))
    assert len(set(shown)) > 3
    assert not task.world.commanded()[other]
    assert started(only=FIRST).junctions[0].id == "intersection_1_1"
    with pytest.raises(NotFoundError, match="there is no signal that leaves a choice 'intersection_9_9'"):
        started(only="intersection_9_9")


def test_a_city_without_a_signal_to_control_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A learner with nothing to do would seem to have learned everything."""
    scenario = Grid(rows=1, columns=1)
    network: RoadNetwork = scenario.network()
    network = replace(network, phase_green=np.zeros_like(network.phase_green))
    monkeypatch.setattr(Grid, "network", lambda self: network)
    with pytest.raises(InputError, match="no signal with two phases or more"):
        SignalTask(scenario, TaskSettings())


def test_settings_out_of_bounds_are_refused() -> None:
    """An interval of 0 s would never end."""
    with pytest.raises(SettingError, match="decision_s"):
        TaskSettings(decision_s=0)
    with pytest.raises(SettingError, match="one of halting, pressure, delay"):
        TaskSettings(reward="happiness")
