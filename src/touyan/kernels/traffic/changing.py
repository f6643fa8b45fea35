"""Lane changes: who would like to, whom they ask for room, and the shadow that drives ahead on the target lane.

Source: the model of CityFlow (Zhang et al., WWW 2019, arXiv:1905.05217). A vehicle changes to a lane where it has
more room; while it moves sideways, a shadow keeps its place on the target lane, and both go at the slower one's
speed. Beyond that model, a vehicle on a lane from which its route does not go on wishes so at any gap, before all
others, and asks the first vehicle wholly behind it to let it in.
"""

from __future__ import annotations

from touyan.kernels.compiled import inlined, outlined

from .following import no_collision_speed, stopping_distance
from .layout import CHANGING, DISTURBED, DRAWS, NONE, STEP, Longs, World
from .routing import lanes_aside, way_on
from .rows import copy_slot, make_room_for_one, note_slot, open_slot, priority_of, slot_of, tail, take_out
from .sensing import HALTING_SPEED

UNBOUND = 1e9  # m/s or m: no limit
LEAST_REST_M = 30.0  # nobody changes for more room nearer to the stop line
STOP_LINE_BRAKING = 1.0  # m/s², of the unseen vehicle at the end of a lane that does not lead on
LATERAL_SHARE, LATERAL_LEAST = 0.2, 1.0  # sideways speed: a share of the speed, at least so many m/s


@inlined
def make_room_speed(slot: int, world: World) -> float:
    """Next speed of a vehicle that has been asked to make room for a lane change."""
    vehicles, wishes, types = world.vehicles, world.wishes, world.types
    wish = vehicles[slot].asked_by
    if wish == NONE or wishes.leader[wish] == vehicles[slot].number:
        return UNBOUND
    sender = slot_of(wishes.vehicle[wish], world)
    kind, asker = vehicles[slot].kind, vehicles[sender].kind
    if wishes.urgent[wish]:
        gap = vehicles[sender].x - types.length[asker] - vehicles[slot].x
        distance = types.min_gap[kind]
    else:
        gap = wishes.follower_gap[wish] - stopping_distance(slot, world)
        distance = 0.0
    speed = no_collision_speed(
        vehicles[sender].speed,
        types.max_neg_acc[asker],
        vehicles[slot].speed,
        types.max_neg_acc[kind],
        gap,
        distance,
        world.interval,
    )
    return speed if speed >= 0 else UNBOUND  # too fast to make room: it goes on


@inlined
def is_lost(slot: int, drivable: int, world: World) -> bool:
    """Whether a vehicle is on a lane from which its route does not go on."""
    vehicles = world.vehicles
    on_lane = drivable < len(world.net.lanes)
    return on_lane and vehicles[slot].link == NONE and world.roads[vehicles[slot].place + 1] != NONE


@inlined
def wrong_lane_speed(slot: int, drivable: int, world: World) -> float:
    """Next speed that stops before the end of a lane that does not lead on."""
    if not is_lost(slot, drivable, world):
        return UNBOUND
    vehicles, types = world.vehicles, world.types
    kind = vehicles[slot].kind
    rest = world.net.drivables[drivable].length - vehicles[slot].x
    braking = types.max_neg_acc[kind]
    return no_collision_speed(
        0.0, STOP_LINE_BRAKING, vehicles[slot].speed, braking, rest, types.min_gap[kind], world.interval
    )


# ---------------------------------------------------------------- wishes


@inlined
def room_on(lane: int, x: float, world: World) -> float:
    """Metres free ahead of a place on another lane, to its next vehicle's rear or its end."""
    rows, vehicles = world.rows, world.vehicles
    room = world.net.drivables[lane].length - x
    for slot in range(rows.heads[lane].front, rows.heads[lane].front + rows.filled[lane]):
        if vehicles[slot].x < x:
            break
        room = vehicles[slot].x - x - world.types.length[vehicles[slot].kind]
    return room


@inlined
def leads_on(lane: int, slot: int, world: World) -> bool:
    """Whether a vehicle's route goes on from a lane of its road as well as from any."""
    return lanes_aside(lane, world.vehicles[slot].place, world) == 0


@inlined
def better_lane(slot: int, lane: int, world: World) -> int:
    """The neighbouring lane with clearly more room; NONE when there is none."""
    net, vehicles = world.net, world.vehicles
    kind, x, gap = vehicles[slot].kind, vehicles[slot].x, vehicles[slot].gap
    length = world.types.length[kind]
    if net.drivables[lane].length - x < LEAST_REST_M or gap < 1.5 * length:
        return NONE
    if gap > 2 * length + 4 * world.interval * world.types.max_speed[kind]:
        return NONE
    best, room = NONE, 0.0
    road = net.lanes[lane].road
    if lane + 1 < net.road_lane_first[road + 1] and leads_on(lane + 1, slot, world):
        room = room_on(lane + 1, x, world)
        if room > gap + length:
            best = lane + 1
    if lane > net.road_lane_first[road] and leads_on(lane - 1, slot, world):
        inner = room_on(lane - 1, x, world)
        if inner > gap + length and inner > room:
            best = lane - 1
    return best


