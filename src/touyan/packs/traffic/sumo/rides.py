"""Vehicles, flows and trips of SUMO's demand files: who wants to drive which edges, and when."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from .elements import Element, elements, shown
from .net import read_programme
from .records import Programme
from .vehicle_types import DEFAULT_TYPE, Types

Thing = TypeVar("Thing")

ROOTS = ("routes", "additional", "add", "trips", "flows", "vTypes", "tlLogics", "detectors")
"""What such files have as their root."""

_DAY_S = 86_400.0
_MOST_VEHICLES = 20_000_000
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+):(\d+(?:\.\d+)?)")
_EXPONENTIAL = re.compile(r"exp\((.+)\)")
_TRIGGERED = ("triggered", "containerTriggered", "split", "now")
_ELSEWHERE = ("fromTaz", "toTaz", "fromJunction", "toJunction", "fromXY", "toXY", "fromLonLat", "toLonLat")


class Detector(NamedTuple):
    """An induction loop (E1): a place on a lane, m from its start."""

    id: str
    lane: str
    position: float
    element: Element


class Ride(NamedTuple):
    """One vehicle: second of departure, type, and its edges; a trip has only some of them."""

    id: str
    depart: float
    type: str
    edges: tuple[str, ...]
    complete: bool
    element: Element


@dataclass
class Rides:
    """What demand and additional files hold; `left_out` counts what is not read, by name."""

    begin: float = 0.0
    end: float | None = None
    seed: int = 0
    types: Types = field(default_factory=Types)
    rides: list[Ride] = field(default_factory=list)
    detectors: list[Detector] = field(default_factory=list)
    programmes: list[Programme] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    _routes: dict[str, list[tuple[tuple[str, ...], float]]] = field(default_factory=dict)
    _waiting: list[Element] = field(default_factory=list)

    def read(self, path: Path) -> None:
        """Take up one file; vehicles are kept until `finish`, for their types may stand in a later file."""
        for element in elements(path, ROOTS):
            if element.tag in _READERS:
                _READERS[element.tag](self, element)
            else:
                self.left_out[_GROUPS.get(element.tag, f"<{element.tag}>")] += 1

    def finish(self) -> None:
        """Make rides of everything read, in the order of the files; raises InputError."""
        chance = np.random.default_rng(self.seed)
        for element in self._waiting:
            self.rides.extend(self._made(element, chance))
            if len(self.rides) > _MOST_VEHICLES:
                raise element.error(f"more than {_MOST_VEHICLES:,} vehicles by here", "a demand that fits into memory")
        self._waiting.clear()

    # ------------------------------------------------------------ elements

    def wait(self, element: Element) -> None:
        """Keep a vehicle, flow or trip for later."""
        self._waiting.append(element)
        self.left_out["stops"] += len(element.of("stop"))

    def take_route(self, element: Element) -> None:
        """A `route` that vehicles name by its id."""
        self._routes[element.text("id")] = [(_edges(element), 1.0)]

    def take_routes(self, element: Element) -> None:
        """A `routeDistribution` that vehicles name by its id."""
        self._routes[element.text("id")] = self._distribution(element)

    def take_detector(self, element: Element) -> None:
        """An induction loop."""
        place = element.number("pos", 0.0)
        self.detectors.append(Detector(element.text("id"), element.text("lane"), place, element))

    def take_programme(self, element: Element) -> None:
        """A signal programme beside the network's own."""
        self.programmes.append(read_programme(element))

    # ------------------------------------------------------------ vehicles

    def _made(self, element: Element, chance: np.random.Generator) -> Iterator[Ride]:
        types = self.types.members(element, element.text("type", DEFAULT_TYPE))
        ways = self._ways(element)
        if ways is None:
            self.left_out["trips-from-elsewhere"] += 1
            return
        departs = list(self._departs(element, chance))
        kinds = _drawn(list(types), list(types.values()), len(departs), chance)
        routes = _drawn(range(len(ways)), [weight for _, weight in ways], len(departs), chance)
        self._note_wishes(element, len(departs))
        name = element.text("id")
        # A trip names its ends only; the way between them is still to be found.
        complete = not ("from" in element.attributes or "to" in element.attributes)
        for number, (depart, kind, route) in enumerate(zip(departs, kinds, routes, strict=True)):
            called = f"{name}.{number}" if element.tag == "flow" else name
            yield Ride(called, depart, kind, ways[route][0], complete, element)

    def _ways(self, element: Element) -> list[tuple[tuple[str, ...], float]] | None:
        """Edges with their weights; None for a trip whose ends are no edges."""
        inner = element.of("route", "routeDistribution")
        if inner:
            return self._distribution(inner[0]) if inner[0].tag == "routeDistribution" else [(_edges(inner[0]), 1.0)]
        if "route" in element.attributes:
            if element.text("route") not in self._routes:
                raise element.unknown("route", "a <route>", self._routes)
            return self._routes[element.text("route")]
        if any(name in element.attributes for name in _ELSEWHERE):
            return None
        edges = (element.text("from"), *element.text("via", "").split(), element.text("to"))
        return [(edges, 1.0)]

    def _distribution(self, element: Element) -> list[tuple[tuple[str, ...], float]]:
        named = element.text("routes", "").split()
        for name in named:
            if name not in self._routes:
                raise element.error(f"the route {name!r}, which does not exist", "the id of a <route>")
        ways = [way for name in named for way in self._routes[name]]
        ways += [(_edges(inner), inner.number("probability", 1.0, least=0.0)) for inner in element.of("route")]
        if not sum(weight for _, weight in ways) > 0:
            raise element.error("no routes with a chance", "one <route> or more with a probability above 0")
        return ways

    def _departs(self, element: Element, chance: np.random.Generator) -> Iterator[float]:
        """Seconds of departure since the city's begin; those before it are left out."""
        times = _flow_times(element, self.end, chance) if element.tag == "flow" else self._single(element)
        for time in times:
            if time < self.begin:
                self.left_out["departed-before"] += 1
            else:
                yield time - self.begin

    def _single(self, element: Element) -> list[float]:
        depart = element.text("depart")
        if depart in _TRIGGERED:
            self.left_out["triggered"] += 1
            return []
        return [seconds(element, "depart")]

    def _note_wishes(self, element: Element, vehicles: int) -> None:
        """Count what vehicles ask for that the model does not do."""
        if element.text("departPos", "0") not in ("0", "0.0", "0.00", "base"):
            self.left_out["depart-position"] += vehicles
        if element.text("departSpeed", "0") not in ("0", "0.0", "0.00"):
            self.left_out["depart-speed"] += vehicles
        if element.text("departLane", "best") not in ("best", "free", "random", "allowed", "first", "0"):
            self.left_out["depart-lane"] += vehicles
        if element.text("arrivalPos", "max") not in ("max", "-1", "-1.00"):
            self.left_out["arrival-position"] += vehicles


