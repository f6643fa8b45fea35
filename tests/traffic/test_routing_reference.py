"""Routes between roads that lie apart, against CityFlow's own engine where it is installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from touyan.packs.traffic import cityflow
from touyan.packs.traffic.grid import grid_roadnet
from touyan.packs.traffic.network import RoadNetwork
from touyan.packs.traffic.peers.process import RunnerProcess
from touyan.packs.traffic.peers.runners import CityFlowRunner
from touyan.packs.traffic.poisson import entries
from touyan.packs.traffic.routing import NoWay, Router
from touyan.packs.traffic.traffic_world import TrafficWorld

from .files import Json, saved, small_flow

pytestmark = pytest.mark.skipif(find_spec("cityflow") is None, reason="CityFlow's engine is not installed")


def crooked(seed: int) -> Json:
    """A grid whose crossings are shifted, so that hardly any two ways are equally long; its curves are drawn anew.

    Shifts are whole metres: CityFlow reads fractions with an error in the last bits, which decides between equals.
    """
    chance = np.random.default_rng(seed)
    record = grid_roadnet(4, 5)
    places: dict[str, dict[str, float]] = {}
    for crossing in record["intersections"]:
        x, y = (int(shift) for shift in chance.integers(-60, 60, size=2))
        place = {"x": crossing["point"]["x"] + x, "y": crossing["point"]["y"] + y}
        crossing["point"] = places[crossing["id"]] = place
        for link in crossing["roadLinks"]:
            link["laneLinks"] = [{**lane_link, "points": []} for lane_link in link["laneLinks"]]
    for road in record["roads"]:
        road["points"] = [places[road["startIntersection"]], places[road["endIntersection"]]]
    return record


def trips(network: RoadNetwork, seed: int) -> list[Json]:
    """Vehicles that name where they come in, where they go out, and some a road between."""
    chance, router = np.random.default_rng(seed), Router(network)
    exits = np.flatnonzero(network.crossing_virtual[network.road_to])
    inner = np.flatnonzero(~network.crossing_virtual[network.road_to])
    found: list[Json] = []
    while len(found) < 400:
        between = [int(chance.choice(inner))] if chance.random() < 0.3 else []
        anchors = (int(chance.choice(entries(network))), *between, int(chance.choice(exits)))
        try:
            router.joined(anchors)
        except NoWay:
            continue
        second = int(chance.integers(900))
        route = [network.road_ids[road] for road in anchors]
        found.append({**small_flow()[0], "route": route, "interval": 1.0, "startTime": second, "endTime": second})
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_vehicles_find_the_ways_that_cityflow_finds(tmp_path: Path, seed: int) -> None:
    """One other turn of one vehicle changes the counts: they must be equal in every minute, travel time to the end."""
    roadnet = saved(tmp_path, "roadnet.json", crooked(seed))
    network = cityflow.read_network(roadnet)
    flow = saved(tmp_path, "flow.json", trips(network, seed))
    world = TrafficWorld(network, cityflow.read_flow(flow, network))
    with RunnerProcess(CityFlowRunner, roadnet, flow, tmp_path) as theirs:
        theirs.start()
        for _ in range(25):
            assert world.advance(60).sum() == theirs.advance(60).vehicle_steps
        assert world.average_travel_time_s == theirs.travel_time_s()
