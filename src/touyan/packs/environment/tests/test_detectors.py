"""Faults and releases told apart, the level of an episode, and the detectors in a living brain."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from touyan.core.components import Detector, Scenario
from touyan.core.observations import ObservationBatch
from touyan.fusion.state import CurrentState
from touyan.packs.environment.air_index import PM10, PM25
from touyan.packs.environment.changes import FailingInstrument
from touyan.packs.environment.detectors import EpisodeLevel, InstrumentFault, SuddenRise
from touyan.packs.environment.network_trial import figures, live_through
from touyan.packs.environment.plant import SimulatedAir
from touyan.packs.environment.vigil import Vigil
from touyan.packs.environment.vocabulary import AIR_STATION, MICROGRAM
from touyan.runtime.brain import Brain
from touyan.runtime.packs import load_packs
from touyan.runtime.settings import read_settings

from .air_cities import city, smoke

Column = NDArray[np.float64]
STATIONS = 9


def followed(change: Callable[[int, Column, Column], None], reports: int = 60) -> Vigil:
    """A vigil after an hour of normal reports and some with something changed at station 4."""
    random, vigil = np.random.default_rng(0), Vigil(STATIONS)
    for report in range(12 + reports):
        fine = 60.0 * random.normal(1, 0.04, STATIONS)
        dust = fine + 40.0 * random.normal(1, 0.04, STATIONS)
        if report >= 12:
            change(report - 12, fine, dust)
        vigil.take(np.round(fine) * MICROGRAM, np.round(dust) * MICROGRAM)
    return vigil


def others(column: Column) -> Column:
    """All stations but the one that something was done to."""
    return np.delete(column, 4)


def test_normal_life_is_neither_a_fault_nor_a_release() -> None:
    """An alert that comes every week is one that nobody reads."""
    vigil = followed(lambda report, fine, dust: None)
    assert vigil.disagreement.max() < 0.15
    assert vigil.rise.max() < 0.2
    assert not vigil.repeats.any()
    assert not vigil.missing.any()


def test_smoke_raises_both_instruments_and_is_no_fault() -> None:
    """Fine particles are part of all: what is in the air is in both readings."""

    def burn(report: int, fine: Column, dust: Column) -> None:
        fine[4] += 90.0
        dust[4] += 90.0

    vigil = followed(burn, 12)
    assert vigil.rise[4] == pytest.approx(90 / 65, abs=0.3)
    assert vigil.disagreement[4] < 0.2
    assert others(vigil.rise).max() < 0.2


@pytest.mark.parametrize("factor", [2.0, 0.4])
def test_one_instrument_that_goes_its_own_way_is_a_fault(factor: float) -> None:
    """PM2.5 that doubles, or halves, while PM10 stays is nothing that air can do."""

    def shift(report: int, fine: Column, dust: Column) -> None:
        fine[4] *= factor

    vigil = followed(shift, 14)
    assert vigil.disagreement[4] > 0.3
    assert vigil.rise[4] < 0.3
    assert others(vigil.disagreement).max() < 0.15


def test_an_instrument_that_repeats_itself_is_stuck() -> None:
    """Nobody reads the same three times in a row by chance for hours."""

    def stick(report: int, fine: Column, dust: Column) -> None:
        fine[4] = 61.0

    vigil = followed(stick, 16)
    assert vigil.repeats.tolist() == [0, 0, 0, 0, 1, 0, 0, 0, 0]


def test_clean_and_steady_air_is_not_taken_for_a_stuck_instrument() -> None:
    """At 5 µg/m³ an honest instrument repeats its digit all the time."""
    random, vigil = np.random.default_rng(1), Vigil(STATIONS)
    for _ in range(288):
        fine = np.round(random.normal(5, 0.3, STATIONS))
        vigil.take(fine * MICROGRAM, (fine + np.round(random.normal(4, 0.3, STATIONS))) * MICROGRAM)
    assert not vigil.repeats.any()


def test_reports_without_a_value_are_counted() -> None:
    """Silence is a fault too, and missing is not zero."""

    def die(report: int, fine: Column, dust: Column) -> None:
        dust[4] = np.nan

    vigil = followed(die, 5)
    assert vigil.missing.tolist() == [0, 0, 0, 0, 5, 0, 0, 0, 0]


def test_a_fault_does_not_become_normal_by_lasting() -> None:
    """What is flagged is not learned from, or each fault would cure itself after a day."""

    def shift(report: int, fine: Column, dust: Column) -> None:
        fine[4] *= 1.8

    assert followed(shift, 600).disagreement[4] > 0.3


def test_injected_events_are_found_and_told_apart_in_small() -> None:
    """The benchmark's figures on four seeds; its two hundred are run by `touyan bench sensor-network`."""
    rows = {row["event"]: row for row in figures([live_through(seed, stations=12) for seed in range(2000, 2004)])}
    assert rows["all faults"]["found_percent"] == 100
    assert rows["release"]["found_percent"] == 100
    assert rows["release"]["told_apart_percent"] >= 90
    assert rows["false alerts per station and month"]["rate"] <= 1


