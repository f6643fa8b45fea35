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

    `surroundings[a]` are the actors, itself among them, whose costs an action of a may change.
    """

    def __init__(self, surroundings: Sequence[Iterable[int]], sweeps: int = 1, pool: Executor | None = None) -> None:
        self._around = [np.array(sorted(each), np.intp) for each in surroundings]
        self._groups = apart(self._around)
        self._sweeps = sweeps
        self._pool = pool

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
        tried = {actor: [plan[actor], *(o for o in options[actor] if o != plan[actor])] for actor in group}
        plans = [plan.copy() for _ in range(max(map(len, tried.values())))]
        if len(plans) == 1:
            return plan
        for actor, actions in tried.items():
            for place, action in enumerate(actions):
                plans[place][actor] = action
        costs = trials.costs(plans)
        best = plan.copy()
        for actor, actions in tried.items():
            around = costs[: len(actions), self._around[actor]].sum(axis=1)
            best[actor] = actions[int(np.argmin(around))]
            weighed[actor] = Weighed(tuple(map(int, actions)), tuple(around.tolist()), int(best[actor]))
        return best


class _Trials:
    """Runs plans in all futures; what was run once is remembered."""

    def __init__(self, futures: Sequence[Future], pool: Executor | None) -> None:
        self._futures, self._pool = futures, pool
        self._known: dict[bytes, Costs] = {}
        self.runs = 0

    def costs(self, plans: Sequence[Plan]) -> Costs:
        """Mean cost over the futures, shape (plans, actors)."""
        new = [plan for plan in plans if plan.tobytes() not in self._known]
        jobs = [(future, plan) for plan in new for future in self._futures]
        told = list(map(_tried, jobs) if self._pool is None else self._pool.map(_tried, jobs))
        self.runs += len(jobs)
        for place, plan in enumerate(new):
            own = told[place * len(self._futures) : (place + 1) * len(self._futures)]
            self._known[plan.tobytes()] = np.mean(own, axis=0)
        return np.stack([self._known[plan.tobytes()] for plan in plans])


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
