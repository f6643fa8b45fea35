"""A small map made by us: two streets that cross under lights, a side street, a path for walkers."""

from __future__ import annotations

NODES = {
    # id: (metres east, metres north, tags)
    1: (-200, 0, ""),
    2: (0, 0, '<tag k="highway" v="traffic_signals"/>'),
    3: (220, 0, ""),
    4: (400, 0, ""),
    5: (0, -200, ""),
    6: (0, 200, ""),
    7: (220, -150, ""),
    8: (-200, 60, ""),
    9: (0, 60, ""),
}

WAYS = [
    ((1, 2, 3, 4), {"highway": "primary", "lanes": "4", "name": "East Street", "maxspeed": "50"}),
    ((5, 2, 9, 6), {"highway": "secondary", "name": "North Street"}),
    ((3, 7), {"highway": "residential", "oneway": "yes"}),
    ((8, 9), {"highway": "footway"}),
]

_LATITUDE, _LONGITUDE = 39.9, 116.4
_DEGREES_EAST, _DEGREES_NORTH = 1 / 85_395, 1 / 111_033
"""Degrees in a metre at that latitude."""


def osm_text() -> str:
    """The map as OpenStreetMap's own interface would send it."""
    nodes = [
        f'<node id="{name}" version="1" lat="{_LATITUDE + north * _DEGREES_NORTH:.7f}"'
        f' lon="{_LONGITUDE + east * _DEGREES_EAST:.7f}">{tags}</node>'
        for name, (east, north, tags) in NODES.items()
    ]
    ways = [_way(place, *way) for place, way in enumerate(WAYS)]
    return '<osm version="0.6" generator="by hand">\n' + "\n".join([*nodes, *ways]) + "\n</osm>\n"


def _way(place: int, refs: tuple[int, ...], tags: dict[str, str]) -> str:
    nodes = "".join(f'<nd ref="{node}"/>' for node in refs)
    told = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
    return f'<way id="{100 + place}" version="1">{nodes}{told}</way>'
