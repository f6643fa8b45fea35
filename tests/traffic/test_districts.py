"""The districts of Bologna: both are read whole, and stand beside SUMO (their hour: test_strict.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from touyan.core.errors import NotFoundError
from touyan.packs.traffic.benchmarks import Bologna
from touyan.packs.traffic.peers.districts import read_district, rows

from .files import real

KNOWN = {
    # district: vehicles, signals, loops on lanes of the model
    "acosta": (8779, 11, 57),
    "pasubio": (8776, 13, 64),
}


@pytest.mark.parametrize("name", KNOWN)
def test_a_district_is_read_whole(name: str) -> None:
    """Every vehicle of the file has its place in the demand, every detector a lane."""
    district = read_district(real("bologna") / name, 0)
    vehicles, signals, loops = KNOWN[name]
    assert len(district.city.demand) == district.city.vehicles_named == vehicles
    assert len(district.city.network.signalised) == signals
    assert len(district.loops) == loops


@pytest.mark.slow
def test_the_rows_stand_side_by_side() -> None:
    """SUMO drives the same vehicles over the same loops; each row says what it measured."""
    pytest.importorskip("sumo", reason="eclipse-sumo (extra sumo) is not installed")
    ours, theirs = rows(read_district(real("bologna") / "pasubio", 0), 0, with_sumo=True)
    assert (ours["simulator"], theirs["simulator"]) == ("touyan", "sumo")
    assert ours["vehicles"] == theirs["vehicles"] == 8776
    assert theirs["inserted"] == theirs["arrived"] + theirs["running"]
    assert theirs["passages"] > 10_000
    assert 0 <= ours["geh_below_5"] <= 1
    assert all(row["vehicle_steps"] > 0 and row["cpu_s"] > 0 for row in (ours, theirs))


def test_without_the_data_the_benchmark_says_which_folder_is_missing(tmp_path: Path) -> None:
    """`touyan bench` skips it by name instead of failing all."""
    with pytest.raises(NotFoundError, match="acosta"):
        Bologna(data=tmp_path).rows()
