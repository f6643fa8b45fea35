"""Changed demand: the same vehicles by the same chance, however time is cut."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.packs.traffic.changed_demand import Closed, DivertedDemand, ScaledDemand, ShiftedDemand, chances
from touyan.packs.traffic.demand import Demand, Departures
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.poisson import PoissonDemand

NETWORK = grid_network(3, 3)
ALWAYS = (0.0, np.inf)
HOUR = 3600
Name = tuple[int, int]


def origin(seed: int = 3) -> PoissonDemand:
    """Some 1,800 vehicles an hour."""
    return PoissonDemand(NETWORK, 150.0, seed=seed)


def names(departures: Departures) -> list[Name]:
    """Flow and number of each vehicle, in order."""
    return list(zip(departures.flow.tolist(), departures.number.tolist(), strict=True))


def scaled(factor: float, seed: int = 3) -> ScaledDemand:
    """All vehicles, more or fewer."""
    return ScaledDemand(origin(), factor, seed, None, ALWAYS)


def diverted() -> DivertedDemand:
    """The middle of the city closed for some time, and an entry for good."""
    middle = frozenset({NETWORK.road("road_2_2_0"), NETWORK.road("road_2_2_1")})
    entry = frozenset({NETWORK.road("road_0_2_0")})
    closures = [Closed(middle, frozenset(), (600, 1800)), Closed(entry, frozenset(), ALWAYS)]
    return DivertedDemand(origin(), NETWORK, closures)


MAKERS: dict[str, Callable[[], Demand]] = {
    "fewer": lambda: scaled(0.6),
    "more": lambda: scaled(2.3),
    "shifted": lambda: ShiftedDemand(origin(), 90, 3),
    "diverted": diverted,
    "all of it": lambda: DivertedDemand(ShiftedDemand(scaled(1.4), 200, 1), NETWORK, diverted().closures),
}


@pytest.mark.parametrize("maker", MAKERS)
@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 2 * HOUR - 1), max_size=4, unique=True))
def test_no_vehicle_depends_on_how_time_was_cut(maker: str, cuts: list[int]) -> None:
    """A branch asks for other blocks than the city does, and must get the same vehicles."""
    whole = MAKERS[maker]().block(0, 2 * HOUR)
    edges = [0, *sorted(cuts), 2 * HOUR]
    demand = MAKERS[maker]()
    parts = [demand.block(first, last) for first, last in pairwise(edges)]
    for column in ("step", "flow", "number", "vehicle_type"):
        assert np.concatenate([getattr(part, column) for part in parts]).tolist() == getattr(whole, column).tolist()
    assert (np.diff(whole.step) >= 0).all()


@pytest.mark.parametrize("maker", MAKERS)
def test_a_block_may_be_asked_for_again(maker: str) -> None:
    """City, twin and branches share one demand."""
    demand = MAKERS[maker]()
    first, _, again = demand.block(0, HOUR), demand.block(HOUR, 2 * HOUR), demand.block(0, HOUR)
    assert names(first) == names(again)
    assert first.route.tolist() == again.route.tolist()


@pytest.mark.parametrize("maker", MAKERS)
def test_every_vehicle_has_a_name_of_its_own(maker: str) -> None:
    """Its results must be told from those of its copy."""
    vehicles = names(MAKERS[maker]().block(0, HOUR))
    assert len(set(vehicles)) == len(vehicles)


# ---------------------------------------------------------------- more and fewer


@pytest.mark.parametrize("factor", [0.0, 0.25, 0.9, 1.0, 1.2, 3.0, 4.5])
def test_the_factor_is_met_on_average(factor: float) -> None:
    """Within four standard deviations of the chance that each vehicle has."""
    before, after = len(origin().block(0, HOUR).step), len(scaled(factor).block(0, HOUR).step)
    chance = factor % 1
    assert abs(after - factor * before) <= 4 * np.sqrt(before * chance * (1 - chance)) + 1e-9


def test_a_factor_of_one_changes_nothing() -> None:
    """Then base and variant are the same city."""
    before, after = origin().block(0, HOUR), scaled(1.0).block(0, HOUR)
    assert names(after) == names(before)
    assert after.step.tolist() == before.step.tolist()
    assert after.route.tolist() == before.route.tolist()


@given(st.floats(0, 3), st.floats(0, 3), st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_a_greater_factor_keeps_all_that_a_smaller_one_has(one: float, other: float, seed: int) -> None:
    """Common random numbers: what differs between two variants is the factor, not the luck of the draw."""
    smaller, greater = sorted((one, other))
    assert set(names(scaled(smaller, seed).block(0, HOUR))) <= set(names(scaled(greater, seed).block(0, HOUR)))


def test_another_seed_leaves_out_others() -> None:
    """Otherwise ten seeds would be one."""
    assert names(scaled(0.5, 1).block(0, HOUR)) != names(scaled(0.5, 2).block(0, HOUR))


def test_copies_leave_in_the_minute_of_their_original_but_not_beside_it() -> None:
    """Two vehicles at one second on one lane would be a convoy that no city has."""
    made = scaled(2.0).block(0, HOUR)
    minutes: dict[Name, set[int]] = {}
    for (flow, number), step in zip(names(made), made.step.tolist(), strict=True):
        minutes.setdefault((flow, number % 10_000_000), set()).add(step // 60)
    assert all(len(minute) == 1 for minute in minutes.values())
    together = len(made.step) / 2 - len({(flow, step) for (flow, _), step in zip(names(made), made.step, strict=True)})
    assert together < 0.05 * len(made.step)


def test_only_the_roads_and_times_named_are_touched() -> None:
    """A school run doubles at one entry for half an hour, not the whole city."""
    entry, steps = NETWORK.road("road_0_1_0"), (600, 1200)
    before = origin().block(0, HOUR)
    demand = ScaledDemand(origin(), 0.0, 1, frozenset({entry}), steps)
    after = set(names(demand.block(0, HOUR)))
    first = [origin_route[0] for origin_route in demand.routes]
    for name, step, route in zip(names(before), before.step.tolist(), before.route.tolist(), strict=True):
        assert (name in after) == (first[route] != entry or not 600 <= step < 1200)


# ---------------------------------------------------------------- other times


def test_departures_move_within_their_spread_and_nobody_is_lost() -> None:
    """The same trips, a little earlier or later."""
    before = dict(zip(names(origin().block(0, HOUR)), origin().block(0, HOUR).step.tolist(), strict=True))
    made = ShiftedDemand(origin(), 90, 5).block(0, HOUR + 90)
    after = dict(zip(names(made), made.step.tolist(), strict=True))
    assert before.keys() <= after.keys()
    moved = np.array([after[name] - step for name, step in before.items() if step > 90])
    assert np.abs(moved).max() <= 90
    assert abs(moved.mean()) < 4 * 52 / np.sqrt(len(moved))
    assert moved.std() == pytest.approx(90 / np.sqrt(3), rel=0.1)
    assert made.step.min() >= 0


# ---------------------------------------------------------------- other ways


def test_those_who_leave_while_a_road_is_closed_do_not_drive_it() -> None:
    """And those who leave before or after go as they always did."""
    demand = diverted()
    made, before = demand.block(0, HOUR), origin().block(0, HOUR)
    closed, entry = demand.closures[0].roads, NETWORK.road("road_0_2_0")
    ways = {name: demand.routes[route] for name, route in zip(names(made), made.route.tolist(), strict=True)}
    old = origin()
    old.block(0, HOUR)
    for name, step, route in zip(names(before), before.step.tolist(), before.route.tolist(), strict=True):
        was = old.routes[route]
        if was[0] == entry:
            assert name not in ways
        elif not 600 <= step < 1800:
            assert ways[name] == was
        elif name in ways:
            assert closed.isdisjoint(ways[name])
            assert (ways[name][0], ways[name][-1]) == (was[0], was[-1])


def test_refused_vehicles_are_counted_by_the_time_at_which_they_should_have_left() -> None:
    """Whoever vanishes from a comparison makes it look better than it is."""
    demand = diverted()
    made, before = demand.block(0, HOUR), origin().block(0, HOUR)
    gone = set(names(before)) - set(names(made))
    steps = [step for name, step in zip(names(before), before.step.tolist(), strict=True) if name in gone]
    assert len(steps) > 100  # the closed entry alone has so many
    for until in (0, 700, HOUR):
        assert demand.refused(until) == sum(step < until for step in steps)
    demand.block(0, HOUR)
    assert demand.refused(HOUR) == len(gone)


# ---------------------------------------------------------------- finer steps


def test_times_are_seconds_however_fine_the_steps_of_the_demand() -> None:
    """A closure from second 600 on is one at step 1200 of a demand in half seconds."""
    entry = frozenset({NETWORK.road("road_0_2_0")})
    fine = PoissonDemand(NETWORK, 150.0, seed=3, step_s=0.5)
    steps = 2 * HOUR
    thinned = ScaledDemand(fine, 0.0, 1, entry, (600, 1200)).block(0, steps)
    closed = DivertedDemand(fine, NETWORK, [Closed(entry, frozenset(), (600, 1200))])
    shut = closed.block(0, steps)
    begins = np.array([route[0] for route in fine.routes])[fine.block(0, steps).route]
    there = np.isin(begins, list(entry))
    step = fine.block(0, steps).step
    gone = there & (step >= 1200) & (step < 2400)
    assert names(thinned) == names(shut)
    assert len(step) - len(thinned.step) == gone.sum() > 10
    assert closed.refused(900) == (gone & (step < 1800)).sum()
    shifted = ShiftedDemand(fine, 30, 1).block(0, steps + 60)
    assert np.abs(np.sort(shifted.step)[: len(step)] - step).max() <= 60


# ---------------------------------------------------------------- chance


def test_what_is_drawn_for_one_purpose_says_nothing_of_another() -> None:
    """Otherwise those who leave later would be those who are doubled."""
    flow = np.arange(20_000, dtype=np.int32)
    vehicles = Departures(flow, flow, flow, flow, flow)
    drawn = [chances(seed, vehicles, purpose) for seed in (1, 2) for purpose in (0, 1, 2)]
    assert np.abs(np.corrcoef(drawn) - np.eye(6)).max() < 4 / np.sqrt(20_000)


def test_the_chance_of_vehicles_is_even_and_their_own() -> None:
    """A pattern in it would thin out one road more than another."""
    flow, number = (part.ravel().astype(np.int32) for part in np.meshgrid(np.arange(200), np.arange(200)))
    nothing = np.zeros(len(flow), np.int32)
    drawn = chances(7, Departures(nothing, nothing, nothing, flow, number), 0)
    assert np.histogram(drawn, 20, (0, 1))[0].std() < 4 * np.sqrt(len(drawn) / 20)
    table = drawn.reshape(200, 200)
    assert abs(np.corrcoef(table[:-1].ravel(), table[1:].ravel())[0, 1]) < 0.02
    assert abs(np.corrcoef(table[:, :-1].ravel(), table[:, 1:].ravel())[0, 1]) < 0.02
    assert (drawn >= 0).all()
    assert (drawn < 1).all()
