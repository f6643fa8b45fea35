"""Cities ready to start: read from the files of CityFlow or SUMO, or generated."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from touyan.core.components import Change, Scenario, Source
from touyan.core.errors import SettingError
from touyan.core.geometry import Projection
from touyan.core.settings import setting
from touyan.core.surveys import Omission, Survey
from touyan.core.text import Text
from touyan.core.time import from_iso

from . import cityflow, sumo
from .changed_demand import DivertedDemand
from .changes import TrafficChange
from .demand import Demand
from .exports import export
from .grid import grid_network
from .journeys import CrossingTimes
from .network import RoadNetwork
from .plant import SimulatedCity
from .plants.cityflow_plant import CityFlowPlant
from .plants.sumo_plant import SumoPlant
from .poisson import PoissonDemand
from .surveying import facts
from .traffic_world import Incident, TrafficWorld

_ROUNDING = 1e-9
_ROADNETS, _FLOWS = "roadnet*.json", "flow*.json"


class TrafficScenario(Scenario):
    """A road network with its demand, as a simulated city."""

    abstract = True
    seed: int = setting(0, at_least=0, at_most=2**32 - 1, help="Seed of everything random in the world.")
    starts_at: str = setting("2026-01-05T08:00:00+08:00", help="City time of the first second, ISO 8601.")
    interval_s: float = setting(
        1.0, unit="SEC", at_least=0.1, at_most=1.0, help="Length of a step; seconds are whole steps."
    )
    threads: int = setting(1, at_least=1, at_most=64, help="Threads that share the work; they change no digit.")
    patience_s: int = setting(
        0, unit="SEC", at_least=0, at_most=3600, help="Standstill after which a vehicle no longer yields; 0: never."
    )
    clearance_s: float = setting(
        0.0,
        unit="SEC",
        at_least=0.0,
        at_most=30.0,
        help="How long a change under command clears each crossing; 0: as its network has it.",
    )
    lane_change: bool = setting(False, help="Let vehicles change lanes for more room, or to follow their route.")
    crossing_times: bool = setting(
        True, help="Keep the travel time of published tables; a look at all crossings every second."
    )
    longitude: float = setting(0.0, at_least=-180, at_most=180, help="Longitude of the files' origin, in degrees.")
    latitude: float = setting(0.0, at_least=-85, at_most=85, help="Latitude of the files' origin, in degrees.")

    @abstractmethod
    def network(self) -> RoadNetwork:
        """The road network."""

    @abstractmethod
    def demand(self, network: RoadNetwork) -> Demand:
        """Who drives on it."""

    def incidents(self, network: RoadNetwork) -> list[Incident]:
        """What goes wrong, on purpose."""
        return []

    _changes: tuple[TrafficChange, ...] | None = None

    def changed(self, changes: Sequence[Change]) -> TrafficScenario:
        """The same city with something different; its measures then tell of trips refused."""
        known = tuple(change for change in changes if isinstance(change, TrafficChange))
        for change in changes:
            if change not in known:
                raise SettingError(self.name, "changes", change.name, "a change of road traffic")
        for change in known if self.lane_change else ():
            change.check_lane_change()
        twin = copy(self)
        twin._changes = (self._changes or ()) + known
        return twin

    @property
    def is_changed(self) -> bool:
        """Whether something is different from the city of its files."""
        return bool(self._changes)

    def build(self, sources: Sequence[Source]) -> SimulatedCity:
        """The simulated city at its first second."""
        original = network = self._cleared(self.network())
        changes = self._changes or ()
        for change in changes:
            network = change.network(network)
        # The demand is that of the city as it is; changes then say who goes at other times, another way, or not.
        demand = self.demand(original)
        for change in changes:
            demand = change.demand(demand, network, self.seed)
        closed = [each for change in changes for each in change.closed(network)]
        diverted = DivertedDemand(demand, network, closed, self.lane_change)
        incidents = self.incidents(network) + [each for change in changes for each in change.incidents(network)]
        world = self.world(network, diverted if diverted.closures else demand, incidents)
        refused = None if self._changes is None else diverted.refused
        times = CrossingTimes(world) if self.crossing_times else None
        return SimulatedCity(world, sources, from_iso(self.starts_at), refused, times)

    def _cleared(self, network: RoadNetwork) -> RoadNetwork:
        if not self.clearance_s:
            return network
        return replace(network, given_clearance_s=np.full(len(network.phase_duration), self.clearance_s))

    def world(self, network: RoadNetwork, demand: Demand, incidents: Sequence[Incident]) -> TrafficWorld:
        """The world at its first second."""
        steps = self._steps_per_second()
        return TrafficWorld(
            network,
            demand,
            self.seed,
            incidents,
            lane_change=self.lane_change,
            steps_per_second=steps,
            threads=self.threads,
            patience_s=self.patience_s,
        )

    def _steps_per_second(self) -> int:
        steps = round(1 / self.interval_s)
        if abs(steps * self.interval_s - 1) > _ROUNDING:
            raise SettingError(
                self.name,
                "interval_s",
                self.interval_s,
                "a whole number of steps in a second: 0.5, 0.25, 0.2 or 0.1, say",
            )
        return steps

    def survey(self) -> Survey:
        """The size of the network, its signals and its demand, and what was left out."""
        network = self.network()
        return Survey(facts(network, self.demand(network)), self.left_out())

    def left_out(self) -> list[Omission]:
        """What its files hold that the model has no place for."""
        return []

    def export(self, path: Path) -> None:
        """Save the network as GeoJSON or GeoParquet."""
        export(self.network(), path)

    def projection(self) -> Projection:
        """Where the files' origin lies."""
        return Projection(self.longitude, self.latitude)


