"""The benchmarks of the traffic world: that they measure what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from touyan.core.errors import NotFoundError
from touyan.packs.traffic.benchmarks import RealCities

from .reference import city_folder


def test_the_rows_are_those_of_the_reference() -> None:
    """A speed counts only for a world that is right: the travel times stand beside it."""
    rows = RealCities(data=city_folder("jinan_3x4").parent, repeats=1).rows()
    assert [row["average_travel_time_s"] for row in rows] == [525.275, 537.818, 444.837]
    assert all(row["vehicle_steps"] > 1_000_000 and row["cpu_s"] > 0 for row in rows)


def test_without_the_data_the_benchmark_says_which_folder_is_missing(tmp_path: Path) -> None:
    """`touyan bench` skips it by name instead of failing all."""
    with pytest.raises(NotFoundError, match="hangzhou_4x4"):
        RealCities(data=tmp_path).rows()