_READERS: dict[str, Callable[[Rides, Element], object]] = {
    "vType": lambda rides, element: rides.types.read(element),
    "vTypeDistribution": lambda rides, element: rides.types.read_distribution(element),
    "route": Rides.take_route,
    "routeDistribution": Rides.take_routes,
    "vehicle": Rides.wait,
    "flow": Rides.wait,
    "trip": Rides.wait,
    "tlLogic": Rides.take_programme,
    "e1Detector": Rides.take_detector,
    "inductionLoop": Rides.take_detector,
}

_GROUPS = {
    "busStop": "stopping-places",
    "trainStop": "stopping-places",
    "containerStop": "stopping-places",
    "parkingArea": "stopping-places",
    "chargingStation": "stopping-places",
    "e2Detector": "other-detectors",
    "laneAreaDetector": "other-detectors",
    "e3Detector": "other-detectors",
    "entryExitDetector": "other-detectors",
    "instantInductionLoop": "other-detectors",
    "routeProbe": "other-detectors",
    "edgeData": "other-detectors",
    "laneData": "other-detectors",
    "person": "persons",
    "personFlow": "persons",
    "container": "persons",
    "containerFlow": "persons",
    "rerouter": "rerouters",
    "variableSpeedSign": "rerouters",
    "calibrator": "rerouters",
    "WAUT": "programme-switches",
    "wautJunction": "programme-switches",
    "poly": "drawings",
    "poi": "drawings",
    "taz": "districts",
    "tazs": "districts",
}