class Living:
    """A plant with its state, as the brain keeps it."""

    def __init__(self, plant: SimulatedAir) -> None:
        self.plant = plant
        self.state = CurrentState(plant.now)
        for kind in {entity.type for entity in plant.inventory}:
            self.state.register(kind, [entity.id for entity in plant.inventory if entity.type == kind])

    def live(self, seconds: int, detector: Detector, tick: int = 60) -> Column:
        """The scores after some time, asked once a tick."""
        for _ in range(seconds // tick):
            for batch in self.plant.advance(tick):
                self.state.update(batch)
            self.state.move_to(self.plant.now)
            finding = detector.score(self.state)
        return finding.score


def test_the_detectors_see_through_the_state_what_the_vigil_sees() -> None:
    """A report is taken once however often the brain asks, and a silent station is noticed."""
    fault = FailingInstrument(station="S05", fault="dead", from_s=7200.0, quantity=PM25)
    living, detector = Living(city([fault])), InstrumentFault()
    detector.start(living.plant)
    before = living.live(7200, detector)
    assert before.max() < 1
    after = living.live(1800, detector)
    assert np.flatnonzero(after >= 1).tolist() == [4]


def test_smoke_upwind_of_a_station_is_a_sudden_rise_there() -> None:
    """From the release through the air, the stations and the state to the score."""
    plant = city(wind_direction=270.0)
    x, y = plant.model.places[4].tolist()
    plant = city([smoke(x=x - 800.0, y=y, from_s=7200.0, for_s=3600.0, rate=0.5)], wind_direction=270.0)
    living, detector = Living(plant), SuddenRise()
    detector.start(plant)
    assert np.nanmax(living.live(7200, detector)) < 0.7
    assert int(np.nanargmax(living.live(1800, detector))) == 4


def level_after(days: list[float]) -> float:
    """The level of an episode whose days have the PM2.5 given (µg/m³)."""
    living, detector = Living(city()), EpisodeLevel()
    state, detector_at = living.state, living.plant.now
    detector.start(living.plant)
    ids = living.plant.model.ids
    level = np.nan
    for hour in range(24 * len(days)):
        detector_at += 3600
        fine = np.full(len(ids), days[hour // 24] * MICROGRAM)
        state.update(
            ObservationBatch(AIR_STATION, "test", ids, np.full(len(ids), detector_at), {PM25: fine, PM10: fine})
        )
        state.move_to(detector_at)
        level = float(detector.score(state).score[0])
    return level


@pytest.mark.parametrize(
    ("days", "level"),
    [
        ([100.0], 0),
        ([180.0], 1),
        ([180.0, 180.0, 180.0], 2),
        ([180.0, 180.0, 260.0], 3),
        ([260.0, 260.0, 260.0, 260.0, 260.0], 4),
        ([260.0, 260.0, 100.0], 0),
        ([500.0], 4),
    ],
)
def test_the_level_of_an_episode_is_that_of_the_scheme(days: list[float], level: float) -> None:
    """People's driving bans hang on it: yellow after two days over 200, orange and red as the scheme says."""
    assert level_after(days) == level


def test_the_brain_lives_on_air_and_raises_the_alert_of_a_release() -> None:
    """All packs loaded, no traffic in the city: the pack's rules fire, and nothing else complains."""
    settings = read_settings(environment={}, options={"brain.speed": 0, "brain.tick_s": 60})
    registry = load_packs(settings)
    scenario = registry.component(
        Scenario, "air-city", {"incident": True, "width_m": 8000.0, "count": 25, "cells": 10, "step_s": 60.0}
    )
    brain = Brain(settings, registry, scenario, "own", None)
    brain.stop_at(brain.about().started_at + 4200)
    brain.start()
    brain.join()
    rules = {alert.rule for alert in brain.desk.all()}
    assert "release-suspected" in rules
    assert "component-failed" not in rules
