"""The arrays of a traffic world: laid out from a network, grown as demand comes in, copied for a branch."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from touyan.kernels.traffic import layout
from touyan.kernels.traffic.layout import HISTORY, NONE, VEHICLE

from .demand import VehicleTypes
from .network import STRAIGHT, RoadNetwork

_LINK_SPEED_LIMIT = 10_000.0  # links have none
_FEWEST_SLOTS = 256
_CACHE_LINE = 64  # bytes
_ROUNDING_M = 1e-3
_Columns = TypeVar(
    "_Columns", layout.Trips, layout.Rows, layout.Movers, layout.Changes, layout.Wishes, layout.Signals, layout.Sensing
)


def net_arrays(network: RoadNetwork) -> layout.Net:
    """The network as the kernels want it."""
    crossing_first = network.movement_crossing[network.link_movement]
    return layout.Net(
        drivables=_drivables(network),
        lanes=_lanes(network),
        road_lane_first=network.road_lane_first,
        links=_links(network),
        lane_links=network.link_from_lane_first[1],
        crosses=_crosses(network),
        crossing_link_first=np.searchsorted(crossing_first, np.arange(len(network.crossing_ids) + 1)).astype(np.int32),
        phase_first=network.phase_first,
        phase_duration=network.phase_duration,
        phase_green=network.phase_green.astype(np.uint8),
    )


def _drivables(network: RoadNetwork) -> layout.Records:
    records = _records(layout.DRIVABLE, network.lane_count + network.link_count)
    records.length = np.concatenate([network.lane_length, network.link_length])
    records.speed_limit = _LINK_SPEED_LIMIT
    records.speed_limit[: network.lane_count] = network.lane_speed_limit
    return records


def _lanes(network: RoadNetwork) -> layout.Records:
    records = _records(layout.LANE, network.lane_count)
    first, _ = network.link_from_lane_first
    records.width, records.road, records.index = network.lane_width, network.lane_road, network.lane_index
    records.leads_to, records.link_first, records.link_last = _only_road(network), first[:-1], first[1:]
    records.approaches = (np.diff(network.phase_first) > 0)[network.road_to[network.lane_road]]
    return records


def _links(network: RoadNetwork) -> layout.Records:
    movement = network.link_movement
    records = _records(layout.LINK, network.link_count)
    records.from_lane, records.to_lane = network.link_from_lane, network.link_to_lane
    records.rank, records.turns = network.movement_rank[movement], network.movement_type[movement] != STRAIGHT
    records.movement = movement - network.movement_first[network.movement_crossing[movement]]
    records.cross_first, records.cross_last = network.cross_first[:-1], network.cross_first[1:]
    return records


def _crosses(network: RoadNetwork) -> layout.Records:
    link = np.repeat(np.arange(network.link_count, dtype=np.int32), np.diff(network.cross_first))
    records = _records(layout.CROSS, len(network.cross_distance))
    records.distance, records.foe_distance = network.cross_distance, network.cross_distance[network.cross_foe]
    records.foe_link = link[network.cross_foe]
    return records


def _records(kind: np.dtype[np.void], count: int) -> layout.Records:
    """Records at the start of a cache line, all zero."""
    return _aligned(np.zeros(count * kind.itemsize + _CACHE_LINE, np.uint8), kind, count)


def _aligned(room: layout.Bytes, kind: np.dtype[np.void], count: int) -> layout.Records:
    """The records that begin at the first cache line of a room."""
    begin = -room.ctypes.data % _CACHE_LINE
    return room[begin : begin + count * kind.itemsize].view(kind).view(np.recarray)


def _only_road(network: RoadNetwork) -> layout.Ints:
    """The one road that each lane leads to; NONE where there are several or none."""
    to_road = network.lane_road[network.link_to_lane]
    least = np.full(network.lane_count, np.iinfo(np.int32).max, np.int32)
    most = np.full(network.lane_count, NONE, np.int32)
    np.minimum.at(least, network.link_from_lane, to_road)
    np.maximum.at(most, network.link_from_lane, to_road)
    only: layout.Ints = np.where(least == most, most, NONE).astype(np.int32)
    return only


def type_arrays(types: VehicleTypes, interval_s: float) -> layout.Types:
    """Vehicle types as the kernels want them, with how far ahead each looks."""
    look_ahead = types.max_speed**2 / types.usual_neg_acc / 2 + types.max_speed * interval_s * 2
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
        _clear_gap(types, interval_s),
        (types.max_neg_acc == types.usual_neg_acc).astype(np.uint8),
        float(types.length.max(initial=0.0)),
    )


def _clear_gap(types: VehicleTypes, interval_s: float) -> layout.Floats:
    """The gap (m) from which on no rule of following limits a vehicle at all, whatever its leader does."""
    fastest, hardest = types.max_speed, types.max_neg_acc.max(initial=0.0)
    stopping = fastest**2 / (2 * np.minimum(types.max_neg_acc, types.usual_neg_acc)) + fastest * interval_s
    touching = (fastest + hardest * interval_s) * interval_s / 2
    timed = fastest * (types.headway_time + interval_s)
    gap: layout.Floats = np.maximum(np.maximum(stopping, touching) + types.min_gap, timed) + _ROUNDING_M
    return gap


def signal_arrays(network: RoadNetwork) -> layout.Signals:
    """All signals at the start of their own programme."""
    crossings = len(network.crossing_ids)
    remaining = np.zeros(crossings)
    remaining[network.signalised] = network.phase_duration[network.phase_first[network.signalised]]
    return layout.Signals(
        green=_first_green(network),
        phase=np.zeros(crossings, np.int32),
        remaining=remaining,
        commanded=np.zeros(crossings, np.uint8),
        target=np.zeros(crossings, np.int32),
        change_step=np.full(crossings, NONE, np.int32),
    )


def _first_green(network: RoadNetwork) -> layout.Bytes:
    """Which links have green at the start: those of the first phase, and all where there is no signal."""
    crossing = network.movement_crossing[network.link_movement]
    position = network.link_movement - network.movement_first[crossing]
    green = np.ones(network.link_count, np.uint8)
    signalised = np.isin(crossing, network.signalised)
    green[signalised] = network.phase_green[network.phase_first[crossing[signalised]], position[signalised]]
    return green


def empty_world(
    network: RoadNetwork, types: VehicleTypes, incidents: layout.Incidents, interval_s: float, lane_change: bool
) -> layout.World:
    """A world at step 0 with no vehicle in it."""
    lanes = network.lane_count
    drivables = lanes + network.link_count
    tally = np.zeros(layout.TALLY_SIZE, np.int64)
    tally[layout.LANE_CHANGE] = lane_change
    world = layout.World(
        net=net_arrays(network),
        types=type_arrays(types, interval_s),
        roads=np.empty(0, np.int32),
        ways=no_ways(),
        gates=np.empty(0, np.int32),
        trips=_columns(layout.Trips, 0, floats={"driven"}),
        vehicles=new_slots(VEHICLE, 0),
        histories=new_slots(HISTORY, 0),
        rows=_empty_rows(drivables),
        wait_first=np.full(lanes, NONE, np.int32),
        wait_last=np.full(lanes, NONE, np.int32),
        busy=np.zeros(network.link_count, np.uint8),
        movers=_scratch(layout.Movers, 0, floats={"x"}),
        changes=_columns(layout.Changes, 0, floats={"offset"}),
        wishes=_scratch(layout.Wishes, 0, floats={"leader_gap", "follower_gap"}),
        signals=signal_arrays(network),
        sensing=layout.Sensing(
            np.zeros(lanes, np.int64), np.zeros(lanes, np.int64), np.zeros(lanes), np.zeros(lanes), np.zeros(lanes)
        ),
        incidents=incidents,
        tally=tally,
        interval=interval_s,
    )
    return roomier(world)


def _columns(kind: type[_Columns], count: int, floats: set[str]) -> _Columns:
    """Columns of a kind, none of whose steps, places and vehicles is known yet."""
    fields = kind._fields
    return kind._make(np.zeros(count) if name in floats else np.full(count, NONE, np.int32) for name in fields)


def _scratch(kind: type[_Columns], count: int, floats: set[str]) -> _Columns:
    """Columns of a kind that are written before they are read; what is never written takes no memory."""
    return kind._make(np.empty(count, np.float64 if name in floats else np.int32) for name in kind._fields)


def _empty_rows(drivables: int) -> layout.Rows:
    return layout.Rows(
        start=np.zeros(drivables + 1, np.int32),
        next_start=np.zeros(drivables + 1, np.int32),
        heads=_records(layout.HEAD, drivables),
        filled=np.zeros(drivables, np.int32),
        occupied=np.zeros(drivables, np.int32),
        coming=np.zeros(drivables, np.int32),
        fresh=np.zeros(drivables, np.int32),
    )


def new_trips(count: int) -> layout.Trips:
    """Vehicles that have not been created yet."""
    trips = _columns(layout.Trips, count, floats={"driven"})
    for column in (trips.waited, trips.stops, trips.approached):
        column[:] = 0
    return trips


def new_slots(kind: np.dtype[np.void], slots: int) -> layout.Records:
    """Free slots."""
    records = _records(kind, slots)
    if kind == VEHICLE:
        records.number = NONE
    return records


def _copied_slots(records: layout.Records) -> layout.Records:
    """A copy, made byte by byte: field by field takes ten times as long."""
    kind, count = records.dtype, len(records)
    copy = _aligned(np.empty(count * kind.itemsize + _CACHE_LINE, np.uint8), kind, count)
    copy.view(np.uint8, np.ndarray)[:] = records.view(np.uint8, np.ndarray)
    return copy


def roomier(world: layout.World, at_least: int = 0) -> layout.World:
    """The world with slots enough to go on for some time."""
    tally, before = world.tally, len(world.vehicles)
    most = (2 + int(tally[layout.LANE_CHANGE])) * (int(tally[layout.RUNNING]) + len(world.gates))
    wanted = max(int(tally[layout.SLOTS_WANTED]), most, 2 * len(world.rows.filled), before, at_least)
    slots = max(_FEWEST_SLOTS, wanted + wanted // 4)
    vehicles, histories = new_slots(VEHICLE, slots), new_slots(HISTORY, slots)
    vehicles[:before], histories[:before] = world.vehicles, world.histories
    changing = slots if tally[layout.LANE_CHANGE] else 0
    return world._replace(
        vehicles=vehicles,
        histories=histories,
        movers=_scratch(layout.Movers, slots, floats={"x"}),
        changes=_lengthened(world.changes, _columns(layout.Changes, changing // 8, floats={"offset"})),
        wishes=_scratch(layout.Wishes, changing, floats={"leader_gap", "follower_gap"}),
    )


def _lengthened(before: layout.Changes, longer: layout.Changes) -> layout.Changes:
    for name in longer._fields:
        getattr(longer, name)[: len(before.vehicle)] = getattr(before, name)
    return longer


def no_ways() -> layout.Ways:
    """The ways along no routes."""
    return layout.Ways(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int8))


def with_routes(world: layout.World, roads: layout.Ints, ways: layout.Ways) -> layout.World:
    """The world with more routes known."""
    joined = (np.concatenate([getattr(world.ways, name), getattr(ways, name)]) for name in ways._fields)
    return world._replace(roads=np.concatenate([world.roads, roads]), ways=layout.Ways._make(joined))


def grown(world: layout.World, trips: layout.Trips) -> layout.World:
    """The world with more vehicles known."""
    joined = (np.concatenate([getattr(world.trips, name), getattr(trips, name)]) for name in trips._fields)
    gates = np.union1d(world.gates, trips.lane).astype(np.int32)
    return world._replace(trips=layout.Trips._make(joined), gates=gates)


def branched(world: layout.World) -> layout.World:
    """A copy that shares only what never changes; what a step only fills and reads is made anew."""
    return world._replace(
        trips=_branched_trips(world.trips),
        vehicles=_copied_slots(world.vehicles),
        histories=_copied_slots(world.histories),
        rows=_copied(world.rows),
        wait_first=world.wait_first.copy(),
        wait_last=world.wait_last.copy(),
        busy=np.empty_like(world.busy),
        movers=layout.Movers._make(map(np.empty_like, world.movers)),
        changes=_copied(world.changes),
        wishes=layout.Wishes._make(map(np.empty_like, world.wishes)),
        signals=_copied(world.signals),
        sensing=_copied(world.sensing),
        incidents=world.incidents._replace(vehicle=world.incidents.vehicle.copy()),
        tally=world.tally.copy(),
    )


def _branched_trips(trips: layout.Trips) -> layout.Trips:
    """What is known of a vehicle beforehand never changes; what comes of it does."""
    known = {"created", "kind", "priority", "place", "lane"}
    return layout.Trips._make(
        getattr(trips, name) if name in known else getattr(trips, name).copy() for name in trips._fields
    )


def _copied(columns: _Columns) -> _Columns:
    return type(columns)._make(column.copy() for column in columns)
