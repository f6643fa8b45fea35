"""Flow, speed and queue of every road, from detectors on some lanes and from floating cars.

Each quantity is a field over the lanes (`touyan.fusion.estimation.field`): lanes that turn alike, lanes of one road
and roads that feed one another tell of each other. How much they do is found by leaving detectors out in turn and
foretelling what they said; nothing else is tuned, and the truth is never needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.fusion.estimation.counting import GammaBeliefs
from touyan.fusion.estimation.field import Belief, FieldFilter, Matrix, Sensing, Vector, draws, log_score
from touyan.fusion.estimation.tuning import tuned

from .lane_field import LaneField, Likeness
from .network import RoadNetwork

_DRAWS = 300
# Where tuning begins: relative variances that lanes of a kind, lanes of a road and a lane alone have, the variance
# from interval to interval as a multiple of Poisson's, and the same of what a road keeps.
_FLOW_START = np.array([0.1, 0.3, 0.5, 0.8, 0.5])
_QUEUE_MEMORY = 0.6  # of one interval: a queue outlives a few cycles of a signal, not half an hour
_FOLDS = 3
_LEAST = 0.3  # vehicles: below it, a relative error says nothing
_STEADY_S = 60.0  # a car's speed at two moments closer than this tells little more than at one
_SPEED_VARIANCE = 6.0  # m²/s², between cars of one road; the model's own factor stands on top
_SLOWEST, _PLAY = 0.5, 1.01  # m/s, and the share of the limit that a speed may reach by noise


class RoadReports(NamedTuple):
    """What sensors said in one interval; NaN where one is missing or silent.

    By lane: vehicles that left, mean speed (m/s), mean of the halting vehicles. By road: floating cars that passed,
    looks at them, their mean speed, and of the looks those at halting cars.
    """

    left: Vector
    speed: Vector
    halting: Vector
    passed: Vector
    looks: Vector
    probe_speed: Vector
    halting_looks: Vector


class Range(NamedTuple):
    """A value of each road, and the interval that holds the truth in 90 of 100 cases."""

    value: Vector
    low: Vector
    high: Vector


class RoadEstimates(NamedTuple):
    """Vehicles that left each road in the interval, their mean speed (m/s), and the mean number that halt."""

    flow: Range
    speed: Range
    queue: Range


class SensorErrors(NamedTuple):
    """What is known of the sensors: share of cars that report, relative noise of detectors, and times (s)."""

    share: float = 0.05
    noise: float = 0.1
    look_s: float = 10.0
    report_s: float = 60.0
    interval_s: float = 300.0

    @property
    def reports(self) -> float:
        """Of a detector in one interval, each with noise of its own."""
        return self.interval_s / self.report_s

    def count_variance(self, value: Vector) -> Vector:
        """Of a detector's count over the interval; lost reports and rounding included."""
        return self.noise**2 * value**2 / self.reports * 1.3 + 0.3 + 0.1 * value

    def speed_variance(self, value: Vector) -> Vector:
        """Of a detector's mean speed over the interval."""
        return self.noise**2 * value**2 / self.reports * 1.3 + 0.02


class RoadEstimator:
    """Learns from some intervals of reports, then follows the city interval by interval.

    Costs grow with the square of the lanes: for cities beyond a few thousand, one estimator a district.
    """

    def __init__(self, network: RoadNetwork, errors: SensorErrors, seed: int = 0) -> None:
        self._field = LaneField.of(network)
        self._errors = errors
        self._limit = network.lane_speed_limit
        self._random = np.random.default_rng(seed)

    def learn(self, past: Sequence[RoadReports]) -> None:
        """Find out what is usual and how alike lanes are; at least two intervals with detectors are needed."""
        heard = ~np.isnan([reports.left for reports in past]).all(axis=0)
        self._lanes = np.flatnonzero(heard)
        if len(past) < 2 or len(self._lanes) < _FOLDS:
            raise ValueError(f"{len(past)} intervals with {len(self._lanes)} detectors are too few to learn from")
        self._flow = _FlowModel(self._field, self._errors, past, self._lanes)
        self._queue = _QueueModel(self._field, self._errors, past, self._lanes)
        flows = [self._flow.step(reports) for reports in past]
        self._speed = _SpeedModel(self._field, self._errors, past, self._lanes, [flow.mean for flow in flows])
        for reports, flow in zip(past, flows, strict=True):
            self._speed.step(reports, flow.mean)
            self._queue.step(reports, self._random)

    def step(self, reports: RoadReports) -> RoadEstimates:
        """What every road is like now."""
        flow = self._flow.step(reports)
        speed = self._speed.step(reports, flow.mean)
        flows = np.maximum(draws(flow, _DRAWS, self._random), 0.0)
        speeds = np.clip(draws(speed, _DRAWS, self._random), _SLOWEST, self._limit * _PLAY)
        of_road = self._field.of_road.T
        driven, taken = flows @ of_road, (flows / speeds) @ of_road
        return RoadEstimates(
            _range(flows @ of_road),
            _range(driven / np.maximum(taken, 1e-9)),
            _range(self._queue.step(reports, self._random)),
        )


