"""Figures of road traffic: that they are what the sensors say, in the unit they claim."""

from __future__ import annotations

import math

import numpy as np
import pytest

from touyan.core.components import Indicator
from touyan.core.protocols import Measure
from touyan.core.units import unit
from touyan.packs.traffic.analyses import (
    DetectorsHealthy,
    Halting,
    LongestQueue,
    MeanSpeed,
    Throughput,
    VehiclesOnLanes,
)
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.vocabulary import HALTING, LEFT, MEAN_SPEED, QUEUE_LENGTH, VEHICLES

from .sensed import SensedCity

NETWORK = grid_network(1, 2)
ALL = (VehiclesOnLanes, MeanSpeed, Halting, LongestQueue, DetectorsHealthy, Throughput)


def measured(indicator: Indicator, city: SensedCity) -> Measure:
    """The figure of a city that the indicator meets now."""
    indicator.start(city)
    return indicator.measure(city.state)


def test_vehicles_and_halting_vehicles_are_summed() -> None:
    """Every lane counts once."""
    city = SensedCity(NETWORK)
    city.lanes_say(**{VEHICLES: np.arange(float(len(city.lanes))), HALTING: city.empty() + 2})
    assert measured(VehiclesOnLanes(), city).value == sum(range(len(city.lanes)))
    assert measured(Halting(), city).value == 2 * len(city.lanes)


def test_the_mean_speed_is_weighted_by_vehicles_and_given_in_km_per_hour() -> None:
    """One fast vehicle must not hide nine that stand; an empty lane has no speed and no say."""
    city = SensedCity(NETWORK)
    vehicles, speed = city.empty(), np.full(len(city.lanes), math.nan)
    vehicles[:2], speed[:2] = (1, 9), (10.0, 0.0)
    city.lanes_say(**{VEHICLES: vehicles, MEAN_SPEED: speed})
    measure = measured(MeanSpeed(), city)
    assert measure.value == pytest.approx(3.6)
    assert measure.unit_code == "KMH"


def test_the_longest_queue_is_in_metres() -> None:
    """The worst place of the city is one number."""
    city = SensedCity(NETWORK)
    queue = city.empty()
    queue[5] = 123.0
    city.lanes_say(**{QUEUE_LENGTH: queue})
    assert measured(LongestQueue(), city)[2:4] == (123.0, "MTR")


def test_the_share_of_detectors_that_are_heard_is_in_per_cent() -> None:
    """A figure must say on how many sensors it rests."""
    city = SensedCity(NETWORK)
    vehicles = city.empty()
    vehicles[:21] = math.nan
    city.lanes_say(**{VEHICLES: vehicles})
    indicator = DetectorsHealthy()
    assert len(vehicles) == 42
    assert measured(indicator, city)[2:4] == (50.0, "P1")
    assert indicator.measure(city.at(16)).value == 0.0


def test_silent_lanes_do_not_count() -> None:
    """A count from yesterday is not the present."""
    city = SensedCity(NETWORK)
    vehicles = city.empty() + 3
    city.lanes_say(**{VEHICLES: vehicles})
    vehicles[1:] = math.nan
    city.at(16)
    city.lanes_say(**{VEHICLES: vehicles})
    assert measured(VehiclesOnLanes(), city).value == 3


def test_throughput_counts_vehicles_that_leave_the_outermost_lanes() -> None:
    """Vehicles that go from lane to lane inside are under way still; inside lanes are ignored."""
    city, indicator = SensedCity(NETWORK), Throughput()
    indicator.start(city)
    network = city.model
    outermost = network.crossing_virtual[network.road_to[network.lane_road]]
    left = np.where(outermost, 0.0, 9.0)
    left[np.flatnonzero(outermost)[0]] = 1.0
    for second in range(5, 61, 5):
        city.at(second)
        city.lanes_say(**{LEFT: left})
        indicator.note(city.state)
        measure = indicator.measure(city.state)
    assert measure.value == pytest.approx(3600 / 5)
    assert measure.unit_code == "E58"


def test_throughput_forgets_what_is_older_than_its_window() -> None:
    """The figure is that of the last five minutes."""
    city, indicator = SensedCity(NETWORK), Throughput()
    indicator.start(city)
    for second in range(5, 701, 5):
        city.at(second)
        city.lanes_say(**{LEFT: 1.0 if second <= 300 else 0.0})
        indicator.note(city.state)
        measure = indicator.measure(city.state)
    assert measure.value == 0.0


def test_throughput_does_not_depend_on_how_often_people_look() -> None:
    """A fast run shows figures less often than sensors report; the digits must stay the same."""
    rates = []
    for every in (5, 20):
        city, indicator = SensedCity(NETWORK), Throughput()
        indicator.start(city)
        for second in range(5, 301, 5):
            city.at(second)
            city.lanes_say(**{LEFT: float(second % 4)})
            indicator.note(city.state)
            measure = indicator.measure(city.state) if second % every == 0 else None
        rates.append(measure and measure.value)
    assert rates[0] == rates[1]


@pytest.mark.parametrize("kind", ALL)
def test_a_city_without_readings_has_no_figures_and_no_failures(kind: type[Indicator]) -> None:
    """Before the first report the console shows a dash, not a zero."""
    measure = measured(kind(), SensedCity(NETWORK))
    assert math.isnan(measure.value) or (kind is DetectorsHealthy and measure.value == 0.0)


def test_every_figure_has_a_name_of_its_own_a_unit_and_a_method() -> None:
    """Every number shown to a person can say where it came from."""
    measures = [measured(kind(), SensedCity(NETWORK)) for kind in ALL]
    assert len({measure.name for measure in measures}) == len(ALL)
    for measure in measures:
        assert unit(measure.unit_code)
        assert measure.method.en
        assert measure.method.zh
