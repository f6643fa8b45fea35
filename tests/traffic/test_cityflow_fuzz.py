"""Broken files, by chance: whatever stands in them, they are read or refused in words."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from json import dumps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.core.errors import InputError
from touyan.packs.traffic.cityflow import read_flow, read_network

from .files import changed, saved, small_flow, small_network, small_roadnet

Steps = tuple[str | int, ...]

numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | st.text() | st.sampled_from(["road_0_1_0", "road_1_1_0", "go_straight"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
# Mistakes hide in small numbers more than in strange ones.
replacements = values | st.sampled_from([0, -1, 1, 2, 12, 1e-9, 1e-300, 1e300, -0.0, 2**31, 2**63, 2**64, [], {}, ""])


def places(record: Any, steps: Steps = ()) -> list[Steps]:
    """Every place in a JSON value, itself left out."""
    inner = record.items() if isinstance(record, dict) else enumerate(record) if isinstance(record, list) else ()
    return [place for step, value in inner for place in [(*steps, step), *places(value, (*steps, step))]]


@cache
def roadnet_places() -> list[Steps]:
    """Every place in the small road network."""
    return places(small_roadnet())


@cache
def flow_places() -> list[Steps]:
    """Every place in the first of the small flows."""
    return places(small_flow()[:3])


@settings(max_examples=150, deadline=None)
@given(st.data(), replacements)
def test_any_value_anywhere_in_a_road_network_is_read_or_refused(data: st.DataObject, value: Any) -> None:
    """A traceback tells a city's engineer nothing; a network with NaN in it would tell lies."""
    steps = data.draw(st.sampled_from(roadnet_places()))
    with TemporaryDirectory() as folder:
        path = saved(Path(folder), "roadnet.json", dumps(changed(small_roadnet(), steps, value)).encode())
        with suppress(InputError):
            network = read_network(path)
            assert (network.lane_length > 0).all()
            assert (network.link_length > 0).all()
            assert np.isfinite(network.lane_shape.points).all()
            assert np.isfinite(network.cross_distance).all()


@settings(max_examples=150, deadline=None)
@given(st.data(), replacements)
def test_any_value_anywhere_in_a_flow_is_read_or_refused(data: st.DataObject, value: Any) -> None:
    """A flow that is read can also be asked for its vehicles."""
    steps = data.draw(st.sampled_from(flow_places()))
    with TemporaryDirectory() as folder:
        path = saved(Path(folder), "flow.json", dumps(changed(small_flow()[:3], steps, value)).encode())
        with suppress(InputError):
            demand = read_flow(path, small_network())
            assert (np.diff(demand.block(0, 100).step) >= 0).all()


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_bytes_changed_in_a_file_are_read_or_refused(data: st.DataObject) -> None:
    """Disks and downloads break files between any two bytes."""
    text = bytearray(msgspec.json.encode(small_flow()[:2]))
    start = data.draw(st.integers(0, len(text)))
    text[start : start + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=10))
    with TemporaryDirectory() as folder:
        path = saved(Path(folder), "flow.json", bytes(text[: data.draw(st.integers(0, len(text)))]))
        with suppress(InputError):
            read_flow(path, small_network())
