"""The default detector over whole files, strictly on line: each reading is judged before the next one is seen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from touyan.core.observations import Column
from touyan.warning.detectors.series import Series

from .nab import Labelled


class Judged(NamedTuple):
    """For each reading: the surprise of a new alarm there, else 0; the unrest; and the surprise of the unrest."""

    alarm: Column
    unrest: Column
    unrest_surprise: Column


def judge(series: Labelled) -> Judged:
    """Let a detector that knows nothing see a series reading by reading."""
    detector, row = Series(1), np.zeros(1, np.intp)
    told = np.zeros((len(series.at), 3))
    for number in range(len(series.at)):
        here = slice(number, number + 1)
        alarm = detector.observe(row, series.at[here], series.values[here])[0]
        (unrest,), (surprise,) = detector.unrest(row)
        told[number] = alarm, unrest, surprise
    return Judged(*np.nan_to_num(told).T)


def false_alarm_rate(readings: Column, threshold: float, interval_s: float = 300.0) -> float:
    """Share of readings of clean series, (length, count), that raise an alarm, after the first fifth."""
    length, count = readings.shape
    detector, alarms = Series(count), 0
    rows = np.arange(count)
    for number, values in enumerate(readings):
        told = detector.observe(rows, np.full(count, number * interval_s), values)
        alarms += int((told >= threshold).sum()) if number >= length // 5 else 0
    return float(alarms / (count * (length - length // 5)))
