"""What the map shows of the air, and what is likely to come."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from touyan.core.observations import ObservationBatch
from touyan.fusion.state import CurrentState
from touyan.packs.environment.air_index import PM25
from touyan.packs.environment.forecasters import ParticleOutlook
from touyan.packs.environment.layers import AirStationMap, ParticleField
from touyan.packs.environment.plant import SimulatedAir
from touyan.packs.environment.vocabulary import AIR_STATION, MICROGRAM

from .air_cities import city


def heard(plant: SimulatedAir, values: list[float], state: CurrentState | None = None, at: float = 0.0) -> CurrentState:
    """A state in which the stations said values (µg/m³), NaN nothing."""
    state = state or CurrentState(plant.now)
    ids = plant.model.ids
    state.register(AIR_STATION, ids)
    said = np.array(values) * MICROGRAM
    state.update(ObservationBatch(AIR_STATION, "test", ids, np.full(len(ids), plant.now + at), {PM25: said}))
    state.move_to(plant.now + at)
    return state


def test_stations_stand_where_they_are_and_silent_ones_have_no_colour() -> None:
    """A grey point is the truth about a station that says nothing."""
    plant, layer = city(), AirStationMap()
    layer.start(plant)
    features = layer.features(plant)["features"]
    assert [feature["id"] for feature in features] == list(plant.model.names)
    live = layer.live(heard(plant, [10.0] * 8 + [np.nan]))
    assert live == dict.fromkeys(plant.model.names[:8], 10.0)


def test_the_field_covers_the_stations_and_follows_them() -> None:
    """A cell beside a bad station is worse than one beside a good one; every live cell is on the map."""
    plant, layer = city(), ParticleField(cells=12)
    layer.start(plant)
    cells = {
        feature["id"]: shapely.geometry.shape(feature["geometry"]) for feature in layer.features(plant)["features"]
    }
    assert len(cells) == 144
    live = layer.live(heard(plant, [200.0] + [40.0] * 8))
    assert live.keys() == cells.keys()
    places = shapely.points(plant.projection.to_wgs84(plant.model.places))
    bad, good = (next(live[name] for name, cell in cells.items() if cell.covers(places[row])) for row in (0, 8))
    assert bad > 1.5 * good


def test_the_outlook_returns_to_the_mean_of_the_last_day() -> None:
    """What is unusual now is likely to be less so in some hours, by half after the half-life."""
    plant, outlook = city(), ParticleOutlook()
    outlook.start(plant)
    state = heard(plant, [40.0] * 9)
    for step in range(1, 288):
        heard(plant, [40.0] * 9, state, 300.0 * step)
        outlook.forecast(state, state.now)
    heard(plant, [140.0] * 9, state, 300.0 * 288)
    told = outlook.forecast(state, state.now + 6 * 3600)
    assert told.ids == plant.model.ids
    assert (told.at - state.now).tolist() == [3600.0 * hour for hour in range(1, 7)]
    assert told.values[-1, 0] / MICROGRAM == pytest.approx(90.0, abs=2.0)
    assert (np.diff(told.values[:, 0]) < 0).all()
