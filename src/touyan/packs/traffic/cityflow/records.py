"""The JSON records of CityFlow's two files, as far as they are read.

Limits are wide: they stop a number that no city can hold before it spoils the geometry.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ..network import LEFT, RIGHT, STRAIGHT

Coordinate = Annotated[float, Meta(ge=-1e8, le=1e8)]
Positive = Annotated[float, Meta(gt=0, le=1e4)]
NotNegative = Annotated[float, Meta(ge=0, le=1e4)]
Speed = Annotated[float, Meta(gt=0, le=1e3)]
Position = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Duration = Annotated[float, Meta(gt=0, le=1e9)]
Name = Annotated[str, Meta(min_length=1)]

MOVEMENT_TYPES = {"go_straight": STRAIGHT, "turn_left": LEFT, "turn_right": RIGHT}
"""How CityFlow writes the types of a road link."""


class Record(msgspec.Struct, rename="camel", frozen=True):
    """A JSON object; fields that are not named here are not read."""


class Point(Record, frozen=True):
    """A place in metres east and north."""

    x: Coordinate
    y: Coordinate


class Lane(Record, frozen=True):
    """Width (m) and speed limit (m/s) of a lane."""

    width: Positive
    max_speed: Speed


class Road(Record, frozen=True):
    """A road from intersection to intersection."""

    id: Name
    start_intersection: str
    end_intersection: str
    points: Annotated[list[Point], Meta(min_length=2)]
    lanes: Annotated[list[Lane], Meta(min_length=1)]


class LaneLink(Record, frozen=True):
    """The path of one lane through an intersection."""

    start_lane_index: Position
    end_lane_index: Position
    points: list[Point] = []


class RoadLink(Record, frozen=True):
    """One turn from a road to a road."""

    type: Literal["go_straight", "turn_left", "turn_right"]
    start_road: str
    end_road: str
    lane_links: list[LaneLink]


class LightPhase(Record, frozen=True, rename={"available_road_links": "availableRoadLinks"}):
    """How long (s) which road links have green."""

    time: Duration
    available_road_links: list[Position]


class TrafficLight(Record, frozen=True, rename=None):
    """The signal of an intersection."""

    lightphases: list[LightPhase]


class Intersection(Record, frozen=True):
    """A crossing, or a virtual one at which vehicles come and go."""

    id: Name
    point: Point
    virtual: bool
    roads: list[str]
    width: NotNegative | None = None
    road_links: list[RoadLink] | None = None
    traffic_light: TrafficLight | None = None


class Roadnet(Record, frozen=True):
    """A whole road network file."""

    intersections: Annotated[list[Intersection], Meta(min_length=1)]
    roads: Annotated[list[Road], Meta(min_length=1)]


class Vehicle(Record, frozen=True):
    """Parameters of a vehicle: m, m/s, m/s², s."""

    length: Positive
    width: Positive
    max_pos_acc: Positive
    max_neg_acc: Positive
    usual_pos_acc: Positive
    usual_neg_acc: Positive
    min_gap: NotNegative
    max_speed: Speed
    headway_time: NotNegative


class Flow(Record, frozen=True):
    """Vehicles of one kind on one route, every `interval` seconds from start to end."""

    vehicle: Vehicle
    route: list[str]
    interval: Annotated[float, Meta(ge=0.01, le=1e9)]
    start_time: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    end_time: Annotated[int, Meta(ge=-1, le=2**31 - 1)] = -1
