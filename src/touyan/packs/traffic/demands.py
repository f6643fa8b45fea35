"""Demand made from data: origin-destination matrices, and counts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from touyan.core.components import DemandMaker, MadeDemand
from touyan.core.errors import InputError
from touyan.core.protocols import Measure
from touyan.core.settings import setting
from touyan.core.text import Text
from touyan.core.units import from_si

from . import cityflow
from .calibration import LEAD_S, Calibration, Round, best
from .counts import Counts, read_counts
from .demand import Demand, Floats
from .matrices import Matrix, read_matrix, read_profile
from .network import RoadNetwork
from .od import OdDemand, matrix_routes, through_routes
from .route_choice import SENSITIVITY, RouteChoice
from .routing import Route
from .worlds import CityFlowCity, SumoCity
from .zones import read_zones, road_zones

_AS_THE_CITY = "city"


class RoutedDemandMaker(DemandMaker):
    """Demand of vehicles that choose their ways."""

    abstract = True
    seed: int = setting(0, at_least=0, at_most=2**32 - 1, help="Seed of everything random.")
    alternatives: int = setting(1, at_least=1, at_most=20, help="Ways between two roads that drivers choose from.")
    sensitivity: float = setting(
        SENSITIVITY, at_least=0.0, at_most=1000.0, help="How much drivers shun a dearer way (logit of relative cost)."
    )
    clock_s: float = setting(0.0, unit="SEC", at_least=0.0, help="Time of the data at the city's first second.")
    lane_change: str = setting(
        _AS_THE_CITY, one_of=(_AS_THE_CITY, "yes", "no"), help="Allow ways for which vehicles must change lanes."
    )

    def choice(self, network: RoadNetwork, world: Path) -> RouteChoice:
        """How drivers choose their ways."""
        return RouteChoice(network, self.alternatives, self.sensitivity, lane_change=self.changes_lanes(world))

    def network(self, world: Path) -> RoadNetwork:
        """The network of CityFlow's or SUMO's file; raises InputError."""
        return cityflow.read_network(world) if _is_cityflow(world) else SumoCity(net=world).network()

    def changes_lanes(self, world: Path) -> bool:
        """Whether vehicles may change lanes in a city of this kind."""
        kind = CityFlowCity if _is_cityflow(world) else SumoCity
        if self.lane_change == _AS_THE_CITY:
            return bool(kind.settings["lane_change"].default)
        return self.lane_change == "yes"


class FromOd(RoutedDemandMaker):
    """Vehicles of an origin-destination matrix, arriving by chance."""

    name = "from-od"
    accepts = "a matrix as CSV (origin, destination, vehicles, begin_s, end_s) or in VISUM's O format"
    zones: str = setting("", help="CSV file of zones; without it the matrix names roads.")
    profile: str = setting("", help="CSV file that spreads the trips of each row over its time.")
    seconds: int = setting(3600, unit="SEC", at_least=1, at_most=10**7, help="How long vehicles are sent.")
    factor: float = setting(1.0, at_least=0.0, at_most=1e6, help="So many times the vehicles of the matrix.")

    def make(self, world: Path, data: Path) -> MadeDemand:
        """Vehicles drawn from the matrix, each with its way."""
        network = self.network(world)
        matrix = self._matrix(data, network)
        demand = OdDemand(matrix, self.choice(network, world), seed=self.seed)
        content = flow_file(network, demand, self.seconds)
        vehicles = len(demand.block(0, self.seconds).step)
        if not vehicles:
            span = f"{matrix.begin_s.min():g} to {matrix.end_s.max():g} s after the first second"
            expected = "trips in that time, or other settings clock_s and seconds"
            raise InputError(str(data), "", f"no vehicle in the first {self.seconds} s; its trips are {span}", expected)
        return MadeDemand(content, _figures(vehicles, matrix.total, len(demand.routes)), [])

    def _matrix(self, data: Path, network: RoadNetwork) -> Matrix:
        zones = read_zones(Path(self.zones), network) if self.zones else road_zones(network)
        matrix = read_matrix(data, zones).scaled(self.factor)
        if self.profile:
            matrix = matrix.spread(read_profile(Path(self.profile)))
        return matrix.shifted(-self.clock_s)


class FitToCounts(RoutedDemandMaker):
    """Vehicles whose simulated counts agree with counted ones."""

    name = "fit"
    accepts = "counts as CSV (begin_s, end_s, vehicles and road, lane, or from_road with to_road)"
    alternatives: int = setting(2, at_least=1, at_most=20, help="Ways between two roads that vehicles may take.")
    rounds: int = setting(5, at_least=1, at_most=100, help="How often is fitted and simulated; the best round is kept.")
    lead_s: float = setting(LEAD_S, unit="SEC", at_least=0.0, help="How long before the first count vehicles are sent.")
    matrix: str = setting("", help="Known or older trips, to stay near to; without it all ways through are alike.")
    zones: str = setting("", help="CSV file of zones of that matrix; without it the matrix names roads.")

    def make(self, world: Path, data: Path) -> MadeDemand:
        """The fitted vehicles, and the agreement at each count."""
        network = self.network(world)
        counts = read_counts(data, network)
        self._check(data, counts)
        counts = counts.shifted(-self.clock_s)
        routes, weights = self._routes(world, network)
        calibration = Calibration(
            network, counts, routes, weights, lead_s=self.lead_s, seed=self.seed, lane_change=self.changes_lanes(world)
        )
        rounds = calibration.rounds(self.rounds)
        number = best(rounds)
        content = flow_file(network, rounds[number].demand, int(counts.edges[-1]))
        return MadeDemand(
            content, _agreement(calibration, rounds, number), _rows(calibration, rounds[number], self.clock_s)
        )

    def _check(self, data: Path, counts: Counts) -> None:
        if not counts.vehicles.sum():
            raise InputError(str(data), "", "not one vehicle in any count", "counts with vehicles")
        if counts.edges[0] < self.clock_s:
            found = f"counts from {counts.edges[0]:g} s on"
            raise InputError(str(data), "", found, f"none before {self.clock_s:g} s, or another setting clock_s")

    def _routes(self, world: Path, network: RoadNetwork) -> tuple[list[Route], Floats]:
        """The ways that vehicles may take, and how likely each is where counts leave a choice."""
        choice = self.choice(network, world)
        if self.matrix:
            zones = read_zones(Path(self.zones), network) if self.zones else road_zones(network)
            return matrix_routes(read_matrix(Path(self.matrix), zones), choice)
        found = through_routes(network, choice)
        if not found[0]:
            expected = "roads that come from a virtual intersection and lead to another, or a matrix"
            raise InputError(str(world), "", "no way through the city", expected)
        return found


def _is_cityflow(world: Path) -> bool:
    return world.suffix == ".json"


def flow_file(network: RoadNetwork, demand: Demand, seconds: int) -> bytes:
    """A demand as the content of a `flow.json`."""
    return msgspec.json.encode(cityflow.flow_records(network, demand, seconds))


def _figures(vehicles: int, trips: float, routes: int) -> list[Measure]:
    drawn, given = Text("drawn from the matrix", "由矩阵抽样"), Text("sum over the matrix", "矩阵之和")
    return [
        Measure("vehicles", Text("Vehicles sent", "发出车辆"), vehicles, "C62", drawn),
        Measure("trips", Text("Trips in the matrix", "矩阵中的出行"), trips, "C62", given),
        Measure("routes", Text("Different routes", "不同路线"), routes, "C62", drawn),
    ]


def _agreement(calibration: Calibration, rounds: Sequence[Round], number: int) -> list[Measure]:
    before, after = rounds[0].agreement, rounds[number].agreement
    first = Text("first fit, simulated", "首次拟合后仿真")
    last = Text(f"round {number + 1} of {len(rounds)}, simulated", f"共{len(rounds)}轮中的第{number + 1}轮，仿真所得")
    good, mean = Text("Counts with GEH below 5", "GEH 小于 5 的计数"), Text("Mean GEH", "平均 GEH")
    vehicles = len(rounds[number].demand)
    return [
        Measure("vehicles", Text("Vehicles sent", "发出车辆"), vehicles, "C62", last),
        Measure("counts", Text("Counts", "计数"), len(calibration.counts.vehicles), "C62", last),
        Measure("unseen", Text("Points that no way passes", "没有路线经过的计数点"), calibration.unseen, "C62", last),
        Measure("geh_below_5_before", _first(good), from_si(before.share_good, "P1"), "P1", first),
        Measure("mean_geh_before", _first(mean), before.mean, "C62", first),
        Measure("geh_below_5", good, from_si(after.share_good, "P1"), "P1", last),
        Measure("mean_geh", mean, after.mean, "C62", last),
        Measure("round", Text("Best round", "最佳轮次"), number + 1, "C62", last),
    ]


def _first(title: Text) -> Text:
    return Text(f"{title.en}, first fit", f"{title.zh}（首次拟合）")


def _rows(calibration: Calibration, chosen: Round, clock_s: float) -> list[dict[str, Any]]:
    """Each count with what was simulated, the worst first."""
    counts, names = calibration.counts, [point.name(calibration.network) for point in calibration.counts.points]
    return [
        {
            "place": names[counts.point[row]],
            "begin_s": int(counts.begin_s[row] + clock_s),
            "end_s": int(counts.end_s[row] + clock_s),
            "counted": float(counts.vehicles[row]),
            "simulated": float(chosen.simulated[row]),
            "geh": round(float(chosen.geh[row]), 2),
        }
        for row in np.argsort(-chosen.geh, kind="stable").tolist()
    ]
