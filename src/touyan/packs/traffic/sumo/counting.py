"""Counts of what a network and its signals lose on the way into the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .keeping import Kept
from .planning import TURNING_ROUND, Planner
from .programmes import yellow_phases
from .records import Connection, Net, Programme

_MINOR = frozenset("ms=wyZ")
"""Letters of connections that give way by a sign: minor, stop, equal, all-way stop, yield, zipper."""


def of_network(net: Net, kept: Kept, planner: Planner) -> Counter[str]:
    """What a planned network leaves out of its file, by the names of the report."""
    connections = [connection for found in planner.connections.values() for connection in found]
    turning = sum(connection.direction == TURNING_ROUND for connection in connections)
    all_turning = sum(connection.direction == TURNING_ROUND for connection in net.connections)
    lanes = [lane for edge in net.edges.values() for lane in edge.lanes]
    without = [found for found in planner.connections.values() if not planner.signal(found)]
    return Counter(
        {
            "reserved-lanes": len(lanes) - len(kept.lanes),
            "opened-lanes": len(kept.opened),
            "closed-edges": len(net.edges) - len(planner.edges),
            "walking-areas": net.walking_areas,
            "right-of-way": sum(any(_gives_way(connection) for connection in found) for found in without),
            "roundabouts": net.roundabouts,
            "prohibitions": net.prohibitions,
            "turning-round": turning,
            "dead-end-turns": all_turning - turning,
            "link-speeds": sum(_has_limit(net, connection) for connection in connections),
            "lane-change-rules": net.restricted_changes,
            "opposite-lanes": net.opposite_lanes,
        }
    )


def _gives_way(connection: Connection) -> bool:
    return connection.element.text("state", "M") in _MINOR


def _has_limit(net: Net, connection: Connection) -> bool:
    inside = net.internal_lanes.get(connection.via)
    return (
        inside is not None and inside.speed < net.edges[connection.from_edge].lanes[connection.from_lane].speed - 1e-9
    )


def of_signals(planner: Planner, programmes: Sequence[Programme]) -> Counter[str]:
    """What the signals that run leave out of their programmes."""
    junctions = list(planner.connections.values())
    run = {signal: planner.signals[signal] for found in junctions if (signal := planner.signal(found))}
    seconds = sum(bool(way.signal) and way.signal != planner.signal(found) for found in junctions for way in found)
    return Counter(
        {
            "yellow-phases": sum(yellow_phases(programme) for programme in run.values()),
            "actuated-programmes": sum(programme.type != "static" for programme in run.values()),
            "other-programmes": len(programmes) - len(run),
            "second-signals": seconds,
        }
    )
