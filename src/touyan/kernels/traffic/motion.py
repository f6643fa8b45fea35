"""One step of motion: plan from the committed state, move, change drivables."""

from __future__ import annotations

from touyan.kernels.compiled import inlined

from .changing import make_room_speed, wrong_lane_speed
from .crossing import crossing_speed
from .following import following_speed
from .incidents import is_held
from .layout import FINISHED, HOLDING, LANE_CHANGE, NEVER, NONE, RUNNING, STEP, World
from .leaders import find_gap
from .routing import lanes_aside, way_on
from .rows import copy_slot, fetch_rows, make_room, note_slot, open_slot, take_out
from .sensing import HALTING_SPEED, covered_length, note_seen


@inlined
def next_speed(slot: int, drivable: int, leader_speed: float, leader_kind: int, world: World) -> float:
    """The speed a vehicle aims at; negative when it stops within the step."""
    vehicles, types, interval = world.vehicles, world.types, world.interval
    kind, speed = vehicles[slot].kind, vehicles[slot].speed
    wanted = min(types.max_speed[kind], speed + types.max_pos_acc[kind] * interval)
    wanted = min(wanted, world.net.drivables[drivable].speed_limit)
    wanted = min(wanted, following_speed(slot, leader_speed, leader_kind, world))
    wanted = min(wanted, crossing_speed(slot, drivable, wanted, world))
    if world.tally[LANE_CHANGE]:
        wanted = min(wanted, make_room_speed(slot, world))
        wanted = min(wanted, wrong_lane_speed(slot, drivable, world))
    if world.tally[HOLDING] and is_held(slot, world):
        wanted = min(wanted, 0.0)
    return max(wanted, speed - types.max_neg_acc[kind] * interval)


@inlined
def plan_row(drivable: int, world: World) -> None:
    """Plan the speeds of all vehicles of a drivable, each behind the one before it."""
    rows, vehicles = world.rows, world.vehicles
    leader_speed, leader_kind = rows.heads[drivable].leader_speed, rows.heads[drivable].leader_kind
    head = rows.heads[drivable].front
    for slot in range(head, head + rows.filled[drivable]):
        vehicles[slot].next_blocker = NONE
        vehicles[slot].next_speed = next_speed(slot, drivable, leader_speed, leader_kind, world)
        leader_speed, leader_kind = vehicles[slot].speed, vehicles[slot].kind


@inlined
def plan(begin: int, end: int, world: World) -> None:
    """Plan from the committed state only, on drivables listed as occupied; the order does not matter."""
    for place in range(begin, end):
        fetch_rows(place, end, world)
        plan_row(world.rows.occupied[place], world)


@inlined
def move(slot: int, world: World) -> float:
    """Carry out a vehicle's plan; its place on the drivable (m) may then lie beyond the end."""
    vehicles = world.vehicles
    speed, wanted = vehicles[slot].speed, vehicles[slot].next_speed
    if wanted < 0:
        moved = 0.5 * speed * speed / world.types.max_neg_acc[vehicles[slot].kind]
        wanted = 0.0
    else:
        moved = (speed + wanted) * world.interval / 2
    vehicles[slot].x += moved
    vehicles[slot].speed = wanted
    vehicles[slot].blocker = vehicles[slot].next_blocker
    if (speed < HALTING_SPEED) != (wanted < HALTING_SPEED):
        note_halt(slot, wanted < HALTING_SPEED, world)
    return vehicles[slot].x


@inlined
def note_halt(slot: int, halts: bool, world: World) -> None:
    """Note that a vehicle comes to a halt, or drives on after one."""
    history = world.histories[slot]
    if halts:
        history.halt_step = world.tally[STEP]
        history.stops += 1
    else:
        history.waited += world.tally[STEP] - history.halt_step
        history.halt_step = NONE


@inlined
def move_all(begin: int, end: int, row: int, world: World) -> int:
    """Move everybody on drivables listed as occupied; returns how many leave, noted from `row` on."""
    movers = 0
    for place in range(begin, end):
        fetch_rows(place, end, world)
        movers += move_row(world.rows.occupied[place], row + movers, world)
    return movers


@inlined
def move_row(drivable: int, begin: int, world: World) -> int:
    """Move everybody on a drivable; those who stay look at who is ahead, and are seen by the detector."""
    rows, vehicles, length = world.rows, world.vehicles, world.net.drivables[drivable].length
    head = rows.heads[drivable].front
    movers, ahead = 0, NONE
    distance = covered = 0.0
    for slot in range(head, head + rows.filled[drivable]):
        if move(slot, world) > length and leave(slot, drivable, begin + movers, world):
            movers += 1
            ahead = NONE  # the next one will be the head
            continue
        if ahead != NONE:
            find_gap(slot, world)
        ahead = slot
        distance += vehicles[slot].speed
        covered += covered_length(slot, world)
    if drivable < len(world.net.lanes):
        note_seen(drivable, distance, covered, world)
    return movers


