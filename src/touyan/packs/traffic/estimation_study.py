"""How well flow, speed and queue of roads are known: a simulated city, some of its sensors, and the truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.core.observations import Column
from touyan.kernels.traffic import layout

from .demand import Demand
from .floating_cars import FloatingCarFeed
from .network import RoadNetwork
from .road_estimates import Range, RoadEstimator, RoadReports, SensorErrors
from .sources import DetectorFeed, FloatingCars, LaneDetectors
from .traffic_world import LaneCounts, TrafficWorld
from .vocabulary import HALTING, LEFT, MEAN_SPEED, PROBE_SPEED, PROBES, PROBES_HALTING, PROBES_PASSED, VEHICLES

Row = dict[str, Any]
Matrix = NDArray[np.float64]

REPORT_S, LOOK_S, INTERVAL_S = 60, 10, 300
_LEARN, _HOUR = 6, 12  # intervals
_GAP_SHARE, _GAP_REPORTS = 0.2, (5, 20)


@dataclass(frozen=True)
class SensorPlan:
    """Which sensors a city has, and how they fail."""

    detectors: float = 0.3
    cars: float = 0.05
    noise: float = 0.1
    loss: float = 0.1
    speed_noise: float = 0.5
    seed: int = 0


class Truth(NamedTuple):
    """Of one interval, by road: vehicles that left, mean speed (NaN without a vehicle), mean of the halting ones."""

    flow: Column
    speed: Column
    queue: Column


class _Look(NamedTuple):
    """What all detectors would say at one moment, to be read by those that are there."""

    gathered: layout.Sensing
    counts: LaneCounts

    def sensed(self) -> layout.Sensing:
        """What was gathered since the last report."""
        return layout.Sensing._make(array.copy() for array in self.gathered)

    def lanes(self) -> LaneCounts:
        """What stands on each lane now."""
        return self.counts


def observed(network: RoadNetwork, demand: Demand, plan: SensorPlan) -> Iterator[tuple[RoadReports, Truth]]:
    """An hour of a city, interval by interval: what its sensors say, and what is true."""
    world = TrafficWorld(network, demand, plan.seed)
    random = np.random.default_rng(plan.seed)
    dead = random.permutation(network.lane_count) >= round(plan.detectors * network.lane_count)
    silent = ",".join(np.array(network.lane_ids)[dead])
    detectors = LaneDetectors(interval_s=REPORT_S, noise=plan.noise, loss=plan.loss, silent=silent, seed=plan.seed)
    cars = FloatingCars(share=plan.cars, interval_s=LOOK_S, noise_m_s=plan.speed_noise, loss=plan.loss, seed=plan.seed)
    feeds = DetectorFeed(detectors, network), FloatingCarFeed(cars, network)
    gaps = _gaps(network.lane_count, random)
    for interval in range(_HOUR):
        first = interval * INTERVAL_S // REPORT_S
        yield _interval(world, feeds, gaps[first : first + INTERVAL_S // REPORT_S])


def _gaps(lanes: int, random: np.random.Generator) -> NDArray[np.bool_]:
    """Some detectors say nothing for a while, shape (reports, lanes)."""
    reports = _HOUR * INTERVAL_S // REPORT_S
    gone = np.zeros((reports, lanes), np.bool_)
    for lane in np.flatnonzero(random.random(lanes) < _GAP_SHARE):
        first = random.integers(0, reports)
        gone[first : first + random.integers(*_GAP_REPORTS), lane] = True
    return gone


def _interval(
    world: TrafficWorld, feeds: tuple[DetectorFeed, FloatingCarFeed], gaps: NDArray[np.bool_]
) -> tuple[RoadReports, Truth]:
    looks: list[dict[str, Column]] = []
    reports: list[dict[str, Column]] = []
    truth: list[_Look] = []
    for gap in gaps:
        for _ in range(REPORT_S // LOOK_S):
            world.advance(LOOK_S)
            looks += [batch.values for batch in feeds[1].report(world, world.seconds)]
        truth.append(_Look(world.sensed(), world.lanes()))
        (batch,) = feeds[0].report(truth[-1], world.seconds)
        reports.append({name: np.where(gap, np.nan, column) for name, column in batch.values.items()})
    return _gathered(reports, looks), _truth(world.network, truth)


def _gathered(reports: Sequence[dict[str, Column]], looks: Sequence[dict[str, Column]]) -> RoadReports:
    """Short reports of one interval, as one; lost ones are made up for by the others."""
    left, halting, speed, present = (
        np.array([report[name] for report in reports]) for name in (LEFT, HALTING, MEAN_SPEED, VEHICLES)
    )
    came = np.count_nonzero(~np.isnan(left), axis=0)
    probes, probe_speed = (np.array([look[name] for look in looks]) for name in (PROBES, PROBE_SPEED))
    with np.errstate(invalid="ignore"):
        return RoadReports(
            left=np.where(came > 0, np.nansum(left, axis=0) * len(reports) / came, np.nan),
            speed=_weighted(speed, np.maximum(present, 0.5)),
            halting=np.where(came > 0, np.nansum(halting, axis=0) / came, np.nan),
            passed=np.sum([look[PROBES_PASSED] for look in looks], axis=0),
            looks=probes.sum(axis=0),
            probe_speed=_weighted(probe_speed, probes),
            halting_looks=np.sum([look[PROBES_HALTING] for look in looks], axis=0),
        )


def _weighted(values: Matrix, weights: Matrix) -> Column:
    weights = np.where(np.isnan(values) | np.isnan(weights), 0.0, weights)
    mean: Column = (weights * np.nan_to_num(values)).sum(axis=0) / weights.sum(axis=0)
    return mean


def _truth(network: RoadNetwork, looks: Sequence[_Look]) -> Truth:
    def by_road(lanes: Sequence[NDArray[Any]]) -> Column:
        total = np.sum(lanes, axis=0).astype(np.float64)
        return np.bincount(network.lane_road, total, minlength=len(network.road_ids)).astype(np.float64)

    with np.errstate(invalid="ignore"):
        speed = by_road([look.gathered.distance for look in looks]) / by_road([look.gathered.seconds for look in looks])
    queue = by_road([look.counts.halting for look in looks]) / len(looks)
    return Truth(by_road([look.gathered.left for look in looks]), speed, queue)


# ------------------------------------------------------------ one source alone


def of_detectors(network: RoadNetwork, reports: RoadReports) -> Truth:
    """What the detectors of a road say of the whole road: the mean of its lanes, times their number."""
    road, lanes = network.lane_road, np.diff(network.road_lane_first)

    def mean(values: Column, weights: Column) -> Column:
        said = ~np.isnan(values) & ~np.isnan(weights)
        total = np.bincount(road[said], (values * weights)[said], minlength=len(lanes))
        with np.errstate(invalid="ignore"):
            return total / np.bincount(road[said], weights[said], minlength=len(lanes))

    each = np.ones(len(road))
    passing = np.maximum(np.nan_to_num(reports.left), 0.5)
    return Truth(mean(reports.left, each) * lanes, mean(reports.speed, passing), mean(reports.halting, each) * lanes)


def of_cars(reports: RoadReports, share: float) -> Truth:
    """What floating cars say: each stands for as many as the share tells."""
    looks = INTERVAL_S / LOOK_S
    return Truth(reports.passed / share, reports.probe_speed, reports.halting_looks / looks / share)


def filled(values: Sequence[Column]) -> Matrix:
    """Gaps filled with the last value of the road, else with the mean of the roads that have one."""
    made = np.array(values)
    for step in range(1, len(made)):
        made[step] = np.where(np.isnan(made[step]), made[step - 1], made[step])
    return np.where(np.isnan(made), np.nanmean(made, axis=1)[:, None], made)


# ------------------------------------------------------------ the table


class _Scored(NamedTuple):
    """One quantity under one choice of sensors: arrays of (intervals, roads)."""

    true: Matrix
    single: dict[str, Matrix]
    value: Matrix
    low: Matrix
    high: Matrix


def study(network: RoadNetwork, demand: Demand, plans: Sequence[SensorPlan]) -> list[Row]:
    """Errors of each source alone and of the estimate, for each quantity, over several choices of sensors."""
    runs = [_scored(network, list(observed(network, demand, plan)), plan) for plan in plans]
    return [{"quantity": quantity, **_judged([run[quantity] for run in runs])} for quantity in Truth._fields]


def _scored(network: RoadNetwork, hour: Sequence[tuple[RoadReports, Truth]], plan: SensorPlan) -> dict[str, _Scored]:
    """The second half of an hour, after the first was learnt from."""
    estimator = RoadEstimator(network, SensorErrors(plan.cars, plan.noise, LOOK_S, REPORT_S, INTERVAL_S), plan.seed)
    estimator.learn([reports for reports, _ in hour[:_LEARN]])
    estimates = [estimator.step(reports) for reports, _ in hour[_LEARN:]]
    alone = {
        "detectors": [of_detectors(network, reports) for reports, _ in hour],
        "cars": [of_cars(reports, plan.cars) for reports, _ in hour],
    }
    scored = {}
    for quantity in Truth._fields:
        single = {name: filled([getattr(each, quantity) for each in said])[_LEARN:] for name, said in alone.items()}
        ranges: list[Range] = [getattr(each, quantity) for each in estimates]
        true = np.array([getattr(truth, quantity) for _, truth in hour[_LEARN:]])
        scored[quantity] = _Scored(true, single, *(np.array(column) for column in zip(*ranges, strict=True)))
    return scored


def _judged(runs: Sequence[_Scored]) -> Row:
    true, value, low, high = (
        np.concatenate([getattr(run, name) for run in runs]) for name in ("true", "value", "low", "high")
    )
    single = {name: _rmse(np.concatenate([run.single[name] for run in runs]), true) for name in runs[0].single}
    error, known = _rmse(value, true), ~np.isnan(true)
    inside = ((low <= true + 1e-9) & (true - 1e-9 <= high))[known]
    return {
        "true_mean": round(float(np.nanmean(true)), 3),
        **{f"rmse_{name}": round(found, 3) for name, found in single.items()},
        "rmse_estimate": round(error, 3),
        "below_best_single": f"{1 - error / min(single.values()):.1%}",
        "in_90_interval": f"{inside.mean():.1%}",
        "values": int(known.sum()),
    }


def _rmse(values: Matrix, true: Matrix) -> float:
    return float(np.sqrt(np.nanmean((values - true) ** 2)))
