"""Rows of vehicles in slots: line up, take out, and lay out anew when a row has no room."""

from __future__ import annotations

from touyan.kernels.compiled import inlined, outlined

from .layout import NONE, SLOTS_WANTED, World


@inlined
def slot_of(reference: int, world: World) -> int:
    """Where a vehicle or shadow is now; NONE when it is gone."""
    if reference >= 0:
        return world.trips.slot[reference]
    return NONE if reference == NONE else world.changes.slot[-2 - reference]


@inlined
def note_slot(slot: int, world: World) -> None:
    """Remember where the vehicle in a slot is."""
    reference = world.vehicles[slot].number
    if reference >= 0:
        world.trips.slot[reference] = slot
    else:
        world.changes.slot[-2 - reference] = slot


@inlined
def tail(drivable: int, world: World) -> int:
    """Slot of the last vehicle of a drivable; NONE when there is none."""
    rows = world.rows
    return rows.heads[drivable].front + rows.filled[drivable] - 1 if rows.filled[drivable] > 0 else NONE


@inlined
def copy_slot(source: int, target: int, world: World) -> None:
    """Copy all that is known of a vehicle to another slot."""
    world.vehicles[target] = world.vehicles[source]
    world.histories[target] = world.histories[source]


@inlined
def move_slot(source: int, target: int, world: World) -> None:
    """Move a vehicle to a free slot."""
    copy_slot(source, target, world)
    world.vehicles[source].number = NONE
    note_slot(target, world)


@inlined
def take_out(slot: int, drivable: int, world: World) -> int:
    """Take a vehicle out of its row; until the next step its data stay readable in the slot returned."""
    rows = world.rows
    front = rows.heads[drivable].front
    rows.heads[drivable].front = front + 1
    rows.filled[drivable] -= 1
    if slot != front:
        spare = len(world.vehicles) - 1  # the last slot belongs to no row
        copy_slot(slot, spare, world)
        for place in range(slot, front, -1):
            move_slot(place - 1, place, world)
        copy_slot(spare, front, world)
        world.vehicles[spare].number = NONE
    world.vehicles[front].number = NONE
    return front


@inlined
def make_room(drivable: int, world: World) -> None:
    """See to it that a row can take those about to come at its end."""
    rows = world.rows
    if rows.heads[drivable].front + needed(drivable, world) <= rows.start[drivable + 1]:
        return
    if rows.start[drivable] + needed(drivable, world) <= rows.start[drivable + 1]:
        slide(drivable, world)
    else:
        lay_out(world)


@inlined
def make_room_for_one(drivable: int, world: World) -> None:
    """See to it that a row can take one more vehicle."""
    world.rows.coming[drivable] = 1
    make_room(drivable, world)
    world.rows.coming[drivable] = 0


@inlined
def open_slot(slot: int, drivable: int, world: World) -> None:
    """Make a slot of a row free by moving those from it on back by one; there must be room."""
    rows = world.rows
    for place in range(rows.heads[drivable].front + rows.filled[drivable], slot, -1):
        move_slot(place - 1, place, world)
    rows.filled[drivable] += 1


@inlined
def slide(drivable: int, world: World) -> None:
    """Bring a row to the start of its slots."""
    rows = world.rows
    start, front = rows.start[drivable], rows.heads[drivable].front
    if front > start:
        for place in range(rows.filled[drivable]):
            move_slot(front + place, start + place, world)
    rows.heads[drivable].front = start


@inlined
def needed(drivable: int, world: World) -> int:
    """Slots that a drivable cannot do without."""
    return world.rows.filled[drivable] + world.rows.coming[drivable]


@inlined
def ample(drivable: int, world: World) -> int:
    """Slots with which a row seldom outgrows them."""
    least = needed(drivable, world)
    return least + 3 + least // 2


@inlined
def proven(drivable: int, world: World) -> int:
    """Ample slots, never fewer than the row has, and twice as many as it needs when it has outgrown them."""
    room, least = world.rows.start[drivable + 1] - world.rows.start[drivable], needed(drivable, world)
    return max(ample(drivable, world), room if least <= room else 2 * least + 4)


@outlined
def lay_out(world: World) -> None:
    """Give every drivable room for those who are there and those about to come.

    There are always slots for ample rows (see `step.is_roomy`); when there are none for proven ones, `tally` asks
    for more.
    """
    rows, vehicles = world.rows, world.vehicles
    wanted = 0
    for drivable in range(len(rows.filled)):
        wanted += proven(drivable, world)
    world.tally[SLOTS_WANTED] = wanted
    fits = wanted < len(vehicles)
    begin = 0
    for drivable in range(len(rows.filled)):
        rows.next_start[drivable] = begin
        begin += proven(drivable, world) if fits else ample(drivable, world)
    rows.next_start[len(rows.filled)] = begin
    saved = 0
    for drivable in range(len(rows.filled)):
        saved = save_row(drivable, saved, world)
    saved = 0
    for drivable in range(len(rows.filled)):
        saved = lay_out_row(drivable, saved, world)
    rows.start[len(rows.filled)] = begin


@inlined
def save_row(drivable: int, saved: int, world: World) -> int:
    """Put a row aside, behind those `saved` before; returns how many there are then."""
    front = world.rows.heads[drivable].front
    for slot in range(front, front + world.rows.filled[drivable]):
        world.spare_vehicles[saved] = world.vehicles[slot]
        world.spare_histories[saved] = world.histories[slot]
        world.vehicles[slot].number = NONE
        saved += 1
    return saved


@inlined
def lay_out_row(drivable: int, saved: int, world: World) -> int:
    """Bring a row that was put aside to its new place; returns where the next one lies."""
    rows = world.rows
    target = rows.next_start[drivable]
    for slot in range(target, target + rows.filled[drivable]):
        world.vehicles[slot] = world.spare_vehicles[saved]
        world.histories[slot] = world.spare_histories[saved]
        note_slot(slot, world)
        saved += 1
    rows.start[drivable] = rows.heads[drivable].front = target
    return saved
