"""Detectors that a pack makes its own by naming a quantity: from the state to a finding, and to an alert."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from touyan.core.components import Detector, Rule
from touyan.core.observations import ObservationBatch
from touyan.core.text import Text
from touyan.fusion.state import CurrentState
from touyan.warning.book import AlertBook
from touyan.warning.detectors.components import (
    JointNovelty,
    SeriesNovelty,
    SeriesSilence,
    SeriesStuck,
    SeriesUnrest,
)
from touyan.warning.watch import Watch

from .city import WELLS, Paper, Wells


class LevelNovelty(SeriesNovelty):
    """Levels as a well never had them."""

    entity_type: ClassVar[str] = "Well"
    observed: ClassVar[str] = "level"


class LevelUnrest(SeriesUnrest):
    """Wells that have been restless."""

    entity_type: ClassVar[str] = "Well"
    observed: ClassVar[str] = "level"


class LevelSilence(SeriesSilence):
    """Wells that say nothing."""

    entity_type: ClassVar[str] = "Well"
    observed: ClassVar[str] = "level"


class LevelStuck(SeriesStuck):
    """Wells that say the same."""

    entity_type: ClassVar[str] = "Well"
    observed: ClassVar[str] = "level"


class LevelAndFlow(JointNovelty):
    """Wells whose level and flow do not fit."""

    entity_type: ClassVar[str] = "Well"
    observed: ClassVar[tuple[str, ...]] = ("level", "flow")


class NewLevel(Rule):
    """A level that was never seen."""

    detector: ClassVar[str] = "level-novelty"
    event: ClassVar[Text] = Text("New level", "新水位")
    headline: ClassVar[Text] = Text("{entity} shows what it never showed", "{entity}出现从未有过的读数")
    description: ClassVar[Text] = Text("Surprise {value} since {since}", "{since}起，意外度{value}")
    threshold = 4.5


class City:
    """Wells read once a minute, and a detector that looks after each reading."""

    def __init__(self, *detectors: Detector) -> None:
        self.state = CurrentState(0.0)
        self.state.register("Well", WELLS)
        self.detectors = detectors
        self.rng = np.random.default_rng(0)
        for detector in detectors:
            detector.start(Wells())

    def minutes(self, count: int, level: float = 0.0, wells: int = 3, fixed: bool = False) -> None:
        """Let readings come in, of all wells or the first ones."""
        for _ in range(count):
            self.state.move_to(self.state.now + 60.0)
            noise = np.zeros(wells) if fixed else self.rng.normal(size=wells)
            values = {"level": 5 + noise + level, "flow": 2 * noise + 0.1 * self.rng.normal(size=wells)}
            at = np.full(wells, self.state.now)
            self.state.update(ObservationBatch("Well", "gauge", WELLS[:wells], at, values))
            for detector in self.detectors:
                detector.score(self.state)


def test_a_new_level_is_told_with_all_that_an_alert_needs() -> None:
    """Score, value, expected, spread and confidence go into the evidence of an alert."""
    detector = LevelNovelty()
    city = City(detector)
    city.minutes(1500)
    city.minutes(1, level=20.0, wells=1)
    finding = detector.score(city.state)
    assert finding.ids == WELLS
    assert finding.score[0] > 3.5 > finding.score[1:].max()
    assert finding.value is not None
    assert finding.expected is not None
    assert finding.spread is not None
    assert finding.confidence is not None
    assert finding.value[0] == pytest.approx(25, abs=4)
    assert finding.expected[0] == pytest.approx(5, abs=1)
    assert 2 < finding.spread[0] < 6
    assert finding.confidence[0] > 0.999


def test_the_watch_turns_it_into_one_alert_that_ends() -> None:
    """An event of some readings is one alert, and passes when the hold is over."""
    city = City()
    detector = LevelNovelty()
    book = AlertBook(Paper())
    watch = Watch(Wells(), [detector], [NewLevel(clear_below=1.0)], book)
    city.minutes(0)

    def live(count: int, level: float = 0.0) -> None:
        for _ in range(count):
            city.minutes(1, level)
            watch.step(city.state)

    live(2000)
    assert book.all() == []
    live(5, level=20.0)
    live(250)
    assert sorted(alert.entity for alert in book.all()) == sorted(WELLS)
    assert all(alert.ended is not None for alert in book.all())


def test_labels_reach_the_series_they_are_about() -> None:
    """What people say of one well must not change another."""
    detector = LevelNovelty()
    city = City(detector)
    city.minutes(1500)
    city.minutes(1, level=20.0)
    city.minutes(150)
    detector.learn(WELLS[0], city.state.now, "true")
    detector.learn("urn:ngsi-ld:Well:unknown", city.state.now, "true")
    detector.learn(WELLS[1], city.state.now, "duplicate")
    city.minutes(1, level=20.0)
    told = detector.score(city.state).score
    assert told[0] > 3.5 > told[1:].max()


def test_silence_and_stuck_see_what_a_single_reading_does_not_show() -> None:
    """Each of the detectors finds its own kind of trouble, at the well that has it."""
    silence, stuck = LevelSilence(), LevelStuck()
    city = City(silence, stuck)
    city.minutes(1500)
    calm = [detector.score(city.state).score.max() for detector in (silence, stuck)]
    assert max(calm) < 2.5
    city.minutes(30, wells=2, fixed=True)
    assert np.flatnonzero(stuck.score(city.state).score > 3).tolist() == [0, 1]
    assert np.flatnonzero(silence.score(city.state).score > 3).tolist() == [2]


def test_a_shaking_well_raises_unrest() -> None:
    """Swings that go on are told even when no single one is new any more."""
    unrest = LevelUnrest()
    city = City(unrest)
    city.minutes(1500)
    for _ in range(20):
        city.minutes(2, level=3.0, wells=1)
        city.minutes(2, level=-3.0, wells=1)
    score = unrest.score(city.state).score
    assert score[0] > 2.2 > score[1:].max()


def test_a_pair_that_does_not_fit_names_the_quantity_to_blame() -> None:
    """Level and flow are each usual, but not together."""
    detector = LevelAndFlow()
    city = City(detector)
    city.minutes(600)
    city.minutes(1, level=-2.5, wells=1)
    finding = detector.score(city.state)
    assert finding.score[0] > 2.5 > finding.score[1:].max()
    assert finding.contributors is not None
    assert set(finding.contributors(0)) == {"level", "flow"}


def test_wells_may_come_later_and_readings_are_taken_once() -> None:
    """The state grows while the brain runs, and the watch asks more often than sensors report."""
    detector, silence = LevelNovelty(), LevelSilence()
    city = City(detector, silence)
    city.minutes(30)
    for _ in range(100):
        detector.score(city.state)
    city.state.register("Well", ["urn:ngsi-ld:Well:new"])
    finding = detector.score(city.state)
    assert finding.ids[-1] == "urn:ngsi-ld:Well:new"
    assert np.isnan(finding.score[-1])
    assert np.isnan(silence.score(city.state).score[-1])
