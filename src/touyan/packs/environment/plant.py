"""A simulated city's air: clouds, background and instruments behind the stations that report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy

import numpy as np
from numpy.typing import NDArray

from touyan.core.commands import Command
from touyan.core.components import Source
from touyan.core.geometry import Projection
from touyan.core.observations import ObservationBatch
from touyan.core.protocols import Measure, Scene

from .air_measures import Exposure, Grid
from .background import Background
from .cloud import Cloud, heights
from .feeds import INLET_M, AirFeed, WeatherFeed
from .instrument_faults import Instruments
from .network import AirNetwork
from .sources import AirStations, WeatherStation
from .winds import toward


class SimulatedAir:
    """Keeps `Plant`, `Observable` and `Branchable`: engines get the stations, people the clouds."""

    def __init__(
        self,
        network: AirNetwork,
        cloud: Cloud,
        background: Background,
        instruments: Instruments,
        sources: Sequence[Source],
        starts_at: float,
        exposure: Exposure,
    ) -> None:
        self.cloud = cloud
        self._network = network
        self._background = background
        self._starts_at = starts_at
        self._exposure = exposure
        self._passed = 0.0
        self._air = [AirFeed(each, network, instruments) for each in sources if isinstance(each, AirStations)]
        self._weather = [WeatherFeed(each) for each in sources if isinstance(each, WeatherStation)]
        self.inventory = network.inventory()

    def branch(self) -> SimulatedAir:
        """An independent copy with its stations.

        The network is shared, for it never changes.
        """
        twin = copy(self)
        twin.cloud, twin._background = self.cloud.branch(), self._background.branch()
        twin._air, twin._weather = [feed.branch() for feed in self._air], [feed.branch() for feed in self._weather]
        twin._exposure = self._exposure.branch()
        return twin

    @property
    def now(self) -> float:
        """City time, epoch seconds."""
        return self._starts_at + self._passed

    @property
    def model(self) -> AirNetwork:
        """The stations, which everybody may know."""
        return self._network

    @property
    def projection(self) -> Projection:
        """Where the local metres of its scenes lie."""
        return self._network.projection

    @property
    def under_way(self) -> int:
        """Puffs in the air now."""
        return len(self.cloud.puffs)

    @property
    def grid(self) -> Grid:
        """The cells on which the field is looked at."""
        return self._exposure.grid

    @property
    def reached(self) -> NDArray[np.bool_]:
        """The cells in which the limit was reached so far."""
        return self._exposure.reached

    def share_of_release(self) -> NDArray[np.float64]:
        """For judges: PM2.5 of releases over that of the background, at each station now."""
        released = self.cloud.at(heights(self._network.places, INLET_M))
        return np.asarray(released / self._background.fine())

    def advance(self, seconds: float) -> list[ObservationBatch]:
        """Let time pass, in steps of the cloud, and return what the stations said meanwhile."""
        batches: list[ObservationBatch] = []
        end = self._passed + seconds
        while self.cloud.seconds + self.cloud.step_s <= end + 1e-9:
            self.cloud.step()
            self._passed = self.cloud.seconds
            self._exposure.look(self.cloud)
            batches += self._reports()
        self._passed = end
        return batches

    def _reports(self) -> list[ObservationBatch]:
        due_air = [feed for feed in self._air if self._is_due(feed.interval_s)]
        due_weather = [feed for feed in self._weather if self._is_due(feed.interval_s)]
        told = [feed.report(self.cloud, self._background, self.now) for feed in due_air]
        return told + [feed.report(self.cloud, self.now) for feed in due_weather]

    def _is_due(self, interval_s: float) -> bool:
        """Whether a multiple of an interval falls into the step that has just passed."""
        steps = self.cloud.seconds / interval_s + 1e-9
        return math.floor(steps) > math.floor(steps - self.cloud.step_s / interval_s)

    def obey(self, command: Command) -> bool:
        """No command moves the air."""
        return False

    def scene(self) -> Scene:
        """The middles of all puffs, for people."""
        speed, direction = self.cloud.wind.at(self.cloud.seconds)
        east, north = toward(speed, direction)
        puffs = self.cloud.puffs
        count = len(puffs)
        return Scene(
            at=self.now,
            slot=np.arange(count, dtype=np.uint32),
            x=puffs[:, 0].astype(np.float32),
            y=puffs[:, 1].astype(np.float32),
            speed=np.full(count, speed, np.float32),
            heading=np.full(count, math.atan2(north, east), np.float32),
        )

    def measures(self) -> list[Measure]:
        """The truth by which a run is judged."""
        return self._exposure.measures(self.cloud)
