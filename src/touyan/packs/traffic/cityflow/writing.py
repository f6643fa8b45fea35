"""A demand as the records of a `flow.json`, so that other simulators can run it too."""

from __future__ import annotations

from typing import Any

from ..demand import Demand
from ..network import RoadNetwork
from .records import Vehicle


def flow_records(network: RoadNetwork, demand: Demand, seconds: int) -> list[dict[str, Any]]:
    """Every vehicle of a demand in its first seconds as a flow of its own, in the form of `flow.json`."""
    departures, types = demand.block(0, seconds), demand.types
    vehicles = [
        {
            Vehicle.__struct_encode_fields__[i]: float(getattr(types, field)[kind])
            for i, field in enumerate(Vehicle.__struct_fields__)
        }
        for kind in range(len(types.length))
    ]
    routes = [[network.road_ids[road] for road in route] for route in demand.routes]
    columns = (departures.step.tolist(), departures.route.tolist(), departures.vehicle_type.tolist())
    return [
        {"vehicle": vehicles[kind], "route": routes[route], "interval": 1.0, "startTime": step, "endTime": step}
        for step, route, kind in zip(*columns, strict=True)
    ]
