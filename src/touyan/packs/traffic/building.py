"""A road network from its plan: lanes, links, lengths and crosses.

An importer checks its file and writes a `CityPlan`; `build` derives the geometry by the rules of the reference
model (CityFlow), every sum in the same order, so that lengths agree to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np

from touyan.core.geometry import Points, Projection
from touyan.kernels.traffic import crosses

from .network import Flags, Floats, Ints, RoadNetwork, Shapes

_CURVE_SHARES = np.arange(11) / 10
"""Where on the curve the points of a link lie that has none in the plan."""

_LEAST_REACH_M = 5.0
"""How far the inner control points of such a curve are at least from its ends."""


class LinkPlan(NamedTuple):
    """A path from a lane to a lane, by position on their roads; without points it is a curve."""

    from_lane: int
    to_lane: int
    points: Points | None


class MovementPlan(NamedTuple):
    """One turn from a road to a road, by position in the plan.

    `rank` is its right of way (higher goes first) where signs give it; without, the type decides. Straight on with
    the right of way must be STRAIGHT, for only such movements are driven at full speed.
    """

    type: int
    from_road: int
    to_road: int
    links: Sequence[LinkPlan]
    rank: int | None = None


class PhasePlan(NamedTuple):
    """How long (s) which movements of a crossing have green, by position; and which of these give way."""

    duration: float
    green: Sequence[int]
    yields: Sequence[int] = ()


class CrossingPlan(NamedTuple):
    """An intersection; `width` (m) is what roads give way at each end, 0 for a virtual one."""

    id: str
    point: tuple[float, float]
    width: float
    virtual: bool
    movements: Sequence[MovementPlan]
    phases: Sequence[PhasePlan]


class RoadPlan(NamedTuple):
    """A road along its axis (m), from crossing to crossing; its lanes lie to the right of it.

    A file that gives the lines (m), lengths (m) and ids of its lanes has its way: then nothing is derived.
    """

    id: str
    from_crossing: int
    to_crossing: int
    points: Points
    lane_widths: Sequence[float]
    lane_speed_limits: Sequence[float]
    lane_lines: Sequence[Points] = ()
    lane_lengths: Sequence[float] = ()
    lane_ids: Sequence[str] = ()


class CityPlan(NamedTuple):
    """Everything from which a network is built."""

    crossings: Sequence[CrossingPlan]
    roads: Sequence[RoadPlan]
    projection: Projection
    clears_by_phase: bool = True


def build(plan: CityPlan) -> RoadNetwork:
    """The network of a plan; raises nothing, for the importer has checked the plan."""
    lanes = _Lanes(plan)
    movements = [movement for crossing in plan.crossings for movement in crossing.movements]
    links = [link for movement in movements for link in movement.links]
    link_movement = np.repeat(np.arange(len(movements)), [len(movement.links) for movement in movements])
    link_from = [lanes.first[m.from_road] + link.from_lane for m in movements for link in m.links]
    link_to = [lanes.first[m.to_road] + link.to_lane for m in movements for link in m.links]
    link_shape = shapes(
        link.points if link.points is not None else lanes.curve(start, end)
        for link, start, end in zip(links, link_from, link_to, strict=True)
    )
    movement_first = _offsets(len(crossing.movements) for crossing in plan.crossings)
    link_first = _offsets(len(movement.links) for movement in movements)
    cross = _Crosses(link_first[movement_first], link_shape)
    return RoadNetwork(
        projection=plan.projection,
        crossing_ids=tuple(crossing.id for crossing in plan.crossings),
        crossing_point=np.array([crossing.point for crossing in plan.crossings], float).reshape(-1, 2),
        crossing_width=np.array([crossing.width for crossing in plan.crossings], float),
        crossing_virtual=np.array([crossing.virtual for crossing in plan.crossings], bool),
        road_ids=tuple(road.id for road in plan.roads),
        road_from=_ints(road.from_crossing for road in plan.roads),
        road_to=_ints(road.to_crossing for road in plan.roads),
        road_lane_first=lanes.first,
        road_shape=shapes(road.points for road in plan.roads),
        lane_road=np.repeat(np.arange(len(plan.roads), dtype=np.int32), np.diff(lanes.first)),
        lane_index=_ints(index for road in plan.roads for index in range(len(road.lane_widths))),
        lane_width=np.array([width for road in plan.roads for width in road.lane_widths], float),
        lane_speed_limit=np.array([limit for road in plan.roads for limit in road.lane_speed_limits], float),
        lane_length=lanes.lengths(),
        given_movement_rank=_ints(m.type if m.rank is None else m.rank for m in movements),
        given_lane_ids=tuple(lane for road in plan.roads for lane in road.lane_ids),
        lane_shape=lanes.shape,
        movement_crossing=np.repeat(np.arange(len(plan.crossings), dtype=np.int32), np.diff(movement_first)),
        movement_type=_ints(movement.type for movement in movements),
        movement_from_road=_ints(movement.from_road for movement in movements),
        movement_to_road=_ints(movement.to_road for movement in movements),
        movement_first=movement_first,
        link_movement=link_movement.astype(np.int32),
        link_from_lane=_ints(link_from),
        link_to_lane=_ints(link_to),
        link_length=crosses.lengths(*link_shape),
        link_shape=link_shape,
        cross_first=cross.first,
        cross_distance=cross.distance,
        cross_foe=cross.foe,
        phase_first=_offsets(len(crossing.phases) for crossing in plan.crossings),
        phase_duration=np.array([phase.duration for c in plan.crossings for phase in c.phases], float),
        phase_green=_flags(plan.crossings, lambda phase: phase.green),
        given_phase_yields=_flags(plan.crossings, lambda phase: phase.yields),
        clears_by_phase=plan.clears_by_phase,
    )


def shapes(polylines: Iterable[Points]) -> Shapes:
    """Polylines laid end to end."""
    parts = list(polylines)
    points = np.concatenate(parts) if parts else np.empty((0, 2))
    return Shapes(_offsets(len(part) for part in parts), np.ascontiguousarray(points, np.float64))


def trimmed(points: Points, at_start: float, at_end: float) -> Points:
    """An axis without the metres that the crossings at its ends take up."""
    axis = points.copy()
    axis[0] = axis[0] + _unit(axis[1] - axis[0]) * at_start
    axis[-1] = axis[-1] - _unit(axis[-1] - axis[-2]) * at_end
    return axis


def lane_lines(axis: Points, widths: Sequence[float]) -> list[Points]:
    """The middle of each lane to the right of an axis, the innermost first."""
    forward = _unit(np.diff(axis, axis=0))
    # At a bend the reference model takes the mean direction and no mitre.
    bends = _unit(forward[1:] + forward[:-1])
    along = np.concatenate([forward[:1], bends, forward[-1:]])
    right = np.column_stack([along[:, 1], -along[:, 0]])
    edges = list(accumulate(widths, initial=0.0))
    return [axis + right * ((inner + (inner + width)) / 2.0) for inner, width in zip(edges, widths, strict=False)]


def curve(start: Points, start_way: Points, end: Points, end_way: Points, widths: tuple[float, float]) -> Points:
    """A cubic Bézier curve of 11 points between two lanes, given their directions.

    `widths` are those of the crossings at the start lane's end and at the end lane's start.
    """
    steps = end - start
    reach = np.sqrt(steps[0] * steps[0] + steps[1] * steps[1]) * 0.5
    leave, arrive = start_way * reach, -end_way * reach
    if (leave * leave).sum() < _LEAST_REACH_M**2 and widths[0] >= _LEAST_REACH_M:
        leave = start_way * _LEAST_REACH_M
    if (arrive * arrive).sum() < _LEAST_REACH_M**2 and widths[1] >= _LEAST_REACH_M:
        # The reference model turns this one round; kept, so that links are as long as there.
        arrive = end_way * _LEAST_REACH_M
    return bezier(start, start + leave, end + arrive, end)


def bezier(start: Points, after_start: Points, before_end: Points, end: Points) -> Points:
    """Eleven points of a cubic Bézier curve, by de Casteljau's construction."""
    level = [np.tile(point, (11, 1)) for point in (start, after_start, before_end, end)]
    shares = _CURVE_SHARES[:, np.newaxis]
    while len(level) > 1:
        level = [(after - before) * shares + before for before, after in pairwise(level)]
    return level[0]


