"""Cities whose air can be simulated: stations from a file or made up, and what may escape."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import Any

from touyan.core.components import Change, Scenario, Source
from touyan.core.errors import SettingError
from touyan.core.geometry import Projection
from touyan.core.settings import setting
from touyan.core.surveys import Fact, Survey
from touyan.core.text import Text
from touyan.core.time import from_iso
from touyan.core.units import to_si

from .air_measures import Exposure, Grid
from .background import Background
from .changes import AirChange
from .cloud import Cloud, Release
from .instrument_faults import InstrumentFault, Instruments
from .network import AirNetwork, made_network, read_network
from .plant import SimulatedAir
from .recorded import HOURS, RecordedAir, Recording, files_in
from .spread import GROUNDS, STABILITIES, spread_of
from .winds import LEAST_SPEED, Setpoint, Wind

_STATIONS = "stations*.csv"
_DEMO_RATE, _DEMO_FROM_S = 0.5, 1800.0
_REACH = 1.5
"""Puffs are followed to this many widths of the city from its middle."""


class AirCity(Scenario):
    """A city's air with its stations: background, wind, and what escapes."""

    accepts = f"{_STATIONS} with name, longitude and latitude of air stations"
    stations: str = setting("", help="File with the stations; made up without it.")
    seed: int = setting(0, at_least=0, at_most=2**32 - 1, help="Seed of everything random in the world.")
    starts_at: str = setting("2026-01-05T08:00:00+08:00", help="City time of the first second, ISO 8601.")
    count: int = setting(30, at_least=3, at_most=2000, help="How many stations are made up.")
    width_m: float = setting(20_000.0, unit="MTR", at_least=500.0, at_most=100_000.0, help="Width of the city.")
    longitude: float = setting(116.40, at_least=-180, at_most=180, help="Longitude of the middle, if made up.")
    latitude: float = setting(39.90, at_least=-85, at_most=85, help="Latitude of the middle, if made up.")
    background: float = setting(40.0, unit="GQ", at_least=0.0, at_most=1000.0, help="Median PM2.5 without accidents.")
    wind_speed: float = setting(3.0, unit="MTS", at_least=LEAST_SPEED, at_most=40.0, help="Mean speed at 10 m.")
    wind_direction: float = setting(315.0, unit="DD", at_least=0.0, at_most=360.0, help="From where the wind blows.")
    turning: float = setting(15.0, unit="DD", at_least=0.0, at_most=180.0, help="How far the direction wanders.")
    gusting: float = setting(0.15, at_least=0.0, at_most=1.0, help="How far the speed wanders, as a share.")
    stability: str = setting("D", one_of=STABILITIES, help="Pasquill's class, A (very unstable) to F (stable).")
    ground: str = setting("city", one_of=GROUNDS, help="Over what the cloud spreads.")
    incident: bool = setting(False, help="Let smoke escape in the middle after half an hour, for half an hour.")
    limit: float = setting(115.0, unit="GQ", at_least=1.0, help="Concentration of the area that is told of.")
    cells: int = setting(80, at_least=10, at_most=1000, help="Cells of the field along each side.")
    step_s: float = setting(10.0, unit="SEC", at_least=1.0, at_most=60.0, help="Length of a step of the cloud.")

    _changes: tuple[AirChange, ...] = ()

    def changed(self, changes: Sequence[Change]) -> AirCity:
        """The same city with something different.

        Raises SettingError for what it cannot change.
        """
        for change in changes:
            if not isinstance(change, AirChange):
                raise SettingError(self.name, "changes", change.name, "a change of the air")
        twin = copy(self)
        twin._changes = self._changes + tuple(change for change in changes if isinstance(change, AirChange))
        return twin

    def network(self) -> AirNetwork:
        """The stations."""
        if self.stations:
            return read_network(Path(self.stations))
        return made_network(self.count, self.width_m, self.seed, Projection(self.longitude, self.latitude))

    def build(self, sources: Sequence[Source]) -> SimulatedAir:
        """The simulated air at its first second."""
        network, starts_at = self.network(), from_iso(self.starts_at)
        background = Background(len(network.names), to_si(self.background, "GQ"), starts_at, self.seed)
        exposure = Exposure(Grid(self.width_m, self.cells), network.places, to_si(self.limit, "GQ"))
        instruments = Instruments(tuple(self._faults(network)))
        return SimulatedAir(network, self._cloud(), background, instruments, sources, starts_at, exposure)

    def survey(self) -> Survey:
        """How many stations there are."""
        return Survey([Fact("stations", Text("Stations", "站点"), len(self.network().names))], [])

    def label(self) -> Text:
        """Its file, or its size and seed."""
        if self.stations:
            name = Path(self.stations).name
            return Text(f"air at the stations of {name}", f"{name} 各站点的空气")
        size = f"{self.count} stations, seed {self.seed}", f"{self.count} 个站点，种子 {self.seed}"
        return Text(f"generated air, {size[0]}", f"生成的空气，{size[1]}")

    @classmethod
    def recognise(cls, paths: Sequence[Path]) -> dict[str, Any] | None:
        """A file of stations, or a folder with one."""
        if len(paths) != 1:
            return None
        if paths[0].is_dir() and files_in(paths[0]):
            return None
        found = sorted(paths[0].glob(_STATIONS)) if paths[0].is_dir() else [paths[0]]
        return {"stations": str(found[0])} if found and found[0].match(_STATIONS) else None

    def _cloud(self) -> Cloud:
        stability = [change.stability_class() for change in self._changes]
        spread = spread_of(next((each for each in reversed(stability) if each), self.stability), self.ground)
        first = Setpoint(0.0, self.wind_speed, self.wind_direction)
        points = sorted([first, *(point for change in self._changes for point in change.setpoints())], key=_begins)
        wind = Wind(tuple(points), self.turning, self.gusting, seed=self.seed)
        return Cloud(self._releases(), wind, spread, self.step_s, _REACH * self.width_m)

    def _releases(self) -> list[Release]:
        demo = Release(-self.width_m / 5, self.width_m / 5, 10.0, _DEMO_RATE, _DEMO_FROM_S, _DEMO_FROM_S)
        changed = [release for change in self._changes for release in change.releases()]
        return ([demo] if self.incident else []) + changed

    def _faults(self, network: AirNetwork) -> list[InstrumentFault]:
        return [fault for change in self._changes for fault in change.faults(network)]


