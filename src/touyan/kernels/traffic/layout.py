"""The arrays that the traffic kernels share.

A *drivable* is a lane or a link; lanes are numbered first, link k is drivable `lanes + k`. Running vehicles lie in
*slots*; those on one drivable lie side by side, its *row*, the head (nearest to the exit) first. So a
leader is the slot before, and a pass over the city is a pass over memory. A vehicle is *referred to* by its number
in order of creation, or, while it is the shadow of a lane change, by `-2 - change`; NONE stands for "nobody".
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]
Steps = NDArray[np.int8]

NONE = -1
NEVER = 2**31 - 1
"""The link-entry step of a vehicle that is on no link."""


Records = Any
"""An array of one of the record types below; `records[i].x` is one field. Together what is read together."""

DRIVABLE = np.dtype([("length", np.float64), ("speed_limit", np.float64)], align=True)  # m, m/s

LANE = np.dtype(
    [
        ("width", np.float64),  # m
        ("road", np.int32),
        ("index", np.int32),  # 0 is the innermost
        ("leads_to", np.int32),  # the one road it leads to; NONE if it leads to several or to none
        ("link_first", np.int32),  # its links: lane_links[link_first:link_last]
        ("link_last", np.int32),
        ("approaches", np.int32),  # whether it leads to a signal
    ],
    align=True,
)

LINK = np.dtype(
    [
        ("from_lane", np.int32),
        ("to_lane", np.int32),
        ("rank", np.int32),  # right of way, the higher goes first: straight 3, left 2, right 1, unless signs differ
        ("turns", np.int32),  # whether it does not go straight on
        ("movement", np.int32),  # position of its movement within the crossing
        ("cross_first", np.int32),  # its crosses: crosses[cross_first:cross_last]
        ("cross_last", np.int32),
    ],
    align=True,
)

CROSS = np.dtype(
    [
        ("distance", np.float64),  # m along the link
        ("foe_distance", np.float64),  # of the same cross along the foe's link
        ("foe_link", np.int32),
    ],
    align=True,
)


class Net(NamedTuple):
    """What never changes."""

    drivables: Records
    lanes: Records
    road_lane_first: Ints  # lanes of a road, CSR without columns
    links: Records
    lane_links: Ints
    crosses: Records
    crossing_link_first: Ints  # links of a crossing, CSR without columns
    phase_first: Ints  # phases of a crossing, CSR
    phase_duration: Floats  # s
    phase_green: Bytes  # (phases, movements of a crossing)


class Types(NamedTuple):
    """Vehicle parameters, one element a type: m, m/s, m/s², s."""

    length: Floats
    min_gap: Floats
    max_speed: Floats
    max_pos_acc: Floats
    max_neg_acc: Floats
    usual_pos_acc: Floats
    usual_neg_acc: Floats
    headway_time: Floats
    look_ahead: Floats  # m
    clear_gap: Floats  # m, from which on the leader does not matter
    gentle_only: Bytes  # whether it never brakes harder than usual, so that one rule of following holds the other
    longest: float  # m, of all types


class Ways(NamedTuple):
    """For worlds with lane change: how to follow each route from every lane of its roads."""

    base: Ints  # by place on `roads`: where its first lane is in the columns below
    link: Ints  # to take at the end of the lane; NONE if there is none
    aside: Steps  # lanes to move outwards (negative: inwards) before


class Trips(NamedTuple):
    """Every vehicle known, in order of creation, and what came of it; steps are NONE until they come."""

    created: Ints  # step
    kind: Ints  # row of Types
    priority: Ints
    place: Ints  # where on `roads` its route begins
    lane: Ints  # on which it begins
    queued: Ints  # next one in the waiting buffer
    slot: Ints  # where it is now, NONE when it is not running
    entered: Ints  # step
    left: Ints  # step
    waited: Ints  # steps halting
    stops: Ints
    approached: Ints  # steps on lanes that lead to a signal
    driven: Floats  # m


VEHICLE = np.dtype(
    [
        ("x", np.float64),  # front bumper, m from the start of its drivable
        ("speed", np.float64),
        ("next_speed", np.float64),  # planned; negative: it stops within the step
        ("gap", np.float64),  # m to the leader's rear; the last known one when there is no leader
        ("kind", np.int16),
        ("aside", np.int16),  # lanes to move outwards (negative: inwards) to follow the route best
        ("link", np.int32),  # the link it is on, or will take at the end of its lane
        ("number", np.int32),  # how to refer to it; NONE in a free slot
        ("place", np.int32),  # its road's place on `roads`; on a link that of the road before
        ("blocker", np.int32),  # whom it yields to
        ("next_blocker", np.int32),
        ("asked_by", np.int32),  # the wish for which it is asked to make room, NONE if none
        ("change", np.int32),  # its lane change, NONE if none
    ],
    align=True,
)
"""What a step reads and writes of a running vehicle: one line of the processor's cache (64 bytes)."""

