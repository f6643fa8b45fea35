"""Classes of surface water by the worst single factor: GB 3838-2002, table 1.

Values are mg/l, of pH pure numbers, of faecal coliforms numbers a litre, as in the table. Class 1 to 5 are Ⅰ to Ⅴ;
6 is worse than Ⅴ. Water temperature, which the table limits by what people change, is not judged.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]

WORSE_THAN_V = 6
ROMAN = ("Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ", "Ⅴ", "劣Ⅴ")

PH, OXYGEN, SATURATION = "pH", "dissolvedOxygen", "oxygenSaturation"
PHOSPHORUS, NITROGEN = "totalPhosphorus", "totalNitrogen"

PH_RANGE = (6.0, 9.0)
"""Allowed in every class."""
OXYGEN_AT_LEAST = (7.5, 6.0, 5.0, 3.0, 2.0)
SATURATION_OF_I = 0.9
"""A share of saturation that is class Ⅰ whatever the concentration."""

AT_MOST: dict[str, tuple[float, float, float, float, float]] = {
    "permanganateIndex": (2, 4, 6, 10, 15),
    "chemicalOxygenDemand": (15, 15, 20, 30, 40),
    "biochemicalOxygenDemand": (3, 3, 4, 6, 10),
    "ammoniaNitrogen": (0.15, 0.5, 1.0, 1.5, 2.0),
    PHOSPHORUS: (0.02, 0.1, 0.2, 0.3, 0.4),
    "copper": (0.01, 1.0, 1.0, 1.0, 1.0),
    "zinc": (0.05, 1.0, 1.0, 2.0, 2.0),
    "fluoride": (1.0, 1.0, 1.0, 1.5, 1.5),
    "selenium": (0.01, 0.01, 0.01, 0.02, 0.02),
    "arsenic": (0.05, 0.05, 0.05, 0.1, 0.1),
    "mercury": (0.00005, 0.00005, 0.0001, 0.001, 0.001),
    "cadmium": (0.001, 0.005, 0.005, 0.005, 0.01),
    "hexavalentChromium": (0.01, 0.05, 0.05, 0.05, 0.1),
    "lead": (0.01, 0.01, 0.05, 0.05, 0.1),
    "cyanide": (0.005, 0.05, 0.2, 0.2, 0.2),
    "volatilePhenol": (0.002, 0.002, 0.005, 0.01, 0.1),
    "petroleum": (0.05, 0.05, 0.05, 0.5, 1.0),
    "anionicSurfactant": (0.2, 0.2, 0.2, 0.3, 0.3),
    "sulfide": (0.05, 0.1, 0.2, 0.5, 1.0),
    "faecalColiforms": (200, 2000, 10000, 20000, 40000),
}
"""Greatest values of classes Ⅰ to Ⅴ."""

AT_MOST_IN_LAKES: dict[str, tuple[float, float, float, float, float]] = {
    **AT_MOST,
    PHOSPHORUS: (0.01, 0.025, 0.05, 0.1, 0.2),
    NITROGEN: (0.2, 0.5, 1.0, 1.5, 2.0),
}
"""The same for lakes and reservoirs, where nitrogen counts too."""


def factor_class(name: str, value: Column, lake: bool = False) -> Column:
    """Class by one factor.

    NaN where it is unknown or no value of such a thing.
    """
    given = np.asarray(value, np.float64)
    if name == PH:
        found = np.where((given >= PH_RANGE[0]) & (given <= PH_RANGE[1]), 1, WORSE_THAN_V)
        return np.where((given >= 0) & (given <= 14), found, np.nan)
    if name == OXYGEN:
        found = np.searchsorted([-least for least in OXYGEN_AT_LEAST], -given, side="left") + 1
    else:
        found = np.searchsorted((AT_MOST_IN_LAKES if lake else AT_MOST)[name], given, side="left") + 1
    return np.where(given >= 0, found, np.nan)


def factor_classes(values: Mapping[str, Column], lake: bool = False) -> dict[str, Column]:
    """Class by each factor that counts; oxygen near saturation is class Ⅰ."""
    counted = [name for name in values if name != SATURATION and (lake or name != NITROGEN)]
    classes = {name: factor_class(name, values[name], lake) for name in counted}
    if OXYGEN in classes and SATURATION in values:
        saturated = (np.asarray(values[SATURATION]) >= SATURATION_OF_I) & ~np.isnan(classes[OXYGEN])
        classes[OXYGEN] = np.where(saturated, 1.0, classes[OXYGEN])
    return classes


def water_class(classes: Mapping[str, Column]) -> Column:
    """The worst of the factors' classes; NaN where none is known."""
    return np.asarray(np.fmax.reduce(list(classes.values())), np.float64)


def deciding_factors(classes: Mapping[str, Column]) -> list[tuple[str, ...]]:
    """The factors that make each place's class, where it is worse than Ⅲ."""
    worst = water_class(classes)
    return [
        tuple(name for name in classes if classes[name].flat[place] == value) if value > 3 else ()
        for place, value in enumerate(worst.flat)
    ]
