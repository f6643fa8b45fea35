"""The field between stations: kriging, its peer, and what other instruments say."""

from __future__ import annotations

import numpy as np
import pytest

from touyan.core.geometry import Projection
from touyan.packs.environment.field import Kriging, OtherInstruments, inverse_distance
from touyan.packs.environment.network import made_network, read_network

from .air_cities import FOLDER

PLACES = made_network(12, 30_000.0, 1, Projection()).places
RANDOM = np.random.default_rng(0)


def test_the_field_is_that_of_the_station_where_it_stands_nearly() -> None:
    """Kriging with a nugget smooths what is a station's own, and keeps most of what it shares."""
    values = 50.0 + PLACES[:, :1] / 1000.0 + np.zeros((1, 3))
    found = Kriging(PLACES, nugget=1e-6).at(PLACES, values)
    np.testing.assert_allclose(found, values, rtol=1e-3)


def test_a_slope_over_the_city_is_continued_between_stations() -> None:
    """A field that ran through the mean everywhere would need no stations."""
    rest = np.arange(12) != 5
    values = 100.0 + PLACES[:, 1:] / 500.0
    found = Kriging(PLACES[rest]).at(PLACES[5][None], values[rest])[0, 0]
    assert abs(found - values[5, 0]) < abs(values[rest].mean() - values[5, 0])


def test_silent_stations_do_not_pull_the_field_to_zero() -> None:
    """Missing is not clean."""
    values = np.full((12, 2), 80.0)
    values[3:7, 0] = np.nan
    values[:, 1] = np.nan
    found = Kriging(PLACES).at(np.zeros((1, 2)), values)
    assert found[0, 0] == pytest.approx(80.0)
    assert np.isnan(found[0, 1])


def test_far_from_stations_the_field_is_less_sure() -> None:
    """People must see where the map is a guess."""
    values = RANDOM.uniform(40, 80, (12, 1))
    near, far = Kriging(PLACES).uncertainty(np.vstack([PLACES[0], PLACES[0] + 80_000.0]), values)[:, 0]
    assert far > 1.5 * near


def test_the_peer_weights_by_distance_and_leaves_silent_stations_out() -> None:
    """The comparison is only fair with a peer that does what its name says."""
    places = np.array([[0.0, 0.0], [3.0, 0.0], [100.0, 0.0]])
    values = np.array([[10.0], [40.0], [np.nan]])
    assert inverse_distance(places, values, np.array([1.0, 0.0]))[0] == pytest.approx((10 + 40 / 4) / 1.25)


def test_other_instruments_of_a_place_tell_of_the_missing_one() -> None:
    """PM10 that is twice the neighbours' means that PM2.5 is high there too; the slope is learned elsewhere."""
    own = np.exp(RANDOM.normal(0, 0.4, (12, 300)))
    fine, dust = 60.0 * own, 100.0 * own**0.8
    rest = np.arange(12) != 4
    learned = OtherInstruments(PLACES[rest], fine[rest], [dust[rest]], np.arange(200))
    found = learned.at(PLACES[rest], PLACES[4], fine[rest][:, 200:], [(dust[rest][:, 200:], dust[4, 200:])])
    plain = Kriging(PLACES[rest]).at(PLACES[4][None], fine[rest][:, 200:])[0]
    true = fine[4, 200:]
    assert np.abs(found - true).mean() < 0.5 * np.abs(plain - true).mean()


def test_the_stations_of_beijing_lie_where_they_are() -> None:
    """Dingling is in the north, Tiantan in the middle of the old city: degrees in the wrong order would show."""
    network = read_network(FOLDER / "data" / "beijing_stations.csv")
    north = network.places[:, 1]
    assert north[network.station("Dingling")] > north[network.station("Tiantan")] + 30_000
    assert len(network.names) == 12
