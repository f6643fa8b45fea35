"""`vType` elements and their distributions, with SUMO's defaults for each vehicle class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ..demand import VehicleTypes
from .elements import Element

DEFAULT_TYPE = "DEFAULT_VEHTYPE"


class Parameters(NamedTuple):
    """How a type drives: m, m, m, m/s², m/s², m/s, s."""

    length: float
    width: float
    min_gap: float
    accel: float
    decel: float
    max_speed: float
    tau: float = 1.0


_CAR = Parameters(5.0, 1.8, 2.5, 2.6, 4.5, 55.56)
_VAN = Parameters(6.5, 2.16, 2.5, 2.6, 4.5, 55.56)

# What SUMO 1.28 says through TraCI of a type with nothing but its class.
DEFAULTS: Mapping[str, Parameters] = {
    "emergency": _VAN,
    "delivery": _VAN,
    "bus": Parameters(12.0, 2.5, 2.5, 1.2, 4.0, 27.78),
    "coach": Parameters(14.0, 2.6, 2.5, 2.0, 4.0, 27.78),
    "truck": Parameters(7.1, 2.4, 2.5, 1.3, 4.0, 36.11),
    "trailer": Parameters(16.5, 2.55, 2.5, 1.1, 4.0, 36.11),
    "motorcycle": Parameters(2.2, 0.9, 2.5, 6.0, 10.0, 55.56),
    "moped": Parameters(2.1, 0.78, 2.5, 1.1, 7.0, 16.67),
}
"""Classes that differ from a passenger car."""


class VehicleType(NamedTuple):
    """A type by id, with its class."""

    id: str
    vehicle_class: str
    parameters: Parameters


_DEFAULT = VehicleType(DEFAULT_TYPE, "passenger", _CAR)


@dataclass
class Types:
    """All types of a demand; a distribution stands for its members, each with its weight."""

    single: dict[str, VehicleType] = field(default_factory=lambda: {DEFAULT_TYPE: _DEFAULT})
    distributions: dict[str, dict[str, float]] = field(default_factory=dict)
    imperfect: int = 0
    """Types that ask for drivers who err or differ (sigma, speedFactor, speedDev)."""

    def read(self, element: Element) -> str:
        """Take up a `vType`; returns its id."""
        name, vehicle_class = element.text("id"), element.text("vClass", "passenger")
        base = DEFAULTS.get(vehicle_class, _CAR)
        parameters = Parameters(
            element.positive("length", base.length),
            element.positive("width", base.width),
            element.number("minGap", base.min_gap, least=0.0),
            element.positive("accel", base.accel),
            element.positive("decel", base.decel),
            element.positive("maxSpeed", base.max_speed),
            element.number("tau", base.tau, least=0.0),
        )
        self.imperfect += any(key in element.attributes for key in ("sigma", "speedFactor", "speedDev"))
        self.single[name] = VehicleType(name, vehicle_class, parameters)
        return name

    def read_distribution(self, element: Element) -> None:
        """Take up a `vTypeDistribution`; its members stand in it, or are named by `vTypes`."""
        named = element.text("vTypes", "").split()
        weights = [float(weight) for weight in _numbers(element, "probabilities")] or [1.0] * len(named)
        if len(weights) != len(named):
            raise element.error(f"{len(weights)} probabilities", f"{len(named)}, as many as vTypes")
        for name in named:
            if name not in self.single:
                raise element.error(f"the vehicle type {name!r}, which does not exist", "the id of a <vType>")
        members = dict(zip(named, weights, strict=True))
        for inner in element.of("vType"):
            members[self.read(inner)] = inner.number("probability", 1.0, least=0.0)
        if not members or not sum(members.values()) > 0:
            raise element.error("no vehicle types with a chance", "one type or more with a probability above 0")
        self.distributions[element.text("id")] = members

    def members(self, element: Element, name: str) -> dict[str, float]:
        """The types that an attribute names, with their weights; raises InputError."""
        if name in self.distributions:
            return self.distributions[name]
        if name not in self.single:
            raise element.unknown("type", "a <vType> or <vTypeDistribution>", {*self.single, *self.distributions})
        return {name: 1.0}


def columns(types: Sequence[VehicleType], fastest: float) -> VehicleTypes:
    """Types in columns; nobody wants to drive faster than the fastest road allows.

    In the model a driver looks as far ahead as stopping from the wished speed takes, and slows down for a turn from
    there on: a wish for 250 km/h would make everybody crawl.
    """
    rows = [kind.parameters for kind in types] or [_CAR]

    def column(name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return np.array([getattr(row, name) for row in rows], float)

    return VehicleTypes(
        length=column("length"),
        width=column("width"),
        max_pos_acc=column("accel"),
        max_neg_acc=column("decel"),
        usual_pos_acc=column("accel"),
        usual_neg_acc=column("decel"),
        min_gap=column("min_gap"),
        max_speed=np.minimum(column("max_speed"), fastest),
        headway_time=column("tau"),
    )


def _numbers(element: Element, name: str) -> Iterable[float]:
    texts = element.text(name, "").split()
    try:
        return [float(text) for text in texts]
    except ValueError:
        raise element.error(f"{name}={element.text(name)!r}", "numbers") from None