class AirRecord(Scenario):
    """A city's air as hourly files have it, played back."""

    accepts = f"a folder with {_STATIONS} and hourly readings ({' or '.join(HOURS)})"
    folder: Path = setting(help="Folder with the stations and the hours.")
    starts_at: str = setting("", help="Local time of the first hour, ISO 8601; that of the files without it.")

    def build(self, sources: Sequence[Source]) -> RecordedAir:
        """The stations at the first hour."""
        recording = self._recording
        begins = recording.hours.hour_of(self.starts_at) if self.starts_at else 0
        if not 0 <= begins < recording.hours.count:
            raise SettingError(self.name, "starts_at", self.starts_at, "an hour that the files have")
        return RecordedAir(recording, begins)

    def survey(self) -> Survey:
        """Stations and hours, and what was kept out."""
        recording = self._recording
        facts = [
            Fact("stations", Text("Stations", "站点"), len(recording.network.names)),
            Fact("hours", Text("Hours", "小时"), recording.hours.count),
        ]
        return Survey(facts, recording.omissions())

    def label(self) -> Text:
        """The folder."""
        name = self.folder.resolve().name
        return Text(f"recorded air of {name}", f"{name} 的空气记录")

    @classmethod
    def recognise(cls, paths: Sequence[Path]) -> dict[str, Any] | None:
        """A folder with stations and hours."""
        return {"folder": paths[0]} if len(paths) == 1 and paths[0].is_dir() and files_in(paths[0]) else None

    @cached_property
    def _recording(self) -> Recording:
        return Recording(self.folder)


def _begins(point: Setpoint) -> float:
    return point.from_s