HISTORY = np.dtype(
    [
        ("driven", np.float64),  # m before this drivable
        ("previous", np.int32),  # drivable before the last change
        ("link_step", np.int32),  # when it entered its link, NEVER on lanes
        ("approach_step", np.int32),  # when it came onto its lane
        ("halt_step", np.int32),  # since when it halts, NONE when it drives
        ("waited", np.int32),  # steps
        ("stops", np.int32),
        ("approached", np.int32),  # steps on lanes that lead to a signal, before this lane
        ("spare", np.int32),
    ],
    align=True,
)
"""What is seldom looked at: when a vehicle changes drivable, comes to a halt, or gives way at the last tie."""

HEAD = np.dtype(
    [
        ("leader_speed", np.float64),  # of the vehicle that the head of the row follows
        ("leader_kind", np.int32),  # NONE when it follows nobody
        ("front", np.int32),  # slot of the head
    ],
    align=True,
)


class Rows(NamedTuple):
    """Who is where, by drivable."""

    start: Ints  # the slots of drivable d: start[d] .. start[d + 1]
    next_start: Ints  # while they are laid out anew
    heads: Records
    filled: Ints  # vehicles
    occupied: Ints  # those with vehicles; each thread lists its own from the first of its stretch on
    coming: Ints  # vehicles about to be lined up, of those `fresh` are in line
    fresh: Ints


class Movers(NamedTuple):
    """Vehicles that leave their drivable in the step at hand; each thread has its own stretch."""

    number: Ints
    origin: Ints  # drivable
    drivable: Ints  # where to; NONE when it has arrived
    place: Ints
    link: Ints
    x: Floats


class Changes(NamedTuple):
    """Lane changes under way: a vehicle and its shadow on the target lane."""

    vehicle: Ints  # reference to the vehicle; NONE in a free row
    slot: Ints  # of the shadow
    origin: Ints  # lane of the vehicle
    target: Ints  # lane of the shadow
    priority: Ints  # of the shadow
    offset: Floats  # m moved sideways so far


class Wishes(NamedTuple):
    """Who would like to change lanes in the step at hand, and the neighbours there."""

    vehicle: Ints
    origin: Ints  # lane
    target: Ints  # lane
    urgent: Ints  # whether the route does not go on from its lane
    leader: Ints
    follower: Ints
    asked: Ints  # to make room: the follower, or the first wholly behind
    leader_gap: Floats
    follower_gap: Floats


class Signals(NamedTuple):
    """Signal state by crossing, and what it means for each link."""

    green: Bytes  # by link
    phase: Ints
    remaining: Floats  # s of the present phase of its own programme
    commanded: Bytes
    target: Ints  # phase to come
    change_step: Ints  # when it comes, NONE if none is to come


class Sensing(NamedTuple):
    """What lane detectors gather since the last report, by lane."""

    entered: Longs
    left: Longs
    seconds: Floats  # vehicle-seconds
    distance: Floats  # vehicle-metres
    covered: Floats  # metres of lane under vehicles, times seconds


class Incidents(NamedTuple):
    """Breakdowns: the first vehicle to pass `x` on `lane` stands from `start` to `end` (steps)."""

    lane: Ints
    x: Floats
    start: Ints
    end: Ints
    vehicle: Ints


class World(NamedTuple):
    """Everything that a step reads and writes."""

    net: Net
    types: Types
    roads: Ints  # the routes, one after the other, each closed by NONE
    ways: Ways
    gates: Ints  # lanes on which vehicles may begin
    trips: Trips
    vehicles: Records  # VEHICLE, by slot
    histories: Records  # HISTORY, by slot
    rows: Rows
    wait_first: Ints  # vehicle at the front of each lane's waiting buffer
    wait_last: Ints
    busy: Bytes  # by link: somebody is on it, about to come or not yet quite gone
    movers: Movers
    changes: Changes
    wishes: Wishes
    signals: Signals
    sensing: Sensing
    incidents: Incidents
    tally: Longs
    interval: float  # s


(
    STEP,
    RUNNING,
    CREATED,
    FINISHED,
    LIFE_STEPS,
    SLOTS_WANTED,
    HOLDING,
    CHANGING,
    LANE_CHANGE,
    DISTURBED,
    DRAWS,
    PATIENCE,
) = range(12)
"""Elements of `tally`: step counter, running now (shadows not counted), created so far, finished so far, steps lived by
all vehicles since their creation, slots that would be good to have, vehicles broken down, rows of lane changes in
use, whether vehicles change lanes at all, whether somebody came between others in this step, random numbers drawn
for shadows, steps after which a standing vehicle no longer yields (0: never)."""
TALLY_SIZE = 12


class Team(NamedTuple):
    """What threads that work on one world share; one element a thread, of stretches one more."""

    meeting: Longs
    stretches: Ints  # thread t works on drivables stretches[t] .. stretches[t + 1]
    begin: Longs  # where on `movers` those of the thread begin
    movers: Longs  # how many they are
    wish_begin: Longs  # the same of wishes to change lanes
    wishes: Longs
    goes_on: Longs  # (1,) whether there is another step