@inlined
def wished_lane(slot: int, lane: int, world: World) -> int:
    """The lane to which a vehicle would change; NONE when it is content."""
    aside = world.vehicles[slot].aside
    if aside != 0:
        return lane + (1 if aside > 0 else -1)
    return better_lane(slot, lane, world)


@inlined
def wish(slot: int, lane: int, count: int, world: World) -> int:
    """Note a vehicle's wish, if it has one, in row `count`; returns the rows in use."""
    vehicles, wishes = world.vehicles, world.wishes
    change = vehicles[slot].change
    if vehicles[slot].number < 0:
        return count
    target = world.changes.target[change] if change != NONE else wished_lane(slot, lane, world)
    if target == NONE:
        return count
    wishes.vehicle[count], wishes.target[count] = vehicles[slot].number, target
    wishes.origin[count] = lane
    wishes.urgent[count] = change == NONE and vehicles[slot].aside != 0
    return count + 1


@inlined
def make_wishes(first: int, last: int, begin: int, world: World) -> int:
    """Note the wishes on lanes first ≤ lane < last in rows from `begin` on; returns how many."""
    rows, net = world.rows, world.net
    end = begin
    for lane in range(first, last):
        road = net.lanes[lane].road
        if rows.filled[lane] == 0 or net.road_lane_first[road + 1] - net.road_lane_first[road] == 1:
            continue
        front = rows.heads[lane].front
        for slot in range(front, front + rows.filled[lane]):
            end = wish(slot, lane, end, world)
    return end - begin


# ---------------------------------------------------------------- neighbours on the target lane


@inlined
def find_neighbours(row: int, world: World) -> None:
    """Note who would be ahead and behind on the target lane, and the gaps (m)."""
    vehicles, rows, wishes, types = world.vehicles, world.rows, world.wishes, world.types
    slot, target = slot_of(wishes.vehicle[row], world), wishes.target[row]
    x, length = vehicles[slot].x, types.length[vehicles[slot].kind]
    wishes.leader[row] = wishes.follower[row] = NONE
    wishes.follower_gap[row] = UNBOUND
    leader = NONE
    for other in range(rows.heads[target].front, rows.heads[target].front + rows.filled[target]):
        if vehicles[other].x < x:
            wishes.follower[row] = vehicles[other].number
            wishes.follower_gap[row] = x - vehicles[other].x - length
            break
        leader = other
    if leader == NONE:
        find_leader_beyond(row, world.net.drivables[wishes.origin[row]].length - x, world)
    else:
        wishes.leader[row] = vehicles[leader].number
        wishes.leader_gap[row] = vehicles[leader].x - x - types.length[vehicles[leader].kind]


@inlined
def find_leader_beyond(row: int, rest: float, world: World) -> None:
    """Note a vehicle beyond the end of the target lane whose rear is still on it; `rest` m are left."""
    net, vehicles, wishes = world.net, world.vehicles, world.wishes
    target = wishes.target[row]
    wishes.leader_gap[row] = rest
    least = UNBOUND
    for position in range(net.lanes[target].link_first, net.lanes[target].link_last):
        last = tail(len(net.lanes) + net.lane_links[position], world)
        if last == NONE or vehicles[last].x + rest >= least:
            continue
        least = vehicles[last].x + rest
        length = world.types.length[vehicles[last].kind]
        if least < length:
            wishes.leader[row] = vehicles[last].number
            wishes.leader_gap[row] = rest - (length - least)


@inlined
def first_behind(row: int, world: World) -> int:
    """The first vehicle on the target lane that is wholly behind; NONE when there is none."""
    vehicles, rows, wishes = world.vehicles, world.rows, world.wishes
    slot, target = slot_of(wishes.vehicle[row], world), wishes.target[row]
    rear = vehicles[slot].x - world.types.length[vehicles[slot].kind]
    for other in range(rows.heads[target].front, rows.heads[target].front + rows.filled[target]):
        if vehicles[other].x < rear:
            return vehicles[other].number
    return NONE


@inlined
def ask(reference: int, row: int, world: World) -> None:
    """Send a wish to a neighbour, who minds it unless busy with a change or a stronger wish of its own."""
    vehicles, wishes = world.vehicles, world.wishes
    if reference == NONE:
        return
    slot = slot_of(reference, world)
    changes = vehicles[slot].change != NONE and reference >= 0
    strength = priority_of(wishes.vehicle[row], world)
    heard = vehicles[slot].asked_by
    weaker = heard == NONE or priority_of(wishes.vehicle[heard], world) < strength
    if not changes and weaker and (reference < 0 or world.trips.priority[reference] < strength):
        vehicles[slot].asked_by = row


