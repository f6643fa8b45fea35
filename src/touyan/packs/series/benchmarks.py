"""How early and how true the detectors of the warning engine are, by public scorers and on clean series."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from touyan.core.components import Benchmark
from touyan.core.observations import Column
from touyan.core.settings import setting

from .clean import KINDS
from .nab import Labelled, read_corpus
from .nab_score import PROFILES, Marks, curve, marks, of_other_half
from .peers import half_space_trees_speed, has_river, windowed_gaussian
from .runs import Judged, false_alarm_rate, judge
from .speed import chain_speed, detector_speed, readings
from .tsb import mean_vus_pr

_THRESHOLD = 3.0
_HALVES = 20
_TRAFFIC = "realTraffic/"

Row = dict[str, Any]


class WarningQuality(Benchmark):
    """Scores on the Numenta benchmark and TSB-AD, false alarms on clean series, and speed."""

    name = "warning"
    protocol = (
        "one setting for all series, strictly on line: no label and no whole-file minimum, maximum or length is seen. "
        "Numenta benchmark: score at the best threshold for all files as the benchmark defines it, at the threshold 3 "
        "set beforehand, and with the threshold taken from the other half of the files (mean of 20 random halvings); a "
        "smaller excess within 100 readings of an alarm is the same alarm (refractory time). The windowed Gaussian is "
        "the benchmark's own, to show that the scorer scores as published (39.6, 20.9, 47.4). TSB-AD: VUS-PR of "
        "unrest, mean over the 23 series that its evaluation list takes from the Numenta benchmark (best published "
        "mean: 0.484, POLY). False alarms: realised over nominal rate on clean series of 100,000 readings, without the "
        "first fifth. Speed: CPU seconds on one core, 10,000 series in batches of one reading each; half-space trees "
        "are river's, with its defaults, on readings of the same series"
    )
    data: Path = setting(Path("../shared/data/anomaly/nab"), help="Folder with the public Numenta benchmark.")
    clean_series: int = setting(20, at_least=1, at_most=10_000, help="How many clean series of each kind.")
    clean_readings: int = setting(100_000, at_least=100, at_most=10_000_000, help="How long each of them is.")
    series: int = setting(10_000, at_least=1, at_most=1_000_000, help="How many series the speed is measured on.")
    rules: int = setting(200, at_least=1, at_most=10_000, help="How many rules judge them.")
    seed: int = setting(0, at_least=0, at_most=2**32 - 1, help="Seed of the series made for the benchmark.")

    def rows(self) -> list[Row]:
        """One row for each figure: what of, measured how, and the figure."""
        corpus = read_corpus(self.data)
        judged = [judge(series) for series in corpus]
        return [
            *_numenta("touyan", corpus, [told.alarm for told in judged]),
            *_best("windowed Gaussian", corpus, [windowed_gaussian(series.values) for series in corpus]),
            *_unrest(corpus, judged),
            *self._false_alarms(),
            *self._speed(),
        ]

    def _false_alarms(self) -> list[Row]:
        rows = []
        for kind, make in KINDS.items():
            values = make(np.random.default_rng(self.seed), self.clean_readings, self.clean_series)
            for threshold in (2.5, _THRESHOLD):
                rate = false_alarm_rate(values, threshold) * 10**threshold
                rows.append(_row("false alarms", kind, f"realised / nominal at {threshold:g}", rate))
        return rows

    def _speed(self) -> list[Row]:
        values = readings(200, self.series, self.seed)
        alone, size = detector_speed(values)
        chain, _ = chain_speed(values[:60], self.rules)
        rows = [
            _row("speed", "novelty", "readings per CPU second", round(alone)),
            _row("speed", f"state, 3 detectors, {self.rules} rules, alerts", "readings per CPU second", round(chain)),
            _row("memory", "novelty", "bytes per series", size),
        ]
        if not has_river():
            return [*rows, _row("speed", "half-space trees (river)", "not installed: touyan[anomaly]", np.nan)]
        trees = half_space_trees_speed(values[:, 0].repeat(50))
        rows.append(_row("speed", "half-space trees (river)", "readings per CPU second", round(trees)))
        return [*rows, _row("speed", "novelty", "times half-space trees", alone / trees)]


def _numenta(name: str, corpus: list[Labelled], alarms: list[Column]) -> list[Row]:
    """All profiles at the best, the fixed and the other half's threshold, and real traffic apart."""
    marked = [marks(series) for series in corpus]
    traffic = [number for number, series in enumerate(corpus) if series.name.startswith(_TRAFFIC)]
    rows = _best(name, corpus, alarms)
    for profile, weights in PROFILES.items():
        fixed = curve(alarms, marked, weights).at(_THRESHOLD)
        rows.append(_row("Numenta benchmark", name, f"{profile}, threshold 3", fixed))
    halves = [of_other_half(alarms, marked, PROFILES["standard"], seed) for seed in range(_HALVES)]
    rows.append(_row("Numenta benchmark", name, "standard, threshold of the other half", float(np.mean(halves))))
    for profile, weights in PROFILES.items():
        fixed = curve(_some(alarms, traffic), _some(marked, traffic), weights).at(_THRESHOLD)
        rows.append(_row("Numenta benchmark, 7 real traffic series", name, f"{profile}, threshold 3", fixed))
    return rows


def _best(name: str, corpus: list[Labelled], scores: list[Column]) -> list[Row]:
    """The score as the benchmark defines it, for each profile."""
    marked: list[Marks] = [marks(series) for series in corpus]
    rows = []
    for profile, weights in PROFILES.items():
        score, threshold = curve(scores, marked, weights).best
        rows.append(_row("Numenta benchmark", name, f"{profile}, best threshold {threshold:.2f}", score))
    return rows


def _unrest(corpus: list[Labelled], judged: list[Judged]) -> list[Row]:
    measured = {"unrest": [told.unrest for told in judged], "surprise of unrest": [t.unrest_surprise for t in judged]}
    return [
        _row("TSB-AD, 23 series", name, "mean VUS-PR", mean_vus_pr(corpus, told)) for name, told in measured.items()
    ]


def _some(items: list[Any], chosen: list[int]) -> list[Any]:
    return [items[number] for number in chosen]


def _row(on: str, of: str, measure: str, figure: float) -> Row:
    """One measured figure, to four digits."""
    return {"on": on, "of": of, "measure": measure, "figure": float(f"{figure:.4g}") if abs(figure) < 1e4 else figure}
