"""The cities in which simulators are timed, for ours as columns and for others as files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from touyan.core.errors import NotFoundError

from .. import cityflow
from ..crowd import FILLED_S, crowd
from ..demand import Demand
from ..grid import grid_network, grid_roadnet
from ..network import RoadNetwork


class City(Protocol):
    """A city that can be loaded here or written for others, and which of its seconds are timed.

    After `begins_s` seconds there are `slices` of `slice_s` seconds, which the simulators run in turn. SUMO, which
    is slower, runs `sumo_span_s`; a city may be too large for others at all.
    """

    @property
    def begins_s(self) -> int:
        """Seconds before the first slice."""

    @property
    def slices(self) -> int:
        """How many slices there are."""

    @property
    def slice_s(self) -> int:
        """Length of each."""

    @property
    def sumo_span_s(self) -> tuple[int, int]:
        """First and last second that SUMO is timed on."""

    @property
    def repeats(self) -> bool:
        """Whether a run is short enough to be repeated."""

    @property
    def for_all(self) -> bool:
        """Whether other simulators run it in reasonable time."""

    def load(self) -> tuple[RoadNetwork, Demand]:
        """Network and demand."""

    def files(self, folder: Path) -> tuple[Path, Path]:
        """Its CityFlow files; what must be written goes into the folder."""


@dataclass(frozen=True)
class RealCity:
    """An hour of a public city."""

    folder: Path
    flow: str = "flow_real.json"
    begins_s: int = 0
    slices: int = 12
    slice_s: int = 300
    sumo_span_s: tuple[int, int] = (0, 3600)
    repeats: bool = True
    for_all: bool = True

    def load(self) -> tuple[RoadNetwork, Demand]:
        """Read its two files."""
        roadnet, flow = self.files(self.folder)
        network = cityflow.read_network(roadnet)
        return network, cityflow.read_flow(flow, network)

    def files(self, folder: Path) -> tuple[Path, Path]:
        """Where they lie."""
        return self.folder / "roadnet.json", self.folder / self.flow


@dataclass(frozen=True)
class CrowdedGrid:
    """A square grid with a crowd that stays; timed once it has come in."""

    size: int
    vehicles: int
    begins_s: int = 100
    slices: int = 10
    slice_s: int = 10
    sumo_span_s: tuple[int, int] = (40, 60)
    repeats: bool = False
    for_all: bool = True

    def load(self) -> tuple[RoadNetwork, Demand]:
        """Generate it."""
        network = grid_network(self.size, self.size)
        return network, crowd(network, self.vehicles)

    def files(self, folder: Path) -> tuple[Path, Path]:
        """Write it as CityFlow's files."""
        roadnet, flow = folder / "roadnet.json", folder / "flow.json"
        network = grid_network(self.size, self.size)
        flow.write_bytes(msgspec.json.encode(cityflow.flow_records(network, crowd(network, self.vehicles), FILLED_S)))
        roadnet.write_bytes(msgspec.json.encode(grid_roadnet(self.size, self.size)))
        return roadnet, flow


def _real(data: Path, name: str, flow: str = "flow_real.json") -> RealCity:
    folder = data / name
    if not folder.is_dir():
        beside = folder.parent.iterdir() if folder.parent.is_dir() else ()
        raise NotFoundError("folder of city data", str(folder), map(str, beside))
    return RealCity(folder, flow)


KNOWN_CITIES: dict[str, Callable[[Path], City]] = {
    "hangzhou": lambda data: _real(data, "hangzhou_4x4"),
    "hangzhou-5816": lambda data: _real(data, "hangzhou_4x4", "flow_real_5816.json"),
    "jinan": lambda data: _real(data, "jinan_3x4"),
    "grid-12": lambda data: CrowdedGrid(12, 6_000, slices=8, slice_s=50, repeats=True),
    "grid-57": lambda data: CrowdedGrid(57, 105_000),
    "million": lambda data: CrowdedGrid(100, 1_000_000, slices=4, for_all=False),
}
"""How to get each city by name, given the folder of data; real cities raise NotFoundError without theirs."""
