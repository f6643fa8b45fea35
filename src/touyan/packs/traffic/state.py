"""The arrays of a traffic world: laid out from a network, grown as demand comes in."""

from __future__ import annotations

import numpy as np

from touyan.kernels.traffic import layout
from touyan.kernels.traffic.layout import NEVER, NONE

from .demand import VehicleTypes
from .network import RoadNetwork

_LINK_SPEED_LIMIT = 10_000.0  # links have none
_INTERVAL_S = 1.0


def net_arrays(network: RoadNetwork) -> layout.Net:
    """The network as the kernels want it."""
    lane_first, lane_links = network.link_from_lane_first
    movement = network.link_movement
    crossing = network.movement_crossing[movement]
    counts = np.diff(network.cross_first)
    return layout.Net(
        length=np.concatenate([network.lane_length, network.link_length]),
        speed_limit=np.concatenate([network.lane_speed_limit, np.full(network.link_count, _LINK_SPEED_LIMIT)]),
        link_from=network.link_from_lane,
        link_to=network.link_to_lane,
        link_rank=network.movement_type[movement],
        link_crossing=crossing,
        link_movement=(movement - network.movement_first[crossing]).astype(np.int32),
        lane_link_first=lane_first,
        lane_links=lane_links,
        cross_first=network.cross_first,
        cross_distance=network.cross_distance,
        cross_foe=network.cross_foe,
        cross_link=np.repeat(np.arange(network.link_count, dtype=np.int32), counts),
        phase_first=network.phase_first,
        phase_duration=network.phase_duration,
        phase_green=network.phase_green.astype(np.uint8),
    )


def type_arrays(types: VehicleTypes) -> layout.Types:
    """Vehicle types as the kernels want them, with how far ahead each looks."""
    look_ahead = types.max_speed**2 / types.usual_neg_acc / 2 + types.max_speed * _INTERVAL_S * 2
    return layout.Types(
        types.length,
        types.min_gap,
        types.max_speed,
        types.max_pos_acc,
        types.max_neg_acc,
        types.usual_pos_acc,
        types.usual_neg_acc,
        types.headway_time,
        look_ahead,
    )


def signal_arrays(network: RoadNetwork) -> layout.Signals:
    """All signals at the start of their own programme."""
    crossings = len(network.crossing_ids)
    remaining = np.zeros(crossings)
    remaining[network.signalised] = network.phase_duration[network.phase_first[network.signalised]]
    return layout.Signals(
        phase=np.zeros(crossings, np.int32),
        remaining=remaining,
        commanded=np.zeros(crossings, np.uint8),
        target=np.zeros(crossings, np.int32),
        change_step=np.full(crossings, NONE, np.int32),
    )


def empty_world(network: RoadNetwork, types: VehicleTypes, incidents: layout.Incidents) -> layout.World:
    """A world at step 0 with no vehicle in it."""
    lanes, crosses = network.lane_count, len(network.cross_distance)
    drivables = lanes + network.link_count
    return layout.World(
        net=net_arrays(network),
        types=type_arrays(types),
        paths=np.empty(0, np.int32),
        vehicles=new_vehicles(0),
        planned=layout.Planned(np.empty(0), np.empty(0), np.empty(0, np.int32), np.empty(0, np.int32)),
        lists=layout.Lists(*(np.full(n, NONE, np.int32) for n in (drivables, drivables, lanes, lanes, 0, 0))),
        slots=layout.Slots(np.full(crosses, NONE, np.int32), np.zeros(crosses), np.zeros(network.link_count, np.uint8)),
        signals=signal_arrays(network),
        sensing=layout.Sensing(
            np.zeros(lanes, np.int64), np.zeros(lanes, np.int64), np.zeros(lanes), np.zeros(lanes), np.zeros(lanes)
        ),
        incidents=incidents,
        tally=np.zeros(layout.TALLY_SIZE, np.int64),
    )


def new_vehicles(count: int) -> layout.Vehicles:
    """Vehicles that have not been created yet, at rest and nowhere."""
    initial = dict.fromkeys(layout.Vehicles._fields, 0) | {
        "drivable": NONE,
        "previous": NONE,
        "link_step": NEVER,
        "blocker": NONE,
        "leader": NONE,
        "ahead": NONE,
        "behind": NONE,
        "queued": NONE,
    }
    floats = {"x", "speed", "gap"}
    return layout.Vehicles._make(
        np.full(count, value, np.float64 if name in floats else np.int32) for name, value in initial.items()
    )


def branched(world: layout.World) -> layout.World:
    """A copy that shares only what never changes."""
    changing = ("vehicles", "planned", "lists", "slots", "signals", "sensing", "incidents")
    copies = {
        name: type(part)(*(array.copy() for array in part)) for name in changing for part in (getattr(world, name),)
    }
    return world._replace(tally=world.tally.copy(), **copies)


def grown(world: layout.World, paths: layout.Ints, vehicles: layout.Vehicles) -> layout.World:
    """The world with more paths and more vehicles known."""
    total = len(world.vehicles.kind) + len(vehicles.kind)
    return world._replace(
        paths=np.concatenate([world.paths, paths]),
        vehicles=_joined(world.vehicles, vehicles),
        planned=layout.Planned._make(np.zeros(total, array.dtype) for array in world.planned),
        lists=world.lists._replace(
            active=np.concatenate([world.lists.active, vehicles.kind]), movers=np.zeros(total, np.int32)
        ),
    )


def _joined(before: layout.Vehicles, more: layout.Vehicles) -> layout.Vehicles:
    return layout.Vehicles._make(
        np.concatenate([getattr(before, name), getattr(more, name)]) for name in layout.Vehicles._fields
    )
