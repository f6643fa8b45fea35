"""The public reference: what CityFlow does on real cities, where the data lie beside the project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from touyan.packs.traffic import cityflow
from touyan.packs.traffic.traffic_world import TrafficWorld

DATA = Path(__file__).parents[3] / "shared" / "data" / "traffic"
CASES = (
    ("hangzhou_4x4", "flow_real"),
    ("hangzhou_4x4", "flow_real_5816"),
    ("jinan_3x4", "flow_real"),
)


def city_folder(name: str) -> Path:
    """A folder of real data; skips the test where it is missing."""
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"the real data of {name} are not beside the project")
    return folder


def reference(name: str, flow: str) -> dict[str, Any]:
    """The runs of the reference engine on one flow file."""
    document = msgspec.json.decode((city_folder(name) / f"reference_{flow}.json").read_bytes())
    runs: dict[str, Any] = document["runs"]
    return runs


def real_world(name: str, flow: str, seed: int = 0, *, lane_change: bool = False) -> TrafficWorld:
    """The world of one real city and flow file."""
    folder = city_folder(name)
    network = cityflow.read_network(folder / "roadnet.json")
    return TrafficWorld(network, cityflow.read_flow(folder / f"{flow}.json", network), seed, lane_change=lane_change)
