"""How good the pack is, in figures that anybody can measure again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from touyan.core.components import Benchmark
from touyan.core.errors import NotFoundError
from touyan.core.settings import setting

from .field_trial import field_errors
from .forecasting import Seen, Span, judge
from .hours import AirHours, read_hours
from .network_trial import figures, live_through
from .spread import GROUNDS, STABILITIES
from .trials import mass_error, plume_error, search

Row = dict[str, Any]

_DATA = Path("../shared/data/environment/beijing_pm25")
_DATA_HELP = "Folder with the public hourly files of 12 stations of Beijing (UCI 501)."
_TEST_FROM = "2016-03-01T00:00"


def beijing(folder: Path) -> AirHours:
    """The public hours of Beijing; raises NotFoundError where they are not here."""
    files = sorted(folder.glob("PRSA_Data_*.csv.xz"))
    if not files:
        raise NotFoundError("data", str(folder))
    return read_hours(files)


class ParticleForecasts(Benchmark):
    """Forecasts of PM2.5 with intervals, on an unseen year."""

    protocol = (
        "Beijing, 12 stations, hourly: March 2013 to February 2016 to learn, March 2016 to February 2017 to test, all "
        "hours in which a station says something and says something after the horizon. Nothing is known of weather to "
        "come. Intervals of 90 % are learned day by day from errors whose hours have passed. RMSE and width in µg/m³"
    )
    data: Path = setting(_DATA, help=_DATA_HELP)
    horizons: str = setting("1, 6, 24", help="Hours ahead, separated by commas.")

    def rows(self) -> list[Row]:
        """One row for each horizon, beside persistence."""
        hours = beijing(self.data)
        begin = hours.hour_of(_TEST_FROM)
        seen = Seen.of(hours)
        return [self._row(seen, int(horizon), begin, hours.count) for horizon in self.horizons.split(",")]

    def _row(self, seen: Seen, horizon: int, begin: int, end: int) -> Row:
        judged = judge(seen, horizon, Span(0, begin), Span(begin, end))
        known = ~np.isnan(judged.forecast) & ~np.isnan(judged.happened)
        errors = (judged.forecast - judged.happened)[known]
        persistence = (seen.fine[:, begin:end] - judged.happened)[known]
        inside = (judged.happened >= judged.interval.low) & (judged.happened <= judged.interval.high)
        return {
            "hours_ahead": horizon,
            "forecasts": int(known.sum()),
            "rmse": round(float(np.sqrt((errors**2).mean())), 2),
            "rmse_persistence": round(float(np.sqrt((persistence**2).mean())), 2),
            "covered_percent": round(100 * float(inside[known].mean()), 2),
            "mean_width": round(float((judged.interval.high - judged.interval.low)[known].mean()), 1),
        }


class StationField(Benchmark):
    """The field of PM2.5 where a station is left out."""

    protocol = (
        "Beijing, 12 stations, hourly, March 2016 to February 2017: each station in turn is left out, its PM2.5 of all "
        "years too, and is found from the others; RMSE over all hours and stations in µg/m³. The peer weights by the "
        "square of the distance. With other instruments: PM10, CO and NO2 are measured at the place; how they go with "
        "PM2.5 is learned at the other stations, before the test year"
    )
    data: Path = setting(_DATA, help=_DATA_HELP)

    def rows(self) -> list[Row]:
        """One row for each method."""
        hours = beijing(self.data)
        errors = field_errors(hours, hours.hour_of(_TEST_FROM))
        peer = errors["inverse distance"]
        return [
            {"method": name, "rmse": round(error, 2), "below_peer_percent": round(100 * (1 - error / peer), 1)}
            for name, error in errors.items()
        ]


class Dispersion(Benchmark):
    """The cloud beside the analytic plume, and the mass that it holds."""

    protocol = (
        "a release of 1 kg/s in a steady wind of 4 m/s: greatest difference to the plume's formula along the axis at "
        "the ground from 200 m to 10 km; and the field of one minute's release after 5 minutes from 15 m, integrated "
        "over space, beside the mass that was released"
    )

    def rows(self) -> list[Row]:
        """One row for each ground and stability."""
        return [
            {
                "ground": ground,
                "stability": stability,
                "plume_error_percent": round(100 * plume_error(stability, ground), 3),
                "mass_error_percent": round(100 * mass_error(stability, ground), 4),
            }
            for ground in GROUNDS
            for stability in STABILITIES
        ]


class SourceSearch(Benchmark):
    """How near the estimated source is to the true one."""

    protocol = (
        "ten stations in 8 km, a release of 0.05 to 0.5 kg/s somewhere in the inner two thirds, one hour of readings "
        "each 5 minutes with 10 % noise, a wandering wind measured to 3° and 5 %. Seen are releases that add 5 µg/m³ "
        "to a reading; in_spread is the share of sources within two of the stated standard deviations"
    )
    runs: int = setting(100, at_least=1, at_most=10_000, help="How many releases.")

    def rows(self) -> list[Row]:
        """All releases, and those that any station saw."""
        searches = [search(seed) for seed in range(self.runs)]
        chosen = {"all": searches, "seen": [each for each in searches if each.seen]}
        return [
            {
                "releases": name,
                "count": len(some),
                "median_m": round(float(np.median([each.error_m for each in some]))),
                "median_spread_m": round(float(np.median([each.found.spread_m for each in some]))),
                "in_spread_percent": round(
                    100 * float(np.mean([each.error_m <= 2 * each.found.spread_m for each in some])), 1
                ),
            }
            for name, some in chosen.items()
        ]


class SensorNetwork(Benchmark):
    """Injected faults and releases: what is found, and how soon."""

    protocol = (
        "each seed is a network of 20 stations for 5 days, PM2.5 and PM10 each 5 minutes with 5 % noise, background "
        "20 to 120 µg/m³, two faults of different kinds (offset by +60 to +200 % or -50 to -90 %, drift of 8 to 20 % "
        "an hour, noise of 60 to 150 %, stuck, dead) and two releases of 0.1 to 2 kg/s for one to two hours, 500 to "
        "2,500 m upwind of a station. Releases count that are above twice the background in a report; the delay is "
        "from that report, or from the begin of the fault. Told apart: the first alert is of the right kind"
    )
    runs: int = setting(200, at_least=1, at_most=10_000, help="How many seeds.")

    def rows(self) -> list[Row]:
        """One row for each kind of event, and the false alerts."""
        return figures([live_through(seed) for seed in range(self.runs)])