class _FlowModel:
    """How many vehicles leave each lane: never negative, and the more there are the more it varies."""

    def __init__(
        self, field: LaneField, errors: SensorErrors, past: Sequence[RoadReports], lanes: NDArray[np.intp]
    ) -> None:
        self._field, self._errors = field, errors
        self._usual, _ = field.usual(lanes, np.array([reports.left[lanes] for reports in past]), weight=3.0)
        numbers = tuned(
            _FLOW_START, lambda tried: _left_out(self._maker(tried), past, lanes, "left", errors.count_variance)
        )
        self._step = self._maker(numbers)(lanes)

    def step(self, reports: RoadReports) -> Belief:
        """The lanes in the next interval."""
        return self._step(reports)

    def _maker(self, numbers: Vector) -> Callable[[NDArray[np.intp]], Callable[[RoadReports], Belief]]:
        """From the detectors that are to be used to a filter of its own."""
        kind, road, lane, spread, kept = numbers.tolist()

        def made(lanes: NDArray[np.intp]) -> Callable[[RoadReports], Belief]:
            usual = np.maximum(self._usual, 0.02)
            filter_ = FieldFilter(self._field.prior(usual, usual, Likeness(kind, road, lane)))
            return lambda reports: filter_.step(
                lambda level: spread * np.maximum(level, _LEAST),
                lambda level: self._sensed(reports, lanes, np.maximum(level, _LEAST), kept),
            )

        return made

    def _sensed(self, reports: RoadReports, lanes: NDArray[np.intp], level: Vector, kept: float) -> Sensing:
        values = reports.left[lanes]
        said = lanes[~np.isnan(values)]
        of_cars = self._field.of_road * self._errors.share
        # Counts of cars vary as Poisson's; by what was said too, for what was expected may be far too small.
        cars = np.maximum(np.maximum(of_cars @ level, 0.02), 0.5 * reports.passed)
        through = np.maximum(self._field.of_road[self._field.kept_road] @ level, 1.0)
        return Sensing.joined(
            [
                Sensing(_rows(said, len(level)), values[~np.isnan(values)], self._errors.count_variance(level[said])),
                Sensing(of_cars, reports.passed, cars),
                Sensing(self._field.kept, np.zeros(len(through)), kept * through),
            ]
        )


class _QueueModel:
    """How many vehicles halt on each road: mostly few, sometimes very many, so that no normal law fits."""

    def __init__(
        self, field: LaneField, errors: SensorErrors, past: Sequence[RoadReports], lanes: NDArray[np.intp]
    ) -> None:
        self._field, self._errors = field, errors
        values = np.array([reports.halting[lanes] for reports in past])
        self._mean, deviation = field.usual(lanes, values, weight=3.0)
        # The few detectors may all miss the longest queues; cars are everywhere, and tell how uneven roads are at most.
        seen = np.array([reports.halting_looks for reports in past]) * errors.look_s / errors.interval_s
        uneven = float(seen.var()) / errors.share**2
        self._variance = np.maximum(
            deviation**2, uneven * self._mean / max(float(np.mean(field.of_road @ self._mean)), 1e-6)
        )
        self._belief: GammaBeliefs | None = None

    def step(self, reports: RoadReports, random: np.random.Generator) -> Matrix:
        """Possible numbers of each road, shape (draws, roads): what detectors see, and what they do not."""
        known = np.nan_to_num(reports.halting)
        unseen = self._field.of_road * np.isnan(reports.halting)
        usual = GammaBeliefs.with_moments(unseen @ self._mean, unseen @ self._variance)
        share = self._errors.share
        counted = reports.halting_looks * self._errors.look_s / self._errors.interval_s
        before = usual if self._belief is None else self._belief.faded(usual, _QUEUE_MEMORY)
        self._belief = before.counted(np.maximum(counted - share * (self._field.of_road @ known), 0.0), share)
        noise = random.standard_normal((_DRAWS, len(known))) * np.sqrt(self._errors.count_variance(known)) * (known > 0)
        seen: Matrix = np.maximum(known + noise, 0.0) @ self._field.of_road.T
        hidden: Matrix = self._belief.draws(_DRAWS, random) * (unseen.sum(axis=1) > 0)
        return np.asarray(seen + hidden, np.float64)


