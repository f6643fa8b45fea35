"""Hourly files played back as a city, and what was kept out of them."""

from __future__ import annotations

import numpy as np
import pytest

from touyan.core.components import Scenario
from touyan.core.errors import SettingError
from touyan.core.time import to_iso
from touyan.fusion.state import CurrentState
from touyan.packs.environment.air_index import PM25
from touyan.packs.environment.network import WEATHER_ID
from touyan.packs.environment.vocabulary import AIR_STATION, MICROGRAM, WEATHER_STATION, WIND_SPEED
from touyan.packs.environment.worlds import AirRecord
from touyan.runtime.cities import find_scenario
from touyan.runtime.packs import load_pack

from .air_cities import FOLDER

SAMPLE = FOLDER / "data" / "recorded"


def test_the_sample_is_recognised_and_says_what_was_kept_out() -> None:
    """`touyan import` shows it: each reason with its count, and nothing of it in the state."""
    scenario = find_scenario(load_pack(FOLDER), [SAMPLE])
    assert isinstance(scenario, AirRecord)
    told = scenario.survey().as_dict()
    assert told["facts"] == {"stations": 3, "hours": 48}
    assert told["left_out"] == {"absurd": 1, "duplicate hour": 1, "negative": 1, "no position": 48}


def test_each_hour_says_at_its_end_what_it_was() -> None:
    """A reading that came before its hour was over would be a look into the future."""
    plant = AirRecord(folder=SAMPLE).build([])
    assert to_iso(plant.now) == "2026-01-05T00:00:00+08:00"
    assert plant.advance(3599) == []
    air, weather = plant.advance(1)
    assert air.ids == plant.model.ids
    assert air.observed_at.tolist() == [plant.now] * 3
    assert (air.values[PM25] / MICROGRAM).round().tolist() == [49.0, 62.0, 64.0]
    assert weather.entity_type == WEATHER_STATION
    assert 0 <= weather.values[WIND_SPEED][0] < 5


def test_two_hours_at_once_are_two_reports() -> None:
    """A slow beat must not swallow an hour; what was kept out is missing in its own hour only."""
    plant = AirRecord(folder=SAMPLE).build([])
    reports = [batch.values[PM25] for batch in plant.advance(3 * 3600) if PM25 in batch.values]
    assert len(reports) == 3
    assert np.isnan(reports[2][0])
    assert not np.isnan(np.array(reports)[:2]).any()
    assert plant.advance(1e6)
    assert plant.advance(1e6) == []


def test_playing_may_begin_later_but_not_outside() -> None:
    """An hour that the files do not have is a mistake, not an empty city."""
    plant = AirRecord(folder=SAMPLE, starts_at="2026-01-06T00:00:00").build([])
    assert to_iso(plant.now) == "2026-01-06T00:00:00+08:00"
    with pytest.raises(SettingError, match="an hour that the files have"):
        AirRecord(folder=SAMPLE, starts_at="2025-01-06T00:00:00").build([])


def test_the_record_fills_the_state_like_any_city() -> None:
    """Fusion does not know that it is the past: what was kept out leaves the last good value, with its age."""
    scenario = load_pack(FOLDER).component(Scenario, "air-record", {"folder": SAMPLE})
    plant = scenario.build([])
    state = CurrentState(plant.now)
    state.register(AIR_STATION, plant.model.ids)
    state.register(WEATHER_STATION, [WEATHER_ID])
    for _ in range(3):
        for batch in plant.advance(3600):
            state.update(batch)
        state.move_to(plant.now)
    heard = state.table(AIR_STATION)
    assert heard.observed_at.tolist() == [plant.now] * 3
    assert heard.heard_at(PM25).tolist() == [plant.now - 3600, plant.now, plant.now]
    assert scenario.label().en == "recorded air of recorded"
