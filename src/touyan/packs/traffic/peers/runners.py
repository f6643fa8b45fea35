"""Our own world and CityFlow's engine, driven alike."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from ..grid import grid_network
from ..poisson import PoissonDemand
from ..traffic_world import TrafficWorld
from .cities import City


class TouyanRunner:
    """The traffic world under the network's own programme."""

    def __init__(self, city: City, seed: int = 0) -> None:
        self._network, self._demand = city.load()
        self._seed = seed

    def start(self, *, lane_change: bool = False, threads: int = 1) -> None:
        """Go to second 0 of a new run."""
        network = grid_network(1, 1)  # compiles the kernels, or loads what was compiled
        TrafficWorld(network, PoissonDemand(network, 320.0), lane_change=lane_change, threads=threads).advance(1)
        vars(self).pop("_world", None)  # before the next one, for memory is measured too
        self._world = TrafficWorld(self._network, self._demand, self._seed, lane_change=lane_change, threads=threads)

    def advance(self, seconds: int) -> int:
        """Let time pass; the vehicle-steps made."""
        return int(self._world.advance(seconds).sum())

    def travel_time_s(self) -> float:
        """The average travel time so far."""
        return self._world.average_travel_time_s


def world_of(city: City, lane_change: bool = False) -> TrafficWorld:
    """A city's world at second 0."""
    return TrafficWorld(*city.load(), lane_change=lane_change)


class CityFlowRunner:
    """The original engine, signals under the network's own programme."""

    def __init__(self, roadnet: Path, flow: Path, folder: Path, seed: int = 0) -> None:
        self._files, self._folder, self._seed = (roadnet, flow), folder, seed
        self._kept: list[Any] = []

    def start(self, *, lane_change: bool = False, threads: int = 1) -> None:
        """Go to second 0 of a new run."""
        roadnet, flow = (path.resolve().relative_to("/") for path in self._files)
        config = {
            "interval": 1.0,
            "seed": self._seed,
            "dir": "/",
            "roadnetFile": str(roadnet),
            "flowFile": str(flow),
            "rlTrafficLight": False,
            "laneChange": lane_change,
            "saveReplay": False,
        }
        path = self._folder / "config.json"
        path.write_bytes(msgspec.json.encode(config))
        self._engine = import_module("cityflow").Engine(str(path), thread_num=threads)
        self._kept.append(self._engine)  # its destructor can hang

    def advance(self, seconds: int) -> int:
        """Let time pass; the vehicle-steps made."""
        vehicle_steps = 0
        for _ in range(seconds):
            self._engine.next_step()
            vehicle_steps += self._engine.get_vehicle_count()
        return vehicle_steps

    def travel_time_s(self) -> float:
        """The engine's average travel time so far."""
        return float(self._engine.get_average_travel_time())


def has_cityflow() -> bool:
    """Whether the engine can be imported."""
    return find_spec("cityflow") is not None
