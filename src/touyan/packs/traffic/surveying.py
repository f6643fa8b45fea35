"""The size of a city in figures: roads, lanes, signals and vehicles."""

from __future__ import annotations

from touyan.core.surveys import Fact
from touyan.core.text import Text

from .demand import Demand
from .network import RoadNetwork
from .pressure import candidate_phases

_HOUR_S = 3600


def facts(network: RoadNetwork, demand: Demand) -> list[Fact]:
    """What a network and the first hour of its demand hold."""
    departures = demand.block(0, _HOUR_S)
    controllable = int(((candidate_phases(network, 0) >= 0).sum(axis=1) >= 2).sum())
    return [
        Fact("crossings", Text("crossings", "路口"), int((~network.crossing_virtual).sum())),
        Fact("entries_and_exits", Text("ends of the network", "路网端点"), int(network.crossing_virtual.sum())),
        Fact("signals", Text("crossings with signals", "信号路口"), len(network.signalised)),
        Fact("controllable", Text("of these, can be commanded", "其中可调控"), controllable),
        Fact("phases", Text("signal phases", "信号相位"), _phases(network)),
        Fact("roads", Text("roads", "路段"), len(network.road_ids)),
        Fact("lanes", Text("lanes", "车道"), network.lane_count),
        Fact("lane_km", Text("length of all lanes", "车道总长"), float(network.lane_length.sum()) / 1000, "KMT"),
        Fact("links", Text("paths through crossings", "路口内连接"), network.link_count),
        Fact("conflicts", Text("points where paths meet", "冲突点"), len(network.cross_distance) // 2),
        Fact("vehicles", Text("vehicles in the first hour", "首小时车辆"), len(departures.step)),
        Fact("routes", Text("different routes", "不同路线"), len(demand.routes)),
        Fact("vehicle_types", Text("vehicle types", "车型"), len(demand.types.length)),
    ]


def _phases(network: RoadNetwork) -> int:
    return sum(len(network.phases_of(crossing)) for crossing in network.signalised.tolist())
