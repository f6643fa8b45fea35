"""Results of many runs: each run's figures, and what they come to together."""

from __future__ import annotations

import math

import msgspec
import pytest

import touyan
from touyan.core.protocols import Measure
from touyan.core.text import Text
from touyan.packs.traffic.worlds import Grid
from touyan.simulation.ensemble import Ensemble
from touyan.simulation.results import Results, results
from touyan.simulation.statistics import estimate

DELAY = Measure("delay_s", Text("Delay", "延误"), 0.0, "SEC", Text("counted", "统计"))


def test_every_figure_has_its_mean_and_interval_over_the_runs() -> None:
    """With title, unit and method, so that it can be shown as it is."""
    told = results([4, 5, 6], [[DELAY._replace(value=value)] for value in (1.0, 2.0, 6.0)])
    assert told.over_runs("delay_s") == estimate([1.0, 2.0, 6.0])
    assert (told.figures[0].title, told.figures[0].unit_code) == (DELAY.title, "SEC")
    assert [run.seed for run in told.runs] == [4, 5, 6]
    assert told.touyan == touyan.__version__


def test_a_figure_that_one_run_lacks_has_no_mean() -> None:
    """A mean over the others would be another figure."""
    told = results([1, 2], [[DELAY], [DELAY._replace(value=math.nan)]])
    assert told.over_runs("delay_s").mean is None
    assert told.runs[1].measures == {"delay_s": None}


def test_results_are_saved_and_read_as_they_are() -> None:
    """They are plain records."""
    told = results([4, 5], [[DELAY], [DELAY]])
    assert msgspec.json.decode(msgspec.json.encode(told), type=Results) == told


def test_runs_and_seeds_must_fit() -> None:
    """A run under no seed cannot be repeated."""
    with pytest.raises(ValueError, match="shorter"):
        results([1, 2], [[DELAY]])


@pytest.mark.parametrize("lane_change", [False, True])
def test_an_ensemble_of_cities_tells_what_each_city_tells_alone(lane_change: bool) -> None:
    """The mean of a table must be the mean of runs that can be repeated one by one."""

    def city(seed: int) -> Grid:
        return Grid(rows=2, columns=2, arrivals=500, seed=seed, lane_change=lane_change)

    with Ensemble.of_seeds(lambda seed: city(seed).build([]), [7, 8, 9]) as ensemble:
        ensemble.advance(300)
        told = ensemble.results()
    for run in told.runs:
        alone = city(run.seed).build([])
        alone.advance(300)
        assert run.measures == {measure.name: measure.value for measure in alone.measures()}
    assert told.over_runs("arrived").differs_from_zero
