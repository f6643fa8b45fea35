"""Counts made from a known demand, for tests that find it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from touyan.packs.traffic.counts import Counts, Point
from touyan.packs.traffic.demand import Demand
from touyan.packs.traffic.network import RoadNetwork
from touyan.packs.traffic.simulated_counts import simulate


def empty_counts(points: Sequence[Point], edges: Sequence[int]) -> Counts:
    """Counts of nothing at all points in all intervals."""
    count = len(edges) - 1
    begin, end = (np.tile(np.array(part, float), len(points)) for part in (edges[:-1], edges[1:]))
    point = np.repeat(np.arange(len(points), dtype=np.int32), count)
    return Counts(list(points), point, begin, end, np.zeros(len(point)))


def true_counts(
    network: RoadNetwork,
    demand: Demand,
    points: Sequence[Point],
    edges: Sequence[int],
    *,
    seed: int = 0,
    lane_change: bool = False,
) -> Counts:
    """What the points count when the demand is simulated."""
    counts = empty_counts(points, edges)
    result = simulate(network, demand, counts, counts.edges, seed=seed, lane_change=lane_change)
    return replace(counts, vehicles=result.counts)


def as_csv(network: RoadNetwork, counts: Counts) -> bytes:
    """Road counts as a file."""
    columns = counts.point.tolist(), counts.begin_s.tolist(), counts.end_s.tolist(), counts.vehicles.tolist()
    lines = [
        f"{network.road_ids[counts.points[point].road]},{begin:g},{end:g},{vehicles:g}"
        for point, begin, end, vehicles in zip(*columns, strict=True)
    ]
    return "\n".join(["road,begin_s,end_s,vehicles", *lines]).encode()
