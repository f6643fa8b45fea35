"""A `.net.xml` into records; references are checked, nothing is left out yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from .elements import Element, elements, shown
from .permissions import read_permission
from .records import Connection, Edge, Junction, Lane, Location, Net, Phase, Programme

ROOTS = ("net",)

DIRECTIONS = "slrtLR"
"""Straight, left, right, turn round, half left, half right."""

_WIDTH_M = 3.2  # of a lane that does not say, as in SUMO
_PEDESTRIAN = ("crossing", "walkingarea")
_SIGNS = frozenset("rygGsuoO")
_MOST_SECONDS = 1e6

_MINOR = frozenset("ms=wyZ")
"""Letters of connections that give way by a sign: minor, stop, equal, all-way stop, yield, zipper."""


def read_net(path: Path) -> Net:
    """The records of a network file; raises InputError."""
    net = Net(str(path))
    readers: dict[str, Callable[[Net, Element], None]] = {
        "location": _read_location,
        "edge": _read_edge,
        "junction": _read_junction,
        "connection": _read_connection,
        "tlLogic": lambda net, element: net.programmes.append(read_programme(element)),
        "roundabout": _count_roundabout,
        "prohibition": _count_prohibition,
    }
    for element in elements(path, ROOTS):
        if element.tag in readers:
            readers[element.tag](net, element)
    _check(net)
    return net


def read_programme(element: Element) -> Programme:
    """A `tlLogic` with its phases; raises InputError."""
    phases = tuple(_read_phase(phase) for phase in element.of("phase"))
    if not phases:
        raise element.error("no <phase>", "one phase or more")
    for phase, inner in zip(phases, element.of("phase"), strict=True):
        if len(phase.state) != len(phases[0].state):
            expected = f"{len(phases[0].state)} letters, as in the phase before"
            raise inner.error(f"a state of {len(phase.state)} letters", expected)
    offset = element.number("offset", 0.0)
    return Programme(
        element.text("id"), element.text("programID", "0"), element.text("type", "static"), offset, phases, element
    )


def _read_phase(element: Element) -> Phase:
    # An actuated programme may give only the bounds of a phase: the shorter one is the one that surely lasts.
    named = next((name for name in ("duration", "minDur", "maxDur") if name in element.attributes), "duration")
    duration, state = element.positive(named), element.text("state")
    strange = sorted(set(state) - _SIGNS)
    if strange or not state:
        raise element.error(f"state={shown(state)}", f"letters of {''.join(sorted(_SIGNS))}")
    if duration > _MOST_SECONDS:
        raise element.error(f"{named}={duration:g}", f"at most {_MOST_SECONDS:g} s")
    return Phase(duration, state)


def _read_location(net: Net, element: Element) -> None:
    text = element.text("netOffset", "0,0")
    try:
        east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise element.error(f"netOffset={shown(text)}", "two numbers, x,y") from None
    if not abs(east) < 1e8 or not abs(north) < 1e8:
        raise element.error(f"netOffset={shown(text)}", "an offset on Earth")
    net.location = Location((east, north), element.text("projParameter", "!"))


def _read_edge(net: Net, element: Element) -> None:
    name, function = element.text("id"), element.text("function", "normal")
    if function in _PEDESTRIAN:
        net.walking_areas += 1
        _note_crosswalk(net, name, element)
        return
    lanes = _read_lanes(element)
    if function == "internal":
        net.internal_lanes.update({lane.id: lane for lane in lanes})
        return
    if name in net.edges:
        raise element.error(f"a second edge {shown(name)}", "an id that nothing else bears")
    net.restricted_changes += sum(_restricts(lane.element) for lane in lanes)
    net.opposite_lanes += sum(len(lane.element.of("neigh")) for lane in lanes)
    net.lane_count += len(lanes)
    net.edges[name] = Edge(name, element.text("from"), element.text("to"), lanes, element)


def _note_crosswalk(net: Net, name: str, element: Element) -> None:
    """Keep how long people walk; the junction's id is within the edge's, `:junction_c0`."""
    if element.text("function") != "crossing":
        return
    junction = name.removeprefix(":").rpartition("_")[0]
    length = max((lane.number("length", 0.0) for lane in element.of("lane")), default=0.0)
    net.crosswalks[junction] = max(length, net.crosswalks.get(junction, 0.0))


def _read_lanes(edge: Element) -> tuple[Lane, ...]:
    found = edge.of("lane")
    if not found:
        raise edge.error("no <lane>", "one lane or more")
    internal = edge.text("function", "normal") == "internal"
    for place, lane in enumerate(found):
        if not internal and lane.whole("index") != place:
            raise lane.error(f"index={shown(lane.text('index'))}", f"{place}: lanes in order, from the right")
    return tuple(_read_lane(lane) for lane in found)


def _read_lane(element: Element) -> Lane:
    shape = element.points("shape")
    internal = element.text("id").startswith(":")
    if len(shape) < 2 and not internal:
        raise element.error(f"shape={shown(element.text('shape'))}", "a line: two points or more that are apart")
    return Lane(
        element.text("id"),
        element.positive("speed"),
        # netconvert writes 0.00 for the shortest paths through a junction.
        element.number("length", least=0.0) if internal else element.positive("length"),
        element.positive("width", _WIDTH_M),
        shape,
        read_permission(element.text("allow", ""), element.text("disallow", "")),
        element,
    )


def _restricts(lane: Element) -> bool:
    return any(name in lane.attributes for name in ("changeLeft", "changeRight"))


def _read_junction(net: Net, element: Element) -> None:
    name, type_ = element.text("id"), element.text("type")
    if type_ == "internal":
        return
    if name in net.junctions:
        raise element.error(f"a second junction {shown(name)}", "an id that nothing else bears")
    net.junctions[name] = Junction(name, type_, (element.number("x"), element.number("y")), element)


def _read_connection(net: Net, element: Element) -> None:
    start, via = element.text("from"), element.text("via", "")
    from_lane, to_lane = element.whole("fromLane"), element.whole("toLane")
    if start.startswith(":"):
        if via:
            net.internal_next[f"{start}_{from_lane}"] = via
        return
    signal = element.text("tl", "")
    # Paths over which the signal has no say bear its name but no index, or none of both.
    link = element.whole("linkIndex") if signal and "linkIndex" in element.attributes else -1
    direction = element.text("dir", "s")
    net.connections.append(
        Connection(
            start,
            element.text("to"),
            from_lane,
            to_lane,
            (via,) if via else (),
            signal if link >= 0 else "",
            (link,) if link >= 0 else (),
            direction,
            element.text("state", "M") in _MINOR,
            element,
        )
    )


def _count_roundabout(net: Net, element: Element) -> None:
    net.roundabouts += 1


def _count_prohibition(net: Net, element: Element) -> None:
    net.prohibitions += 1


def _check(net: Net) -> None:
    """Refuse references that lead nowhere."""
    for edge in net.edges.values():
        for name in ("from", "to"):
            if edge.element.text(name) not in net.junctions:
                raise edge.element.unknown(name, "a junction", net.junctions)
    walks = _Kept(net)
    net.connections = [connection for connection in net.connections if walks.joins_roads(connection)]


class _Kept:
    """Checks connections against the edges; those of pedestrians join no roads."""

    def __init__(self, net: Net) -> None:
        self._net = net
        self._strange = frozenset[str]()

    def joins_roads(self, connection: Connection) -> bool:
        """Whether both ends are roads; raises InputError where an end does not exist."""
        if connection.to_edge.startswith(":"):
            return False  # on to a walking area
        element, edges = connection.element, self._net.edges
        for name, lane_name, lane in (
            ("from", "fromLane", connection.from_lane),
            ("to", "toLane", connection.to_lane),
        ):
            edge = edges.get(element.text(name))
            if edge is None:
                raise element.unknown(name, "an edge", edges)
            if lane >= len(edge.lanes):
                raise element.error(f"{lane_name}={lane}", f"one of the {len(edge.lanes)} lanes of {edge.id!r}, from 0")
        if edges[connection.from_edge].to_junction != edges[connection.to_edge].from_junction:
            start, end = edges[connection.from_edge], edges[connection.to_edge]
            found = (
                f"a way from {start.id!r}, which ends at {start.to_junction!r}, to {end.id!r}, which starts elsewhere"
            )
            raise element.error(found, f"an edge that starts at {start.to_junction!r}")
        if not set(connection.parts) <= self._net.internal_lanes.keys():
            raise element.unknown("via", "an internal lane", self._net.internal_lanes)
        if connection.direction not in DIRECTIONS or len(connection.direction) != 1:
            raise element.error(f"dir={shown(connection.direction)}", f"one of {', '.join(DIRECTIONS)}")
        return True


def lane_ids(edges: Iterable[Edge]) -> set[str]:
    """Ids of all lanes of some edges."""
    return {lane.id for edge in edges for lane in edge.lanes}
