"""The benchmark of the warning engine: that it measures what it says, and does not fall below what was reached."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from touyan.core.errors import NotFoundError
from touyan.packs.series.benchmarks import WarningQuality
from touyan.packs.series.clean import KINDS
from touyan.packs.series.nab import Labelled
from touyan.packs.series.runs import false_alarm_rate, judge
from touyan.packs.series.speed import chain_speed, detector_speed, readings

from .corpus import real


def test_each_reading_is_judged_before_the_next_is_seen() -> None:
    """A detector that knew the file's end would judge its beginning otherwise."""
    rng = np.random.default_rng(0)
    at, values = np.linspace(0.0, 359_700.0, 1200), rng.normal(size=1200)
    whole = judge(Labelled("whole", at, values, []))
    cut = judge(Labelled("cut", at[:700], values[:700], []))
    for long, short in zip(whole, cut, strict=True):
        assert np.array_equal(long[:700], short)


@pytest.mark.parametrize("kind", KINDS)
def test_clean_series_are_clean_and_of_the_size_asked(kind: str) -> None:
    """What false alarms are counted on must hold nothing but numbers."""
    values = KINDS[kind](np.random.default_rng(0), 500, 3)
    assert values.shape == (500, 3)
    assert np.isfinite(values).all()
    assert false_alarm_rate(values, 9.0) == 0.0


def test_speeds_are_of_what_they_say() -> None:
    """A chain without alerts would be measured on half of its work."""
    values = readings(60, 50, seed=0)
    values[50:, :5] += 1e6
    speed, alerts = chain_speed(values, rules=6)
    assert speed > 0
    assert alerts > 0
    assert detector_speed(values)[1] <= 2048


def test_without_the_data_the_benchmark_says_so(tmp_path: Path) -> None:
    """It is skipped with a reason."""
    with pytest.raises(NotFoundError, match="Numenta"):
        WarningQuality(data=tmp_path).rows()


@pytest.mark.slow
def test_the_figures_reached_are_kept() -> None:
    """What the engine promises of itself in the docs must hold after every change."""
    rows = WarningQuality(data=real(), clean_series=4, clean_readings=20_000, series=500, rules=20).rows()
    figures = {(row["on"], row["of"], row["measure"].split(", best")[0]): row["figure"] for row in rows}
    assert figures["Numenta benchmark", "touyan", "standard"] >= 67
    assert figures["Numenta benchmark", "touyan", "standard, threshold of the other half"] >= 61
    assert figures["Numenta benchmark", "touyan", "standard, threshold 3"] >= 65
    assert figures["TSB-AD, 23 series", "unrest", "mean VUS-PR"] >= 0.5
    assert figures["memory", "novelty", "bytes per series"] <= 2048
