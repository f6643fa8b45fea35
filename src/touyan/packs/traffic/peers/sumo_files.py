"""A city as SUMO's files: network, signal programmes, vehicles.

SUMO numbers lanes from the right, CityFlow's files from the left. Names are numbers here, for SUMO forbids some signs.
Each `*_xml` yields one line an element.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np

from ..demand import Demand, Departures, VehicleTypes
from ..network import STRAIGHT, RoadNetwork


def write_network(network: RoadNetwork, folder: Path) -> dict[str, Path]:
    """Write netconvert's plain files; returns them by the option that takes each."""
    return {
        "--node-files": _save(folder / "city.nod.xml", "nodes", nodes_xml(network)),
        "--edge-files": _save(folder / "city.edg.xml", "edges", edges_xml(network)),
        "--connection-files": _save(folder / "city.con.xml", "connections", connections_xml(network)),
        "--tllogic-files": _save(folder / "city.tll.xml", "tlLogics", signals_xml(network)),
    }


def write_vehicles(network: RoadNetwork, demand: Demand, seconds: int, folder: Path) -> Path:
    """Write every vehicle of the first seconds as SUMO's routes file."""
    departures = demand.block(0, seconds)
    return _save(folder / "city.rou.xml", "routes", vehicles_xml(demand, departures))


def nodes_xml(network: RoadNetwork) -> Iterator[str]:
    """Crossings; those with a signal are traffic lights."""
    signalised = set(network.signalised.tolist())
    for crossing, (x, y) in enumerate(network.crossing_point.tolist()):
        kind = "traffic_light" if crossing in signalised else "priority"
        yield _element("node", id=_node(crossing), x=x, y=y, type=kind)


def edges_xml(network: RoadNetwork) -> Iterator[str]:
    """Roads along their axis, lanes to the right of it."""
    for road in range(len(network.road_ids)):
        lanes = network.lanes_of(road)
        shape = " ".join(f"{x:.6f},{y:.6f}" for x, y in network.road_shape.of(road).tolist())
        yield _element(
            "edge",
            id=_edge(road),
            **{"from": _node(int(network.road_from[road])), "to": _node(int(network.road_to[road]))},
            numLanes=len(lanes),
            speed=float(network.lane_speed_limit[lanes].max()),
            width=float(network.lane_width[lanes].mean()),
            shape=shape,
        )


def connections_xml(network: RoadNetwork) -> Iterator[str]:
    """Every link as a connection of two lanes."""
    for link in range(network.link_count):
        yield _element("connection", **_connection(network, link))


def signals_xml(network: RoadNetwork) -> Iterator[str]:
    """Every signal's own programme, then which link each place of its states stands for."""
    by_crossing = _links_by_crossing(network)
    for crossing in network.signalised.tolist():
        links = by_crossing[crossing]
        phases = [
            _element("phase", duration=float(network.phase_duration[row]), state=_state(network, row, crossing, links))
            for row in network.phases_of(crossing)
        ]
        head = _element("tlLogic", id=_node(crossing), type="static", programID=0, offset=0)
        yield f"{head[:-2]}>{''.join(phases)}</tlLogic>"
    for crossing in network.signalised.tolist():
        for place, link in enumerate(by_crossing[crossing]):
            yield _element("connection", **_connection(network, link), tl=_node(crossing), linkIndex=place)


def vehicles_xml(demand: Demand, departures: Departures) -> Iterator[str]:
    """Types, then the routes driven, then vehicles in the order of their departure."""
    types = demand.types
    for kind in range(len(types.length)):
        yield _element("vType", id=f"t{kind}", **_vehicle_type(types, kind))
    for route in np.unique(departures.route).tolist():
        yield _element("route", id=f"r{route}", edges=" ".join(map(_edge, demand.routes[route])))
    columns = (departures.step.tolist(), departures.route.tolist(), departures.vehicle_type.tolist())
    for number, (step, route, kind) in enumerate(zip(*columns, strict=True)):
        yield _element("vehicle", id=number, type=f"t{kind}", route=f"r{route}", depart=step, departLane="best")


def _vehicle_type(types: VehicleTypes, kind: int) -> dict[str, object]:
    """Krauss following without imperfection, with the type's own figures."""
    return {
        "length": float(types.length[kind]),
        "minGap": float(types.min_gap[kind]),
        "accel": float(types.usual_pos_acc[kind]),
        "decel": float(types.usual_neg_acc[kind]),
        "emergencyDecel": float(max(types.max_neg_acc[kind], types.usual_neg_acc[kind])),
        "tau": float(types.headway_time[kind]),
        "maxSpeed": float(types.max_speed[kind]),
        "sigma": 0,
        "speedFactor": 1,
        "speedDev": 0,
    }


def _links_by_crossing(network: RoadNetwork) -> list[list[int]]:
    links: list[list[int]] = [[] for _ in network.crossing_ids]
    for link, crossing in enumerate(network.movement_crossing[network.link_movement].tolist()):
        links[crossing].append(link)
    return links


def _state(network: RoadNetwork, row: int, crossing: int, links: list[int]) -> str:
    """One letter a link: G has the right of way, g gives way, r stops."""
    movements = network.link_movement[links]
    green = network.phase_green[row, movements - network.movement_first[crossing]]
    straight = network.movement_type[movements] == STRAIGHT
    return "".join("Gg"[not first] if go else "r" for go, first in zip(green.tolist(), straight.tolist(), strict=True))


def _connection(network: RoadNetwork, link: int) -> dict[str, object]:
    start, end = int(network.link_from_lane[link]), int(network.link_to_lane[link])
    return {
        "from": _edge(int(network.lane_road[start])),
        "to": _edge(int(network.lane_road[end])),
        "fromLane": _from_the_right(network, start),
        "toLane": _from_the_right(network, end),
    }


def _from_the_right(network: RoadNetwork, lane: int) -> int:
    lanes = network.lanes_of(int(network.lane_road[lane]))
    return lanes.stop - 1 - lane


def _node(crossing: int) -> str:
    return f"c{crossing}"


def _edge(road: int) -> str:
    return f"e{road}"


def _element(name: str, /, **attributes: object) -> str:
    told = " ".join(f"{key}={quoteattr(str(value))}" for key, value in attributes.items())
    return f"<{name} {told}/>"


def _save(path: Path, root: str, elements: Iterator[str]) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.write(f"<{root}>\n")
        file.writelines(f"{element}\n" for element in elements)
        file.write(f"</{root}>\n")
    return path
