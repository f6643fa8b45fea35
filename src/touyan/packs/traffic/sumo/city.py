"""A SUMO city whole: files in, network and demand out, with a report of what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from touyan.core.errors import InputError
from touyan.core.geometry import Projection

from .. import building
from ..intergreens import clearances
from ..network import RoadNetwork
from ..timetable import Timetable
from .configuration import MAPS, Files, is_kind
from .contracting import contracted
from .counting import of_network, of_signals
from .keeping import Need, kept_lanes
from .lamps import Lamps, inside_of, lamps_of
from .net import read_net
from .openstreetmap import converted
from .permissions import OTHER_CLASSES
from .placing import Place, place_of
from .planning import Planner
from .programmes import chosen
from .records import Net
from .rides import Detector, Ride, Rides
from .ways import Ways


@dataclass(frozen=True, eq=False)
class City:
    """A network with its demand; `left_out` counts what the model has no place for."""

    network: RoadNetwork
    demand: Timetable
    detectors: tuple[Detector, ...]
    left_out: Counter[str]
    vehicles_named: int
    """Vehicles that the files name, those left out too."""
    place: Place
    lamps: tuple[Lamps, ...] = ()
    inside: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    """Lanes amid crossings: the lane from which one came, and how far behind its stop line (m) they begin."""


def read_city(
    files: Files,
    otherwise: Projection,
    *,
    seed: int = 0,
    lane_change: bool = False,
    step_s: float = 1.0,
) -> City:
    """The city of some files; raises InputError.

    `otherwise` says where it lies if the network does not. Without `lane_change`, vehicles that would have to change
    lanes on their route are left out, for they could not go on.
    """
    net, of_map = _read_network(files.net)
    rides = _read_rides(files, seed)
    wanted = [ride for ride in rides.rides if _on_roads(ride, rides)]
    kept = kept_lanes(net, _needs(wanted, rides))
    if not kept.lanes:
        raise InputError(str(net.file), "", "no lane on which cars may drive", "a network of roads")
    place = place_of(net, otherwise)
    roads, short = contracted(net, kept)
    planner = Planner(roads, kept, chosen([*net.programmes, *rides.programmes]), files.begin, place)
    network = _cleared(building.build(planner.plan()), net)
    found = Ways(net, frozenset(short), network, rides.types, lane_change)
    demand = found.timetable(wanted, step_s)
    left_out = of_network(roads, short, kept, planner) + of_signals(planner, [*net.programmes, *rides.programmes])
    left_out += of_map + rides.left_out + found.left_out
    left_out["other-classes"] = len(rides.rides) - len(wanted)
    left_out["no-place-on-earth"] = int(not place.known)
    left_out["options"] = files.other_options
    left_out["imperfect-types"] = rides.types.imperfect
    left_out["loops"] = len(rides.detectors)
    lamps, inside = lamps_of(planner), inside_of(roads, planner)
    return City(network, demand, tuple(rides.detectors), left_out, len(rides.rides), place, lamps, inside)


def _cleared(network: RoadNetwork, net: Net) -> RoadNetwork:
    """The network with its crosswalks, and the clearance that its speeds and widths ask for."""
    crosswalks = np.array([net.crosswalks.get(crossing, 0.0) for crossing in network.crossing_ids])
    network = replace(network, given_crosswalk_m=crosswalks)
    return replace(network, given_clearance_s=clearances(network))


def _read_network(path: Path) -> tuple[Net, Counter[str]]:
    """The network of a file, by way of netconvert where it is a map."""
    if not is_kind(path, MAPS):
        return read_net(path), Counter()
    with converted(path) as (net, left_out):
        return read_net(net), left_out


def _read_rides(files: Files, seed: int) -> Rides:
    rides = Rides(begin=files.begin, end=files.end, seed=seed)
    for path in [*files.additional, *files.routes]:
        rides.read(path)
    rides.finish()
    return rides


def _on_roads(ride: Ride, rides: Rides) -> bool:
    return rides.types.single[ride.type].vehicle_class not in OTHER_CLASSES


def _needs(rides: Iterable[Ride], read: Rides) -> set[Need]:
    """What the routes need; of a trip only its anchors, each by itself."""
    needs: set[Need] = set()
    for ride in rides:
        vehicle_class = read.types.single[ride.type].vehicle_class
        if ride.complete:
            needs.add(Need(vehicle_class, ride.edges))
        else:
            needs.update(Need(vehicle_class, (edge,)) for edge in ride.edges)
    return needs