class _SpeedModel:
    """The mean speed of each lane, around what is usual for lanes that turn alike."""

    def __init__(
        self,
        field: LaneField,
        errors: SensorErrors,
        past: Sequence[RoadReports],
        lanes: NDArray[np.intp],
        flows: Sequence[Vector],
    ) -> None:
        self._field, self._errors = field, errors
        values = np.array([reports.speed[lanes] for reports in past])
        self._usual, self._scale = field.usual(lanes, values, weight=2.0)
        start = np.array([0.2, 0.2, 0.5, 1.0, 1.0])
        flow_of = {id(reports): flow for reports, flow in zip(past, flows, strict=True)}

        def maker(tried: Vector, used: NDArray[np.intp]) -> Callable[[RoadReports], Belief]:
            step = self._made(tried, used)
            return lambda reports: step(reports, flow_of[id(reports)])

        numbers = tuned(
            start, lambda tried: _left_out(partial(maker, tried), past, lanes, "speed", errors.speed_variance)
        )
        self._step = self._made(numbers, lanes)

    def step(self, reports: RoadReports, flow: Vector) -> Belief:
        """The lanes in the next interval, given the vehicles on each."""
        return self._step(reports, flow)

    def _made(self, numbers: Vector, lanes: NDArray[np.intp]) -> Callable[[RoadReports, Vector], Belief]:
        kind, road, lane, spread, cars = numbers.tolist()
        filter_ = FieldFilter(self._field.prior(self._usual, self._scale, Likeness(kind, road, lane)))
        return lambda reports, flow: filter_.step(
            lambda level: spread * self._scale**2 / np.maximum(flow, 0.5),
            lambda level: self._sensed(reports, lanes, np.maximum(level, 1.0), flow, cars),
        )

    def _sensed(
        self, reports: RoadReports, lanes: NDArray[np.intp], level: Vector, flow: Vector, cars: float
    ) -> Sensing:
        values = reports.speed[lanes]
        said = lanes[~np.isnan(values)]
        detectors = Sensing(
            _rows(said, len(level)), values[~np.isnan(values)], self._errors.speed_variance(level[said])
        )
        seen = np.flatnonzero(reports.looks > 0)
        presence = self._field.of_road[seen] * (np.maximum(flow, 0.05) / level)  # a slow car is there for longer
        independent = reports.looks[seen] * self._errors.look_s / _STEADY_S
        rows = presence / presence.sum(axis=1, keepdims=True)
        return Sensing.joined(
            [detectors, Sensing(rows, reports.probe_speed[seen], cars * _SPEED_VARIANCE / independent)]
        )


Maker = Callable[[NDArray[np.intp]], Callable[[RoadReports], Belief]]


def _left_out(
    maker: Maker,
    past: Sequence[RoadReports],
    lanes: NDArray[np.intp],
    quantity: str,
    variance: Callable[[Vector], Vector],
) -> float:
    """How well detectors that are left out, a third at a time, are foretold from the others."""
    score = 0.0
    for fold in range(_FOLDS):
        hidden = lanes[np.arange(len(lanes)) % _FOLDS == fold]
        step = maker(np.setdiff1d(lanes, hidden))
        for reports in past:
            belief = step(reports)
            expected = np.maximum(belief.mean[hidden], _LEAST)
            score += log_score(belief, hidden, getattr(reports, quantity)[hidden], variance(expected))
    return score


def _rows(lanes: NDArray[np.intp], count: int) -> Matrix:
    rows = np.zeros((len(lanes), count))
    rows[np.arange(len(lanes)), lanes] = 1.0
    return rows


def _range(drawn: Matrix) -> Range:
    low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
    # The mean of a few huge possibilities may lie beyond almost all of them.
    return Range(np.clip(drawn.mean(axis=0), low, high), low, high)
