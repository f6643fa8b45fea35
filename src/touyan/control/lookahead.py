"""Looking ahead: the action of each actor that costs least in the futures that may come.

A plan gives every actor one action. It is bettered actor by actor: each tries its options while the others keep to
the plan, in every one of several possible futures, and takes the one that costs least around it. Actors whose
surroundings have nothing in common try theirs in the same runs, so what a decision costs each actor does not
grow with their number.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Plan = NDArray[np.int32]
"""The action of each actor, by a number that only the field knows."""

Costs = NDArray[np.float64]


class Future(Protocol):
    """One way in which the world may be now and go on; a `Branchable` that can be tried."""

    def branch(self) -> Self:
        """An independent copy; both go on as the original would have."""

    def carry_out(self, plan: Plan) -> Costs:
        """Let time pass under a plan; the cost that falls to each actor."""


class Weighed(NamedTuple):
    """What was tried for one actor: actions, the mean cost around it of each, and which was taken."""

    actions: tuple[int, ...]
    costs: tuple[float, ...]
    chosen: int


class Decision(NamedTuple):
    """The best plan found, what was tried for each actor, runs made, and whether time was enough for all."""

    plan: Plan
    weighed: list[Weighed]
    runs: int
    complete: bool


class Search:
    """Coordinate descent over actors with neighbours.

    `surroundings[a]` are the actors, itself among them, whose costs an action of a may change. All options are tried
    in the first future, and the best `finalists` of each actor in the others.
    """

    def __init__(
        self,
        surroundings: Sequence[Iterable[int]],
        sweeps: int = 1,
        finalists: int = 2,
        pool: Executor | None = None,
    ) -> None:
        self._around = [np.array(sorted(each), np.intp) for each in surroundings]
        self._groups = apart(self._around)
        self._sweeps, self._finalists, self._pool = sweeps, finalists, pool

    def better(
        self,
        plan: Plan,
        options: Sequence[Sequence[int]],
        futures: Sequence[Future],
        deadline: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
    ) -> Decision:
        """The plan, bettered until the deadline of the clock; each actor has its own options."""
        trials = _Trials(futures, self._pool)
        weighed = [Weighed((action,), (math.nan,), action) for action in plan.tolist()]
        for _ in range(self._sweeps):
            before = plan
            for group in self._groups:
                if clock() >= deadline:
                    return Decision(plan, weighed, trials.runs, complete=False)
                plan = self._bettered(plan, group, options, trials, weighed)
            if np.array_equal(plan, before):
                break
        return Decision(plan, weighed, trials.runs, complete=True)

    def _bettered(
        self, plan: Plan, group: list[int], options: Sequence[Sequence[int]], trials: _Trials, weighed: list[Weighed]
    ) -> Plan:
        """The plan after each actor of a group has taken its best option."""
        tried = {actor: [int(plan[actor]), *(o for o in options[actor] if o != plan[actor])] for actor in group}
        if max(map(len, tried.values())) == 1:
            return plan
        heard = {actor: dict.fromkeys(actions, np.empty(0)) for actor, actions in tried.items()}
        for round_, futures in enumerate(trials.rounds):
            if round_:
                tried = {actor: self._best_of(heard[actor], self._finalists) for actor in group}
            plans = _side_by_side(plan, tried)
            costs = trials.costs(plans, futures)
            for actor, actions in tried.items():
                for place, action in enumerate(actions):
                    told = costs[place][:, self._around[actor]].sum(axis=1)
                    heard[actor][action] = np.concatenate([heard[actor][action], told])
        best = plan.copy()
        for actor in group:
            best[actor] = self._best_of({action: heard[actor][action] for action in tried[actor]}, 1)[0]
            mean = tuple(float(costs.mean()) for costs in heard[actor].values())
            weighed[actor] = Weighed(tuple(heard[actor]), mean, int(best[actor]))
        return best

    @staticmethod
    def _best_of(heard: dict[int, Costs], count: int) -> list[int]:
        """The actions of least mean cost; the sort is stable, so of equal ones the plan's own stays first."""
        return sorted(heard, key=lambda action: float(heard[action].mean()))[:count]


def _side_by_side(plan: Plan, tried: dict[int, list[int]]) -> list[Plan]:
    """Plans in which each actor takes one of its actions after the other, and keeps to the plan when it has no more."""
    plans = [plan.copy() for _ in range(max(map(len, tried.values())))]
    for actor, actions in tried.items():
        for place, action in enumerate(actions):
            plans[place][actor] = action
    return plans


class _Trials:
    """Runs plans in futures; what was run once is remembered."""

    def __init__(self, futures: Sequence[Future], pool: Executor | None) -> None:
        self._futures, self._pool = futures, pool
        self._known: dict[tuple[int, bytes], Costs] = {}
        self.rounds = [each for each in (range(1), range(1, len(futures))) if len(each)]
        self.runs = 0

    def costs(self, plans: Sequence[Plan], futures: Sequence[int]) -> list[Costs]:
        """What each plan costs each actor in each of the futures numbered."""
        asked = [(number, plan) for plan in plans for number in futures]
        jobs = {(number, plan.tobytes()): (self._futures[number], plan) for number, plan in asked}
        new = {key: job for key, job in jobs.items() if key not in self._known}
        told = map(_tried, new.values()) if self._pool is None else self._pool.map(_tried, new.values())
        self._known.update(zip(new, told, strict=True))
        self.runs += len(new)
        return [np.stack([self._known[number, plan.tobytes()] for number in futures]) for plan in plans]


def _tried(job: tuple[Future, Plan]) -> Costs:
    future, plan = job
    return future.branch().carry_out(plan)


def apart(surroundings: Sequence[NDArray[np.intp]]) -> list[list[int]]:
    """Groups of actors whose surroundings have nothing in common; few, and every actor in one."""
    touching: list[set[int]] = [set() for _ in surroundings]
    for actor, around in enumerate(surroundings):
        for each in around.tolist():
            touching[each].add(actor)
    groups: list[list[int]] = []
    group_of: dict[int, int] = {}
    for actor, around in enumerate(surroundings):
        rivals = {rival for each in around.tolist() for rival in touching[each]}
        taken = {group_of[rival] for rival in rivals if rival in group_of}
        free = next(group for group in range(len(groups) + 1) if group not in taken)
        if free == len(groups):
            groups.append([])
        groups[free].append(actor)
        group_of[actor] = free
    return groups
