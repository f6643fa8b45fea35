"""Laws of the traffic world in cities that nobody planned, and its equality with a plain twin there."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from touyan.core.geometry import Projection
from touyan.packs.traffic import building
from touyan.packs.traffic.building import CityPlan, CrossingPlan, LinkPlan, MovementPlan, RoadPlan
from touyan.packs.traffic.network import STRAIGHT
from touyan.packs.traffic.strict import Laws
from touyan.packs.traffic.timetable import Timetable
from touyan.packs.traffic.traffic_world import TrafficWorld

from .plain_twin import check_second, plain_twin
from .random_cities import City, cities, examples

SECONDS = 120


def govern(world: TrafficWorld, city: City) -> None:
    """Now and then a hasty hand at a random signal."""
    chance = np.random.default_rng([city.seed, world.seconds])
    if world.seconds % 7 or not len(world.network.signalised):
        return
    crossing = int(chance.choice(world.network.signalised))
    if world.commanded()[crossing] and chance.random() < 0.3:
        world.release(crossing)
    else:
        world.command(crossing, int(chance.integers(len(world.network.phases_of(crossing)))))


def drive(world: TrafficWorld, city: City, seconds: int) -> TrafficWorld:
    """Let time pass under the hasty hand."""
    for _ in range(seconds):
        govern(world, city)
        world.advance(1)
    return world


def digest(world: TrafficWorld) -> list[bytes]:
    """Everything that can be read off a world, to the last bit."""
    scene = world.scene(0.0)
    order = np.argsort(scene.slot)
    seen = [column[order] for column in (scene.slot, scene.x, scene.y, scene.speed, scene.heading)]
    told = [*world.trips(), *world.lanes(), *world.sensed(), world.phases(), np.sort(world.speeds()), *seen]
    return [column.tobytes() for column in told] + [np.float64(world.average_travel_time_s).tobytes()]


def compare(city: City) -> None:
    """Run the city in both programs, and compare them in every second."""
    world, plain = city.world(), plain_twin(city)
    for _ in range(SECONDS):
        check_second(world, plain)


@examples(120)
@given(cities(lane_change=False, incidents=False))
def test_the_kernels_equal_the_plain_twin_in_any_city(city: City) -> None:
    """Two programs written apart from one description agree on every vehicle in every second."""
    compare(city)


@examples(120)
@given(cities(lane_change=True, incidents=False))
def test_the_kernels_equal_the_plain_twin_where_vehicles_change_lanes(city: City) -> None:
    """Wishes, shadows and who makes room: the part of the model with the most rules."""
    compare(city)


def test_a_halt_at_the_end_of_a_wrong_lane_is_noted() -> None:
    """Who comes onto a short road too fast to change lanes stands at its end, and the trip says so."""
    ends = [(0.0, 0.0), (200.0, 0.0), (220.0, 0.0), (420.0, 0.0)]
    pairs: list[list[MovementPlan]] = [[], [straight(0, 0, 0)], [straight(1, 1, 0)], []]
    crossings = [
        CrossingPlan(f"c{number}", point, 5.0 * bool(turns), not turns, turns, [])
        for number, (point, turns) in enumerate(zip(ends, pairs, strict=True))
    ]
    roads = [
        RoadPlan(f"r{number}", number, number + 1, np.array(ends[number : number + 2]), [3.5] * lanes, [20.0] * lanes)
        for number, lanes in enumerate((1, 2, 1))
    ]
    network = building.build(CityPlan(crossings, roads, Projection()))
    city = City(network, Timetable.of_cars([(0, 1, 2)], np.array([0]), np.array([0])), 0, lane_change=True)
    compare(city)
    trips = drive(city.world(), city, SECONDS).trips()
    assert trips.stops.tolist() == [1]
    assert 1 <= trips.waiting_s[0] <= 10


def straight(road: int, lane: int, lane_after: int) -> MovementPlan:
    """One lane that leads on to the next road."""
    return MovementPlan(STRAIGHT, road, road + 1, [LinkPlan(lane, lane_after, None)])


@examples(120)
@given(cities())
def test_any_city_keeps_the_laws(city: City) -> None:
    """Nobody is lost, jumps or drives into another, whatever the streets, the signals and the breakdowns."""
    world = city.world()
    laws = Laws(world)
    for _ in range(SECONDS):
        drive(world, city, 1)
        laws.check()


@examples(60)
@given(cities())
def test_no_trip_waits_longer_than_it_lasts(city: City) -> None:
    """Figures of a trip are parts of it: halts, approaches and ways fit into its time."""
    world = drive(city.world(), city, SECONDS)
    trips = world.trips()
    until = np.where(np.isnan(trips.left_s), world.seconds, trips.left_s + 1 / city.steps_per_second)
    life = np.where(np.isnan(trips.entered_s), 0.0, until - trips.entered_s)
    assert np.all((trips.waiting_s >= 0) & (trips.waiting_s <= life))
    assert np.all((trips.approach_s >= 0) & (trips.approach_s <= life))
    fastest = city.demand.types.max_speed.max()
    assert np.all((trips.distance_m >= 0) & (trips.distance_m <= life * fastest + 1e-6))
    assert np.all(trips.created_s <= np.where(np.isnan(trips.entered_s), np.inf, trips.entered_s))


@examples(40)
@given(cities(), st.sampled_from([2, 3]))
def test_the_number_of_threads_changes_no_digit(city: City, threads: int) -> None:
    """Whoever has more cores must find the same city."""
    alone, together = drive(city.world(), city, 60), drive(city.world(threads), city, 60)
    assert digest(together) == digest(alone)


@examples(60)
@given(cities(), st.integers(0, 60))
def test_a_branch_goes_on_as_the_city_would_have(city: City, second: int) -> None:
    """Foresight is worthless unless a branch is the same city, to the last bit, and leaves it alone."""
    world, solo = drive(city.world(), city, second), digest(drive(city.world(), city, second + 60))
    assert digest(drive(world.branch(), city, 60)) == solo
    assert digest(drive(world, city, 60)) == solo


@examples(40)
@given(cities(), st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_how_time_is_cut_changes_no_digit(city: City, cuts: list[int]) -> None:
    """One call for all seconds and a call for each are the same world."""
    once, often = city.world(), city.world()
    once.advance(sum(cuts))
    for seconds in cuts:
        often.advance(seconds)
    assert digest(once) == digest(often)
