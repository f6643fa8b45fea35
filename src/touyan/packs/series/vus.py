"""Volume under the surface of range-based precision and recall (VUS-PR; Paparrizos et al., VLDB 2022).

Labels have slanting shoulders of growing width; the area under precision and recall is averaged over all widths, and
recall is discounted by the share of labelled ranges that were found at all.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from touyan.core.observations import Column

Labels = NDArray[np.bool_]
Spans = list[tuple[int, int]]

_THRESHOLDS = 250
_LONGEST_LAG, _FIRST_LAG, _USUAL_LENGTH, _LONGEST_LENGTH = 400, 3, 125, 300


def vus_pr(labels: Labels, score: Column, width: int) -> float:
    """VUS-PR of a score for labels, with shoulders of up to `width` rows."""
    spans = _spans(labels)
    order = np.argsort(-score, kind="stable")
    falling = score[order]
    thresholds = falling[np.linspace(0, len(score) - 1, _THRESHOLDS).astype(int)]
    taken = np.searchsorted(-falling, -thresholds, side="right")
    near = np.zeros(len(score), bool)
    for first, last in _widened(spans, width, len(score)):
        near[first : last + 1] = True
    areas = []
    for shoulder in range(width + 1):
        soft = np.where(near, _softened(labels, spans, shoulder), 0.0)
        ranges = _widened(spans, shoulder, len(score))
        highest = np.array([score[first : last + 1].max() for first, last in ranges])
        found = (highest >= thresholds[:, None]).mean(axis=1)
        hit = np.append(0.0, np.cumsum(soft[order]))[taken]
        outside = np.append(0.0, np.cumsum(np.where(labels, 0.0, soft)[order]))[taken]
        recall = np.minimum(hit / (labels.sum() + outside / 2), 1.0) * found
        areas.append(float(np.diff(recall, prepend=0.0) @ (hit / taken)))
    return float(np.mean(areas))


def _spans(labels: Labels) -> Spans:
    """First and last row of each labelled range."""
    change = np.diff(np.concatenate([[0], labels.astype(int), [0]]))
    return list(zip(np.flatnonzero(change == 1).tolist(), (np.flatnonzero(change == -1) - 1).tolist(), strict=True))


def _widened(spans: Spans, width: int, count: int) -> Spans:
    """Spans with half a width on either side; those that touch are one."""
    half = width // 2
    told: Spans = []
    first = max(spans[0][0] - half, 0)
    for (_, end), (start, _) in pairwise(spans):
        if end + half < start - half:
            told.append((first, end + half))
            first = start - half
    return [*told, (first, min(spans[-1][1] + half, count - 1))]


def _softened(labels: Labels, spans: Spans, width: int) -> Column:
    """Labels of 1 with shoulders that fall as the square root of the distance."""
    soft = labels.astype(float)
    for first, last in spans:
        behind = np.arange(last + 1, min(last + width // 2 + 1, len(soft)))
        soft[behind] += np.sqrt(1.0 - (behind - last) / max(width, 1))
        before = np.arange(max(first - width // 2, 0), first)
        soft[before] += np.sqrt(1.0 - (first - before) / max(width, 1))
    np.minimum(soft, 1.0, out=soft)
    return soft


def period(values: Column) -> int:
    """The width that the benchmark gives a series: the lag of its highest peak of autocorrelation."""
    values = values[:20_000] - values[:20_000].mean()
    spectrum = np.fft.rfft(values, 2 * len(values))
    correlation = np.fft.irfft(spectrum * np.conj(spectrum))[_FIRST_LAG : _LONGEST_LAG + 1]
    inner = correlation[1:-1]
    peaks = np.flatnonzero((inner > correlation[:-2]) & (inner > correlation[2:])) + 1
    if len(peaks) == 0:
        return _USUAL_LENGTH
    best = int(peaks[np.argmax(correlation[peaks])])
    return best + _FIRST_LAG if _FIRST_LAG <= best <= _LONGEST_LENGTH else _USUAL_LENGTH
