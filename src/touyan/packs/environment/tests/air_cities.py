"""Small cities for the tests of the air."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from touyan.core.components import Change
from touyan.packs.environment.changes import AccidentalRelease
from touyan.packs.environment.plant import SimulatedAir
from touyan.packs.environment.sources import AirStations, WeatherStation
from touyan.packs.environment.worlds import AirCity

FOLDER = Path(__file__).parents[1]
STATIONS = FOLDER / "data" / "city" / "stations.csv"


def city(changes: Sequence[Change] = (), **settings: Any) -> SimulatedAir:
    """A city of nine stations on 8 km, under a steady wind unless told otherwise."""
    given = {"count": 9, "width_m": 8000.0, "turning": 0.0, "gusting": 0.0, "cells": 40, **settings}
    return AirCity(**given).changed(changes).build([AirStations(), WeatherStation()])


def smoke(**settings: Any) -> AccidentalRelease:
    """A kilogram a second from the middle for ten minutes."""
    return AccidentalRelease(**{"x": 0.0, "y": 0.0, "rate": 1.0, "for_s": 600.0, **settings})
