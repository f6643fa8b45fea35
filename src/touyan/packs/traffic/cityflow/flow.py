"""`flow.json` into a demand; every mistake is named, nothing is dropped."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from touyan.core.errors import InputError

from .. import paths
from ..demand import VehicleTypes
from ..flows import FlowDemand
from ..network import RoadNetwork
from ..routing import NoWay, Route, Router
from .decoding import nearest, read_records
from .records import Flow, Vehicle

Kind = TypeVar("Kind", bound=Hashable)

_MOSTLY = 0.5
"""From this share of unknown roads on, a flow file is taken to be that of another city."""


def read_flow(path: Path, network: RoadNetwork, *, step_s: float = 1.0, lane_change: bool = False) -> FlowDemand:
    """The demand of a `flow.json` on a network; raises InputError.

    Without `lane_change` every lane on which a route may begin must lead on to its end.
    """
    return parse_flow(read_records(path, list[Flow]), str(path), network, step_s=step_s, lane_change=lane_change)


def parse_flow(
    flows: Sequence[Flow], file: str, network: RoadNetwork, *, step_s: float = 1.0, lane_change: bool = False
) -> FlowDemand:
    """The demand of decoded flows; raises InputError with `file` as its file."""
    if not flows:
        raise InputError(file, "$", "no flows", "at least one flow")
    routes = _Routes(flows, file, network, lane_change)
    route, types = routes.columns(), _positions(flow.vehicle for flow in flows)
    _check_times(flows, file)
    return FlowDemand(
        types=vehicle_types(list(types)),
        routes=list(routes.known),
        route=np.array(route, np.int32),
        vehicle_type=np.array([types[flow.vehicle] for flow in flows], np.int32),
        interval=np.array([flow.interval for flow in flows], float),
        start=np.array([flow.start_time for flow in flows], float),
        end=np.array([flow.end_time for flow in flows], float),
        step_s=step_s,
    )


def vehicle_types(vehicles: Sequence[Vehicle]) -> VehicleTypes:
    """Vehicle records in columns; both have the same fields."""
    columns = {field: [getattr(vehicle, field) for vehicle in vehicles] for field in Vehicle.__struct_fields__}
    return VehicleTypes(**{field: np.array(values, float) for field, values in columns.items()})


class _Routes:
    """The different routes of a flow file; each is checked once."""

    def __init__(self, flows: Sequence[Flow], file: str, network: RoadNetwork, lane_change: bool) -> None:
        self._lane_change = lane_change
        self._flows, self._file, self._network = flows, file, network
        self._index = {road: index for index, road in enumerate(network.road_ids)}
        self._router = Router(network)
        self.known: dict[Route, int] = {}

    def columns(self) -> list[int]:
        """Position among `known` of each flow's route."""
        self._check_city()
        written: dict[tuple[str, ...], int] = {}
        for index, flow in enumerate(self._flows):
            names = tuple(flow.route)
            if names not in written:
                written[names] = self._position(index, names)
        return [written[tuple(flow.route)] for flow in self._flows]

    def _check_city(self) -> None:
        roads = {road for flow in self._flows for road in flow.route}
        unknown = sorted(roads - self._index.keys())
        if len(unknown) > _MOSTLY * len(roads):
            found = f"{len(unknown)} of its {len(roads)} roads unknown to the road network, {unknown[0]!r} for one"
            raise InputError(
                self._file, "", f"the flows of another city: {found}", "flows of the same city as the road network"
            )

    def _position(self, flow: int, names: tuple[str, ...]) -> int:
        roads = [self._road(name, f"$[{flow}].route[{place}]") for place, name in enumerate(names)]
        # The same road twice in a row is one road, as in CityFlow.
        places = [place for place, road in enumerate(roads) if place == 0 or road != roads[place - 1]]
        if len(places) < 2:
            found = f"{len(places)} road" if places else "no road"
            raise InputError(self._file, f"$[{flow}].route", found, "two different roads or more")
        route, ends = self._driven(flow, tuple(roads[place] for place in places), places)
        if route not in self.known and not self._lane_change:
            self._check(flow, route, ends)
        return self.known.setdefault(route, len(self.known))

    def _driven(self, flow: int, anchors: Route, places: Sequence[int]) -> tuple[Route, list[int]]:
        """The roads driven from anchor to anchor, and for each the place in the file that it leads to."""
        try:
            legs = self._router.legs(anchors)
        except NoWay as gap:
            place = f"$[{flow}].route[{places[gap.position + 1]}]"
            raise InputError(self._file, place, *self._gap(flow, gap)) from None
        ends = [place for place, leg in zip(places[1:], legs, strict=True) for _ in leg]
        return sum(legs, anchors[:1]), [places[0], *ends]

    def _gap(self, flow: int, gap: NoWay) -> tuple[str, str]:
        ids = self._network.road_ids
        here, there = repr(ids[gap.from_road]), repr(ids[gap.to_road])
        found = f"flow {flow} drives from {here} to {there}, to which no way leads"
        onward = [repr(ids[road]) for road in self._network.roads_onward[gap.from_road]]
        leads = f"leads on to {', '.join(onward)}" if onward else "leads nowhere"
        return found, f"a road that can be reached from {here}, which {leads}"

    def _road(self, name: str, place: str) -> int:
        if name not in self._index:
            expected = nearest("the id of a road of the network", name, self._index)
            raise InputError(self._file, place, f"road {name!r}, which does not exist", expected)
        return self._index[name]

    def _check(self, flow: int, route: Route, places: Sequence[int]) -> None:
        try:
            paths.check(self._network, route)
        except paths.DeadEnd as end:
            place = f"$[{flow}].route[{places[end.position + 1]}]"
            raise InputError(self._file, place, *self._break(flow, route, end)) from None

    def _break(self, flow: int, route: Route, end: paths.DeadEnd) -> tuple[str, str]:
        ids = self._network.road_ids
        here, following = repr(ids[end.road]), repr(ids[end.next_road])
        after = [ids[road] for road in route[end.position + 2 : end.position + 3]]
        then = f" (and from there to {after[0]!r})" if after else ""
        found = f"flow {flow} drives from {here} to {following}{then}, but {end}"
        return found, "links by which every lane of the route goes on"


def _check_times(flows: Sequence[Flow], file: str) -> None:
    for index, flow in enumerate(flows):
        if flow.end_time != -1 and flow.end_time < flow.start_time:
            expected = f"-1 (no end) or a time from the startTime {flow.start_time} on"
            raise InputError(file, f"$[{index}].endTime", str(flow.end_time), expected)


def _positions(things: Iterable[Kind]) -> dict[Kind, int]:
    """Each different thing, with its position in the order of first appearance."""
    return {thing: position for position, thing in enumerate(dict.fromkeys(things))}
