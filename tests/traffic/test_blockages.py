"""Blocked lanes: what shows them, what only looks like them, and how runs of them are judged."""

from __future__ import annotations

import math

import numpy as np
import pytest

from touyan.core.components import Detector
from touyan.core.observations import Column
from touyan.packs.traffic.detectors import StoppedVehicle, UnusedGreen
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.incident_runs import Alarm, Scene, Watched, blockage
from touyan.packs.traffic.incident_table import Case, cost, false_alarms, figures, found
from touyan.packs.traffic.peers import california
from touyan.packs.traffic.poisson import PoissonDemand
from touyan.packs.traffic.sources import LaneDetectors
from touyan.packs.traffic.traffic_world import Incident
from touyan.packs.traffic.vocabulary import HALTING, LEFT, QUEUE_LENGTH, VEHICLES

from .sensed import SensedCity

NETWORK = grid_network(1, 2)
LANE = int(np.flatnonzero(np.isin(NETWORK.road_to[NETWORK.lane_road], NETWORK.signalised))[0])
"""A lane that leads to a signal."""


class Street:
    """One lane that reports every five seconds, and a detector that looks on."""

    def __init__(self, detector: Detector) -> None:
        self.city = SensedCity(NETWORK)
        self.detector = detector
        self.seconds = 0
        detector.start(self.city)

    def after(self, seconds: int, phase: float = 0.0, **values: float) -> float:
        """The score after some seconds of the same reports from the lane; the others are empty."""
        for _ in range(seconds // 5):
            self.seconds += 5
            self.city.at(self.seconds)
            self.city.signals_say(phase)
            self.city.lanes_say(**{name: self._lane(value) for name, value in _whole(values).items()})
            told = self.detector.score(self.city.state).score
        return float(told[LANE])

    def _lane(self, value: float) -> Column:
        column = np.zeros(NETWORK.lane_count)
        column[LANE] = value
        return column


def _whole(values: dict[str, float]) -> dict[str, float]:
    return {HALTING: 0.0, LEFT: 0.0, QUEUE_LENGTH: 0.0, VEHICLES: values.get(HALTING, 0.0), **values}


def phases() -> tuple[int, int]:
    """A phase in which the lane goes, and one in which it does not."""
    crossing = int(NETWORK.road_to[NETWORK.lane_road[LANE]])
    links = np.flatnonzero(NETWORK.link_from_lane == LANE)
    movements = NETWORK.link_movement[links] - NETWORK.movement_first[crossing]
    rows = NETWORK.phase_green[NETWORK.phase_first[crossing] : NETWORK.phase_first[crossing + 1]]
    goes = rows[:, movements].any(axis=1)
    return int(np.argmax(goes)), int(np.argmin(goes))


def test_a_vehicle_that_stands_before_a_free_road_is_counted_in_seconds() -> None:
    """One vehicle 120 m before the stop line is no queue."""
    street = Street(StoppedVehicle())
    assert street.after(40, **{HALTING: 1.0, QUEUE_LENGTH: 120.0}) == pytest.approx(40, abs=5)
    assert street.after(5, **{LEFT: 1.0}) == 0


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        ({HALTING: 10.0, QUEUE_LENGTH: 76.0}, "a queue from the stop line on"),
        (
            {HALTING: 40.0, QUEUE_LENGTH: 500.0, VEHICLES: 60.0},
            "a long queue that starts: others fill the road",
        ),
        ({HALTING: 1.0, QUEUE_LENGTH: 120.0, LEFT: 1.0}, "somebody leaves"),
        ({HALTING: 0.0, QUEUE_LENGTH: 0.0, VEHICLES: 3.0}, "nobody stands"),
        ({HALTING: math.nan, QUEUE_LENGTH: math.nan, LEFT: math.nan, VEHICLES: math.nan}, "nothing is heard"),
    ],
)
def test_what_only_looks_like_a_standing_vehicle_is_none(seen: dict[str, float], why: str) -> None:
    """An operator who is sent out for a queue at a red light does not go a second time."""
    assert Street(StoppedVehicle()).after(60, **seen) == 0, why


def test_green_that_nobody_uses_is_counted_and_red_is_not() -> None:
    """A vehicle that does not go at green stands in the way; at red it waits."""
    street, (green, red) = Street(UnusedGreen()), phases()
    standing = {HALTING: 3.0, QUEUE_LENGTH: 22.0}
    assert street.after(30, green, **standing) == pytest.approx(25, abs=5)
    counted = street.after(5, green, **standing)
    assert street.after(60, red, **standing) == counted
    assert street.after(5, green, **(standing | {LEFT: 1.0})) == 0


