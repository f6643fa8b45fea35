"""Rows of vehicles in slots: line up, take out, and lay out anew when a row has no room."""

from __future__ import annotations

from touyan.kernels.compiled import inlined, outlined
from touyan.kernels.prefetch import prefetch

from .layout import NONE, SLOTS_WANTED, World

ROWS_AHEAD = 6
"""How many rows ahead of the work the memory is asked for vehicles."""
FETCHED = 4
"""Vehicles of a row to ask for; the processor guesses where the others are."""
IN_CACHE = 16_384
"""Slots (1 MiB) up to which nobody waits for the memory."""


@inlined
def slot_of(reference: int, world: World) -> int:
    """Where a vehicle or shadow is now; NONE when it is gone."""
    if reference >= 0:
        return world.trips.slot[reference]
    return NONE if reference == NONE else world.changes.slot[-2 - reference]


@inlined
def priority_of(reference: int, world: World) -> int:
    """The random number of a vehicle or shadow that decides between equals."""
    return world.trips.priority[reference] if reference >= 0 else world.changes.priority[-2 - reference]


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
def list_occupied(first: int, last: int, world: World) -> int:
    """List the drivables first ≤ d < last with vehicles, in `occupied` from `first` on; returns how many."""
    filled, occupied = world.rows.filled, world.rows.occupied
    count = 0
    for drivable in range(first, last):
        if filled[drivable] > 0:
            occupied[first + count] = drivable
            count += 1
    return count


@inlined
def fetch_heads(place: int, end: int, world: World) -> None:
    """Ask the memory for the head of the row that is some places further on the list of occupied drivables."""
    if place + ROWS_AHEAD < end and len(world.vehicles) > IN_CACHE:
        prefetch(world.vehicles, world.rows.heads[world.rows.occupied[place + ROWS_AHEAD]].front)


@inlined
def fetch_rows(place: int, end: int, world: World) -> None:
    """Ask the memory for the row that is some places further on the list of occupied drivables."""
    if place + ROWS_AHEAD < end and len(world.vehicles) > IN_CACHE:
        drivable = world.rows.occupied[place + ROWS_AHEAD]
        front = world.rows.heads[drivable].front
        for slot in range(front, front + min(world.rows.filled[drivable], FETCHED)):
            prefetch(world.vehicles, slot)


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
def proven(drivable: int, world: World) -> int:
    """Slots a row seldom outgrows: never fewer than it has, and twice what it needs when it has outgrown them."""
    room, least = world.rows.start[drivable + 1] - world.rows.start[drivable], needed(drivable, world)
    return max(least + 2 + least // 2, room if least <= room else 2 * least + 4)


@outlined
def lay_out(world: World) -> None:
    """Give every drivable room for those who are there and those about to come, and a share of what is left.

    There are always slots for what is needed (see `step.is_roomy`); when there are none for proven rows, `tally`
    asks for more.
    """
    rows = world.rows
    wanted = least = 0
    for drivable in range(len(rows.filled)):
        wanted += proven(drivable, world)
        least += needed(drivable, world)
    world.tally[SLOTS_WANTED] = wanted
    find_places(wanted - least, len(world.vehicles) - 1 - least, world)
    # Whoever moves back makes way first, from the last row on; then nobody stands where others move forward to.
    for drivable in range(len(rows.filled) - 1, -1, -1):
        if rows.next_start[drivable] > rows.heads[drivable].front:
            shift_back(drivable, world)
    for drivable in range(len(rows.filled)):
        if rows.next_start[drivable] < rows.heads[drivable].front:
            shift_forward(drivable, world)
        rows.start[drivable] = rows.heads[drivable].front = rows.next_start[drivable]
    rows.start[len(rows.filled)] = rows.next_start[len(rows.filled)]


@inlined
def find_places(asked: int, free: int, world: World) -> None:
    """Note where each row will begin; when more slots are asked for than are free, all get the same share."""
    rows = world.rows
    begin = 0
    for drivable in range(len(rows.filled)):
        rows.next_start[drivable] = begin
        least = needed(drivable, world)
        surplus = proven(drivable, world) - least
        begin += least + (surplus if asked <= free else surplus * free // asked)
    rows.next_start[len(rows.filled)] = begin


@inlined
def shift_back(drivable: int, world: World) -> None:
    """Bring a row to its new place, which begins behind its head."""
    front, target = world.rows.heads[drivable].front, world.rows.next_start[drivable]
    for place in range(world.rows.filled[drivable] - 1, -1, -1):
        move_slot(front + place, target + place, world)


@inlined
def shift_forward(drivable: int, world: World) -> None:
    """Bring a row to its new place, which begins before its head."""
    front, target = world.rows.heads[drivable].front, world.rows.next_start[drivable]
    for place in range(world.rows.filled[drivable]):
        move_slot(front + place, target + place, world)
