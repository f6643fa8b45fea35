"""Small cities for the tests of the air."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touyan.core.components import Change
from touyan.packs.environment.changes import AccidentalRelease
from touyan.packs.environment.cloud import Cloud, Release
from touyan.packs.environment.plant import SimulatedAir
from touyan.packs.environment.sources import AirStations, WeatherStation
from touyan.packs.environment.spread import spread_of
from touyan.packs.environment.winds import Setpoint, Wind
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


def steady_cloud(
    stability: str = "D",
    ground: str = "open-country",
    *,
    height: float = 0.0,
    speed: float = 4.0,
    seconds: float = 6000.0,
    step_s: float = 2.0,
    for_s: float = 1e9,
) -> Cloud:
    """A release of 1 kg/s at the origin in a west wind, after some time."""
    release = Release(0.0, 0.0, height, 1.0, 0.0, for_s)
    cloud = Cloud([release], Wind((Setpoint(0.0, speed, 270.0),)), spread_of(stability, ground), step_s, 1e6)
    while cloud.seconds < seconds:
        cloud.step()
    return cloud


def mass_on_grid(cloud: Cloud) -> float:
    """Kilograms over all of space, by integrating the field on a fine grid."""
    puffs = cloud.puffs
    margin = 4.5 * puffs[:, 3:5].max(axis=0)
    axes = [np.linspace(puffs[:, axis].min() - margin[0], puffs[:, axis].max() + margin[0], 81) for axis in (0, 1)]
    up = np.linspace(0.0, puffs[:, 5].max() + margin[1], 61)
    points = np.stack(np.meshgrid(*axes, up, indexing="ij"), axis=-1)
    field: NDArray[np.float64] = cloud.at(points.reshape(-1, 3)).reshape(points.shape[:-1])
    for axis in (up, axes[1], axes[0]):
        field = np.trapezoid(field, axis, axis=-1)
    return float(field)
