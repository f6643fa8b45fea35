"""Laws of the traffic world on grids, and its equality with a plain twin; see also test_random_cities.py."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.core.errors import NotFoundError
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.poisson import PoissonDemand, Turning
from touyan.packs.traffic.strict import Laws
from touyan.packs.traffic.traffic_world import Incident, TrafficWorld
from touyan.packs.traffic.vocabulary import CLEARANCE_S

from .plain_twin import check_second, plain_twin
from .random_cities import City

SEEDS = st.integers(0, 2**32 - 1)


def made(size: tuple[int, int], arrivals: float, seed: int, length_m: float = 120.0) -> TrafficWorld:
    """A grid city with random demand."""
    network = grid_network(*size, length_m)
    return TrafficWorld(network, PoissonDemand(network, arrivals, seed=seed), seed)


def digest(world: TrafficWorld) -> tuple[object, ...]:
    """Everything that must not differ between equal runs."""
    scene = world.scene(0.0)
    return (world.average_travel_time_s, world.created, scene.slot.tobytes(), scene.x.tobytes(), scene.speed.tobytes())


@settings(max_examples=25, deadline=None)
@given(size=st.just((1, 2)) | st.just((2, 2)), arrivals=st.floats(300.0, 1500.0), seed=SEEDS)
def test_the_kernels_equal_the_plain_twin(size: tuple[int, int], arrivals: float, seed: int) -> None:
    """Two programs written apart from one description agree on every vehicle in every second."""
    network = grid_network(*size, 120.0)
    city = City(network, PoissonDemand(network, arrivals, turning=Turning(0.3, 0.4, 0.3), seed=seed), seed)
    world, plain = city.world(), plain_twin(city)
    for _ in range(120):
        check_second(world, plain)


def test_an_overloaded_city_keeps_the_laws() -> None:
    """Queues that spill back to the border are where vehicles get lost or pushed into one another."""
    world = made((2, 2), 1500.0, 7)
    laws = Laws(world)
    for _ in range(900):
        world.advance(1)
        laws.check()


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_the_number_of_threads_changes_no_digit(threads: int) -> None:
    """Worlds that run side by side share nothing."""

    def run(seed: int) -> tuple[object, ...]:
        world = made((2, 2), 900.0, seed)
        world.advance(600)
        return digest(world)

    alone = [run(seed) for seed in range(4)]
    with ThreadPoolExecutor(threads) as pool:
        assert list(pool.map(run, range(4))) == alone


@pytest.mark.parametrize("lane_change", [False, True])
def test_threads_that_share_a_crowded_city_change_no_digit(lane_change: bool) -> None:
    """Rows that outgrow their slots, queues out of the city and stretches that move: all at once."""
    network = grid_network(4, 4, 150.0)

    def crowded(threads: int) -> TrafficWorld:
        demand = PoissonDemand(network, 1500.0, seed=3)
        world = TrafficWorld(network, demand, 3, lane_change=lane_change, threads=threads)
        world.advance(300)
        Laws(world).check()
        return world

    alone = crowded(1)
    assert alone.running > 500
    for threads in (2, 3):
        assert digest(crowded(threads)) == digest(alone)


def test_another_seed_is_another_city() -> None:
    """The seed must reach demand and draws, or ensembles would be copies."""
    first, second = made((2, 2), 900.0, 1), made((2, 2), 900.0, 2)
    first.advance(300)
    second.advance(300)
    assert digest(first) != digest(second)


def test_the_hour_turns_without_a_seam() -> None:
    """Demand is asked for hour by hour; vehicles must go on coming after the first."""
    world = made((1, 1), 600.0, 3)
    world.advance(3590)
    before = world.created
    world.advance(200)
    assert world.created > before
    assert world.created == world.running + world.finished + world.waiting


def test_a_commanded_change_passes_through_the_clearance() -> None:
    """Between two greens everybody has time to leave the crossing."""
    world = made((1, 1), 300.0, 0)
    crossing = int(world.network.signalised[0])
    world.command(crossing, 1)
    shown = []
    world.advance(10)
    world.command(crossing, 3)
    for _ in range(CLEARANCE_S + 2):
        shown.append(int(world.phases()[crossing]))
        world.advance(1)
    assert shown == [0] * (CLEARANCE_S + 1) + [3]  # the last 0 is looked at just before the second in which it ends


def test_own_programme_goes_on_after_a_release() -> None:
    """When the brain lets go, the street must not stand still."""
    world = made((1, 1), 300.0, 0)
    crossing = int(world.network.signalised[0])
    world.command(crossing, 4)
    world.advance(100)
    assert int(world.phases()[crossing]) == 4
    world.release(crossing)
    world.advance(31)
    assert int(world.phases()[crossing]) == 5


def test_an_unknown_phase_is_refused_in_words() -> None:
    """A wrong index would show green that nobody planned."""
    world = made((1, 1), 300.0, 0)
    with pytest.raises(NotFoundError, match="phase of intersection_1_1 '9'"):
        world.command(int(world.network.signalised[0]), 9)


def test_a_breakdown_stops_the_lane_behind_it_until_it_ends() -> None:
    """The forced incident is a vehicle that stands: those behind wait, nobody passes through it."""
    network = grid_network(1, 1, 300.0)
    lane = network.lane("road_0_1_0_1")
    world = TrafficWorld(network, PoissonDemand(network, 900.0, seed=1), 1, [Incident(lane, 60.0, 60, 300)])
    world.command(int(network.signalised[0]), 1)  # green for that lane all the time
    world.advance(350)
    jammed = world.lanes()
    assert jammed.halting[lane] >= 5
    assert jammed.queue[lane] > 0.9 * network.lane_length[lane]
    world.advance(400)
    assert world.lanes().queue[lane] < 0.9 * network.lane_length[lane]
