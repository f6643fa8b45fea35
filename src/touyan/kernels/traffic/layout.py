"""The arrays that the traffic kernels share.

A *drivable* is a lane or a link; lanes are numbered first, link k is drivable `lanes + k`. Vehicles on a drivable
form a doubly linked list from its head (nearest to the exit) to its tail. NONE stands for "no vehicle".
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

NONE = -1
NEVER = 2**31 - 1
"""The link-entry step of a vehicle that is on no link."""


class Net(NamedTuple):
    """What never changes: lengths in m, speeds in m/s, durations in s."""

    length: Floats  # by drivable
    speed_limit: Floats  # by drivable
    link_from: Ints  # lane
    link_to: Ints  # lane
    link_rank: Ints  # right of way: straight 3, left 2, right 1
    link_crossing: Ints
    link_movement: Ints  # position of its movement within the crossing
    lane_link_first: Ints  # links that start at a lane, CSR
    lane_links: Ints
    cross_first: Ints  # crosses on a link, CSR
    cross_distance: Floats
    cross_foe: Ints
    cross_link: Ints
    phase_first: Ints  # phases of a crossing, CSR
    phase_duration: Floats
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
    look_ahead: Floats


class Vehicles(NamedTuple):
    """Committed state, one element a vehicle in order of creation."""

    kind: Ints  # row of Types
    created: Ints  # step
    priority: Ints
    path: Ints  # where on `paths` it is now
    x: Floats  # front bumper, m from the start of its drivable
    speed: Floats
    drivable: Ints
    previous: Ints  # drivable before the last change
    link_step: Ints  # when it entered its link, NEVER on lanes
    blocker: Ints  # vehicle it yields to
    leader: Ints
    gap: Floats  # m to the leader's rear
    ahead: Ints  # neighbours in the list of its drivable
    behind: Ints
    queued: Ints  # next one in the waiting buffer
    held_until: Ints  # broken down before this step


class Planned(NamedTuple):
    """What the step at hand will commit, one element a vehicle."""

    x: Floats
    speed: Floats
    path: Ints
    blocker: Ints


class Lists(NamedTuple):
    """Who is where: heads and tails by drivable, waiting buffers by lane."""

    head: Ints
    tail: Ints
    wait_head: Ints
    wait_tail: Ints
    active: Ints  # running vehicles, the first `tally[RUNNING]` elements
    movers: Ints  # room for those who change drivable in a step


class Slots(NamedTuple):
    """Who is nearest to each cross on each link, and how far (signed, m)."""

    vehicle: Ints
    distance: Floats
    touched: Bytes  # by link


class Signals(NamedTuple):
    """Signal state by crossing."""

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
    paths: Ints
    vehicles: Vehicles
    planned: Planned
    lists: Lists
    slots: Slots
    signals: Signals
    sensing: Sensing
    incidents: Incidents
    tally: Longs


STEP, RUNNING, CREATED, FINISHED, VEHICLE_SECONDS = range(5)
"""Elements of `tally`: step counter, running now, created so far, finished so far, time spent by all
vehicles since their creation (s)."""
TALLY_SIZE = 5
