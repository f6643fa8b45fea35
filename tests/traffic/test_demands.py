"""Makers of demand, from file to file."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from touyan.core.errors import InputError
from touyan.packs.traffic import cityflow
from touyan.packs.traffic.demands import FromOd
from touyan.packs.traffic.grid import grid_network, grid_roadnet

from .files import Json, saved

TRIPS = "origin,destination,vehicles,begin_s,end_s\nroad_0_1_0,road_3_3_0,200,3600,7200\n"


@pytest.fixture
def roadnet(tmp_path: Path) -> Path:
    """The road network of a grid of 3 × 3 crossings."""
    return saved(tmp_path, "roadnet.json", grid_roadnet(3, 3))


def flows(content: bytes) -> list[Json]:
    """The flows of a flow file's content."""
    return msgspec.json.decode(content, type=list[Json])


def test_a_matrix_becomes_a_flow_file_that_the_world_reads(tmp_path: Path, roadnet: Path) -> None:
    """Made and read back: as many vehicles, each in its second."""
    made = FromOd(clock_s=3600.0).make(roadnet, saved(tmp_path, "od.csv", TRIPS.encode()))
    flow = saved(tmp_path, "flow.json", made.content)
    demand = cityflow.read_flow(flow, grid_network(3, 3))
    drawn = demand.block(0, 3600)
    figures = {measure.name: measure.value for measure in made.measures}
    assert figures == {"vehicles": len(drawn.step), "trips": 200.0, "routes": 1.0}
    assert abs(len(drawn.step) - 200) < 4 * 200**0.5
    assert drawn.step.tolist() == [record["startTime"] for record in flows(made.content)]


def test_the_same_settings_make_the_same_file(tmp_path: Path, roadnet: Path) -> None:
    """Two people must be able to make each other's demand."""
    trips = saved(tmp_path, "od.csv", TRIPS.encode())
    one, same, other = (FromOd(clock_s=3600.0, seed=seed).make(roadnet, trips).content for seed in (1, 1, 2))
    assert one == same != other


def test_a_factor_a_profile_and_zones_are_applied(tmp_path: Path, roadnet: Path) -> None:
    """All of the time's trips in its last quarter, ten times as many, by zones with names."""
    zones = saved(tmp_path, "zones.csv", b"zone,crossing\nwest,intersection_0_1\neast,intersection_4_3\n")
    profile = saved(tmp_path, "profile.csv", b"begin_s,end_s,share\n0,2700,0\n2700,3600,1\n")
    trips = saved(tmp_path, "od.csv", b"origin,destination,vehicles,begin_s,end_s\nwest,east,30,0,3600\n")
    made = FromOd(zones=str(zones), profile=str(profile), factor=10.0).make(roadnet, trips)
    found = flows(made.content)
    assert abs(len(found) - 300) < 4 * 300**0.5
    assert all(2700 <= flow["startTime"] < 3600 for flow in found)
    assert {(flow["route"][0], flow["route"][-1]) for flow in found} == {("road_0_1_0", "road_3_3_0")}


def test_a_matrix_of_another_time_is_refused(tmp_path: Path, roadnet: Path) -> None:
    """An empty city looks like a quiet night, and nobody would ask why."""
    with pytest.raises(InputError) as caught:
        FromOd().make(roadnet, saved(tmp_path, "od.csv", TRIPS.encode()))
    assert "its trips are 3600 to 7200 s after the first second" in caught.value.found
    assert "clock_s" in caught.value.expected
