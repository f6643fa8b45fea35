"""The search for the action of each actor that costs least: held to plain enumeration."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count, product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.control.lookahead import Costs, Plan, Search, apart


class Chain:
    """Actors in a row; the cost of each depends on its own action and those of its neighbours."""

    def __init__(self, seed: int, actors: int = 5, actions: int = 3) -> None:
        self.cost = np.random.default_rng(seed).random((actors, actions, actions, actions))
        self.spent = False

    def branch(self) -> Chain:
        """An unspent copy."""
        twin = Chain.__new__(Chain)
        twin.cost, twin.spent = self.cost, False
        return twin

    def carry_out(self, plan: Plan) -> Costs:
        """Looked up; may be done once only."""
        assert not self.spent, "a future was used twice"
        self.spent = True
        padded = np.concatenate([[0], plan, [0]])
        return np.array([self.cost[a, padded[a], padded[a + 1], padded[a + 2]] for a in range(len(plan))])


def around(actors: int) -> list[set[int]]:
    """The neighbours in a row."""
    return [{each for each in (actor - 1, actor, actor + 1) if 0 <= each < actors} for actor in range(actors)]


ALL = [range(3)] * 5


def total(plan: Plan, futures: list[Chain]) -> float:
    """What a plan costs all together, on average."""
    return float(np.mean([future.branch().carry_out(plan).sum() for future in futures]))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(0, 2), min_size=5, max_size=5))
def test_one_sweep_is_what_trying_actor_after_actor_gives(seed: int, start: list[int]) -> None:
    """Trials that share a run must not disturb one another: the result is that of plain coordinate descent."""
    futures = [Chain(seed), Chain(seed + 1)]
    plan = np.array(start, np.int32)
    found = Search(around(5), finalists=3).better(plan, ALL, futures)
    for group in apart([np.array(sorted(each)) for each in around(5)]):
        for actor in group:
            tries = [
                np.concatenate([plan[:actor], [action], plan[actor + 1 :]]).astype(np.int32) for action in range(3)
            ]
            costs = [total(each, futures) for each in tries]
            if min(costs) < costs[plan[actor]] - 1e-9:
                plan = tries[int(np.argmin(costs))]
    assert total(found.plan, futures) <= total(plan, futures) + 1e-9


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_enough_sweeps_end_where_no_single_change_helps(seed: int) -> None:
    """A local optimum, and never worse than the start."""
    futures = [Chain(seed)]
    start = np.zeros(5, np.int32)
    found = Search(around(5), sweeps=50).better(start, ALL, futures)
    best = total(found.plan, futures)
    assert best <= total(start, futures)
    for actor, action in product(range(5), range(3)):
        other = found.plan.copy()
        other[actor] = action
        assert total(other, futures) >= best - 1e-9


def test_each_decision_tells_what_was_tried_and_what_it_would_cost() -> None:
    """People are shown the alternatives: all options, finite costs, and the taken one has the least."""
    found = Search(around(5)).better(np.zeros(5, np.int32), ALL, [Chain(7)])
    for actor, weighed in enumerate(found.weighed):
        assert sorted(weighed.actions) == [0, 1, 2]
        assert weighed.chosen == found.plan[actor] == weighed.actions[int(np.argmin(weighed.costs))]


def test_actors_without_a_choice_cost_no_run() -> None:
    """Pruning must save time."""
    assert Search(around(5)).better(np.zeros(5, np.int32), [[0]] * 5, [Chain(1)]).runs == 0


def test_the_deadline_ends_the_search_with_the_best_plan_so_far() -> None:
    """A late decision is worth less than a good one: after the deadline nothing more is tried."""
    ticks = count()
    futures = [Chain(3)]
    found = Search(around(5)).better(np.zeros(5, np.int32), ALL, futures, deadline=1, clock=lambda: float(next(ticks)))
    assert not found.complete
    assert 0 < found.runs < Search(around(5)).better(np.zeros(5, np.int32), ALL, futures).runs
    assert total(found.plan, futures) <= total(np.zeros(5, np.int32), futures)


def test_a_pool_changes_nothing_but_the_time() -> None:
    """Threads must not change a decision."""
    futures = [Chain(seed) for seed in range(3)]
    with ThreadPoolExecutor(2) as pool:
        shared = Search(around(5), 3, pool=pool).better(np.ones(5, np.int32), ALL, futures)
    alone = Search(around(5), 3).better(np.ones(5, np.int32), ALL, futures)
    assert shared.plan.tolist() == alone.plan.tolist()
    assert shared.weighed == alone.weighed


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sets(st.integers(0, 9), min_size=1), min_size=1, max_size=10))
def test_actors_of_a_group_have_no_surroundings_in_common(sets: list[set[int]]) -> None:
    """Else two trials in one run would be mistaken for one another; and nobody may be left out."""
    surroundings = [np.array(sorted({each % len(sets) for each in own} | {actor})) for actor, own in enumerate(sets)]
    groups = apart(surroundings)
    assert sorted(actor for group in groups for actor in group) == list(range(len(sets)))
    for group in groups:
        members = [each for actor in group for each in surroundings[actor].tolist()]
        assert len(members) == len(set(members))


def test_only_finalists_are_tried_in_all_futures() -> None:
    """Poor options are dropped after the first future: 2 groups of rows share runs, 3 options, 4 futures."""
    futures = [Chain(seed) for seed in range(4)]
    few = Search([{0}], finalists=1).better(np.zeros(1, np.int32), [range(3)], [Chain(s, actors=1) for s in range(4)])
    assert few.runs == 3 + 3
    all_of_them = Search(around(5), finalists=3).better(np.zeros(5, np.int32), ALL, futures)
    assert Search(around(5), finalists=2).better(np.zeros(5, np.int32), ALL, futures).runs < all_of_them.runs


def test_a_lone_actor_takes_what_is_best_on_average_not_in_one_future() -> None:
    """Several futures are there so that chance in one of them does not decide."""
    futures = [Chain(seed, actors=1) for seed in range(6)]
    costs = [np.mean([future.cost[0, 0, action, 0] for future in futures]) for action in range(3)]
    found = Search([{0}], finalists=3).better(np.zeros(1, np.int32), [range(3)], futures)
    assert found.plan[0] == int(np.argmin(costs))


def test_the_groups_of_a_city_do_not_grow_with_it() -> None:
    """The cost per crossing must stay flat: a long row needs as many groups as a short one."""
    assert len(apart([np.array(sorted(each)) for each in around(12)])) == len(
        apart([np.array(sorted(each)) for each in around(600)])
    )
