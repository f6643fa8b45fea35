"""One step of motion: plan from the committed state, move between drivables, commit."""

from __future__ import annotations

from touyan.kernels.compiled import inlined

from .crossing import crossing_speed
from .following import INTERVAL_S, following_speed
from .layout import FINISHED, NEVER, NONE, RUNNING, STEP, World
from .lists import insert_behind, remove


@inlined
def next_speed(vehicle: int, world: World) -> float:
    """The speed a vehicle aims at; negative when it stops within the step."""
    vehicles, types = world.vehicles, world.types
    kind, speed = vehicles.kind[vehicle], vehicles.speed[vehicle]
    wanted = min(types.max_speed[kind], speed + types.max_pos_acc[kind] * INTERVAL_S)
    wanted = min(wanted, world.net.speed_limit[vehicles.drivable[vehicle]])
    wanted = min(wanted, following_speed(vehicle, vehicles, types))
    wanted = min(wanted, crossing_speed(vehicle, world))
    if vehicles.held_until[vehicle] > world.tally[STEP]:
        wanted = min(wanted, 0.0)
    return max(wanted, speed - types.max_neg_acc[kind] * INTERVAL_S)


@inlined
def plan(vehicle: int, world: World) -> None:
    """Plan one vehicle's speed and place from the committed state only."""
    vehicles, planned, net = world.vehicles, world.planned, world.net
    planned.blocker[vehicle] = NONE
    speed = vehicles.speed[vehicle]
    wanted = next_speed(vehicle, world)
    if wanted < 0:
        moved = 0.5 * speed * speed / world.types.max_neg_acc[vehicles.kind[vehicle]]
        wanted = 0.0
    else:
        moved = (speed + wanted) * INTERVAL_S / 2
    x, place = vehicles.x[vehicle] + moved, vehicles.path[vehicle]
    while world.paths[place] != NONE and x > net.length[world.paths[place]]:
        x -= net.length[world.paths[place]]
        place += 1
    planned.x[vehicle], planned.speed[vehicle], planned.path[vehicle] = x, wanted, place


@inlined
def plan_all(world: World) -> None:
    """Plan every running vehicle; the order does not matter."""
    for position in range(world.tally[RUNNING]):
        plan(world.lists.active[position], world)


@inlined
def changes_drivable(vehicle: int, world: World) -> bool:
    """Whether a vehicle leaves its drivable in the step at hand."""
    return world.planned.path[vehicle] != world.vehicles.path[vehicle]


@inlined
def take_out(world: World) -> int:
    """Take movers out of their lists; those who end are counted. Returns how many go on."""
    vehicles, lists, sensing = world.vehicles, world.lists, world.sensing
    kept = movers = 0
    for position in range(world.tally[RUNNING]):
        vehicle = lists.active[position]
        if changes_drivable(vehicle, world):
            drivable = vehicles.drivable[vehicle]
            remove(vehicle, drivable, vehicles, lists)
            if drivable < len(sensing.left):
                sensing.left[drivable] += 1
            if world.paths[world.planned.path[vehicle]] == NONE:
                vehicles.drivable[vehicle] = NONE
                world.tally[FINISHED] += 1
                continue
            lists.movers[movers] = vehicle
            movers += 1
        lists.active[kept] = vehicle
        kept += 1
    world.tally[RUNNING] = kept
    return movers


@inlined
def last_before(vehicle: int, drivable: int, world: World) -> int:
    """The vehicle behind which a mover lines up: the tail, or an earlier mover that is further on."""
    planned = world.planned
    ahead = world.lists.tail[drivable]
    while ahead != NONE and changes_drivable(ahead, world) and planned.x[ahead] < planned.x[vehicle]:
        ahead = world.vehicles.ahead[ahead]
    return ahead


@inlined
def put_in(movers: int, world: World) -> None:
    """Line movers up at the tails of their new drivables, those that are furthest on it first."""
    vehicles, lists, sensing = world.vehicles, world.lists, world.sensing
    for position in range(movers):
        vehicle = lists.movers[position]
        drivable = world.paths[world.planned.path[vehicle]]
        vehicles.previous[vehicle] = vehicles.drivable[vehicle]
        insert_behind(last_before(vehicle, drivable, world), vehicle, drivable, vehicles, lists)
        if drivable < len(sensing.entered):
            vehicles.link_step[vehicle] = NEVER
            sensing.entered[drivable] += 1
        else:
            vehicles.link_step[vehicle] = world.tally[STEP]


@inlined
def commit(world: World) -> None:
    """Make the plan the state."""
    vehicles, planned = world.vehicles, world.planned
    for position in range(world.tally[RUNNING]):
        vehicle = world.lists.active[position]
        vehicles.x[vehicle] = planned.x[vehicle]
        vehicles.speed[vehicle] = planned.speed[vehicle]
        vehicles.path[vehicle] = planned.path[vehicle]
        blocker = planned.blocker[vehicle]
        gone = blocker != NONE and vehicles.drivable[blocker] == NONE
        vehicles.blocker[vehicle] = NONE if gone else blocker