class CityFlowCity(TrafficScenario):
    """A city from CityFlow's road network and flow files."""

    name = "cityflow"
    accepts = f"{_ROADNETS} and {_FLOWS} of CityFlow"
    roadnet: Path = setting(help="The road network file.")
    flow: Path = setting(help="The flow file.")

    def network(self) -> RoadNetwork:
        """The road network of the file."""
        return cityflow.read_network(self.roadnet, self.projection())

    def demand(self, network: RoadNetwork) -> Demand:
        """The flows of the file."""
        return cityflow.read_flow(self.flow, network, step_s=self.interval_s, lane_change=self.lane_change)

    def label(self) -> Text:
        """The folder and the flow file; says when others lie beside it."""
        folder, beside = self.roadnet.resolve().parent.name, len(list(self.flow.parent.glob(_FLOWS))) - 1
        more = (f", {beside} more beside it", f"，旁边还有 {beside} 个") if beside > 0 else ("", "")
        return Text(f"{folder} ({self.flow.name}{more[0]})", f"{folder}（{self.flow.name}{more[1]}）")

    @classmethod
    def recognise(cls, paths: Sequence[Path]) -> dict[str, Any] | None:
        """A folder with a road network and flows (the first by name), or the two files."""
        if len(paths) == 2 and all(path.suffix == ".json" for path in paths):
            return {"roadnet": paths[0], "flow": paths[1]}
        if len(paths) != 1 or not paths[0].is_dir():
            return None
        roadnets, flows = sorted(paths[0].glob(_ROADNETS)), sorted(paths[0].glob(_FLOWS))
        return {"roadnet": roadnets[0], "flow": flows[0]} if roadnets and flows else None


class SumoCity(TrafficScenario):
    """A city from SUMO's network, demand and signal files, or from an OpenStreetMap extract."""

    name = "sumo"
    accepts = "a .sumocfg of SUMO, a folder with one, a .net.xml with routes, or an .osm extract"
    net: Path = setting(help="Configuration (.sumocfg), network (.net.xml) or OpenStreetMap extract (.osm); .gz too.")
    routes: str = setting("", help="Demand files of SUMO, separated by commas, or one flow file of CityFlow.")
    lane_change = True
    patience_s = 60
    additional: str = setting("", help="Additional files (types, signals, detectors), separated by commas.")
    arrivals: float = setting(
        320.0,
        unit="E58",
        at_least=0.0,
        at_most=3000.0,
        help="Random vehicles per hour on each entry if the files name none.",
    )

    def network(self) -> RoadNetwork:
        """The roads, crossings and signals of the files."""
        return self._city.network

    def demand(self, network: RoadNetwork) -> Demand:
        """The vehicles of the files, or random ones where there are no demand files."""
        if self._flow:
            return cityflow.read_flow(self._flow, network, step_s=self.interval_s, lane_change=self.lane_change)
        if self._by_chance():
            return PoissonDemand(network, self.arrivals, seed=self.seed)
        return self._city.demand

    def left_out(self) -> list[Omission]:
        """What the model has no place for, each with a count."""
        return sumo.omissions(self._city.left_out)

    def label(self) -> Text:
        """The folder and the main file; says when its vehicles are random."""
        folder, chance = self.net.resolve().parent.name, ("", "")
        if self._by_chance():
            rate = f"{self.arrivals:g}"
            chance = f", random demand of {rate} vehicles/h on each entry", f"，随机需求，每个入口每小时 {rate} 辆"
        return Text(f"{folder} ({self.net.name}{chance[0]})", f"{folder}（{self.net.name}{chance[1]}）")

    @classmethod
    def recognise(cls, paths: Sequence[Path]) -> dict[str, Any] | None:
        """A configuration, a network or an extract, with the files beside it; or a folder with one."""
        found = sumo.recognised(paths)
        if found is None:
            return None
        net, routes, additional = found
        return {"net": net, "routes": ",".join(map(str, routes)), "additional": ",".join(map(str, additional))}

    def _by_chance(self) -> bool:
        return not self._flow and not self._city.vehicles_named

    @property
    def _flow(self) -> Path | None:
        """The flow file of CityFlow that stands in for SUMO's demand."""
        files = _paths(self.routes)
        return files[0] if len(files) == 1 and files[0].suffix == ".json" else None

    @cached_property
    def _files(self) -> sumo.Files:
        return sumo.files_of(self.net, () if self._flow else _paths(self.routes), _paths(self.additional))

    @cached_property
    def _city(self) -> sumo.City:
        return sumo.read_city(
            self._files,
            self.projection(),
            seed=self.seed,
            lane_change=self.lane_change,
            step_s=1 / self._steps_per_second(),
        )


