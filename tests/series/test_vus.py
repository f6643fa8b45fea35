"""Range-based precision and recall: that it is what its authors define."""

from __future__ import annotations

import numpy as np
import pytest

from touyan.packs.series.nab import read_corpus
from touyan.packs.series.tsb import PARTS, labels_of
from touyan.packs.series.vus import period, vus_pr

from .corpus import real


@pytest.mark.parametrize(
    ("count", "digits", "expected"),
    [
        (600, None, 0.7195048667069845),
        (600, 1, 0.6862596413134942),
        (900, None, 0.5592051919533403),
        (900, 1, 0.5304319611133131),
    ],
)
def test_it_agrees_with_the_published_implementation(count: int, digits: int | None, expected: float) -> None:
    """The figures were made with the code of TSB-AD on the same random scores, ties included."""
    rng = np.random.default_rng(0)
    drawn = [rng.random(size) for size in (600, 900)][[600, 900].index(count)]
    labels = np.zeros(count, bool)
    labels[200:240] = labels[400:420] = True
    score = drawn + labels * 0.5
    assert vus_pr(labels, score if digits is None else score.round(digits), 30) == pytest.approx(expected, abs=1e-12)


def test_a_score_that_knows_the_labels_wins_over_one_that_does_not() -> None:
    """The measure must rank what it is made to rank."""
    labels = np.zeros(500, bool)
    labels[100:150] = True
    rng = np.random.default_rng(1)
    known, blind = labels + 0.01 * rng.random(500), rng.random(500)
    assert vus_pr(labels, known, 20) > 0.8 > 0.4 > vus_pr(labels, blind, 20)


def test_the_width_is_the_period_of_the_series() -> None:
    """The authors take the highest peak of autocorrelation, and 125 where there is none to be had."""
    rows = np.arange(3000)
    assert period(np.sin(2 * np.pi * rows / 48)) == 48
    assert period(rows.astype(float)) == 125


def test_the_parts_are_those_of_the_published_list() -> None:
    """Rows and labelled rows of all 23 series as TSB-AD lists them."""
    listed = {
        "realKnownCause/ec2_request_latency_system_failure.csv": (4031, 343),
        "realTweets/Twitter_volume_GOOG.csv": (6000, 637),
        "realTraffic/occupancy_6005.csv": (2379, 238),
        "realAdExchange/exchange-3_cpc_results.csv": (1000, 148),
        "realKnownCause/cpu_utilization_asg_misconfiguration.csv": (18049, 1498),
        "realAWSCloudwatch/elb_request_count_8c0756.csv": (3031, 200),
        "realAWSCloudwatch/rds_cpu_utilization_cc0c53.csv": (4031, 520),
    }
    corpus = {series.name: series for series in read_corpus(real())}
    labels = {part.name: labels_of(part, corpus[part.name]) for part in PARTS}
    assert len(labels) == 23
    assert {name: (len(labels[name]), int(labels[name].sum())) for name in listed} == listed
