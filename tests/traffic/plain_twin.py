"""The plain model of a city, with the same vehicles on the same lanes as the compiled one."""

from __future__ import annotations

import numpy as np

from touyan.packs.traffic.random_draws import Draws
from touyan.packs.traffic.traffic_world import TrafficWorld

from .plain_changing import PlainChangingWorld
from .plain_world import Car, PlainWorld, kinds
from .random_cities import City

ROUNDING_M = 1e-9  # ways are added up differently


def plain_twin(city: City) -> PlainWorld:
    """The city in the plain model, with the same draws."""
    departures, finer = city.demand.block(0, 3600), city.steps_per_second
    routes = [city.demand.routes[route] for route in departures.route.tolist()]
    first_road = np.array([route[0] for route in routes], np.int32)
    priority, draw = Draws(city.seed).vehicles(departures.step * np.int32(finer), first_road)
    types = kinds(city.demand.types)
    kind_of_world = PlainChangingWorld if city.lane_change else PlainWorld
    plain = kind_of_world(city.network, 1.0 / finer, city.patience_s * finer)
    for number, (step, kind) in enumerate(zip(departures.step.tolist(), departures.vehicle_type.tolist(), strict=True)):
        lanes = plain.first_lanes(routes[number])
        lane = lanes[int(draw[number]) % len(lanes)]
        plain.cars.append(Car(number, step * finer, int(priority[number]), routes[number], lane, types[kind]))
    return plain


def check_second(world: TrafficWorld, plain: PlainWorld) -> None:
    """Let a second pass in both, and compare every vehicle's trip and speed."""
    running = [plain.advance() for _ in range(world.steps_per_second)]
    assert world.advance(1).tolist() == running
    assert (world.created, world.finished) == (plain.created, plain.finished)
    assert world.vehicle_seconds * world.steps_per_second == plain.spent
    speeds = sorted(car.v for car in plain.real())
    np.testing.assert_array_equal(np.sort(world.speeds()), speeds)
    check_trips(world, plain)


def check_trips(world: TrafficWorld, plain: PlainWorld) -> None:
    """Compare what has come of every vehicle created."""
    trips, cars, dt = world.trips(), plain.cars[: plain.created], plain.dt
    steps = [(car.entered, car.left, car.waited, car.approached) for car in cars]
    entered, left, waited, approached = np.array(steps, float).reshape(-1, 4).T * dt
    np.testing.assert_array_equal(trips.entered_s, np.where(entered < 0, np.nan, entered))
    np.testing.assert_array_equal(trips.left_s, np.where(left < 0, np.nan, left))
    np.testing.assert_array_equal(trips.waiting_s, waited)
    np.testing.assert_array_equal(trips.approach_s, approached)
    np.testing.assert_array_equal(trips.stops, [car.stops for car in cars])
    np.testing.assert_allclose(trips.distance_m, [car.driven for car in cars], rtol=0, atol=ROUNDING_M)
