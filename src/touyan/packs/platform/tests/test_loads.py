"""The benchmark of the fusion engine measures what it says, on a small scale."""

from __future__ import annotations

from pathlib import Path

import pytest

from touyan.packs.platform.benchmarks import Fusion
from touyan.packs.platform.http_load import Load, load, request
from touyan.packs.platform.servers import empty_server


def test_every_part_of_the_benchmark_gives_figures_and_no_folder_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part that silently measures nothing would be believed, and gigabytes of trial data would stay behind."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    rows = Fusion(entities=200, batches=2, singles=8, sensors=20).rows()
    named = [row for row in rows if not str(row["what"]).startswith("PostgreSQL")]
    assert len(named) == 9
    assert all((row.get("rate_per_s") or row["p50_ms"]) > 0 for row in named)
    assert list(tmp_path.iterdir()) == []


def test_an_answer_that_was_not_expected_ends_the_load() -> None:
    """Refused requests are quick, and would make a fine figure."""
    with empty_server() as port, pytest.raises(RuntimeError, match="status 405"):
        load(port, [request("DELETE", "/anything")], 1, [200])


def test_rates_and_percentiles_are_those_of_the_requests() -> None:
    """Ten requests in two seconds are five a second."""
    told = Load(2.0, [0.001 * number for number in range(1, 11)])
    assert told.a_second(10) == 5.0
    assert told.percentile_ms(0.95) == pytest.approx(10.0)
