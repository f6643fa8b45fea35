"""What a SUMO network says, element by element, before anything is left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from touyan.core.geometry import Points

from .elements import Element
from .permissions import Permission


class Lane(NamedTuple):
    """A lane; `element` is where it stands in the file."""

    id: str
    speed: float
    length: float
    width: float
    shape: Points
    permission: Permission
    element: Element


class Edge(NamedTuple):
    """A road in one direction; its lanes are numbered from the right."""

    id: str
    from_junction: str
    to_junction: str
    lanes: tuple[Lane, ...]
    element: Element


class Junction(NamedTuple):
    """Where edges meet; `type` says by which rule."""

    id: str
    type: str
    point: tuple[float, float]
    element: Element


class Connection(NamedTuple):
    """A way from a lane to a lane through a junction, over the internal lanes `parts`.

    It may go when its signal is green for all of its `links`; without a signal there are none.
    """

    from_edge: str
    to_edge: str
    from_lane: int
    to_lane: int
    parts: tuple[str, ...]
    signal: str
    links: tuple[int, ...]
    direction: str
    gives_way: bool
    element: Element


class Phase(NamedTuple):
    """Seconds, and one letter for each link of the signal."""

    duration: float
    state: str


class Programme(NamedTuple):
    """A signal programme; `type` is static, actuated, …"""

    signal: str
    id: str
    type: str
    offset: float
    phases: tuple[Phase, ...]
    element: Element


class Location(NamedTuple):
    """Where the network lies: metres added to the projected ones, and the projection in PROJ's terms."""

    offset: tuple[float, float]
    projection: str


@dataclass
class Net:
    """A network file; internal lanes are the paths through junctions."""

    file: str
    location: Location | None = None
    edges: dict[str, Edge] = field(default_factory=dict)
    junctions: dict[str, Junction] = field(default_factory=dict)
    connections: list[Connection] = field(default_factory=list)
    internal_lanes: dict[str, Lane] = field(default_factory=dict)
    internal_next: dict[str, str] = field(default_factory=dict)
    """The internal lane that follows an internal lane, where a junction is crossed in two steps."""
    programmes: list[Programme] = field(default_factory=list)
    lane_count: int = 0
    """Lanes of all roads in the file."""
    roundabouts: int = 0
    prohibitions: int = 0
    walking_areas: int = 0
    crosswalks: dict[str, float] = field(default_factory=dict)
    """The longest pedestrian crossing of each junction that has any, m."""
    restricted_changes: int = 0
    opposite_lanes: int = 0