class _Lanes:
    """Lane lines of a plan, as they are and without the crossings' share."""

    def __init__(self, plan: CityPlan) -> None:
        self._plan = plan
        self.first = _offsets(len(road.lane_widths) for road in plan.roads)
        self.shape = shapes(line for road in plan.roads for line in self._lines(road))

    def lengths(self) -> Floats:
        """Length of each lane: as given, else that of its line."""
        measured = crosses.lengths(*self.shape)
        for first, road in zip(self.first.tolist(), self._plan.roads, strict=False):
            measured[first : first + len(road.lane_lengths)] = road.lane_lengths
        return measured

    def _lines(self, road: RoadPlan) -> Sequence[Points]:
        if road.lane_lines:
            return road.lane_lines
        ends = self._plan.crossings[road.from_crossing], self._plan.crossings[road.to_crossing]
        axis = trimmed(road.points, *(0.0 if crossing.virtual else crossing.width for crossing in ends))
        return lane_lines(axis, road.lane_widths)

    def curve(self, from_lane: int, to_lane: int) -> Points:
        """The link between two lanes for which the plan has no points."""
        out_of, into = self._whole(from_lane), self._whole(to_lane)
        widths = self._width(from_lane, at_end=True), self._width(to_lane, at_end=False)
        start, start_way = _station(out_of, _length(out_of) - widths[0])
        end, end_way = _station(into, widths[1])
        return curve(start, start_way, end, end_way, widths)

    def _road(self, lane: int) -> int:
        return int(np.searchsorted(self.first, lane, side="right")) - 1

    def _whole(self, lane: int) -> Points:
        index = self._road(lane)
        road = self._plan.roads[index]
        return lane_lines(road.points, road.lane_widths)[lane - int(self.first[index])]

    def _width(self, lane: int, *, at_end: bool) -> float:
        road = self._plan.roads[self._road(lane)]
        return self._plan.crossings[road.to_crossing if at_end else road.from_crossing].width


