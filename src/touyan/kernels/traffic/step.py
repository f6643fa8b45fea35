"""The order of one step, and many steps in one call."""

from __future__ import annotations

from touyan.kernels.compiled import compiled, inlined

from .arrivals import create, insert
from .changing import forget_wishes, plan_changes, settle_changes
from .conflicts import clear_busy, note_busy
from .incidents import break_down
from .layout import CREATED, DISTURBED, FINISHED, LANE_CHANGE, LIFE_STEPS, RUNNING, SLOTS_WANTED, STEP, Longs, World
from .leaders import find_leaders
from .motion import expect, move_all, plan, relocate
from .sensing import gather
from .signals import change_commanded, run_programmes


@inlined
def step(world: World) -> None:
    """One interval of the world."""
    lanes, drivables = len(world.net.lanes), len(world.rows.filled)
    tally = world.tally
    tally[DISTURBED] = 0
    change_commanded(world)
    create(world)
    insert(world)
    break_down(world)
    wishes = 0
    if tally[LANE_CHANGE]:
        wishes = plan_changes(world)
        if tally[DISTURBED]:
            find_leaders(0, drivables, world)
    clear_busy(0, drivables - lanes, world)
    note_busy(0, lanes, world)
    plan(0, drivables, world)
    if tally[LANE_CHANGE]:
        forget_wishes(wishes, world)
        settle_changes(world)
    movers = move_all(0, drivables, 0, world)
    expect(0, movers, world)
    relocate(0, movers, world)
    find_leaders(0, drivables, world)
    gather(0, lanes, world)
    run_programmes(world)
    tally[STEP] += 1
    tally[LIFE_STEPS] += tally[CREATED] - tally[FINISHED]


@inlined
def is_roomy(world: World) -> bool:
    """Whether there are slots enough for whatever the next step brings."""
    tally, slots = world.tally, len(world.vehicles)
    # Each running vehicle may be on the move or cast a shadow, and each gate may let one in.
    return max(tally[SLOTS_WANTED], 3 * tally[RUNNING] + len(world.gates)) < slots


@compiled
def run(world: World, running: Longs) -> int:
    """At most as many steps as `running` has elements; it receives the vehicles running after each.

    Returns the steps done: fewer when more slots are needed to go on.
    """
    for number in range(len(running)):
        if not is_roomy(world):
            return number
        step(world)
        running[number] = world.tally[RUNNING]
    return len(running)
