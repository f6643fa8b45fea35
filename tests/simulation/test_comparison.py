"""Comparisons: paired by seed, saved with all that they rest on."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from touyan.core.errors import InputError
from touyan.core.protocols import Measure
from touyan.core.text import Text
from touyan.simulation.comparison import (
    Alteration,
    Comparison,
    Side,
    deltas,
    encoded,
    read_comparison,
)
from touyan.simulation.results import MemberRun, member_run
from touyan.simulation.statistics import estimate

DELAY = Measure("delay_s", Text("Delay", "延误"), 0.0, "SEC", Text("counted", "统计"))
SPEED = Measure("speed", Text("Speed", "速度"), 0.0, "MTS", Text("counted", "统计"))


def runs(*values: float, name: str = "delay_s", first_seed: int = 5) -> tuple[MemberRun, ...]:
    """One run for each value, under seeds from 5 on."""
    return tuple(MemberRun(first_seed + place, {name: float(value)}) for place, value in enumerate(values))


def comparison(base: tuple[MemberRun, ...], variant: tuple[MemberRun, ...]) -> Comparison:
    """A whole comparison of some runs."""
    sides = [
        Side("a city", "own", "automatic", 60, (Alteration("closure", {"roads": "r"}),), {"b.toml": "x = 1"}, each)
        for each in (base, variant)
    ]
    told = deltas([DELAY], base, variant)
    seeds = tuple(run.seed for run in base)
    return Comparison(created_at="2026-01-05T08:00:00+00:00", seeds=seeds, deltas=told, base=sides[0], variant=sides[1])


def test_differences_are_paired_by_seed() -> None:
    """What all runs of a seed share cancels out: here a clear difference that unpaired means would hide."""
    base, variant = runs(100, 200, 300, 400), runs(101, 202, 301, 402)
    (delta,) = deltas([DELAY], base, variant)
    assert delta.difference == estimate([1.0, 2.0, 1.0, 2.0])
    assert (delta.base.mean, delta.variant.mean) == (250.0, 251.5)
    assert delta.distinguishable


def test_a_difference_within_its_interval_is_none() -> None:
    """Most changes that one hopes for are of this kind."""
    (delta,) = deltas([DELAY], runs(1, 2, 3), runs(2, 1, 3.5))
    assert not delta.distinguishable


def test_one_seed_tells_means_and_no_more() -> None:
    """A table of single runs must not claim anything."""
    (delta,) = deltas([DELAY], runs(1), runs(9))
    assert (delta.difference.mean, delta.difference.low, delta.distinguishable) == (8.0, None, False)


def test_a_figure_that_one_side_does_not_have_has_no_difference() -> None:
    """It is shown as unknown, not as zero."""
    told = {delta.name: delta for delta in deltas([DELAY, SPEED], runs(1, 2), runs(1, 2, name="speed"))}
    assert told["delay_s"].base.mean == 1.5
    assert told["delay_s"].variant.mean is None
    assert told["speed"].difference.mean is None


def test_runs_of_other_seeds_cannot_be_paired() -> None:
    """It would be a comparison of two lotteries."""
    with pytest.raises(ValueError, match="seed by seed"):
        deltas([DELAY], runs(1, 2), runs(1, 2, first_seed=6))


@pytest.mark.parametrize(("value", "kept"), [(1.5, 1.5), (math.nan, None), (math.inf, None)])
def test_a_figure_without_a_value_is_saved_as_null(value: float, kept: float | None) -> None:
    """JSON has no other word for it."""
    assert member_run(3, [DELAY._replace(value=value)]) == MemberRun(3, {"delay_s": kept})


def test_seeds_that_make_no_difference_are_seen() -> None:
    """Then an interval of no width is no proof."""
    assert not comparison(runs(3, 3), runs(4, 4)).seeds_differ
    assert comparison(runs(3, 3), runs(4, 5)).seeds_differ


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    """The file is the result: with both cities, their files, seeds and the version."""
    saved = comparison(runs(3, 4, math.nan), runs(4, 6, 5))
    path = tmp_path / "result.json"
    path.write_text(encoded(saved), encoding="utf-8")
    read = read_comparison(path)
    assert read.delta("delay_s").base == estimate([3, 4, math.nan])
    assert encoded(read) == encoded(saved)
    document = json.loads(encoded(saved))
    assert list(document)[:4] == ["schema", "schema_version", "touyan", "created_at"]
    assert document["base"]["files"] == {"b.toml": "x = 1"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "no JSON object"),
        ("[1]", "no JSON object"),
        ("{}", "found None, version None; expected a comparison (touyan.comparison, version 1)"),
        ('{"schema": "touyan.comparison", "schema_version": 0}', "found 'touyan.comparison', version 0"),
        ('{"schema": "touyan.comparison", "schema_version": 1}', "missing required field"),
    ],
)
def test_other_files_and_versions_are_told(tmp_path: Path, content: str, told: str) -> None:
    """Results are kept for years and mixed up in a day."""
    path = tmp_path / "result.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_comparison(path)
    assert told in caught.value.message


def test_a_wrong_value_is_told_with_its_place(tmp_path: Path) -> None:
    """Somebody edited the file by hand."""
    document: dict[str, Any] = json.loads(encoded(comparison(runs(3, 4), runs(4, 6))))
    document["deltas"][0]["base"]["mean"] = "three"
    path = tmp_path / "result.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InputError, match=r"\$\.deltas\[0\]\.base\.mean"):
        read_comparison(path)
    with pytest.raises(InputError, match="nothing to read"):
        read_comparison(tmp_path / "nowhere.json")
