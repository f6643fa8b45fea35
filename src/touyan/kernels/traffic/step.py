"""The order of one step, and many steps in one call, by one thread or several.

Each thread of a team works on a stretch of the drivables; what concerns all of them is done by the first one. As
every part reads only what the part before has written, the number of threads changes no digit.
"""

from __future__ import annotations

from touyan.kernels.compiled import compiled, inlined
from touyan.kernels.team import meet

from .arrivals import create, insert
from .changing import forget_wishes, grant_all, make_wishes, settle_changes
from .conflicts import clear_busy, note_busy
from .incidents import break_down
from .layout import (
    CREATED,
    DISTURBED,
    FINISHED,
    LANE_CHANGE,
    LIFE_STEPS,
    RUNNING,
    SLOTS_WANTED,
    STEP,
    Longs,
    Team,
    World,
)
from .leaders import find_all_leaders, find_leaders_of_heads
from .motion import expect, move_all, plan, relocate, welcome
from .rows import list_occupied
from .signals import change_commanded, run_programmes

_WEIGHT = 8  # a vehicle is so much more work than an empty drivable
_SHARED_FOR = 30  # steps for which the stretches stay as they are


@inlined
def begin(world: World) -> None:
    """What happens before anybody moves: signals, arrivals, incidents."""
    tally = world.tally
    tally[DISTURBED] = 0
    change_commanded(world)
    create(world)
    insert(world)
    break_down(world)


@inlined
def change_lanes(thread: int, threads: int, team: Team, world: World) -> None:
    """Begin lane changes: wishes are noted side by side, and granted one after the other."""
    first, last = team.stretches[thread], team.stretches[thread + 1]
    lanes = len(world.net.lanes)
    team.wish_begin[thread] = world.rows.start[first]
    team.wishes[thread] = make_wishes(min(first, lanes), min(last, lanes), world.rows.start[first], world)
    meet(team.meeting, threads)
    if thread == 0:
        grant_all(team.wish_begin, team.wishes, threads, world)
    meet(team.meeting, threads)
    if world.tally[DISTURBED]:
        find_all_leaders(first, last, world)


@inlined
def go_on_changing(team: Team, threads: int, world: World) -> None:
    """Let lane changes under way go on, once all speeds are planned."""
    for thread in range(threads):
        forget_wishes(team.wish_begin[thread], team.wishes[thread], world)
    settle_changes(world)


@inlined
def change_drivables(team: Team, threads: int, world: World) -> None:
    """Bring all who have passed the end of their drivable to the next one."""
    for thread in range(threads):
        expect(team.begin[thread], team.movers[thread], world)
    for thread in range(threads):
        relocate(team.begin[thread], team.movers[thread], world)
    for thread in range(threads):
        welcome(team.begin[thread], team.movers[thread], world)


@inlined
def look_around(first: int, last: int, world: World) -> None:
    """Let the heads of rows find their leaders, and detectors count; first ≤ drivable < last."""
    find_leaders_of_heads(first, first + list_occupied(first, last, world), world)
    for lane in range(first, min(last, len(world.net.lanes))):
        world.sensing.seconds[lane] += world.rows.filled[lane] * world.interval


@inlined
def finish(world: World) -> None:
    """Let the clocks go on."""
    tally = world.tally
    run_programmes(world)
    tally[STEP] += 1
    tally[LIFE_STEPS] += tally[CREATED] - tally[FINISHED]


@inlined
def share_out(team: Team, threads: int, world: World) -> None:
    """Give each thread a stretch of the drivables with about as many vehicles."""
    filled = world.rows.filled
    total = len(filled)
    for drivable in range(len(filled)):
        total += _WEIGHT * filled[drivable]
    passed, thread = 0, 1
    for drivable in range(len(filled)):
        while thread < threads and passed * threads >= thread * total:
            team.stretches[thread] = drivable
            thread += 1
        passed += 1 + _WEIGHT * filled[drivable]
    for later in range(thread, threads + 1):
        team.stretches[later] = len(filled)


@inlined
def step(thread: int, threads: int, team: Team, world: World) -> None:
    """One interval of the world; every thread of the team comes here, and each does its part."""
    first, last = team.stretches[thread], team.stretches[thread + 1]
    lanes = len(world.net.lanes)
    if thread == 0:
        begin(world)
    meet(team.meeting, threads)
    if world.tally[LANE_CHANGE]:
        change_lanes(thread, threads, team, world)
    clear_busy(max(first, lanes) - lanes, max(last, lanes) - lanes, world)
    end = first + list_occupied(first, last, world)
    meet(team.meeting, threads)
    note_busy(first, end, world)
    meet(team.meeting, threads)
    plan(first, end, world)
    meet(team.meeting, threads)
    if world.tally[LANE_CHANGE]:
        if thread == 0:
            go_on_changing(team, threads, world)
        meet(team.meeting, threads)
    team.begin[thread] = world.rows.start[first]
    team.movers[thread] = move_all(first, end, world.rows.start[first], world)
    meet(team.meeting, threads)
    if thread == 0:
        change_drivables(team, threads, world)
    meet(team.meeting, threads)
    look_around(first, last, world)
    meet(team.meeting, threads)
    if thread == 0:
        finish(world)


@inlined
def is_roomy(world: World) -> bool:
    """Whether there are slots enough for whatever the next step brings."""
    tally = world.tally
    # Each gate may let one in, everybody may need a slot ahead too, and one for a shadow on another lane.
    most = (2 + tally[LANE_CHANGE]) * (tally[RUNNING] + len(world.gates))
    return max(tally[SLOTS_WANTED], most) + 1 < len(world.vehicles)  # the last slot belongs to no row


@compiled
def run(thread: int, threads: int, team: Team, world: World, running: Longs) -> int:
    """At most as many steps as `running` has elements; it receives the vehicles running after each.

    Each of the team's threads makes this call, with its own number. Returns the steps done: fewer when more slots
    are needed to go on.
    """
    for number in range(len(running)):
        if thread == 0:
            team.goes_on[0] = is_roomy(world)
            if number % _SHARED_FOR == 0:
                share_out(team, threads, world)
        meet(team.meeting, threads)
        if not team.goes_on[0]:
            return number
        step(thread, threads, team, world)
        if thread == 0:
            running[number] = world.tally[RUNNING]
    return len(running)
