"""What may be different in a city's traffic: closures, demand, signal programmes, incidents."""

from __future__ import annotations

import math

from touyan.core.components import Change
from touyan.core.errors import NotFoundError, SettingError
from touyan.core.protocols import Plant
from touyan.core.settings import setting

from .changed_demand import Closed, ScaledDemand, ShiftedDemand
from .changed_network import with_programme, without_lanes
from .demand import Demand
from .network import RoadNetwork
from .traffic_world import Incident


class TrafficChange(Change):
    """A change of a road network, its demand, or what goes wrong; most change one of them."""

    abstract = True

    def network(self, network: RoadNetwork) -> RoadNetwork:
        """The network with the change."""
        return network

    def demand(self, demand: Demand, network: RoadNetwork, seed: int) -> Demand:
        """The demand with the change, on a network that is already changed."""
        return demand

    def closed(self, network: RoadNetwork) -> list[Closed]:
        """What nobody drives; those who would go round come after all other changes of demand."""
        return []

    def incidents(self, network: RoadNetwork) -> list[Incident]:
        """What goes wrong besides."""
        return []

    def check_lane_change(self) -> None:
        """Raise SettingError where it has no place in a city whose vehicles change lanes."""

    def check(self, plant: Plant) -> None:
        """Raise NotFoundError or SettingError where the network has no place for it."""
        self.network(plant.model)
        self.incidents(plant.model)


class Closure(TrafficChange):
    """Roads or lanes that nobody who leaves in the meantime drives.

    A vehicle goes the least way round; one that has none is refused and counted. Lanes that are closed all the time
    are taken out of the network, so that others take them over; for some time only, vehicles avoid the road.
    """

    roads: str = setting("", help="Ids of roads, separated by commas.")
    lanes: str = setting("", help="Ids of lanes, separated by commas.")
    from_s: float = setting(0.0, unit="SEC", at_least=0.0, help="When it begins, since the start.")
    to_s: float = setting(0.0, unit="SEC", at_least=0.0, help="When it ends, since the start; 0 is never.")

    def network(self, network: RoadNetwork) -> RoadNetwork:
        """Without the lanes that are closed all the time."""
        return without_lanes(network, self._lanes(network)) if self._always and self.lanes else network

    def closed(self, network: RoadNetwork) -> list[Closed]:
        """The roads and lanes, and when."""
        return [Closed(self._roads(network), self._lanes(network), _span(self.from_s, self.to_s))]

    def check(self, plant: Plant) -> None:
        """Raise NotFoundError for an unknown road or lane, SettingError where none is named."""
        if not self._roads(plant.model) and not self._lanes(plant.model):
            raise SettingError(self.name, "roads", self.roads, "the id of a road here, or of a lane in lanes")
        _check_span(self.name, self.from_s, self.to_s)

    def check_lane_change(self) -> None:
        """Raise SettingError for lanes: vehicles would change into them, which nothing holds them from."""
        if self.lanes:
            raise SettingError(self.name, "lanes", self.lanes, "roads only, where vehicles change lanes")

    @property
    def _always(self) -> bool:
        return self.from_s == 0 and self.to_s == 0

    def _roads(self, network: RoadNetwork) -> frozenset[int]:
        return frozenset(map(network.road, _listed(self.roads)))

    def _lanes(self, network: RoadNetwork) -> frozenset[int]:
        return frozenset(map(network.lane, _listed(self.lanes)))