def test_nobody_is_blamed_where_the_road_behind_the_crossing_is_full() -> None:
    """The place of the trouble is then further down."""
    street, (green, _) = Street(UnusedGreen()), phases()
    crossing = NETWORK.road_to[NETWORK.lane_road[LANE]]
    out = np.flatnonzero(NETWORK.road_from[NETWORK.lane_road] == crossing)
    for _ in range(12):
        street.seconds += 5
        street.city.at(street.seconds)
        street.city.signals_say(float(green))
        queue = np.where(np.arange(NETWORK.lane_count) == LANE, 22.0, 0.0)
        queue[out] = NETWORK.lane_length[out]
        halting = np.where(queue > 0, queue // 7.4, 0.0)
        street.city.lanes_say(**{QUEUE_LENGTH: queue, HALTING: halting, LEFT: 0 * queue, VEHICLES: halting})
        assert street.detector.score(street.city.state).score[LANE] == 0


def test_a_missing_report_keeps_what_was_counted() -> None:
    """A lost packet must not start the clock afresh, and a long silence must not run it."""
    street = Street(StoppedVehicle())
    before = street.after(20, **{HALTING: 1.0, QUEUE_LENGTH: 120.0})
    street.seconds += 600
    street.city.at(street.seconds)
    assert street.detector.score(street.city.state).score[LANE] == before
    assert street.after(5, **{HALTING: 1.0, QUEUE_LENGTH: 120.0}) <= before + 15


def run_of(alarms: list[Alarm], stood: tuple[float, float] | None = (100.0, 400.0), spent_s: float = 0.0) -> Watched:
    """A run with a blockage on road 3."""
    return Watched(3, stood, alarms, np.zeros((1, 1), np.float32), spent_s)


def test_a_run_is_judged_by_the_first_alarm_while_the_vehicle_stands() -> None:
    """Late, early and misplaced alarms must not count as found."""
    case = Case(run_of([]), 2.0)
    assert found(case, [Alarm(130, 3), Alarm(110, 5)]) == (10, False)
    assert found(case, [Alarm(90, 3), Alarm(401, 3)]) is None
    assert false_alarms(case, [Alarm(90, 3), Alarm(130, 3), Alarm(600, 3), Alarm(701, 3), Alarm(130, 4)]) == 3
    assert false_alarms(Case(run_of([], None), math.nan), [Alarm(1, 3)]) == 1
    assert cost(run_of([], spent_s=1600.0), run_of([], spent_s=1000.0)) == 2.0
    told = figures([case, Case(run_of([], None), math.nan)], [[Alarm(130, 3)], [Alarm(5, 1)]])
    assert told == {
        "runs": 2,
        "costly_blockages": 1,
        "detection_rate": 1.0,
        "median_delay_s": 30.0,
        "right_road": 1.0,
        "false_alarms_per_city_day": 12.0,
    }


def test_a_blockage_in_a_whole_city_is_found_on_its_road_and_a_free_city_is_quiet() -> None:
    """Sensors, state, detectors and rules together, on a simulated hour."""
    scene = Scene(NETWORK, PoissonDemand(NETWORK, 300.0, seed=1), LaneDetectors())
    assert scene.run(4, None).alarms == []
    lane = int(np.argmax(scene.run(4, None).occupancy.mean(axis=0)[NETWORK.lane_road]))
    watched = scene.run(4, Incident(lane, float(NETWORK.lane_length[lane]) / 2, 600, 600))
    told = found(Case(watched, 2.0), watched.alarms)
    assert told is not None
    assert told[0] <= 90
    assert told[1]


def test_blockages_are_drawn_by_their_seed() -> None:
    """A run must be repeatable, and runs must differ."""
    assert blockage(NETWORK, 5) == blockage(NETWORK, 5)
    drawn = [blockage(NETWORK, seed) for seed in range(50)]
    assert len({incident.lane for incident in drawn}) > 5
    assert all(300 <= incident.duration_s <= 1200 for incident in drawn)


def test_the_california_algorithm_sees_what_it_was_made_for() -> None:
    """Occupancy that rises before a place and falls behind it."""
    roads = len(NETWORK.road_ids)
    road = next(road for road, onward in enumerate(NETWORK.roads_onward) if onward)
    occupancy = np.full((20, roads), 0.1, np.float32)
    occupancy[10:, road] = 0.6
    occupancy[10:, NETWORK.roads_onward[road]] = 0.01
    watched = Watched(road, (300.0, 600.0), [], occupancy, 0.0)
    told = california.alarms(watched, NETWORK, california.Thresholds(0.2, 0.5, 0.5))
    assert told == [Alarm(330.0, road)]
    assert california.alarms(watched, NETWORK, california.Thresholds(0.7, 0.5, 0.5)) == []
