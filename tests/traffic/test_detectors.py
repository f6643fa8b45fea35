"""Detectors of road traffic: what they score, and when they keep silent."""

from __future__ import annotations

import math

import numpy as np

from touyan.core.components import Detector
from touyan.core.observations import Column
from touyan.packs.traffic.detectors import QueueShare, Silence, Standstill
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.vocabulary import HALTING, LEFT, QUEUE_LENGTH, VEHICLES

from .sensed import SensedCity

NETWORK = grid_network(1, 2)


def watched(detector: Detector) -> SensedCity:
    """A city that a detector knows."""
    city = SensedCity(NETWORK)
    detector.start(city)
    return city


def entering(city: SensedCity, crossing: str) -> list[int]:
    """The lanes that lead to a crossing."""
    network = city.model
    roads = np.flatnonzero(network.road_to == network.crossing(crossing)).tolist()
    return [lane for road in roads for lane in network.lanes_of(road)]


def test_silence_counts_the_missed_reports() -> None:
    """A detector that reports every 5 s and was heard 20 s ago has missed four."""
    detector = Silence()
    city = watched(detector)
    city.at(5)
    city.lanes_say(**{VEHICLES: 0})
    assert set(detector.score(city.state).score.tolist()) == {0.0}
    assert set(detector.score(city.at(25)).score.tolist()) == {4.0}


def test_reports_that_are_always_late_are_no_silence() -> None:
    """A slow line delays each report by the same time; nothing is missing."""
    detector = Silence()
    city = watched(detector)
    city.delay_s = 30
    for second in range(30, 60, 5):
        city.at(second)
        city.lanes_say(**{VEHICLES: 0})
        assert set(detector.score(city.state).score.tolist()) == {0.0}


def test_a_detector_that_never_spoke_is_silent_since_the_start() -> None:
    """A sensor that is dead from the beginning must be found as well."""
    detector = Silence()
    city = watched(detector)
    assert set(detector.score(city.at(15)).score.tolist()) == {3.0}


def test_missing_values_are_silence() -> None:
    """A report without a count says that the line works, not that the lane is known."""
    detector = Silence()
    city = watched(detector)
    vehicles = city.empty()
    vehicles[3] = math.nan
    for second in (5, 10, 15):
        city.at(second)
        city.lanes_say(**{VEHICLES: vehicles})
        score = detector.score(city.state).score
    assert score[3] == 3.0
    assert set(np.delete(score, 3).tolist()) == {0.0}


def test_the_queue_is_measured_against_its_lane() -> None:
    """The same queue is harmless on a long lane and spills back from a short one."""
    detector = QueueShare()
    city = watched(detector)
    city.lanes_say(**{QUEUE_LENGTH: city.model.lane_length * 0.5})
    np.testing.assert_allclose(detector.score(city.state).score, 0.5)


def test_nothing_is_said_of_the_queue_of_a_silent_lane() -> None:
    """An old queue must neither raise nor end an alert."""
    detector = QueueShare()
    city = watched(detector)
    city.lanes_say(**{QUEUE_LENGTH: 10.0})
    assert not np.isnan(detector.score(city.at(15)).score).any()
    assert np.isnan(detector.score(city.at(16)).score).all()


def standstill(city: SensedCity, detector: Standstill, halting: Column, left: Column, seconds: range) -> list[float]:
    """The scores of the first crossing while lanes report the same every 5 s."""
    scores = []
    for second in seconds:
        city.at(second)
        if second % 5 == 0:
            city.lanes_say(**{HALTING: halting, LEFT: left})
        scores.append(float(detector.score(city.state).score[0]))
    return scores


def test_a_crossing_that_nobody_leaves_stands_still() -> None:
    """The score is the time since the last vehicle left, with half of the entering lanes waiting."""
    detector = Standstill()
    city = watched(detector)
    halting, left = city.empty(), city.empty()
    halting[entering(city, "intersection_1_1")[:6]] = 3
    scores = standstill(city, detector, halting, left, range(61))
    assert scores == [float(second) for second in range(61)]


def test_one_vehicle_that_leaves_ends_the_standstill() -> None:
    """A single report of movement counts, however often the state is looked at before the next."""
    detector = Standstill()
    city = watched(detector)
    lanes = entering(city, "intersection_1_1")
    halting, left = city.empty(), city.empty()
    halting[lanes] = 3
    standstill(city, detector, halting, left, range(40))
    left[lanes[4]] = 1
    assert standstill(city, detector, halting, left, range(40, 45)) == [0.0, 1.0, 2.0, 3.0, 4.0]
    left[lanes[4]] = 0
    assert standstill(city, detector, halting, left, range(45, 48)) == [5.0, 6.0, 7.0]


def test_an_empty_or_half_empty_crossing_does_not_stand_still() -> None:
    """At night nobody leaves because nobody is there."""
    detector = Standstill()
    city = watched(detector)
    halting = city.empty()
    assert set(standstill(city, detector, halting, city.empty(), range(0, 200, 5))) == {0.0}
    halting[entering(city, "intersection_1_1")[:5]] = 3
    assert set(standstill(city, detector, halting, city.empty(), range(200, 400, 5))) == {0.0}


def test_somebody_must_wait_however_small_the_share_that_is_asked_for() -> None:
    """A share of nought does not make an empty crossing stand still."""
    detector = Standstill(waiting_share=0.0)
    city = watched(detector)
    assert set(standstill(city, detector, city.empty(), city.empty(), range(0, 200, 5))) == {0.0}


def test_a_crossing_whose_lanes_are_all_silent_is_not_judged() -> None:
    """No news is not a standstill."""
    detector = Standstill()
    city = watched(detector)
    assert np.isnan(detector.score(city.at(100)).score).all()


def test_every_detector_speaks_of_what_its_type_says() -> None:
    """The watch puts a score on the map by the id of its entity."""
    for detector in (Silence(), QueueShare(), Standstill()):
        city = watched(detector)
        assert detector.score(city.state).ids == city.state.table(detector.entity_type).ids
