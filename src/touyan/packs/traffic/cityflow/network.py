"""`roadnet.json` into a network; every mistake is named, nothing is dropped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from touyan.core.errors import InputError
from touyan.core.geometry import Points, Projection

from .. import building
from ..building import CityPlan, CrossingPlan, LinkPlan, MovementPlan, PhasePlan, RoadPlan
from ..network import RoadNetwork
from .decoding import nearest, read_records
from .records import MOVEMENT_TYPES, Intersection, LaneLink, LightPhase, Point, Road, RoadLink, Roadnet

NOWHERE = Projection()
"""The projection of a file that does not say where it lies."""


def read_network(path: Path, projection: Projection = NOWHERE) -> RoadNetwork:
    """The network of a `roadnet.json`; raises InputError."""
    return parse_network(read_records(path, Roadnet), str(path), projection)


def parse_network(roadnet: Roadnet, file: str, projection: Projection = NOWHERE) -> RoadNetwork:
    """The network of a decoded roadnet; raises InputError with `file` as its file."""
    planner = _Planner(roadnet, file)
    network = building.build(CityPlan(planner.crossings(), planner.roads(), projection))
    planner.check_lengths(network)
    return network


class _Planner:
    """Checks a roadnet record by record and plans what it describes."""

    def __init__(self, roadnet: Roadnet, file: str) -> None:
        self._file = file
        self._roadnet = roadnet
        self._crossing = self._index("intersections", [crossing.id for crossing in roadnet.intersections])
        self._road = self._index("roads", [road.id for road in roadnet.roads])

    def roads(self) -> list[RoadPlan]:
        """The plan of every road, in file order."""
        return [self._road_plan(road, f"$.roads[{index}]") for index, road in enumerate(self._roadnet.roads)]

    def crossings(self) -> list[CrossingPlan]:
        """The plan of every intersection, in file order."""
        intersections = enumerate(self._roadnet.intersections)
        return [self._crossing_plan(crossing, f"$.intersections[{index}]") for index, crossing in intersections]

    def check_lengths(self, network: RoadNetwork) -> None:
        """Refuse a built network with a lane or link that has no length."""
        for lane in np.flatnonzero(~(network.lane_length > 0)):
            place = f"$.roads[{network.lane_road[lane]}].lanes[{network.lane_index[lane]}]"
            raise self._error(place, f"a lane of {network.lane_length[lane]:g} m", "a lane with a length")
        places = [place for index in range(len(self._roadnet.intersections)) for place in self._link_places(index)]
        for link in np.flatnonzero(~(network.link_length > 0)):
            found = f"a lane link of {network.link_length[link]:g} m"
            raise self._error(f"{places[link]}.points", found, "points that are apart from one another")

    def _link_places(self, crossing: int) -> Iterator[str]:
        for movement, road_link in enumerate(self._roadnet.intersections[crossing].road_links or ()):
            for link in range(len(road_link.lane_links)):
                yield f"$.intersections[{crossing}].roadLinks[{movement}].laneLinks[{link}]"

    def _road_plan(self, road: Road, place: str) -> RoadPlan:
        start = self._known("intersection", road.start_intersection, f"{place}.startIntersection")
        end = self._known("intersection", road.end_intersection, f"{place}.endIntersection")
        self._check_axis(road, start, end, place)
        widths = [lane.width for lane in road.lanes]
        return RoadPlan(road.id, start, end, _points(road.points), widths, [lane.max_speed for lane in road.lanes])

    def _check_axis(self, road: Road, start: int, end: int, place: str) -> None:
        axis = _points(road.points)
        steps = np.sqrt((np.diff(axis, axis=0) ** 2).sum(axis=1))
        for index in np.flatnonzero(~(steps > 0)):
            found = f"the same point as points[{index}]"
            raise self._error(f"{place}.points[{index + 1}]", found, "a road with no segment of zero length")
        forward = np.diff(axis, axis=0) / steps[:, np.newaxis]
        for index in np.flatnonzero(np.hypot(*(forward[1:] + forward[:-1]).T) < 1e-9):
            raise self._error(f"{place}.points[{index + 1}]", "a road that turns back on itself", "a bend under 180°")
        taken = self._share(start), self._share(end)
        ends = [(0, sum(taken))] if len(steps) == 1 else [(0, taken[0]), (-1, taken[1])]
        for segment, share in ends:
            if steps[segment] <= share:
                where = "ends" if len(steps) == 1 else ("start", "end")[segment]
                found = f"{steps[segment]:g} m of road at its {where}, of which the intersections take {share:g} m"
                raise self._error(f"{place}.points", found, "a length above zero after the intersections' width")

    def _share(self, crossing: int) -> float:
        intersection = self._roadnet.intersections[crossing]
        return 0.0 if intersection.virtual else intersection.width or 0.0

    def _crossing_plan(self, crossing: Intersection, place: str) -> CrossingPlan:
        for index, road in enumerate(crossing.roads):
            self._known("road", road, f"{place}.roads[{index}]")
        point = (crossing.point.x, crossing.point.y)
        if crossing.virtual:
            if crossing.road_links:
                raise self._error(f"{place}.roadLinks", "road links", "none, for the intersection is virtual")
            return CrossingPlan(crossing.id, point, 0.0, True, [], [])
        links, phases = self._required(crossing, place)
        movements = [self._movement(link, f"{place}.roadLinks[{i}]", crossing.id) for i, link in enumerate(links)]
        self._check_phases(phases, len(links), f"{place}.trafficLight.lightphases")
        greens = [PhasePlan(phase.time, phase.available_road_links) for phase in phases]
        return CrossingPlan(crossing.id, point, crossing.width or 0.0, False, movements, greens)

    def _required(self, crossing: Intersection, place: str) -> tuple[list[RoadLink], list[LightPhase]]:
        links, light = crossing.road_links, crossing.traffic_light
        missing = {"width": crossing.width, "roadLinks": links, "trafficLight": light}
        for field, value in missing.items():
            if value is None:
                expected = f"the field {field!r} too, for the intersection is not virtual"
                raise self._error(place, f"no {field!r}", expected)
        phases = light.lightphases if light else []
        if not phases:
            found = "no phases"
            raise self._error(
                f"{place}.trafficLight.lightphases", found, "at least one phase, or a virtual intersection"
            )
        return links or [], phases

    def _check_phases(self, phases: Sequence[LightPhase], movements: int, place: str) -> None:
        for row, phase in enumerate(phases):
            for column, movement in enumerate(phase.available_road_links):
                if movement >= movements:
                    where = f"{place}[{row}].availableRoadLinks[{column}]"
                    raise self._error(where, f"road link {movement}", self._range(movements, "road links here"))

    def _movement(self, link: RoadLink, place: str, crossing: str) -> MovementPlan:
        start = self._known("road", link.start_road, f"{place}.startRoad")
        end = self._known("road", link.end_road, f"{place}.endRoad")
        from_road, to_road = self._roadnet.roads[start], self._roadnet.roads[end]
        if from_road.end_intersection != crossing:
            found = f"{link.start_road!r}, which ends at {from_road.end_intersection!r}"
            raise self._error(f"{place}.startRoad", found, f"a road that ends at {crossing!r}")
        if to_road.start_intersection != crossing:
            found = f"{link.end_road!r}, which starts at {to_road.start_intersection!r}"
            raise self._error(f"{place}.endRoad", found, f"a road that starts at {crossing!r}")
        links = [
            self._link(lane_link, from_road, to_road, f"{place}.laneLinks[{index}]")
            for index, lane_link in enumerate(link.lane_links)
        ]
        return MovementPlan(MOVEMENT_TYPES[link.type], start, end, links)

    def _link(self, link: LaneLink, from_road: Road, to_road: Road, place: str) -> LinkPlan:
        ends = [
            ("startLaneIndex", link.start_lane_index, from_road),
            ("endLaneIndex", link.end_lane_index, to_road),
        ]
        for field, lane, road in ends:
            if lane >= len(road.lanes):
                expected = self._range(len(road.lanes), f"lanes of {road.id!r}")
                raise self._error(f"{place}.{field}", f"lane {lane}", expected)
        if len(link.points) == 1:
            raise self._error(f"{place}.points", "one point", "two points or more, or none for a curve")
        points = _points(link.points) if link.points else None
        return LinkPlan(link.start_lane_index, link.end_lane_index, points)

    def _index(self, field: str, ids: Sequence[str]) -> dict[str, int]:
        index: dict[str, int] = {}
        for position, name in enumerate(ids):
            if name in index:
                found = f"{name!r}, which is also the id of {field}[{index[name]}]"
                raise self._error(f"$.{field}[{position}].id", found, "an id that nothing else bears")
            index[name] = position
        return index

    def _known(self, kind: str, name: str, place: str) -> int:
        index = self._road if kind == "road" else self._crossing
        if name not in index:
            raise self._error(
                place,
                f"{kind} {name!r}, which does not exist",
                nearest(f"the id of {'an' if kind == 'intersection' else 'a'} {kind}", name, index),
            )
        return index[name]

    def _range(self, count: int, of_what: str) -> str:
        return (
            f"a number from 0 to {count - 1}, for there are {count} {of_what}"
            if count
            else f"none: there are no {of_what}"
        )

    def _error(self, place: str, found: str, expected: str) -> InputError:
        return InputError(self._file, place, found, expected)


def _points(points: Sequence[Point]) -> Points:
    return np.array([(point.x, point.y) for point in points], float)