class DemandFactor(TrafficChange):
    """More or fewer vehicles: each is left out or doubled by its own chance."""

    name = "demand"
    factor: float = setting(at_least=0.0, at_most=100.0, help="Vehicles for each one before.")
    roads: str = setting("", help="Ids of roads on which trips begin, separated by commas; all without it.")
    from_s: float = setting(0.0, unit="SEC", at_least=0.0, help="First departure that it touches, since the start.")
    to_s: float = setting(0.0, unit="SEC", at_least=0.0, help="Where it ends, since the start; 0 is never.")

    def demand(self, demand: Demand, network: RoadNetwork, seed: int) -> Demand:
        """Some vehicles fewer, or copies of some."""
        roads = frozenset(map(network.road, _listed(self.roads))) if self.roads else None
        return ScaledDemand(demand, self.factor, seed, roads, _span(self.from_s, self.to_s))

    def check(self, plant: Plant) -> None:
        """Raise NotFoundError for an unknown road."""
        for road in _listed(self.roads):
            plant.model.road(road)
        _check_span(self.name, self.from_s, self.to_s)


class DepartureSpread(TrafficChange):
    """Departures somewhat earlier or later by chance, so that seeds differ on a city of recorded trips."""

    name = "departures"
    spread_s: int = setting(at_least=0, at_most=3600, unit="SEC", help="How far a departure moves at most.")

    def demand(self, demand: Demand, network: RoadNetwork, seed: int) -> Demand:
        """Each vehicle at another second, by its own chance."""
        return ShiftedDemand(demand, self.spread_s, seed)


class SignalPlan(TrafficChange):
    """Another programme for the signal of one crossing, made of its own phases."""

    crossing: str = setting(help="Id of the crossing.")
    durations: str = setting(help="Seconds of each phase in turn, separated by commas.")
    order: str = setting(
        "", help="Numbers of its phases in their new order, separated by commas; as before without it."
    )

    def network(self, network: RoadNetwork) -> RoadNetwork:
        """With the other programme."""
        crossing = network.crossing(self.crossing)
        phases = len(network.phases_of(crossing))
        if not phases:
            raise SettingError(self.name, "crossing", self.crossing, "a crossing with a signal")
        order = self._order(phases)
        return with_programme(network, crossing, order, self._durations(len(order)))

    def _order(self, phases: int) -> list[int]:
        if not self.order:
            return list(range(phases))
        order = _numbers(self.name, "order", self.order)
        for number in order:
            if number not in range(phases):
                raise NotFoundError(f"phase of {self.crossing}", f"{number:g}", map(str, range(phases)))
        return list(map(int, order))

    def _durations(self, phases: int) -> list[float]:
        durations = _numbers(self.name, "durations", self.durations)
        if len(durations) != phases or not all(0 < duration < math.inf for duration in durations):
            raise SettingError(self.name, "durations", self.durations, f"{phases} numbers above 0, one for each phase")
        return durations


class Breakdown(TrafficChange):
    """A vehicle that stands still on a lane for some time."""

    name = "incident"
    lane: str = setting(help="Id of the lane.")
    x: float = setting(0.0, unit="MTR", at_least=0.0, help="How far from the start of the lane.")
    from_s: int = setting(
        0, unit="SEC", at_least=0, help="From when on the first vehicle to pass stands, since the start."
    )
    for_s: int = setting(unit="SEC", at_least=1, help="For how long it stands.")

    def incidents(self, network: RoadNetwork) -> list[Incident]:
        """The vehicle that stands."""
        lane = network.lane(self.lane)
        length = float(network.lane_length[lane])
        if self.x > length:
            raise SettingError(self.name, "x", self.x, f"a place on {self.lane}, which is {length:.1f} m long")
        return [Incident(lane, self.x, self.from_s, self.for_s)]


def _listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def _span(from_s: float, to_s: float) -> tuple[float, float]:
    return from_s, to_s or math.inf


def _check_span(name: str, from_s: float, to_s: float) -> None:
    if 0 < to_s <= from_s:
        raise SettingError(name, "to_s", to_s, f"a time after from_s ({from_s:g}), or 0 for never")


def _numbers(name: str, setting_name: str, text: str) -> list[float]:
    try:
        return [float(number) for number in _listed(text)]
    except ValueError:
        raise SettingError(name, setting_name, text, "numbers separated by commas") from None
