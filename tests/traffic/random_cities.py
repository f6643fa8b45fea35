"""Cities that nobody planned: networks of any shape, with any vehicles, for laws that must hold everywhere.

Hypothesis chooses the sizes and a seed; the seed decides the rest, so that examples are made quickly.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from touyan.core.geometry import Points, Projection
from touyan.packs.traffic import building, paths
from touyan.packs.traffic.building import CityPlan, CrossingPlan, LinkPlan, MovementPlan, PhasePlan, RoadPlan
from touyan.packs.traffic.demand import Demand, VehicleTypes
from touyan.packs.traffic.network import LEFT, RIGHT, STRAIGHT, RoadNetwork
from touyan.packs.traffic.paths import DeadEnd
from touyan.packs.traffic.timetable import Timetable
from touyan.packs.traffic.traffic_world import Incident, TrafficWorld


def examples(count: int) -> settings:
    """So many examples, however long the first network waits for its kernels to compile."""
    return settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow])


SEEDS = st.integers(0, 2**32 - 1)
DEPARTURES_S = 60
_LONGEST_ROUTE = 7
_LEAST_LANE_M = 8.0
_WIDEST = 0.15  # of the spacing: the width of a crossing


class City(NamedTuple):
    """A network, who drives there, and how its world is run."""

    network: RoadNetwork
    demand: Demand
    seed: int
    lane_change: bool = False
    steps_per_second: int = 1
    patience_s: int = 0
    incidents: tuple[Incident, ...] = ()

    def world(self, threads: int = 1) -> TrafficWorld:
        """The city at its first second."""
        return TrafficWorld(
            self.network,
            self.demand,
            self.seed,
            self.incidents,
            lane_change=self.lane_change,
            steps_per_second=self.steps_per_second,
            threads=threads,
            patience_s=self.patience_s,
        )

    def __repr__(self) -> str:
        return f"City(seed={self.seed}, {len(self.network.road_ids)} roads, {self[3:]})"


@st.composite
def cities(draw: st.DrawFn, *, lane_change: bool | None = None, incidents: bool = True) -> City:
    """A random city with its random demand; `lane_change` is left to chance unless it is given."""
    seed = draw(SEEDS)
    chance = np.random.default_rng(seed)
    network = random_network(chance, draw(st.integers(1, 4)), draw(st.floats(30.0, 200.0)), draw(st.integers(1, 4)))
    changes = draw(st.booleans()) if lane_change is None else lane_change
    demand = random_demand(chance, network, draw(st.integers(1, 80)), draw(st.integers(1, 4)), changes)
    struck = _incidents(chance, network, draw(st.integers(0, 2))) if incidents else ()
    return City(network, demand, seed, changes, draw(st.sampled_from([1, 2, 4])), draw(st.sampled_from([0, 5])), struck)


def _incidents(chance: np.random.Generator, network: RoadNetwork, count: int) -> tuple[Incident, ...]:
    """Breakdowns anywhere on any lanes."""
    lanes = chance.integers(0, network.lane_count, count).tolist()
    places = [float(chance.uniform(0.0, network.lane_length[lane])) for lane in lanes]
    return tuple(Incident(lane, x, *chance.integers(1, 60, 2).tolist()) for lane, x in zip(lanes, places, strict=True))


# ---------------------------------------------------------------- networks


def random_network(chance: np.random.Generator, crossings: int, spacing_m: float, most_lanes: int) -> RoadNetwork:
    """Crossings on a shaken grid, joined to one another and to places beyond the border."""
    inner = [
        (np.array([number % 2, number // 2]) + chance.uniform(-0.2, 0.2, 2)) * spacing_m for number in range(crossings)
    ]
    points, ends = list(inner), list[tuple[int, int]]()
    for one, other in product(range(crossings), repeat=2):
        if one != other and np.hypot(*(inner[one] - inner[other])) < 1.45 * spacing_m and chance.random() < 0.8:
            ends.append((one, other))
    for crossing in range(crossings):
        for _ in range(chance.integers(1, 4)):
            turn, far = chance.uniform(0, 2 * np.pi), chance.uniform(0.5, 1.2) * spacing_m
            points.append(inner[crossing] + far * np.array([np.cos(turn), np.sin(turn)]))
            ends += [(len(points) - 1, crossing), (crossing, len(points) - 1)]
    widths = [chance.uniform(0.5, 1.0) * _WIDEST * spacing_m * (number < crossings) for number in range(len(points))]
    roads = [
        _road(chance, number, pair, points, most_lanes)
        for number, pair in enumerate(ends)
        if np.hypot(*(points[pair[0]] - points[pair[1]])) - widths[pair[0]] - widths[pair[1]] > _LEAST_LANE_M
    ]
    plans = [
        _crossing(chance, number, points[number], widths[number], roads if number < crossings else [])
        for number in range(len(points))
    ]
    return building.build(CityPlan(plans, roads, Projection()))


def _road(
    chance: np.random.Generator, number: int, ends: tuple[int, int], points: list[Points], most_lanes: int
) -> RoadPlan:
    """A road between two points, straight or bent."""
    start, end = points[ends[0]], points[ends[1]]
    way = end - start
    bend = [(start + end) / 2 + chance.uniform(-0.15, 0.15) * np.array([-way[1], way[0]])]
    line = np.array([start, *(bend if chance.random() < 0.3 else []), end])
    lanes = int(chance.integers(1, most_lanes + 1))
    limits = chance.choice([5.0, 8.0, 11.111, 13.889, 20.0], lanes) if chance.random() < 0.3 else [13.889] * lanes
    return RoadPlan(
        f"road_{number}", *ends, line, chance.choice([3.0, 3.5, 4.0], lanes).tolist(), list(map(float, limits))
    )


def _crossing(
    chance: np.random.Generator, number: int, point: Points, width: float, roads: list[RoadPlan]
) -> CrossingPlan:
    """A crossing with the turns between its roads, and a signal or none; virtual where no road is given."""
    movements = list(_movements(chance, number, roads))
    phases = list(_phases(chance, len(movements)))
    return CrossingPlan(f"crossing_{number}", (point[0], point[1]), width, not roads, movements, phases)


def _movements(chance: np.random.Generator, crossing: int, roads: list[RoadPlan]) -> Iterator[MovementPlan]:
    arriving = [number for number, road in enumerate(roads) if road.to_crossing == crossing]
    leaving = [number for number, road in enumerate(roads) if road.from_crossing == crossing]
    by_signs = chance.random() < 0.4
    for one, other in product(arriving, leaving):
        back = roads[one].from_crossing == roads[other].to_crossing
        if chance.random() < (0.8 if back else 0.1):
            continue
        rank = int(chance.integers(1, 5)) if by_signs else None
        links = list(_links(chance, len(roads[one].lane_widths), len(roads[other].lane_widths)))
        yield MovementPlan(_turn(roads[one], roads[other]), one, other, links, rank)


def _turn(one: RoadPlan, other: RoadPlan) -> int:
    """The type of the turn, by the angle between the ends of two roads."""
    before, after = one.points[-1] - one.points[-2], other.points[1] - other.points[0]
    angle = np.arctan2(before[0] * after[1] - before[1] * after[0], before @ after)
    return STRAIGHT if abs(angle) < np.pi / 4 else LEFT if angle > 0 else RIGHT


def _links(chance: np.random.Generator, lanes: int, lanes_after: int) -> Iterator[LinkPlan]:
    sure = (int(chance.integers(lanes)), int(chance.integers(lanes_after)))
    for pair in product(range(lanes), range(lanes_after)):
        if pair == sure or chance.random() < 0.35:
            yield LinkPlan(*pair, None)


def _phases(chance: np.random.Generator, movements: int) -> Iterator[PhasePlan]:
    """No signal, one that holds nobody back, or a programme."""
    if not movements or chance.random() < 0.3:
        return
    if chance.random() < 0.1:
        yield PhasePlan(30.0, range(movements))
        return
    for _ in range(chance.integers(2, 6)):
        green = np.flatnonzero(chance.random(movements) < 0.5).tolist()
        yield PhasePlan(float(chance.choice([2.0, 5.0, 7.5, 20.0, 30.0])), green)


# ---------------------------------------------------------------- demand


def random_demand(
    chance: np.random.Generator, network: RoadNetwork, vehicles: int, types: int, lane_change: bool
) -> Timetable:
    """Vehicles of several types that begin anywhere, also where others already drive."""
    routes = list(dict.fromkeys(_route(chance, network, lane_change) for _ in range(12)))
    return Timetable(
        types=random_types(chance, types),
        routes=routes,
        step=np.sort(chance.integers(0, DEPARTURES_S, vehicles)).astype(np.int32),
        route=chance.integers(0, len(routes), vehicles).astype(np.int32),
        vehicle_type=chance.integers(0, types, vehicles).astype(np.int32),
    )


def random_types(chance: np.random.Generator, count: int) -> VehicleTypes:
    """From motorcycles to articulated lorries, good drivers and bad ones."""
    hardest, quickest = chance.uniform(3.0, 8.0, count), chance.uniform(1.0, 4.0, count)
    return VehicleTypes(
        length=chance.uniform(2.0, 16.0, count),
        width=np.full(count, 2.0),
        max_pos_acc=quickest,
        max_neg_acc=hardest,
        usual_pos_acc=quickest * chance.uniform(0.6, 1.0, count),
        usual_neg_acc=hardest * chance.uniform(0.6, 1.0, count),
        min_gap=chance.uniform(0.5, 4.0, count),
        max_speed=chance.uniform(6.0, 25.0, count),
        headway_time=chance.uniform(0.5, 2.5, count),
    )


def _route(chance: np.random.Generator, network: RoadNetwork, lane_change: bool) -> tuple[int, ...]:
    """A way through the city from any road, as far as it can be driven."""
    route = [int(chance.integers(len(network.road_ids)))]
    for _ in range(chance.integers(0, _LONGEST_ROUTE)):
        onward = network.roads_onward[route[-1]]
        if not onward:
            break
        route.append(int(chance.choice(onward)))
    while not _drivable(network, tuple(route), lane_change):
        route.pop()
    return tuple(route)


def _drivable(network: RoadNetwork, route: tuple[int, ...], lane_change: bool) -> bool:
    if lane_change:
        return all(following in network.roads_onward[road] for road, following in pairwise(route))
    try:
        paths.check(network, route)
    except DeadEnd:
        return False
    return True
