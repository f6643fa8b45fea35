"""The field judged: each station of a city left out in turn and found from the others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .air_index import CO, NO2, PM10, PM25
from .field import Kriging, OtherInstruments, inverse_distance
from .hours import AirHours
from .network import read_network

Column = NDArray[np.float64]

_STATIONS = Path(__file__).parent / "data" / "beijing_stations.csv"
_OTHERS = (PM10, CO, NO2)
_LEARN_EVERY = 7
"""Hours from which slopes are learned; neighbouring ones say nearly the same."""

PEER, KRIGING, DRAWN = "inverse distance", "kriging", "kriging, other instruments"


def field_errors(hours: AirHours, test_from: int) -> dict[str, float]:
    """RMSE (µg/m³) of each method over all stations from an hour on.

    Of the station left out no PM2.5 of any year is used; slopes are learned before the test, at the others.
    """
    network = read_network(_STATIONS)
    places = network.places[[network.station(name) for name in hours.stations]]
    squares: dict[str, list[Column]] = {PEER: [], KRIGING: [], DRAWN: []}
    for station in range(len(places)):
        true = hours.columns[PM25][station, test_from:]
        for name, found in left_out(hours, places, station, test_from).items():
            squares[name].append((found - true) ** 2)
    known = ~np.isnan(sum(np.concatenate(each) for each in squares.values()))
    return {name: float(np.sqrt(np.concatenate(each)[known].mean())) for name, each in squares.items()}


def left_out(hours: AirHours, places: Column, station: int, test_from: int) -> dict[str, Column]:
    """The field at one station from all others, by each method."""
    rest = np.delete(np.arange(len(places)), station)
    fine = hours.columns[PM25][rest]
    before = np.arange(0, test_from, _LEARN_EVERY)
    others = [hours.columns[name] for name in _OTHERS]
    learned = OtherInstruments(places[rest], fine, [column[rest] for column in others], before)
    here = [(column[rest][:, test_from:], column[station, test_from:]) for column in others]
    now = fine[:, test_from:]
    return {
        PEER: inverse_distance(places[rest], now, places[station]),
        KRIGING: Kriging(places[rest]).at(places[station][None], now)[0],
        DRAWN: learned.at(places[rest], places[station], now, here),
    }