def seconds(element: Element, name: str, default: float | None = None) -> float:
    """A time in seconds, or as clock time ([days:]hours:minutes:seconds); raises InputError."""
    clock = _CLOCK.fullmatch(element.attributes.get(name, ""))
    if clock is None:
        return element.number(name, default, least=0.0)
    days, hours, minutes, rest = (float(part or 0) for part in clock.groups())
    return days * _DAY_S + hours * 3600 + minutes * 60 + rest


def _edges(route: Element) -> tuple[str, ...]:
    edges = tuple(route.text("edges").split())
    if not edges:
        raise route.error("no edges", "one edge or more")
    repeat = route.whole("repeat", 0)
    if repeat * len(edges) > 100_000:
        raise route.error(f"repeat={repeat}", "a route of at most 100,000 edges")
    return edges * (repeat + 1)


def _flow_times(flow: Element, city_end: float | None, chance: np.random.Generator) -> list[float]:
    """When the vehicles of a flow depart."""
    begin = seconds(flow, "begin", 0.0)
    end = seconds(flow, "end", max(city_end if city_end is not None else _DAY_S, begin))
    if end < begin:
        raise flow.error(f"end={shown(flow.text('end'))}, before its begin", f"{begin:g} s or later")
    number = flow.whole("number") if "number" in flow.attributes else None
    if "probability" in flow.attributes:
        share = flow.number("probability", least=0.0)
        if share > 1:
            raise flow.error(f"probability={share:g}", "at most 1")
        return [begin + second for second in np.flatnonzero(chance.random(int(min(end - begin, 1e7))) < share).tolist()]
    period = flow.text("period", "")
    random = _EXPONENTIAL.fullmatch(period)
    if random:
        return _poisson(flow, random[1], begin, end, chance)
    every = _period(flow, end - begin, number)
    count = np.ceil((end - begin) / every - 1e-9) if number is None else number
    if count > _MOST_VEHICLES:
        raise flow.error(f"{count:,.0f} vehicles", f"at most {_MOST_VEHICLES:,}")
    return [begin + place * every for place in range(int(count))]


def _period(flow: Element, lasts: float, number: int | None) -> float:
    for name in ("vehsPerHour", "perHour"):
        if name in flow.attributes:
            return 3600.0 / flow.positive(name)
    if "period" in flow.attributes:
        return flow.positive("period")
    if number is None:
        raise flow.error(
            "neither number nor period nor vehsPerHour nor probability", "one of them, or the flow has no size"
        )
    return lasts / max(number, 1)


def _poisson(flow: Element, rate: str, begin: float, end: float, chance: np.random.Generator) -> list[float]:
    try:
        expected = float(rate) * (end - begin)
    except ValueError:
        raise flow.error(f"period={shown(flow.text('period'))}", "exp(vehicles in a second)") from None
    if not 0 <= expected <= _MOST_VEHICLES:
        raise flow.error(f"period={shown(flow.text('period'))}", f"at most {_MOST_VEHICLES:,} vehicles")
    times: list[float] = np.sort(chance.uniform(begin, end, chance.poisson(expected))).tolist()
    return times


def _drawn(things: Sequence[Thing], weights: Sequence[float], count: int, chance: np.random.Generator) -> list[Thing]:
    """As many things as asked for, by weight; a thing that is alone takes no chance."""
    if len(things) == 1:
        return [things[0]] * count
    shares = np.array(weights) / sum(weights)
    return [things[place] for place in chance.choice(len(things), count, p=shares).tolist()]
