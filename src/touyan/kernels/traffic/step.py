"""The order of one step, and many steps in one call."""

from __future__ import annotations

from touyan.kernels.compiled import compiled, inlined

from .arrivals import create, insert
from .conflicts import notify
from .incidents import break_down
from .layout import CREATED, FINISHED, RUNNING, STEP, VEHICLE_SECONDS, Longs, World
from .leaders import find_leaders
from .motion import commit, plan_all, put_in, take_out
from .sensing import gather
from .signals import change_commanded, run_programmes


@inlined
def step(world: World) -> None:
    """One second of the world."""
    change_commanded(world)
    create(world)
    insert(world)
    break_down(world)
    notify(world)
    plan_all(world)
    put_in(take_out(world), world)
    commit(world)
    find_leaders(world)
    run_programmes(world)
    gather(world)
    world.tally[STEP] += 1
    world.tally[VEHICLE_SECONDS] += world.tally[CREATED] - world.tally[FINISHED]


@compiled
def run(world: World, running: Longs) -> None:
    """As many steps as `running` has elements; it receives the vehicles running after each."""
    for number in range(len(running)):
        step(world)
        running[number] = world.tally[RUNNING]