@inlined
def may_change(row: int, world: World) -> bool:
    """Whether a wish can be granted now: nobody asks the vehicle, and both gaps are safe."""
    vehicles, wishes = world.vehicles, world.wishes
    slot = slot_of(wishes.vehicle[row], world)
    if vehicles[slot].asked_by != NONE or vehicles[slot].change != NONE:
        return False
    follower = slot_of(wishes.follower[row], world)
    behind = stopping_distance(follower, world) if follower != NONE else 0.0
    return wishes.leader_gap[row] >= stopping_distance(slot, world) and wishes.follower_gap[row] >= behind


# ---------------------------------------------------------------- from wish to change


@inlined
def free_change(world: World) -> int:
    """A free row for a lane change; NONE when all are taken."""
    changes = world.changes
    for row in range(len(changes.vehicle)):
        if changes.vehicle[row] == NONE:
            return row
    return NONE


@inlined
def drawn(number: int, world: World) -> int:
    """A random 32-bit number (splitmix64) from a vehicle, the step and how many were drawn before."""
    world.tally[DRAWS] += 1
    mixed = (world.tally[DRAWS] << 32) ^ (world.tally[STEP] << 16) ^ number
    mixed = (mixed ^ (mixed >> 30)) * -4658895280553007687
    mixed = (mixed ^ (mixed >> 27)) * -7723592293110705685
    return (((mixed ^ (mixed >> 31)) & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000


@inlined
def begin_change(row: int, world: World) -> None:
    """Put a shadow on the target lane, between leader and follower."""
    vehicles, rows, wishes, changes = world.vehicles, world.rows, world.wishes, world.changes
    number, target = wishes.vehicle[row], wishes.target[row]
    change = free_change(world)
    if change == NONE:
        return
    make_room_for_one(target, world)
    follower = slot_of(wishes.follower[row], world)
    place = follower if follower != NONE else rows.heads[target].front + rows.filled[target]
    open_slot(place, target, world)
    source = slot_of(number, world)
    vehicles[source].change = change
    copy_slot(source, place, world)
    vehicles[place].number = -2 - change
    vehicles[place].blocker = vehicles[place].asked_by = NONE
    vehicles[place].aside = lanes_aside(target, vehicles[place].place, world)
    vehicles[place].link = way_on(target, vehicles[place].place, world)
    changes.vehicle[change], changes.target[change], changes.origin[change] = number, target, wishes.origin[row]
    changes.priority[change], changes.offset[change] = drawn(number, world), 0.0
    note_slot(place, world)
    world.sensing.entered[target] += 1
    world.tally[CHANGING] = max(world.tally[CHANGING], change + 1)
    world.tally[DISTURBED] = 1


@inlined
def is_in_the_way(slot: int, other: int, lane: int, world: World) -> bool:
    """Whether both stand side by side, and the other one may as well go on from the first one's lane."""
    vehicle, neighbour = world.vehicles[slot], world.vehicles[other]
    if vehicle.speed >= HALTING_SPEED or neighbour.speed >= HALTING_SPEED or neighbour.number < 0:
        return False
    length = max(world.types.length[vehicle.kind], world.types.length[neighbour.kind])
    if neighbour.change != NONE or abs(vehicle.x - neighbour.x) >= length:
        return False
    return way_on(lane, neighbour.place, world) != NONE or world.roads[neighbour.place + 1] == NONE


@inlined
def change_places(row: int, world: World) -> None:
    """Let two vehicles that stand side by side at a dead end, each in the other's way, change places."""
    vehicles, rows, wishes = world.vehicles, world.rows, world.wishes
    origin, target = wishes.origin[row], wishes.target[row]
    slot = slot_of(wishes.vehicle[row], world)
    if not is_lost(slot, origin, world) or vehicles[slot].change != NONE:
        return
    front = rows.heads[target].front
    for other in range(front, front + rows.filled[target]):
        if is_in_the_way(slot, other, origin, world):
            exchange(slot, other, world)
            settle_in(slot, origin, world)
            settle_in(other, target, world)
            return


@inlined
def exchange(slot: int, other: int, world: World) -> None:
    """Put each of two vehicles where the other one is."""
    vehicles, histories = world.vehicles, world.histories
    spare = len(vehicles) - 1  # the last slot belongs to no row
    copy_slot(slot, spare, world)
    copy_slot(other, slot, world)
    copy_slot(spare, other, world)
    vehicles[slot].x, vehicles[other].x = vehicles[other].x, vehicles[slot].x
    vehicles[slot].gap, vehicles[other].gap = vehicles[other].gap, vehicles[slot].gap
    histories[slot].previous = histories[other].previous = NONE
    vehicles[spare].number = NONE
    note_slot(slot, world)
    note_slot(other, world)


@inlined
def settle_in(slot: int, lane: int, world: World) -> None:
    """Find the way on from the lane on which a vehicle has come to be."""
    vehicle = world.vehicles[slot]
    vehicle.blocker = vehicle.asked_by = NONE
    vehicle.link = way_on(lane, vehicle.place, world)
    vehicle.aside = lanes_aside(lane, vehicle.place, world)
    world.tally[DISTURBED] = 1


@inlined
def grant(urgent: bool, begin: int, count: int, world: World) -> None:
    """Go through wishes of one kind: tell the neighbours, and begin the changes that are safe."""
    wishes = world.wishes
    for row in range(begin, begin + count):
        if (wishes.urgent[row] != 0) != urgent:
            continue
        find_neighbours(row, world)
        wishes.asked[row] = first_behind(row, world) if urgent else wishes.follower[row]
        ask(wishes.leader[row], row, world)
        ask(wishes.asked[row], row, world)
        if may_change(row, world):
            begin_change(row, world)
        elif urgent:
            change_places(row, world)


@outlined
def grant_all(begin: Longs, count: Longs, threads: int, world: World) -> None:
    """Go through all wishes, the urgent ones first; each thread has noted its own."""
    for thread in range(threads):
        grant(True, begin[thread], count[thread], world)
    for thread in range(threads):
        grant(False, begin[thread], count[thread], world)


# ---------------------------------------------------------------- changes under way


@inlined
def forget_wishes(begin: int, count: int, world: World) -> None:
    """Let nobody be asked any more."""
    wishes = world.wishes
    for row in range(begin, begin + count):
        forget(wishes.leader[row], world)
        forget(wishes.asked[row], world)


@inlined
def forget(reference: int, world: World) -> None:
    """Let a vehicle not be asked any more."""
    slot = slot_of(reference, world)
    if slot != NONE:
        world.vehicles[slot].asked_by = NONE


@inlined
def passes_end(slot: int, lane: int, world: World) -> bool:
    """Whether a vehicle's plan carries it beyond its lane."""
    vehicles = world.vehicles
    speed, wanted = vehicles[slot].speed, vehicles[slot].next_speed
    moved = (speed + wanted) * world.interval / 2
    if wanted < 0:
        moved = 0.5 * speed * speed / world.types.max_neg_acc[vehicles[slot].kind]
    return vehicles[slot].x + moved > world.net.drivables[lane].length


@inlined
def remove_slot(slot: int, lane: int, world: World) -> None:
    """Take a vehicle or shadow off its lane for good."""
    take_out(slot, lane, world)
    world.sensing.left[lane] += 1


@inlined
def settle(change: int, world: World) -> None:
    """Let a change go on: it is given up at the end of a lane, else done when the vehicle is across."""
    vehicles, changes, net = world.vehicles, world.changes, world.net
    number, origin, target = changes.vehicle[change], changes.origin[change], changes.target[change]
    slot, shadow = slot_of(number, world), changes.slot[change]
    vehicles[slot].next_speed = min(vehicles[slot].next_speed, vehicles[shadow].next_speed)
    vehicles[shadow].next_speed = vehicles[slot].next_speed
    if passes_end(shadow, target, world) or passes_end(slot, origin, world):
        vehicles[slot].change = NONE
        remove_slot(shadow, target, world)
        changes.vehicle[change] = changes.slot[change] = NONE
        return
    speed = max(0.0, vehicles[slot].next_speed)
    changes.offset[change] += max(LATERAL_SHARE * speed, LATERAL_LEAST) * world.interval
    if changes.offset[change] >= (net.lanes[origin].width + net.lanes[target].width) / 2:
        take_place(change, slot, shadow, world)


@inlined
def take_place(change: int, slot: int, shadow: int, world: World) -> None:
    """The vehicle is across: it goes on as what was its shadow."""
    vehicles, changes = world.vehicles, world.changes
    number = changes.vehicle[change]
    vehicles[shadow].number, vehicles[shadow].change = number, NONE
    remove_slot(slot, changes.origin[change], world)
    note_slot(shadow, world)
    changes.vehicle[change] = changes.slot[change] = NONE


@outlined
def settle_changes(world: World) -> None:
    """Let all changes under way go on."""
    changes = world.changes
    for change in range(world.tally[CHANGING]):
        if changes.vehicle[change] != NONE:
            settle(change, world)
    while world.tally[CHANGING] > 0 and changes.vehicle[world.tally[CHANGING] - 1] == NONE:
        world.tally[CHANGING] -= 1
