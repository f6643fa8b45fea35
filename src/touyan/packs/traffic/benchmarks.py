"""How fast the traffic world runs, as vehicle-steps per CPU second."""

from __future__ import annotations

import time
from abc import abstractmethod
from pathlib import Path
from statistics import median
from typing import Any, ClassVar

from touyan.core.components import Benchmark
from touyan.core.errors import NotFoundError
from touyan.core.settings import setting

from . import cityflow
from .demand import Demand
from .grid import grid_network
from .network import RoadNetwork
from .poisson import PoissonDemand
from .traffic_world import TrafficWorld

_HOUR_S = 3600


class WorldSpeed(Benchmark):
    """Vehicle-steps per CPU second of one hour of one city."""

    abstract = True
    protocol = (
        "one hour in steps of 1 s under the network's own programme, one thread, kernels compiled before; "
        "vehicle-steps are vehicles running after each second, summed; median of the repeats"
    )
    seed: int = setting(0, at_least=0, at_most=2**32 - 1, help="Seed of the world.")
    repeats: int = setting(3, at_least=1, at_most=100, help="How often each city is run.")

    @abstractmethod
    def cities(self) -> dict[str, tuple[RoadNetwork, Demand]]:
        """The cities by name; raises NotFoundError when their data are not here."""

    def rows(self) -> list[dict[str, Any]]:
        """One row a city."""
        return [self._row(name, *city) for name, city in self.cities().items()]

    def _row(self, name: str, network: RoadNetwork, demand: Demand) -> dict[str, Any]:
        TrafficWorld(network, demand, self.seed).advance(1)  # compiles, or loads what was compiled
        runs = [self._run(network, demand) for _ in range(self.repeats)]
        seconds = median(cpu for cpu, _, _ in runs)
        _, vehicle_steps, travel_time = runs[0]
        return {
            "city": name,
            "seed": self.seed,
            "vehicle_steps": vehicle_steps,
            "cpu_s": round(seconds, 3),
            "million_vehicle_steps_per_cpu_s": round(vehicle_steps / seconds / 1e6, 2),
            "times_real_time": round(_HOUR_S / seconds),
            "average_travel_time_s": round(travel_time, 3),
        }

    def _run(self, network: RoadNetwork, demand: Demand) -> tuple[float, int, float]:
        """CPU seconds, vehicle-steps and mean travel time of one hour."""
        world = TrafficWorld(network, demand, self.seed)
        begun = time.process_time()
        vehicle_steps = int(world.advance(_HOUR_S).sum())
        return time.process_time() - begun, vehicle_steps, world.average_travel_time_s


class RealCities(WorldSpeed):
    """Vehicle-steps per CPU second in Hangzhou and Jinan."""

    name = "real-cities"
    data: Path = setting(
        Path("../shared/data/traffic"), help="Folder with the public city folders hangzhou_4x4 and jinan_3x4."
    )
    files: ClassVar[dict[str, tuple[str, str]]] = {
        "Hangzhou 2,983": ("hangzhou_4x4", "flow_real.json"),
        "Hangzhou 6,984": ("hangzhou_4x4", "flow_real_5816.json"),
        "Jinan 6,295": ("jinan_3x4", "flow_real.json"),
    }

    def cities(self) -> dict[str, tuple[RoadNetwork, Demand]]:
        """The three public demands on their networks."""
        return {name: self._city(folder, flow) for name, (folder, flow) in self.files.items()}

    def _city(self, folder: str, flow: str) -> tuple[RoadNetwork, Demand]:
        path = self.data / folder
        if not path.is_dir():
            beside = self.data.iterdir() if self.data.is_dir() else ()
            raise NotFoundError("folder of city data", str(path), map(str, beside))
        network = cityflow.read_network(path / "roadnet.json")
        return network, cityflow.read_flow(path / flow, network)


class GeneratedCities(WorldSpeed):
    """Vehicle-steps per CPU second in generated grids; needs no data."""

    name = "generated-cities"

    def cities(self) -> dict[str, tuple[RoadNetwork, Demand]]:
        """Two grids with 320 vehicles an hour on each entry."""
        return {f"grid {size} × {size}": self._city(size) for size in (4, 12)}

    def _city(self, size: int) -> tuple[RoadNetwork, Demand]:
        network = grid_network(size, size)
        return network, PoissonDemand(network, 320.0, seed=self.seed)
