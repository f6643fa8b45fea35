"""Broken demand files, by chance: whatever stands in them, they are read or refused in words."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.core.errors import InputError
from touyan.packs.traffic.counts import read_counts
from touyan.packs.traffic.matrices import read_matrix, read_profile
from touyan.packs.traffic.zones import read_zones, road_zones

from .files import small_network

cells = st.sampled_from(
    [
        "road_0_1_0",
        "road_1_1_0",
        "0",
        "60",
        "-1",
        "1e9",
        "1e999",
        "nan",
        "",
        " ",
        '"',
        "a,b",
        "\x00",
        "西",
        "0x1",
        "1_0",
    ]
) | st.text(max_size=6)
HEADERS = [
    "origin,destination,vehicles,begin_s,end_s",
    "zone,road",
    "zone,x,y,radius_m",
    "begin_s,end_s,share",
    "road,begin_s,end_s,vehicles",
    "from_road,to_road,begin_s,end_s,vehicles",
    "$OR;D2",
]
tables = st.builds(
    lambda header, rows, ending: ending.join([header, *(",".join(row) for row in rows)]),
    st.sampled_from(HEADERS),
    st.lists(st.lists(cells, min_size=2, max_size=5), max_size=4),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
o_format = st.lists(
    st.sampled_from(["$OR;D2", "7.00 8.00", "1.0", "road_0_1_0 road_1_1_0 3", "* x", ""]) | st.text(max_size=9)
)
contents = st.binary(max_size=60) | tables.map(str.encode) | o_format.map(lambda lines: "\n".join(lines).encode())

READERS: dict[str, Callable[[Path], object]] = {
    "matrix": lambda path: read_matrix(path, road_zones(small_network())),
    "zones": lambda path: read_zones(path, small_network()),
    "profile": read_profile,
    "counts": lambda path: read_counts(path, small_network()),
}


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=250, deadline=None)
@given(contents)
def test_any_file_is_read_or_refused(name: str, content: bytes) -> None:
    """A traceback tells a planner nothing."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        path.write_bytes(content)
        with suppress(InputError):
            found = READERS[name](path)
            assert np.isfinite(getattr(found, "vehicles", np.zeros(1))).all()
