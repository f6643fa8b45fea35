"""Where tests find real cities, and how they write small and broken ones."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from touyan.packs.traffic.grid import grid_flow, grid_network, grid_roadnet
from touyan.packs.traffic.network import RoadNetwork
from touyan.packs.traffic.poisson import PoissonDemand

Json = dict[str, Any]

DROPPED = object()
"""Stands for "take this field out"."""

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "traffic"


def real(city: str) -> Path:
    """The folder of a real city; skips the test where the data are not here."""
    folder = DATA / city
    if not folder.is_dir():
        pytest.skip(f"the public data of {city} are not beside the repository")
    return folder


@cache
def small_network() -> RoadNetwork:
    """One row of two crossings."""
    return grid_network(1, 2)


def small_roadnet() -> Json:
    """The records of `small_network`, to be changed at will."""
    return copy.deepcopy(_small()[0])


def small_flow() -> list[Json]:
    """Some flows on `small_network`, to be changed at will."""
    return copy.deepcopy(_small()[1])


def saved(folder: Path, name: str, content: object) -> Path:
    """A file with JSON, or with bytes as they are."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else msgspec.json.encode(content))
    return path


def changed(record: Any, steps: tuple[str | int, ...], value: object) -> Any:
    """A record with the value at the end of some steps replaced; DROPPED takes it out."""
    place = record
    for step in steps[:-1]:
        place = place[step]
    if value is DROPPED:
        del place[steps[-1]]
    else:
        place[steps[-1]] = value
    return record


@cache
def _small() -> tuple[Json, list[Json]]:
    flows = grid_flow(small_network(), PoissonDemand(small_network(), 100.0, seed=3), 600)
    roadnet, flow = msgspec.json.decode(msgspec.json.encode((grid_roadnet(1, 2), flows)))
    return roadnet, flow
