"""The benchmark of the traffic world: that it measures what it says, on the same cities as its peers."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from touyan.core.errors import NotFoundError
from touyan.packs.traffic.benchmarks import Branches, Counting, Decisions, Recordings, Simulation

from .reference import city_folder


def test_the_row_of_a_real_city_is_that_of_the_reference() -> None:
    """A speed counts only for a world that is right: the travel time stands beside it."""
    data = city_folder("hangzhou_4x4").parent
    row = Simulation(data=data, cities="hangzhou", peers="", repeats=1).rows()[0]
    assert (row["city"], row["simulator"], row["lane_change"]) == ("hangzhou", "touyan", False)
    assert row["average_travel_time_s"] == 525.275
    assert row["vehicle_steps"] == 1_504_747
    assert row["million_vehicle_steps_per_cpu_s"] > 0


@pytest.mark.skipif(find_spec("cityflow") is None, reason="CityFlow's engine is not installed")
def test_cityflow_drives_the_same_vehicles_in_the_same_grid() -> None:
    """Equal vehicle-steps and travel times say that the two simulators were given the same city and signals."""
    rows = Simulation(cities="grid-12", peers="cityflow", repeats=1).rows()
    without_change = {row["simulator"]: row for row in rows if not row["lane_change"]}
    ours, theirs = without_change["touyan"], without_change["cityflow"]
    assert theirs["vehicle_steps"] == ours["vehicle_steps"]
    assert theirs["average_travel_time_s"] == ours["average_travel_time_s"]
    assert theirs["touyan_is_faster"] > 0


def test_a_peer_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty place in the table would look like a peer that was not asked for."""
    monkeypatch.setitem(Simulation.rows.__globals__["_INSTALLED"], "cityflow", lambda: False)
    rows = Simulation(cities="", peers="cityflow").rows()
    assert rows == [{"simulator": "cityflow", "note": "not installed"}]


def test_without_the_data_the_benchmark_says_which_folder_is_missing(tmp_path: Path) -> None:
    """`touyan bench` skips it by name instead of failing all."""
    with pytest.raises(NotFoundError, match="hangzhou_4x4"):
        Simulation(data=tmp_path).rows()


@pytest.mark.parametrize(("setting", "message"), [("cities", "hangzou"), ("peers", "moss")])
def test_a_name_that_is_not_known_is_told_with_those_that_are(setting: str, message: str) -> None:
    """A mistyped city must not silently leave a row out."""
    with pytest.raises(NotFoundError, match=message):
        Simulation(**{setting: message}).rows()


def test_every_branch_does_what_one_alone_does() -> None:
    """Branches that shared anything would be fast and wrong."""
    data = city_folder("hangzhou_4x4").parent
    row = Branches(data=data, branches=3, seconds=30, repeats=1).rows()[0]
    assert row["equal"] is True
    assert (row["second"], row["running"]) == (1203, 554)
    assert row["branch_ms"] > 0


def test_what_is_sought_in_a_recording_is_what_was(tmp_path: Path) -> None:
    """Without the public data, the generated city is measured still."""
    (row,) = Recordings(data=tmp_path, seconds=70).rows()
    assert (row["city"], row["equal"], row["seconds"]) == ("grid-8", True, 70)
    assert 1_500 < row["mean_vehicles"] < 3_000
    assert 0 < row["bytes_per_vehicle_and_second"] < 2


def test_decisions_are_counted_for_every_interval_between_them() -> None:
    """A shorter interval makes more decisions of less simulation each."""
    data = city_folder("hangzhou_4x4").parent
    rows = Decisions(data=data, seconds=120).rows()
    assert [(row["signals"], row["decision_s"]) for row in rows] == [(16, 5), (16, 10), (16, 30)]
    assert all(row["decisions_per_cpu_s"] > 0 for row in rows)


def test_demand_found_from_counts_is_judged_by_all_of_them() -> None:
    """Eighty roads, in quarters and in twelfths of an hour."""
    data = city_folder("hangzhou_4x4").parent
    rows = Counting(data=data, rounds=2).rows()
    assert [(row["city"], row["counts"]) for row in rows] == [
        ("hangzhou", 320),
        ("hangzhou", 960),
        ("hangzhou-5816", 320),
    ]
    assert all(row["mean_geh"] <= row["mean_geh_first"] for row in rows)
    assert rows[0]["geh_below_5"] > 0.95
