"""Counts of what a network and its signals lose on the way into the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from .keeping import Kept
from .planning import TURNING_ROUND, Planner
from .programmes import yellow_phases
from .records import Connection, Net, Programme


def of_network(net: Net, short: Collection[str], kept: Kept, planner: Planner) -> Counter[str]:
    """What a planned network leaves out of its file, by the names of the report.

    `net` is without its `short` roads, which became parts of crossings.
    """
    connections = [connection for found in planner.connections.values() for connection in found]
    turning = sum(connection.direction == TURNING_ROUND for connection in connections)
    all_turning = sum(connection.direction == TURNING_ROUND for connection in net.connections)
    without = [found for found in planner.connections.values() if not planner.signal(found)]
    return Counter(
        {
            "reserved-lanes": net.lane_count - len(kept.lanes),
            "opened-lanes": len(kept.opened),
            "closed-edges": len(net.edges) - len(planner.edges),
            "short-edges": len(short),
            "walking-areas": net.walking_areas,
            "right-of-way": sum(any(connection.gives_way for connection in found) for found in without),
            "roundabouts": net.roundabouts,
            "prohibitions": net.prohibitions,
            "turning-round": turning,
            "dead-end-turns": all_turning - turning,
            "link-speeds": sum(_has_limit(net, connection) for connection in connections),
            "lane-change-rules": net.restricted_changes,
            "opposite-lanes": net.opposite_lanes,
        }
    )


def _has_limit(net: Net, connection: Connection) -> bool:
    slowest = min((net.internal_lanes[part].speed for part in connection.parts), default=float("inf"))
    return slowest < net.edges[connection.from_edge].lanes[connection.from_lane].speed - 1e-9


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
