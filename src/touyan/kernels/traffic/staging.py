"""A traffic world set to what was seen: vehicles where they are, ways drawn by chance."""

from __future__ import annotations

from typing import NamedTuple

from touyan.kernels.compiled import compiled, inlined

from .layout import CREATED, NEVER, NONE, RUNNING, STEP, Floats, Ints, Net, World
from .leaders import find_all_leaders
from .routing import next_link
from .rows import lay_out, note_slot
from .signals import bring

_APART_M = 0.5  # bumpers seen closer than this are a reading error


class Seen(NamedTuple):
    """Vehicles to be put into a world, by lane, the nearest to its end first."""

    lane: Ints
    distance: Floats  # m to the end of the lane; negative on the crossing behind it
    speed: Floats  # m/s


@compiled
def draw_ways(net: Net, chance: Floats, lane: Ints, draws: Floats, roads: Ints, links: Ints) -> None:
    """Fill a row of `roads` for each vehicle, closed by NONE, and the link that it takes first.

    `chance[p]` is the chance, added up within its lane, of the link at `net.lane_links[p]`; `draws` has a column for
    each crossing on the way.
    """
    for vehicle in range(len(lane)):
        here = lane[vehicle]
        roads[vehicle, :] = NONE
        links[vehicle] = NONE
        roads[vehicle, 0] = net.lanes[here].road
        for turn in range(draws.shape[1]):
            link = drawn_link(here, draws[vehicle, turn], chance, net)
            if link == NONE:
                break
            if turn == 0:
                links[vehicle] = link
            here = net.links[link].to_lane
            roads[vehicle, turn + 1] = net.lanes[here].road


@inlined
def drawn_link(lane: int, draw: float, chance: Floats, net: Net) -> int:
    """A link from a lane, by chance; NONE where there is none."""
    position, last = net.lanes[lane].link_first, net.lanes[lane].link_last - 1
    while position < last and chance[position] <= draw:
        position += 1
    return NONE if position > last else net.lane_links[position]


@compiled
def place_seen(world: World, seen: Seen, links: Ints) -> None:
    """Put the first vehicles known, one for each seen, where they are; the world must be empty."""
    lanes = len(world.net.lanes)
    count_rows(world, seen, links)
    for vehicle in range(len(seen.lane)):
        crossing = seen.distance[vehicle] < 0 and links[vehicle] != NONE
        drivable = lanes + links[vehicle] if crossing else seen.lane[vehicle]
        x = -seen.distance[vehicle] if crossing else world.net.drivables[drivable].length - seen.distance[vehicle]
        slot = world.rows.heads[drivable].front + world.rows.filled[drivable]
        if world.rows.filled[drivable] > 0:
            ahead = world.vehicles[slot - 1]
            x = min(x, ahead.x - world.types.length[ahead.kind] - _APART_M)
        world.rows.filled[drivable] += 1
        set_vehicle(slot, vehicle, max(0.0, min(x, world.net.drivables[drivable].length)), crossing, world)
        if crossing:
            world.vehicles[slot].link = links[vehicle]
        else:
            world.vehicles[slot].link = next_link(drivable, world.trips.place[vehicle], world.net, world.roads)
        world.vehicles[slot].speed = seen.speed[vehicle]
        note_slot(slot, world)
    world.tally[CREATED] = world.tally[RUNNING] = len(seen.lane)
    find_all_leaders(0, len(world.rows.filled), world)


@inlined
def count_rows(world: World, seen: Seen, links: Ints) -> None:
    """Give every drivable room for those who are seen on it, and some more."""
    rows, lanes = world.rows, len(world.net.lanes)
    for vehicle in range(len(seen.lane)):
        crossing = seen.distance[vehicle] < 0 and links[vehicle] != NONE
        rows.coming[lanes + links[vehicle] if crossing else seen.lane[vehicle]] += 1
    lay_out(world)
    rows.coming[:] = 0


@inlined
def set_vehicle(slot: int, number: int, x: float, crossing: bool, world: World) -> None:
    """Fill a slot with a vehicle whose past is not known."""
    vehicle, history = world.vehicles[slot], world.histories[slot]
    vehicle.number, vehicle.kind, vehicle.place = number, world.trips.kind[number], world.trips.place[number]
    vehicle.x, vehicle.gap = x, 0.0
    vehicle.aside = 0
    vehicle.blocker = vehicle.asked_by = vehicle.change = history.previous = NONE
    history.driven = 0.0
    history.link_step = world.tally[STEP] if crossing else NEVER
    history.approach_step = world.tally[STEP]
    history.halt_step = NONE
    history.waited = history.stops = history.approached = 0


@compiled
def command_all(world: World, phases: Ints, clearance: Ints, clearance_steps: Ints) -> None:
    """Bring every crossing with a phase other than NONE to it, through its clearance (steps before each phase row)."""
    for crossing in range(len(phases)):
        if phases[crossing] != NONE:
            steps = clearance_steps[world.net.phase_first[crossing] + phases[crossing]]
            bring(crossing, phases[crossing], clearance[crossing], steps, world)