class _Crosses:
    """The crosses on each link, ascending by distance (CSR)."""

    def __init__(self, link_first: Ints, shape: Shapes) -> None:
        pairs = crosses.Meetings(*crosses.meetings(link_first, *shape))
        link, distance = pairs.link.ravel(), pairs.distance.ravel()
        order = np.lexsort((distance, link))
        place = np.empty(len(order), np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        self.first: Ints = _offsets(np.bincount(link, minlength=len(shape.first) - 1).tolist())
        self.distance: Floats = distance[order]
        self.foe: Ints = place[order ^ 1]  # the two sides of a pair are neighbours before sorting


def _station(line: Points, distance: float) -> tuple[Points, Points]:
    """Point and direction at a distance along a line, clamped to its ends."""
    left = min(max(distance, 0.0), _length(line))
    for start, end in pairwise(line):
        length = _length(np.array([start, end]))
        if left < length:
            return start + (end - start) * (left / length), _unit(end - start)
        left -= length
    return line[-1], _unit(line[-1] - line[-2])


def _length(line: Points) -> float:
    return float(crosses.lengths(np.array([0, len(line)], np.int32), np.ascontiguousarray(line))[0])


def _unit(vectors: Points) -> Points:
    squares: Points = vectors * vectors
    unit: Points = vectors / np.sqrt(squares[..., :1] + squares[..., 1:])
    return unit


def _flags(crossings: Sequence[CrossingPlan], flagged: Callable[[PhasePlan], Sequence[int]]) -> Flags:
    """One row for each phase, with the flagged movements of its crossing."""
    phases = [phase for crossing in crossings for phase in crossing.phases]
    most = max((len(crossing.movements) for crossing in crossings), default=0)
    flags = np.zeros((len(phases), most), bool)
    for row, phase in enumerate(phases):
        flags[row, list(flagged(phase))] = True
    return flags


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, np.int32)


def _offsets(counts: Iterable[int]) -> Ints:
    return np.array(list(accumulate(counts, initial=0)), np.int32)
