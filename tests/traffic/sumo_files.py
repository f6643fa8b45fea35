"""A small SUMO city made by us: two junctions on a main street, one with lights, and a bus lane."""

from __future__ import annotations

import gzip
from itertools import pairwise
from pathlib import Path

from touyan.core.geometry import Projection
from touyan.packs.traffic.sumo import City, files_of, read_city, recognised

LANES = {
    # edge: (from, to, lanes from the right as (shape, attributes))
    "in": ("w", "a", [("0,-4.8 90,-4.8", ""), ("0,-1.6 90,-1.6", "")]),
    "mid": ("a", "b", [("110,-4.8 190,-4.8", 'allow="bus"'), ("110,-1.6 190,-1.6", "")]),
    "out": ("b", "e", [("210,-1.6 300,-1.6", "")]),
    "side": ("s", "a", [("101.6,-100 101.6,-10", "")]),
    "up": ("a", "n", [("101.6,10 101.6,100", "")]),
    "minor": ("t", "b", [("201.6,-100 201.6,-10", "")]),
}

POINTS = {"w": (0, 0), "a": (100, 0), "b": (200, 0), "e": (300, 0), "s": (100, -100), "n": (100, 100), "t": (200, -100)}

WAYS = [
    # from, lane, to, lane, direction, state, path, link of signal "lights"
    ("in", 0, "mid", 0, "s", "O", "90,-4.8 110,-4.8", 0),
    ("in", 1, "mid", 1, "s", "O", "90,-1.6 110,-1.6", 1),
    ("in", 1, "up", 0, "l", "o", "90,-1.6 98,0 101.6,10", 2),
    ("side", 0, "mid", 1, "r", "o", "101.6,-10 103,-4 110,-1.6", 3),
    ("side", 0, "up", 0, "s", "o", "101.6,-10 101.6,10", 4),
    ("mid", 1, "out", 0, "s", "M", "190,-1.6 210,-1.6", None),
    ("mid", 0, "out", 0, "s", "m", "190,-4.8 210,-1.6", None),
    ("minor", 0, "out", 0, "r", "m", "201.6,-10 203,-4 210,-1.6", None),
]

PROGRAMME = """
    <tlLogic id="lights" type="static" programID="0" offset="0">
        <phase duration="30" state="GGgrr"/>
        <phase duration="3" state="yyyrr"/>
        <phase duration="20" state="rrrGG"/>
        <phase duration="3" state="rrryy"/>
    </tlLogic>"""

LOCATION = (
    '<location netOffset="-683542.41,-4928877.56" convBoundary="0,0,300,100" origBoundary="0,0,1,1"'
    ' projParameter="+proj=utm +zone=32 +ellps=WGS84 +datum=WGS84 +units=m +no_defs"/>'
)

TYPES = """
    <vType id="car" accel="2.6" decel="4.5" length="5" minGap="2.5" maxSpeed="50"/>
    <vType id="bus" vClass="bus"/>"""


def net_text(location: str = LOCATION, programme: str = PROGRAMME) -> str:
    """The network as netconvert would write it."""
    parts = [location, *_internal(), *_edges(), programme, *_junctions(), *_connections()]
    return '<?xml version="1.0" encoding="UTF-8"?>\n<net version="1.20">\n' + "\n".join(parts) + "\n</net>\n"


def routes_text(vehicles: str) -> str:
    """A demand file with the types and some vehicles."""
    return f"<routes>{TYPES}\n{vehicles}\n</routes>\n"


def vehicle(name: str, depart: float | str, edges: str, kind: str = "car") -> str:
    """A vehicle on a route of its own."""
    return f'<vehicle id="{name}" type="{kind}" depart="{depart}"><route edges="{edges}"/></vehicle>'


def saved(folder: Path, name: str, text: str) -> Path:
    """A file with a text; compressed where its name ends so."""
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def city(
    folder: Path, vehicles: str = "", *, net: str | None = None, additional: str = "", lane_change: bool = False
) -> City:
    """The small city with some vehicles, read from files in a folder."""
    saved(folder, "small.net.xml", net_text() if net is None else net)
    saved(folder, "small.rou.xml", routes_text(vehicles))
    if additional:
        saved(folder, "small.add.xml", f"<additional>{additional}</additional>")
    found = recognised([folder])
    assert found is not None
    return read_city(files_of(*found), Projection(), lane_change=lane_change)


def _lane(name: str, index: int, shape: str, more: str) -> str:
    ends = [[float(part) for part in point.split(",")] for point in shape.split()]
    pairs = pairwise(ends)
    length = sum(((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2) ** 0.5 for a, b in pairs)
    return f'    <lane id="{name}" index="{index}" speed="13.89" length="{length:.2f}" shape="{shape}" {more}/>'


def _edges() -> list[str]:
    texts = []
    for name, (start, end, lanes) in LANES.items():
        inside = [_lane(f"{name}_{index}", index, *lane) for index, lane in enumerate(lanes)]
        texts += [f'<edge id="{name}" from="{start}" to="{end}" priority="1">', *inside, "</edge>"]
    return texts


def _internal() -> list[str]:
    return [
        f'<edge id=":j_{place}" function="internal">\n{_lane(f":j_{place}_0", 0, way[6], "")}\n</edge>'
        for place, way in enumerate(WAYS)
    ]


def _junctions() -> list[str]:
    types = {"a": "traffic_light", "b": "priority"}
    return [
        f'<junction id="{name}" type="{types.get(name, "dead_end")}" x="{x}" y="{y}" incLanes="" intLanes="" shape=""/>'
        for name, (x, y) in POINTS.items()
    ]


def _connections() -> list[str]:
    texts = []
    for place, (start, lane, end, to_lane, direction, state, _, link) in enumerate(WAYS):
        signal = "" if link is None else f' tl="lights" linkIndex="{link}"'
        ends = f'from="{start}" to="{end}" fromLane="{lane}" toLane="{to_lane}" via=":j_{place}_0"'
        texts.append(f'<connection {ends} dir="{direction}" state="{state}"{signal}/>')
    return texts
