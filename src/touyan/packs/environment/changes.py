"""What may be different in a city's air: the wind, its stability, what escapes, which instrument fails."""

from __future__ import annotations

from touyan.core.components import Change
from touyan.core.protocols import Plant
from touyan.core.settings import setting

from .air_index import PM10, PM25
from .cloud import Release
from .instrument_faults import FAULT_KINDS, InstrumentFault
from .network import AirNetwork
from .spread import STABILITIES
from .winds import LEAST_SPEED, Setpoint


class AirChange(Change):
    """A change of what the air does or what is said of it."""

    abstract = True

    def setpoints(self) -> list[Setpoint]:
        """Winds that blow from some time on."""
        return []

    def releases(self) -> list[Release]:
        """What escapes besides."""
        return []

    def faults(self, network: AirNetwork) -> list[InstrumentFault]:
        """Instruments that fail besides."""
        return []

    def stability_class(self) -> str | None:
        """The stability of the air; None where it is as before."""
        return None

    def check(self, plant: Plant) -> None:
        """Raise NotFoundError where the city has no such station."""
        self.faults(plant.model)


class WindChange(AirChange):
    """Another wind from some time on."""

    name = "wind"
    speed: float = setting(unit="MTS", at_least=LEAST_SPEED, at_most=40.0, help="Mean speed at 10 m.")
    direction: float = setting(unit="DD", at_least=0.0, at_most=360.0, help="From where it blows, from north.")
    from_s: float = setting(0.0, unit="SEC", at_least=0.0, help="When it begins, since the start.")

    def setpoints(self) -> list[Setpoint]:
        """The wind."""
        return [Setpoint(self.from_s, self.speed, self.direction)]


class StabilityChange(AirChange):
    """Another stability of the air, for the whole run."""

    name = "stability"
    stability: str = setting(one_of=STABILITIES, help="Pasquill's class, A (very unstable) to F (stable).")

    def stability_class(self) -> str:
        """The class."""
        return self.stability


class AccidentalRelease(AirChange):
    """Something escapes into the air."""

    name = "release"
    x: float = setting(unit="MTR", help="East of the middle of the city.")
    y: float = setting(unit="MTR", help="North of the middle of the city.")
    height: float = setting(2.0, unit="MTR", at_least=0.0, at_most=300.0, help="Height above the ground.")
    rate: float = setting(unit="KGS", at_least=0.0, help="How much escapes in a second.")
    from_s: float = setting(0.0, unit="SEC", at_least=0.0, help="When it begins, since the start.")
    for_s: float = setting(1800.0, unit="SEC", at_least=1.0, help="For how long.")

    def releases(self) -> list[Release]:
        """The term of the source."""
        return [Release(self.x, self.y, self.height, self.rate, self.from_s, self.for_s)]


class FailingInstrument(AirChange):
    """An instrument of one station that goes wrong for some time."""

    station: str = setting(help="Name of the station.")
    quantity: str = setting(PM25, one_of=(PM25, PM10), help="What the instrument measures.")
    fault: str = setting(one_of=FAULT_KINDS, help="What it does.")
    size: float = setting(1.0, help="Share of the true value; of a drift in an hour.")
    from_s: float = setting(0.0, unit="SEC", at_least=0.0, help="When it begins, since the start.")
    for_s: float = setting(86400.0, unit="SEC", at_least=1.0, help="For how long.")

    def faults(self, network: AirNetwork) -> list[InstrumentFault]:
        """The fault; raises NotFoundError for an unknown station."""
        row = network.station(self.station)
        return [InstrumentFault(row, self.quantity, self.fault, self.from_s, self.for_s, self.size)]