class CityFlowStreets(Scenario):
    """CityFlow's files, driven by CityFlow's own engine, behind our sensors and signals."""

    plant = "cityflow"
    accepts = CityFlowCity.accepts
    roadnet: Path = setting(help="The road network file.")
    flow: Path = setting(help="The flow file.")
    seed: int = setting(0, at_least=0, at_most=2**31 - 1, help="Seed of the engine.")
    starts_at: str = setting("2026-01-05T08:00:00+08:00", help="City time of the first second, ISO 8601.")

    def build(self, sources: Sequence[Source]) -> CityFlowPlant:
        """The engine at its first second; raises MissingPackageError without it."""
        network = cityflow.read_network(self.roadnet)
        return CityFlowPlant(self.roadnet, self.flow, network, sources, from_iso(self.starts_at), self.seed)

    def label(self) -> Text:
        """The folder and the flow file, and who drives."""
        folder, flow = self.roadnet.resolve().parent.name, self.flow.name
        return Text(f"{folder} ({flow}), driven by CityFlow", f"{folder}（{flow}），由 CityFlow 驱动")

    @classmethod
    def recognise(cls, paths: Sequence[Path]) -> dict[str, Any] | None:
        """What `CityFlowCity` recognises."""
        return CityFlowCity.recognise(paths)


class SumoStreets(Scenario):
    """A SUMO scenario that SUMO itself drives, behind our sensors and signals."""

    plant = "sumo"
    accepts = "a .sumocfg of SUMO, a folder with one, or a .net.xml with routes"
    net: Path = setting(help="Configuration (.sumocfg) or network (.net.xml); .gz too.")
    routes: str = setting("", help="Demand files of SUMO, separated by commas.")
    additional: str = setting("", help="Additional files (types, signals), separated by commas.")
    seed: int = setting(0, at_least=0, at_most=2**31 - 1, help="Seed of SUMO.")
    starts_at: str = setting("2026-01-05T08:00:00+08:00", help="City time of the first second, ISO 8601.")

    def build(self, sources: Sequence[Source]) -> SumoPlant:
        """The simulation at its first second; raises MissingPackageError without SUMO."""
        files = sumo.files_of(self.net, _paths(self.routes), _paths(self.additional))
        city = sumo.read_city(files, Projection(), seed=self.seed, lane_change=True)
        return SumoPlant(self.net, files, city, sources, from_iso(self.starts_at), self.seed)

    def label(self) -> Text:
        """The folder and the main file, and who drives."""
        folder, main = self.net.resolve().parent.name, self.net.name
        return Text(f"{folder} ({main}), driven by SUMO", f"{folder}（{main}），由 SUMO 驱动")

    @classmethod
    def recognise(cls, paths: Sequence[Path]) -> dict[str, Any] | None:
        """What `SumoCity` recognises."""
        return SumoCity.recognise(paths)


class Grid(TrafficScenario):
    """A generated city: a grid of signalised crossings with random demand."""

    rows: int = setting(4, at_least=1, at_most=100, help="Crossings from south to north.")
    columns: int = setting(4, at_least=1, at_most=100, help="Crossings from west to east.")
    road_length_m: float = setting(300.0, unit="MTR", at_least=60.0, at_most=5000.0, help="Length of each road.")
    arrivals: float = setting(320.0, unit="E58", at_least=0.0, at_most=3000.0, help="Vehicles per hour on each entry.")
    incident: bool = setting(False, help="Let a vehicle break down on a busy lane after one minute.")

    def network(self) -> RoadNetwork:
        """The generated road network."""
        return grid_network(self.rows, self.columns, self.road_length_m, self.projection())

    def demand(self, network: RoadNetwork) -> Demand:
        """Random arrivals at the border, random turns inside."""
        return PoissonDemand(network, self.arrivals, seed=self.seed)

    def incidents(self, network: RoadNetwork) -> list[Incident]:
        """A breakdown on the straight lane of the middle western entry, near its start."""
        if not self.incident:
            return []
        lane = network.lane(f"road_0_{(self.rows + 1) // 2}_0_1")
        return [Incident(lane, x=25.0, start_s=60, duration_s=900)]

    def label(self) -> Text:
        """Its size and seed."""
        size = f"{self.rows} × {self.columns}"
        return Text(
            f"generated city, {size} crossings, seed {self.seed}", f"生成的城市，{size} 个路口，种子 {self.seed}"
        )


def _paths(names: str) -> list[Path]:
    return [Path(name.strip()) for name in names.split(",") if name.strip()]
