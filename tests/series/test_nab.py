"""The Numenta benchmark: that its files are read, and scored as it is defined."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touyan.core.errors import InputError, NotFoundError
from touyan.core.observations import Column
from touyan.packs.series.nab import Labelled, read_corpus
from touyan.packs.series.nab_score import PROFILES, Profile, curve, marks, of_other_half
from touyan.packs.series.peers import windowed_gaussian

from .corpus import real, written

LINES = [f"{datetime(2020, 1, 1) + timedelta(minutes=5 * n)},{n}" for n in range(6)]  # noqa: DTZ001
STANDARD = PROFILES["standard"]


def made(count: int, *spans: tuple[int, int]) -> Labelled:
    """A series with labelled spans."""
    return Labelled("made", np.arange(count, dtype=float), np.zeros(count), list(spans))


def alarms(count: int, *rows: int) -> Column:
    """A score of one in some rows, zero elsewhere."""
    told = np.zeros(count)
    told[list(rows)] = 1.0
    return told


def plain_score(scores: Column, series: Labelled, profile: Profile, threshold: float) -> float:
    """The benchmark's score of one file, told slowly from its words."""
    count = len(series.at)
    probation = min(int(0.15 * count), 750)
    found = dict.fromkeys(series.spans, -profile.missed)
    against = 0.0
    for row in range(probation, count):
        if scores[row] < threshold or scores[row] == 0:
            continue
        inside = [span for span in series.spans if span[0] <= row <= span[1]]
        behind = [span for span in series.spans if span[1] < row]
        if inside:
            first, last = inside[0]
            place = -(last - row + 1) / (last - first + 1)
            worth = (2 / (1 + np.exp(5 * place)) - 1) / (2 / (1 + np.exp(-5)) - 1)
            found[inside[0]] = max(found[inside[0]], profile.found * worth)
        elif not behind:
            against -= 1
        else:
            first, last = behind[-1]
            place = (row - last) / (last - first)
            against += -1 if place > 3 else 2 / (1 + np.exp(5 * place)) - 1
    windows = len(series.spans)
    total = sum(found.values()) + profile.false * against
    return 100 * (total + profile.missed * windows) / (windows * (profile.found + profile.missed))


def test_silence_scores_nothing_and_foresight_a_hundred() -> None:
    """The two ends of the scale are given by definition."""
    series = made(1000, (300, 399), (700, 799))
    never = curve([np.zeros(1000)], [marks(series)], STANDARD)
    perfect = curve([alarms(1000, 300, 700)], [marks(series)], STANDARD)
    assert never.best == (0.0, np.inf)
    assert perfect.best == pytest.approx((100.0, 1.0))


@given(
    st.lists(st.floats(0, 1), min_size=200, max_size=200),
    st.sampled_from(sorted(PROFILES)),
    st.sampled_from([[(50, 80)], [(40, 60), (100, 140)], [(180, 199)]]),
)
def test_the_score_at_each_threshold_is_that_of_the_definition(
    scores: list[float], profile: str, spans: list[tuple[int, int]]
) -> None:
    """The fast sweep over all thresholds must not differ from counting at one."""
    series, told = made(200, *spans), np.round(np.array(scores), 2)
    swept = curve([told], [marks(series)], PROFILES[profile])
    for threshold in (0.11, 0.5, 0.97):
        expected = plain_score(told, series, PROFILES[profile], threshold)
        assert swept.at(threshold) == pytest.approx(expected, abs=1e-9)


def test_early_alarms_and_few_false_ones_are_worth_more() -> None:
    """What the benchmark is for: early, and not crying wolf."""
    series = made(1000, (300, 399))
    early, late, wolf = (
        curve([alarms(1000, *rows)], [marks(series)], STANDARD).at(1.0) for rows in ((310,), (390,), (310, 900))
    )
    assert early > late > 0
    assert early - wolf == pytest.approx(100 * 0.11 / 2)


def test_a_threshold_comes_from_the_other_half() -> None:
    """A threshold chosen on the files it is judged on flatters; chosen elsewhere it may fail."""
    series = [made(1000, (300, 399)) for _ in range(4)]
    scores = [alarms(1000, 300) * level for level in (1.0, 1.0, 2.0, 2.0)]
    told = {of_other_half(scores, [marks(one) for one in series], STANDARD, seed) for seed in range(10)}
    assert max(told) == pytest.approx(100)
    assert min(told) < 100


def test_the_real_benchmark_is_read_whole() -> None:
    """58 series, 116 windows, 365,558 readings are what everybody scores on."""
    corpus = read_corpus(real())
    assert (len(corpus), sum(len(series.spans) for series in corpus)) == (58, 116)
    assert sum(len(series.at) for series in corpus) == 365_558


def test_the_scorer_scores_as_published() -> None:
    """The windowed Gaussian's published scores are 39.6, 20.9 and 47.4; ours must come to the same tenth."""
    corpus = read_corpus(real())
    scores = [windowed_gaussian(series.values) for series in corpus]
    marked = [marks(series) for series in corpus]
    told = [curve(scores, marked, profile).best[0] for profile in PROFILES.values()]
    assert told == pytest.approx([39.65, 20.87, 47.41], abs=0.01)


@pytest.mark.parametrize(
    ("lines", "windows", "found"),
    [
        ([*LINES, "soon,1"], [], "soon"),
        ([*LINES, "2020-01-02 00:00:00,high"], [], "high"),
        ([*LINES, "2020-01-02 00:00:00"], [], "index"),
        (LINES, [["2021-01-01 00:00:00", "2021-01-02 00:00:00"]], "index"),
    ],
)
def test_a_broken_file_is_told_by_name(tmp_path: Path, lines: list[str], windows: list[list[str]], found: str) -> None:
    """A benchmark on half a file would be a figure that nobody measured."""
    with pytest.raises(InputError, match=found) as caught:
        read_corpus(written(tmp_path, lines, windows))
    assert caught.value.file.endswith("one.csv")


def test_a_missing_benchmark_is_told(tmp_path: Path) -> None:
    """Without its data a benchmark is skipped with a reason, not with a traceback."""
    with pytest.raises(NotFoundError, match="Numenta"):
        read_corpus(tmp_path)
    folder = written(tmp_path, LINES, [])
    (folder / "data" / "made" / "one.csv").unlink()
    with pytest.raises(NotFoundError, match=r"one\.csv"):
        read_corpus(folder)
    (folder / "labels" / "combined_windows.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(InputError, match="combined_windows"):
        read_corpus(folder)


def test_a_time_that_stands_twice_means_its_first_row(tmp_path: Path) -> None:
    """In autumn an hour comes twice; the benchmark's windows begin in the first."""
    folder = written(tmp_path, [*LINES, LINES[2]], [["2020-01-01 00:10:00", "2020-01-01 00:20:00"]])
    assert read_corpus(folder)[0].spans == [(2, 4)]