@inlined
def leave(slot: int, drivable: int, row: int, world: World) -> int:
    """Note where a vehicle goes that has passed the end of its drivable; returns 0 when it must stay."""
    vehicles, net, movers = world.vehicles, world.net, world.movers
    lanes = len(net.lanes)
    x, place, link = vehicles[slot].x, vehicles[slot].place, vehicles[slot].link
    here = drivable
    while here != NONE and x > net.drivables[here].length:
        if here < lanes and link == NONE:
            if world.roads[place + 1] == NONE:
                x -= net.drivables[here].length
                here = NONE
            elif here == drivable:
                stay_at_end(slot, here, world)
                return 0
            else:
                x = net.drivables[here].length
            continue
        x -= net.drivables[here].length
        if here < lanes:
            here = lanes + link
        else:
            here = net.links[link].to_lane
            place += 1
            link = way_on(here, place, world)
    movers.number[row], movers.origin[row] = vehicles[slot].number, drivable
    movers.drivable[row], movers.place[row], movers.link[row], movers.x[row] = here, place, link, x
    return 1


@inlined
def stay_at_end(slot: int, lane: int, world: World) -> None:
    """Stop a vehicle at the end of a lane that does not lead on."""
    if world.vehicles[slot].speed >= HALTING_SPEED:
        note_halt(slot, True, world)
    world.vehicles[slot].x = world.net.drivables[lane].length
    world.vehicles[slot].speed = 0.0


@inlined
def expect(begin: int, movers: int, world: World) -> None:
    """Make room wherever movers go; nobody may be out of line while rows are laid out."""
    rows, drivable = world.rows, world.movers.drivable
    for row in range(begin, begin + movers):
        if drivable[row] != NONE:
            rows.coming[drivable[row]] += 1
    for row in range(begin, begin + movers):
        if drivable[row] != NONE:
            make_room(drivable[row], world)


@inlined
def take_out_mover(slot: int, drivable: int, world: World) -> int:
    """Take a vehicle out of its row; should somebody have stayed ahead of it, the next one looks anew."""
    rows = world.rows
    overtook = slot != rows.heads[drivable].front
    free = take_out(slot, drivable, world)
    if overtook and slot + 1 < rows.heads[drivable].front + rows.filled[drivable]:
        find_gap(slot + 1, world)
    return free


@inlined
def relocate(begin: int, movers: int, world: World) -> None:
    """Line movers up on their new drivables; those who have arrived leave."""
    for row in range(begin, begin + movers):
        number, origin = world.movers.number[row], world.movers.origin[row]
        slot = take_out_mover(world.trips.slot[number], origin, world)
        if origin < len(world.sensing.left):
            world.sensing.left[origin] += 1
            end_approach(slot, origin, world)
        if world.movers.drivable[row] == NONE:
            finish(number, slot, row, world)
        else:
            line_up(slot, row, world)


@inlined
def welcome(begin: int, movers: int, world: World) -> None:
    """Let newcomers look at who is ahead and be seen by the detectors, once everybody is in line."""
    rows, drivable = world.rows, world.movers.drivable
    for row in range(begin, begin + movers):
        if drivable[row] != NONE:
            look_at_newcomers(drivable[row], world)
            rows.coming[drivable[row]] = rows.fresh[drivable[row]] = 0


@inlined
def look_at_newcomers(drivable: int, world: World) -> None:
    """Find the gaps of the newcomers at the end of a row; that of a head is found later."""
    rows = world.rows
    head = rows.heads[drivable].front
    end = head + rows.filled[drivable]
    for slot in range(end - rows.fresh[drivable], end):
        if slot != head:
            find_gap(slot, world)
        if drivable < len(world.net.lanes):
            note_seen(drivable, world.vehicles[slot].speed, covered_length(slot, world), world)


@inlined
def end_approach(slot: int, lane: int, world: World) -> None:
    """Count the steps on a lane that leads to a signal."""
    history = world.histories[slot]
    if world.net.lanes[lane].approaches:
        history.approached += world.tally[STEP] - history.approach_step


@inlined
def finish(number: int, slot: int, row: int, world: World) -> None:
    """Write down what came of a trip that ends."""
    trips, vehicles = world.trips, world.vehicles
    trips.slot[number] = NONE
    trips.left[number] = world.tally[STEP]
    trips.waited[number], trips.stops[number] = world.histories[slot].waited, world.histories[slot].stops
    trips.approached[number] = world.histories[slot].approached
    trips.driven[number] = world.histories[slot].driven + vehicles[slot].x - world.movers.x[row]
    world.tally[FINISHED] += 1
    world.tally[RUNNING] -= 1


@inlined
def line_up(source: int, row: int, world: World) -> None:
    """Put a mover at the tail of its new drivable, before those newcomers who are less far on it."""
    vehicles, rows, movers = world.vehicles, world.rows, world.movers
    drivable, x = movers.drivable[row], movers.x[row]
    slot = rows.heads[drivable].front + rows.filled[drivable]
    overtaken = 0
    while overtaken < rows.fresh[drivable] and vehicles[slot - 1].x < x:
        slot -= 1
        overtaken += 1
    open_slot(slot, drivable, world)
    rows.fresh[drivable] += 1
    copy_slot(source, slot, world)
    vehicles[slot].number = movers.number[row]
    note_slot(slot, world)
    world.histories[slot].driven += vehicles[slot].x - x
    vehicles[slot].x, vehicles[slot].place, vehicles[slot].link = x, movers.place[row], movers.link[row]
    world.histories[slot].previous = movers.origin[row]
    vehicles[slot].aside = 0
    if drivable < len(world.sensing.entered):
        vehicles[slot].aside = lanes_aside(drivable, movers.place[row], world)
        world.histories[slot].link_step = NEVER
        world.histories[slot].approach_step = world.tally[STEP]
        world.sensing.entered[drivable] += 1
    else:
        world.histories[slot].link_step = world.tally[STEP]
