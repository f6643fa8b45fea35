"""Demand made from data: origin-destination matrices."""

from __future__ import annotations

from pathlib import Path

import msgspec

from touyan.core.components import DemandMaker, MadeDemand
from touyan.core.errors import InputError
from touyan.core.protocols import Measure
from touyan.core.settings import setting
from touyan.core.text import Text

from . import cityflow
from .demand import Demand
from .matrices import Matrix, read_matrix, read_profile
from .network import RoadNetwork
from .od import OdDemand
from .route_choice import SENSITIVITY, RouteChoice
from .zones import read_zones, road_zones


class RoutedDemandMaker(DemandMaker):
    """Demand of vehicles that choose their ways."""

    abstract = True
    seed: int = setting(0, at_least=0, at_most=2**32 - 1, help="Seed of everything random.")
    alternatives: int = setting(1, at_least=1, at_most=20, help="Ways between two roads that drivers choose from.")
    sensitivity: float = setting(
        SENSITIVITY, at_least=0.0, at_most=1000.0, help="How much drivers shun a dearer way (logit of relative cost)."
    )

    def choice(self, network: RoadNetwork) -> RouteChoice:
        """How drivers choose their ways."""
        return RouteChoice(network, self.alternatives, self.sensitivity)


class FromOd(RoutedDemandMaker):
    """Vehicles of an origin-destination matrix, arriving by chance."""

    name = "from-od"
    accepts = "a matrix as CSV (origin, destination, vehicles, begin_s, end_s) or in VISUM's O format"
    zones: str = setting("", help="CSV file of zones; without it the matrix names roads.")
    profile: str = setting("", help="CSV file that spreads the trips of each row over its time.")
    seconds: int = setting(3600, unit="SEC", at_least=1, at_most=10**7, help="How long vehicles are sent.")
    clock_s: float = setting(0.0, unit="SEC", at_least=0.0, help="Time of the matrix at the city's first second.")
    factor: float = setting(1.0, at_least=0.0, at_most=1e6, help="So many times the vehicles of the matrix.")

    def make(self, world: Path, data: Path) -> MadeDemand:
        """Vehicles drawn from the matrix, each with its way."""
        network = cityflow.read_network(world)
        matrix = self._matrix(data, network)
        demand = OdDemand(matrix, self.choice(network), seed=self.seed)
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


def flow_file(network: RoadNetwork, demand: Demand, seconds: int) -> bytes:
    """A demand as the content of a `flow.json`."""
    return msgspec.json.encode(cityflow.flow_records(network, demand, seconds))


def _figures(vehicles: int, trips: float, routes: int) -> list[Measure]:
    drawn, given = Text("drawn from the matrix", "由矩阵抽样"), Text("sum over the matrix", "矩阵之和")
    return [
        Measure("vehicles", Text("Vehicles sent", "发出车辆"), float(vehicles), "C62", drawn),
        Measure("trips", Text("Trips in the matrix", "矩阵中的出行"), trips, "C62", given),
        Measure("routes", Text("Different routes", "不同路线"), float(routes), "C62", drawn),
    ]
