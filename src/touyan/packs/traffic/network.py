"""The road network in columns, immutable once built.

Vocabulary as in CityFlow: a *crossing* is an intersection (virtual ones are sources and sinks), a *movement* a
road link (one turn from a road to a road), a *link* a lane link (the path of one lane through a crossing), a
*cross* the point where two links of a crossing meet. Indices are positions in the columns.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.core.errors import NotFoundError
from touyan.core.geometry import Points, Projection

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

STRAIGHT, LEFT, RIGHT = 3, 2, 1
"""Movement types; the number is the right of way (higher goes first)."""


CLEARANCE_S = 5
"""How long the clearance phase is shown in the published protocol, where nothing else is given."""


class Shapes(NamedTuple):
    """Many polylines in one array: shape i is `points[first[i]:first[i + 1]]`, in metres."""

    first: Ints
    points: Floats

    def of(self, index: int) -> Points:
        """One polyline, shape (points, 2)."""
        return self.points[self.first[index] : self.first[index + 1]]


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """Columns of crossings, roads, lanes, movements, links, crosses and phases.

    `*_first` columns are CSR offsets with one more element than the things they index. Lengths are metres,
    speeds m/s, durations s. Drivables are numbered lanes first, then links.
    """

    projection: Projection

    crossing_ids: tuple[str, ...]
    crossing_point: Floats  # (crossings, 2)
    crossing_width: Floats
    crossing_virtual: Flags

    road_ids: tuple[str, ...]
    road_from: Ints  # crossing
    road_to: Ints  # crossing
    road_lane_first: Ints  # lanes of road r: road_lane_first[r] .. road_lane_first[r + 1]
    road_shape: Shapes

    lane_road: Ints
    lane_index: Ints  # 0 is the innermost
    lane_width: Floats
    lane_speed_limit: Floats
    lane_length: Floats
    lane_shape: Shapes

    movement_crossing: Ints
    movement_type: Ints  # STRAIGHT, LEFT or RIGHT
    movement_from_road: Ints
    movement_to_road: Ints
    movement_first: Ints  # movements of crossing c: movement_first[c] .. movement_first[c + 1]

    link_movement: Ints
    link_from_lane: Ints
    link_to_lane: Ints
    link_length: Floats
    link_shape: Shapes

    cross_first: Ints  # crosses on link k, ascending by distance: cross_first[k] .. cross_first[k + 1]
    cross_distance: Floats  # along the link
    cross_foe: Ints  # the same cross in the other link's list

    phase_first: Ints  # phases of crossing c: phase_first[c] .. phase_first[c + 1]
    phase_duration: Floats
    phase_green: Flags  # (phases, most movements of a crossing), by position within the crossing

    given_lane_ids: tuple[str, ...] = ()  # as the file has them; empty where they are derived
    given_movement_rank: Ints | None = None  # right of way where the file has signs; None: by type
    given_phase_yields: Flags | None = None  # as phase_green: greens that give way to others, as the file has them
    given_clearance_s: Floats | None = None  # before each phase (row); None: as in the published protocol
    given_crosswalk_m: Floats | None = None  # the longest crosswalk of each crossing, 0 where there is none
    clears_by_phase: bool = True  # a phase of its own separates greens; else what two phases share stays green

    def __post_init__(self) -> None:
        for field in fields(self):
            column = getattr(self, field.name)
            for array in column if isinstance(column, Shapes) else (column,):
                if isinstance(array, np.ndarray):
                    array.setflags(write=False)

    @property
    def lane_count(self) -> int:
        """Number of lanes."""
        return len(self.lane_road)

    @property
    def link_count(self) -> int:
        """Number of links."""
        return len(self.link_movement)

    @cached_property
    def lane_ids(self) -> tuple[str, ...]:
        """Lane ids of the file, else as CityFlow writes them: road id, underscore, lane index."""
        if self.given_lane_ids:
            return self.given_lane_ids
        roads = self.lane_road.tolist()
        return tuple(
            f"{self.road_ids[road]}_{index}" for road, index in zip(roads, self.lane_index.tolist(), strict=True)
        )

    @property
    def movement_rank(self) -> Ints:
        """Who goes first at a crossing: the higher number; by the file's signs, else by the type of the turn."""
        return self.movement_type if self.given_movement_rank is None else self.given_movement_rank

    @cached_property
    def signalised(self) -> Ints:
        """The crossings that have a signal; one phase that holds nobody back is none."""
        phases = np.diff(self.phase_first)
        open_ = [n == 1 and self._holds_nobody(crossing) for crossing, n in enumerate(phases.tolist())]
        return np.flatnonzero((phases > 0) & ~np.array(open_, bool)).astype(np.int32)

    def _holds_nobody(self, crossing: int) -> bool:
        movements = len(self.movements_of(crossing))
        return bool(self.phase_green[self.phase_first[crossing], :movements].all())

    @cached_property
    def link_from_lane_first(self) -> tuple[Ints, Ints]:
        """CSR (offsets, links) of the links that start at each lane, in link order."""
        order = np.argsort(self.link_from_lane, kind="stable").astype(np.int32)
        counts = np.bincount(self.link_from_lane, minlength=self.lane_count)
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32), order

    @property
    def phase_clearance_s(self) -> Floats:
        """How long a crossing is cleared before each phase (row) that is commanded."""
        if self.given_clearance_s is not None:
            return self.given_clearance_s
        return np.full(len(self.phase_duration), float(CLEARANCE_S))

    @cached_property
    def clearance_s(self) -> Floats:
        """How long each crossing is cleared at most when its phase changes under command."""
        longest = np.zeros(len(self.crossing_ids))
        np.maximum.at(longest, np.repeat(np.arange(len(longest)), np.diff(self.phase_first)), self.phase_clearance_s)
        return longest

    @cached_property
    def clearance_phase(self) -> Ints:
        """The phase that separates greens at each crossing, -1 where there is none.

        It is the first phase whose movements are green in every other phase too, and fewer than in some other. Where
        there is none, what two phases share stays green when one follows the other, and all else is held back.
        """
        if not self.clears_by_phase:
            return np.full(len(self.crossing_ids), -1, np.int32)
        return np.array([self._clearance(crossing) for crossing in range(len(self.crossing_ids))], np.int32)

    def _clearance(self, crossing: int) -> int:
        green = self.phase_green[self.phase_first[crossing] : self.phase_first[crossing + 1]]
        for phase, row in enumerate(green):
            if np.all(green >= row) and green.sum() > len(green) * row.sum():
                return phase
        return -1

    @cached_property
    def drivable_shape(self) -> Shapes:
        """Shapes of all drivables, lanes first."""
        lanes, links = self.lane_shape, self.link_shape
        first = np.concatenate([lanes.first, links.first[1:] + lanes.first[-1]]).astype(np.int32)
        return Shapes(first, np.concatenate([lanes.points, links.points]))

    @cached_property
    def links_onward(self) -> dict[tuple[int, int], list[int]]:
        """Links from a lane to a road, in link order; only pairs that are joined are there."""
        links: dict[tuple[int, int], list[int]] = {}
        to_road = self.lane_road[self.link_to_lane].tolist()
        for link, pair in enumerate(zip(self.link_from_lane.tolist(), to_road, strict=True)):
            links.setdefault(pair, []).append(link)
        return links

    @cached_property
    def roads_onward(self) -> list[list[int]]:
        """The roads that can be reached from each road through one crossing."""
        roads: list[set[int]] = [set() for _ in self.road_ids]
        for lane, road in self.links_onward:
            roads[self.lane_road[lane]].add(road)
        return [sorted(onward) for onward in roads]

    def lanes_of(self, road: int) -> range:
        """Lane indices of a road, the innermost first."""
        return range(int(self.road_lane_first[road]), int(self.road_lane_first[road + 1]))

    def movements_of(self, crossing: int) -> range:
        """Movement indices of a crossing, in file order."""
        return range(int(self.movement_first[crossing]), int(self.movement_first[crossing + 1]))

    def phases_of(self, crossing: int) -> range:
        """Phase rows of a crossing, in file order."""
        return range(int(self.phase_first[crossing]), int(self.phase_first[crossing + 1]))

    def road(self, road_id: str) -> int:
        """Index of a road; raises NotFoundError with the nearest id."""
        return _position(self._road_index, "road", road_id)

    def lane(self, lane_id: str) -> int:
        """Index of a lane; raises NotFoundError with the nearest id."""
        return _position(self._lane_index, "lane", lane_id)

    def crossing(self, crossing_id: str) -> int:
        """Index of a crossing; raises NotFoundError with the nearest id."""
        return _position(self._crossing_index, "crossing", crossing_id)

    @cached_property
    def _road_index(self) -> dict[str, int]:
        return {road_id: index for index, road_id in enumerate(self.road_ids)}

    @cached_property
    def _lane_index(self) -> dict[str, int]:
        return {lane_id: index for index, lane_id in enumerate(self.lane_ids)}

    @cached_property
    def _crossing_index(self) -> dict[str, int]:
        return {crossing_id: index for index, crossing_id in enumerate(self.crossing_ids)}


def _position(index: dict[str, int], kind: str, name: str) -> int:
    if name not in index:
        raise NotFoundError(kind, name, index)
    return index[name]
