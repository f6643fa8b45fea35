"""The benchmark of signal control: its protocol, its faults, its figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from touyan.core.errors import NotFoundError
from touyan.packs.traffic.benchmarks import Control
from touyan.packs.traffic.control_tables import CONTROL_CITIES, TABLES
from touyan.packs.traffic.control_trials import Sensors, own_guard, published_guard, run_trial
from touyan.packs.traffic.controllers import LookAhead, MaxPressure, OwnProgramme
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.sources import LaneCameras, LaneDetectors
from touyan.packs.traffic.worlds import Grid

from .files import DATA

needs_cities = pytest.mark.skipif(not DATA.is_dir(), reason="the public cities are not here")


def small(seconds: int = 300) -> Grid:
    """A generated city for a short trial."""
    return Grid(rows=2, columns=2, arrivals=500.0, seed=2)


def test_looking_ahead_beats_max_pressure_and_that_the_own_programme() -> None:
    """The order of any city with changing demand, here a generated one."""
    guard = published_guard(5.0)
    own, pressure, ahead = (
        run_trial(small(), controller, guard, Sensors(), 600).tables_s
        for controller in (OwnProgramme(), MaxPressure(), LookAhead(longest_red_s=900.0, samples=2))
    )
    assert ahead < pressure < own


@pytest.mark.parametrize("faults", [Sensors(silent=0.1), Sensors(noise=0.2), Sensors(delay_s=5), Sensors(unseen=0.05)])
def test_faults_of_sensors_do_not_bring_looking_ahead_down(faults: Sensors) -> None:
    """With some sensors ill it still does better than max pressure with all of them well."""
    whole = run_trial(small(), MaxPressure(), published_guard(5.0), Sensors(), 600).tables_s
    ill = run_trial(small(), LookAhead(longest_red_s=900.0, samples=2), published_guard(5.0), faults, 600).tables_s
    assert ill < whole


def test_the_guard_as_it_comes_lets_looking_ahead_work() -> None:
    """Minimum greens and the longest red are kept by the controller itself, not only by refusals."""
    outcome = run_trial(small(), LookAhead(interval_s=10.0, candidate_phases=0), own_guard(), Sensors(), 300)
    assert outcome.tables_s < run_trial(small(), OwnProgramme(), own_guard(), Sensors(), 300).tables_s


def test_silent_lanes_are_as_many_as_asked_and_the_same_for_both_kinds_of_sensor() -> None:
    """A lane without a camera but with a detector would be half a fault."""
    network = grid_network(4, 4)
    detectors, cameras, _ = Sensors(silent=0.1).of(network, seed=1)
    assert isinstance(detectors, LaneDetectors)
    assert isinstance(cameras, LaneCameras)
    assert detectors.silent == cameras.silent
    assert len(detectors.silent.split(",")) / network.lane_count == pytest.approx(0.1, abs=0.05)


def test_every_table_has_our_controller_and_each_city_a_published_figure() -> None:
    """A table without the one or the other would compare nothing."""
    assert set(TABLES) == {"30 s", "15 s", "10 s", "5 s", "model", "sensors"}
    assert all(any(entry.label.startswith("rollout") for entry in table.entries) for table in TABLES.values())
    assert all("30 s" in city.best for city in CONTROL_CITIES.values())


@needs_cities
def test_the_benchmark_tells_what_it_measured() -> None:
    """Its rows hold both travel times, queue, waiting, CPU time and the best published figure."""
    rows = Control(tables="30 s", cities="hangzhou 2983", only="max", data=DATA, seeds=2, seconds=120).rows()
    assert [row["controller"] for row in rows] == ["max-pressure"]
    assert rows[0]["best_published_s"] == 304.47
    assert {"travel_time_s", "spread_s", "engine_travel_time_s", "queue", "waiting_s", "cpu_s_p95"} <= rows[0].keys()


@needs_cities
def test_max_pressure_in_hangzhou_is_the_published_figure() -> None:
    """325.33 s in the literature: the protocol is the same, or no comparison holds."""
    rows = Control(tables="30 s", cities="hangzhou 2983", only="max", data=DATA, seeds=1).rows()
    assert rows[0]["travel_time_s"] == pytest.approx(325.33, abs=0.5)


def test_cities_that_are_not_here_are_named() -> None:
    """The first thing a stranger meets: the data is not part of the project."""
    with pytest.raises(NotFoundError, match="roadnet"):
        Control(data=Path("nowhere"), tables="30 s", seconds=60).rows()
    assert np.isfinite(run_trial(small(), OwnProgramme(), own_guard(), Sensors(), 60).waiting_s)
