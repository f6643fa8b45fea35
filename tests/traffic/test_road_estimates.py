"""Roads as estimated from few sensors: closer to the truth than any sensor alone, and honest about it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from touyan.packs.traffic import cityflow
from touyan.packs.traffic.estimation_study import SensorPlan, Truth, filled, observed, of_cars, of_detectors, study
from touyan.packs.traffic.floating_cars import FloatingCarFeed, on_lanes
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.lane_field import LaneField
from touyan.packs.traffic.plant import SimulatedCity
from touyan.packs.traffic.poisson import PoissonDemand
from touyan.packs.traffic.road_estimates import RoadEstimator, RoadReports, SensorErrors
from touyan.packs.traffic.sources import FloatingCars
from touyan.packs.traffic.traffic_world import TrafficWorld
from touyan.packs.traffic.vocabulary import FLOATING_CARS, PROBE_SPEED, PROBES, PROBES_PASSED

from .files import real


def busy_world() -> TrafficWorld:
    """A small grid with traffic on it."""
    network = grid_network(2, 2)
    return TrafficWorld(network, PoissonDemand(network, 600.0, seed=1), 1)


@cache
def hangzhou() -> dict[str, dict[str, object]]:
    """The study on one choice of sensors, by quantity."""
    folder = real("hangzhou_4x4")
    network = cityflow.read_network(folder / "roadnet.json")
    demand = cityflow.read_flow(folder / "flow_real.json", network)
    return {row["quantity"]: row for row in study(network, demand, [SensorPlan()])}


@pytest.mark.parametrize("quantity", ["flow", "speed"])
def test_hangzhou_is_known_better_than_by_any_sensor_alone(quantity: str) -> None:
    """With 30 % of the lanes and 5 % of the cars, errors fall by at least 30 % and intervals hold."""
    row = hangzhou()[quantity]
    assert float(str(row["below_best_single"]).rstrip("%")) >= 30.0
    assert 85.0 <= float(str(row["in_90_interval"]).rstrip("%")) <= 95.0


def test_truth_of_an_interval_adds_up() -> None:
    """A study with a wrong truth would praise a wrong estimate."""
    world = busy_world()
    hour = list(
        observed(world.network, PoissonDemand(world.network, 600.0, seed=1), SensorPlan(detectors=1.0, cars=1.0))
    )
    assert len(hour) == 12
    for reports, truth in hour:
        limit = world.network.lane_speed_limit.max()
        assert np.all((truth.speed >= 0) & (truth.speed <= limit) | np.isnan(truth.speed))
        assert reports.passed == pytest.approx(truth.flow, abs=truth.flow.max() * 0.5 + 8)


def test_perfect_sensors_everywhere_say_the_truth() -> None:
    """Every vehicle that reports and every lane that counts leave nothing to estimate."""
    world = busy_world()
    plan = SensorPlan(detectors=1.0, cars=1.0, noise=0.0, loss=0.0, speed_noise=0.0)
    hour = list(observed(world.network, PoissonDemand(world.network, 600.0, seed=1), plan))
    flows = np.array([of_detectors(world.network, reports).flow - truth.flow for reports, truth in hour])
    assert np.nanmedian(np.abs(flows)) < 1e-9  # a fifth of the detectors has a gap, and is made up for
    seen = [(of_cars(reports, 1.0), truth) for reports, truth in hour[1:]]
    for said, truth in seen:
        assert said.flow == pytest.approx(truth.flow)
        assert np.nanmean(np.abs(said.speed - truth.speed)) < 0.5


def test_estimates_are_ranges_around_their_value() -> None:
    """A person sees a value with its interval, and neither may be impossible."""
    world = busy_world()
    hour = list(
        observed(world.network, PoissonDemand(world.network, 600.0, seed=1), SensorPlan(detectors=0.5, cars=0.2))
    )
    estimator = RoadEstimator(world.network, SensorErrors(share=0.2))
    estimator.learn([reports for reports, _ in hour[:4]])
    for reports, _ in hour[4:]:
        estimates = estimator.step(reports)
        for quantity in Truth._fields:
            value, low, high = getattr(estimates, quantity)
            assert np.all((low >= 0) & (low <= value) & (value <= high))
        assert np.all(estimates.speed.high <= world.network.lane_speed_limit.max() * 1.02)


def test_too_little_to_learn_from_is_told() -> None:
    """An estimator without history would give numbers that mean nothing."""
    network = grid_network(1, 1)
    silent = np.full(network.lane_count, np.nan)
    roads = np.zeros(len(network.road_ids))
    reports = RoadReports(silent, silent, silent, roads, roads, roads, roads)
    with pytest.raises(ValueError, match="0 detectors are too few"):
        RoadEstimator(network, SensorErrors()).learn([reports, reports])


def test_what_comes_into_a_road_goes_out_of_it() -> None:
    """The rows by which roads tell of one another must name lanes in and lanes out, each once."""
    network = grid_network(2, 2)
    field = LaneField.of(network)
    for row, road in zip(field.kept, field.kept_road, strict=True):
        assert set(np.flatnonzero(row > 0)) == set(network.lanes_of(int(road)))
        incoming = {int(network.link_from_lane[k]) for k in range(network.link_count) if leads_to(network, k, road)}
        assert set(np.flatnonzero(row < 0)) == incoming


def leads_to(network: object, link: int, road: int) -> bool:
    """Whether a path through a crossing ends on a road."""
    movement = network.link_movement[link]  # type: ignore[attr-defined]
    return bool(network.movement_to_road[movement] == road)  # type: ignore[attr-defined]


def test_gaps_are_filled_by_the_last_value_then_by_the_others() -> None:
    """The rival must not be made weaker than an engineer would make it."""
    made = filled([np.array([np.nan, 2.0, 4.0]), np.array([1.0, np.nan, 5.0])])
    assert made.tolist() == [[3.0, 2.0, 4.0], [1.0, 2.0, 5.0]]


# ------------------------------------------------------------ floating cars


def test_on_lanes_lists_each_vehicle_on_its_lane() -> None:
    """Wrong places would let roads report the speed of others."""
    world = busy_world()
    world.advance(200)
    number, lane, speed = on_lanes(world.arrays, world.network.lane_count)
    assert len(set(number.tolist())) == len(number)
    counted = np.bincount(lane, minlength=world.network.lane_count)
    assert counted.tolist() == world.lanes().vehicles.tolist()
    assert np.bincount(lane[speed < 0.1], minlength=len(counted)).tolist() == world.lanes().halting.tolist()


def test_about_the_share_of_all_vehicles_reports_and_always_the_same() -> None:
    """A provider has its customers; they do not change with every look."""
    world = busy_world()
    feed = FloatingCarFeed(FloatingCars(share=0.3), world.network)
    seen = everyone = 0.0
    for _ in range(60):
        world.advance(10)
        (batch,) = feed.report(world, world.seconds)
        seen += batch.values[PROBES].sum()
        everyone += world.lanes().vehicles.sum()
        silent = batch.values[PROBES] == 0
        assert np.array_equal(np.isnan(batch.values[PROBE_SPEED]), silent)
    assert 0.2 < seen / everyone < 0.4


def test_every_reporting_car_passes_each_of_its_roads_once() -> None:
    """Counts of passages are what flows are made of."""
    world = busy_world()
    feed = FloatingCarFeed(FloatingCars(share=1.0, loss=0.5), world.network)
    passed = 0.0
    for _ in range(120):
        world.advance(10)
        passed += feed.report(world, world.seconds)[0].values[PROBES_PASSED].sum()
    left = sum(world.roads_left().tolist())
    assert abs(left - passed) <= world.running + 2


def test_a_city_without_a_provider_has_no_floating_cars_and_one_with_has() -> None:
    """Nothing is announced that nobody will ever report."""
    for share, expected in ((0.0, 0), (0.1, len(grid_network(2, 2).road_ids))):
        city = SimulatedCity(busy_world(), [FloatingCars(share=share)], 0.0)
        assert sum(entity.type == FLOATING_CARS for entity in city.inventory) == expected
        batches = city.advance(30)
        assert sum(batch.entity_type == FLOATING_CARS for batch in batches) == (3 if share else 0)


def test_a_branch_of_a_city_reports_as_the_city_would() -> None:
    """Futures must be judged by the same sensors."""
    city = SimulatedCity(busy_world(), [FloatingCars(share=0.5, noise_m_s=1.0)], 0.0)
    city.advance(100)
    twin = city.branch()
    ours, theirs = (plant.advance(50) for plant in (city, twin))
    for one, other in zip(ours, theirs, strict=True):
        assert all(np.array_equal(one.values[name], other.values[name], equal_nan=True) for name in one.values)
