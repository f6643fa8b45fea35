"""Rules of road traffic, through the watch: which readings become which alert."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from touyan.core.alert_records import AlertRecord
from touyan.core.alerts import Alert, Severity
from touyan.packs.traffic.detectors import QueueShare, Silence, Standstill
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.rules import DetectorSilent, Gridlock, SpillBack
from touyan.packs.traffic.vocabulary import HALTING, LEFT, QUEUE_LENGTH, VEHICLES
from touyan.warning.book import AlertBook
from touyan.warning.watch import Watch

from .sensed import SensedCity


class NoJournal:
    """A journal that forgets."""

    def journal_alerts(self, records: Sequence[AlertRecord]) -> None:
        """Nothing."""


class Night:
    """A watched city with one crossing; its lanes report every five seconds."""

    def __init__(self) -> None:
        self.city = SensedCity(grid_network(1, 1))
        self.book = AlertBook(NoJournal())
        detectors = [Silence(), QueueShare(), Standstill()]
        self.watch = Watch(self.city, detectors, [DetectorSilent(), SpillBack(), Gridlock()], self.book)
        self.values = {name: self.city.empty() for name in (VEHICLES, HALTING, LEFT, QUEUE_LENGTH)}
        self.second = 0

    def passes(self, seconds: int) -> list[Alert]:
        """Let time pass; returns all alerts, the newest first."""
        for _ in range(seconds):
            self.second += 1
            self.city.at(self.second)
            if self.second % 5 == 0:
                self.city.lanes_say(**self.values)
            self.watch.step(self.city.state)
        return self.book.all()


@pytest.fixture
def night() -> Night:
    """A quiet night."""
    return Night()


def test_a_quiet_night_raises_no_alert(night: Night) -> None:
    """An alert without a cause teaches people to look away."""
    assert night.passes(300) == []


def test_a_silent_detector_raises_one_alert_that_passes_when_it_speaks(night: Night) -> None:
    """The third missed report makes the alert, the next good one ends it."""
    night.passes(10)
    lane = night.city.lane("road_0_1_0_1")
    night.values[VEHICLES][lane] = math.nan
    assert night.passes(14) == []
    [alert] = night.passes(1)
    assert (alert.rule, alert.severity) == ("detector-silent", Severity.MINOR)
    assert alert.entity == "urn:ngsi-ld:LaneDetector:road_0_1_0_1"
    assert (alert.evidence.value, alert.evidence.threshold) == (3.0, 3.0)
    assert alert.headline.en == "The detector on lane road_0_1_0_1 is silent"
    assert alert.location is not None
    night.values[VEHICLES][lane] = 0
    [alert] = night.passes(10)
    assert alert.ended == night.city.starts_at + 30


def test_a_queue_to_the_start_of_its_lane_raises_an_alert_after_ten_seconds(night: Night) -> None:
    """It says what it saw in per cent, the threshold and since when, in both languages."""
    lane = night.city.lane("road_0_1_0_1")
    night.values[QUEUE_LENGTH][lane] = night.city.model.lane_length[lane] * 0.97
    assert night.passes(14) == []
    [alert] = night.passes(1)
    assert (alert.rule, alert.evidence.unit_code, alert.evidence.threshold) == ("spill-back", "P1", 95.0)
    assert alert.evidence.value == pytest.approx(97.0)
    assert alert.evidence.since == night.city.starts_at + 5
    assert alert.description.en.startswith(
        "The queue covers 97 % of the lane (threshold 95 %) since 1970-01-01 08:16:45"
    )
    assert "排队占车道长度的97%（阈值95%）" in alert.description.zh


def test_spill_back_has_passed_below_four_fifths(night: Night) -> None:
    """Between the two levels the alert stands, for the queue swings with the signal."""
    lane = night.city.lane("road_0_1_0_1")
    length = night.city.model.lane_length[lane]
    for share, ended in [(0.96, False), (0.85, False), (0.96, False), (0.79, True)]:
        night.values[QUEUE_LENGTH][lane] = length * share
        alerts = night.passes(20)
        assert [alert.ended is not None for alert in alerts] == [ended]


def test_a_crossing_that_nobody_leaves_for_two_minutes_is_gridlocked(night: Night) -> None:
    """The alert names the crossing, where it lies, and for how long nobody has left."""
    night.values[HALTING][:] = 4
    assert night.passes(123) == []
    [alert] = night.passes(1)
    assert (alert.rule, alert.entity) == ("gridlock", "urn:ngsi-ld:TrafficSignal:intersection_1_1")
    assert (alert.evidence.value, alert.evidence.unit_code, alert.severity) == (120.0, "SEC", Severity.SEVERE)
    assert alert.headline.zh == "路口intersection_1_1锁死"
    assert alert.location == (0.0, 0.0)
    night.values[LEFT][:] = 1
    assert night.passes(5)[0].ended is not None


def test_rules_name_detectors_that_the_pack_has() -> None:
    """A misspelt detector would only be noticed when the rule is needed."""
    names = {kind.name for kind in (Silence, QueueShare, Standstill)}
    assert {rule.detector for rule in (DetectorSilent, SpillBack, Gridlock)} == names
