"""The 23 series that the evaluation list of TSB-AD-U takes from the Numenta benchmark (Liu and Paparrizos, 2024).

The list tells of each series its rows, and where its anomalies begin and how many rows they have. Most are the windows
of the Numenta benchmark less their last row; the others are given here as the list has them. Of one series
(rds_cpu_utilization_cc0c53) the list tells only the sum of two lengths: the first is taken to be the longer one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from touyan.core.observations import Column

from .nab import Labelled
from .vus import Labels, period, vus_pr


class Part(NamedTuple):
    """The rows of a series that are used, and its anomalies as first row and length where the list has its own."""

    name: str
    first: int = 0
    rows: int = 0
    anomalies: tuple[tuple[int, int], ...] = ()


PARTS = (
    Part("realKnownCause/ec2_request_latency_system_failure.csv"),
    Part("realTweets/Twitter_volume_GOOG.csv", rows=6000),
    Part("realTraffic/occupancy_6005.csv"),
    Part("realKnownCause/nyc_taxi.csv"),
    Part("artificialWithAnomaly/art_load_balancer_spikes.csv"),
    Part("realTraffic/TravelTime_451.csv"),
    Part("realAdExchange/exchange-3_cpc_results.csv", rows=1000),
    Part("realAWSCloudwatch/ec2_cpu_utilization_825cc2.csv", anomalies=((1526, 474),)),
    Part("realTraffic/speed_t4013.csv"),
    Part("realAdExchange/exchange-3_cpm_results.csv"),
    Part("artificialWithAnomaly/art_daily_jumpsdown.csv", anomalies=((2787, 513),)),
    Part("realKnownCause/ambient_temperature_system_failure.csv"),
    Part("artificialWithAnomaly/art_increase_spike_density.csv"),
    Part("realKnownCause/rogue_agent_key_hold.csv"),
    Part("realAWSCloudwatch/ec2_cpu_utilization_5f5533.csv"),
    Part("artificialWithAnomaly/art_daily_flatmiddle.csv", anomalies=((2679, 621),)),
    Part("realAWSCloudwatch/rds_cpu_utilization_cc0c53.csv", anomalies=((2980, 320), (3479, 200))),
    Part("realKnownCause/cpu_utilization_asg_misconfiguration.csv"),
    Part("artificialWithAnomaly/art_daily_jumpsup.csv", anomalies=((2787, 513),)),
    Part("realTweets/Twitter_volume_FB.csv"),
    Part("realTraffic/speed_6005.csv"),
    Part("realAWSCloudwatch/elb_request_count_8c0756.csv", first=1000, rows=3031, anomalies=((2582, 200),)),
    Part("realAWSCloudwatch/ec2_cpu_utilization_24ae8d.csv", anomalies=((3447, 430),)),
)


def labels_of(part: Part, series: Labelled) -> Labels:
    """Which of the part's rows are labelled."""
    labels = np.zeros(part.rows or len(series.at) - 1 - part.first, bool)
    for first, length in part.anomalies or [(start, end - start) for start, end in series.spans]:
        labels[first : first + length] = True
    return labels


def mean_vus_pr(corpus: Sequence[Labelled], scores: Sequence[Column]) -> float:
    """The mean VUS-PR over all parts."""
    by_name = {series.name: (series, score) for series, score in zip(corpus, scores, strict=True)}
    return float(np.mean([_part_vus_pr(part, *by_name[part.name]) for part in PARTS]))


def _part_vus_pr(part: Part, series: Labelled, score: Column) -> float:
    labels = labels_of(part, series)
    rows = slice(part.first, part.first + len(labels))
    return vus_pr(labels, score[rows], period(series.values[rows]))
