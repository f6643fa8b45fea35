"""The laws of the traffic world: real cities keep them, and a world that breaks one is stopped."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from touyan.core.errors import BrokenWorldError
from touyan.packs.traffic import cityflow
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.poisson import PoissonDemand
from touyan.packs.traffic.strict import Laws
from touyan.packs.traffic.traffic_world import TrafficWorld
from touyan.packs.traffic.worlds import SumoCity

from .files import real
from .reference import CASES, city_folder


def watched(seconds: int = 100) -> tuple[TrafficWorld, Laws]:
    """A busy crossing that has been watched for some time."""
    network = grid_network(1, 2, 150.0)
    world = TrafficWorld(network, PoissonDemand(network, 900.0, seed=5), 5)
    laws = Laws(world)
    go_on(world, laws, seconds)
    return world, laws


def go_on(world: TrafficWorld, laws: Laws, seconds: int) -> None:
    """Let time pass under the eye of the law."""
    for _ in range(seconds):
        world.advance(1)
        laws.check()


def longest_row(world: TrafficWorld) -> tuple[int, int]:
    """The lane with most vehicles, and the slot of its head."""
    lane = int(np.argmax(world.arrays.rows.filled[: world.network.lane_count]))
    return lane, int(world.arrays.rows.heads.front[lane])


@pytest.mark.parametrize("lane_change", [False, True])
@pytest.mark.parametrize(("name", "flow"), CASES)
def test_the_real_cities_keep_the_laws_for_an_hour(name: str, flow: str, lane_change: bool) -> None:
    """What passes for a law must hold on the cities by which the model was verified."""
    folder = city_folder(name)
    network = cityflow.read_network(folder / "roadnet.json")
    demand = cityflow.read_flow(folder / f"{flow}.json", network)
    world = TrafficWorld(network, demand, lane_change=lane_change)
    laws = Laws(world)
    for second in range(0, 3600, 30):
        for crossing in network.signalised.tolist():
            world.command(crossing, 1 + second // 30 % 4)
        go_on(world, laws, 30)
    assert world.finished > 1000


@pytest.mark.parametrize("district", ["acosta", "pasubio"])
def test_the_districts_keep_the_laws_for_an_hour(district: str) -> None:
    """Short lanes, lorries, bus lanes and lane change: the hardest places for the laws."""
    recognised = SumoCity.recognise([real("bologna") / district])
    assert recognised
    scenario = SumoCity(**recognised)
    network = scenario.network()
    demand = scenario.demand(network)
    world = scenario.world(network, demand, [])
    go_on(world, Laws(world), 3600)
    assert world.created == len(demand.block(0, 3600).step)
    assert world.finished > 1000


def push_into_the_leader(world: TrafficWorld) -> None:
    """The second of a row is put upon its head."""
    _, head = longest_row(world)
    world.arrays.vehicles.x[head + 1] = world.arrays.vehicles.x[head] - 1.0
    world.arrays.vehicles.speed[head + 1] = world.arrays.vehicles.speed[head]


def lose_the_last(world: TrafficWorld) -> None:
    """The last of a row vanishes."""
    lane, head = longest_row(world)
    rows, vehicles = world.arrays.rows, world.arrays.vehicles
    rows.filled[lane] -= 1
    last = head + rows.filled[lane]
    world.arrays.trips.slot[vehicles.number[last]] = vehicles.number[last] = -1


def make_a_copy(world: TrafficWorld) -> None:
    """The second of a row becomes its head once more."""
    _, head = longest_row(world)
    world.arrays.vehicles[head + 1] = world.arrays.vehicles[head]


def free_a_slot(world: TrafficWorld) -> None:
    """A slot in the middle of a row is nobody's."""
    world.arrays.vehicles.number[longest_row(world)[1] + 1] = -1


def leave_one_outside(world: TrafficWorld) -> None:
    """A row forgets its last vehicle, who stays in the slot."""
    world.arrays.rows.filled[longest_row(world)[0]] -= 1


def overrun(world: TrafficWorld) -> None:
    """A row reaches into the next one."""
    lane, _ = longest_row(world)
    rows = world.arrays.rows
    rows.heads.front[lane] = rows.start[lane + 1]


def pass_the_end(world: TrafficWorld) -> None:
    """The head of a row is beyond its lane."""
    lane, head = longest_row(world)
    world.arrays.vehicles.x[head] = world.arrays.net.drivables.length[lane] + 1.0


def race(world: TrafficWorld) -> None:
    """Somebody is faster than the vehicle can go."""
    world.arrays.vehicles.speed[longest_row(world)[1]] = 50.0


def reverse(world: TrafficWorld) -> None:
    """Somebody goes backwards."""
    world.arrays.vehicles.speed[longest_row(world)[1]] = -1.0


def jump(world: TrafficWorld) -> None:
    """The tail of a row is set back."""
    lane, head = longest_row(world)
    last = head + int(world.arrays.rows.filled[lane]) - 1
    world.arrays.histories.driven[last] -= 30.0


def leave_the_route(world: TrafficWorld) -> None:
    """Somebody believes to be on another road of the route."""
    world.arrays.vehicles.place[longest_row(world)[1]] += 1


def miscount(world: TrafficWorld) -> None:
    """A counter has gone astray."""
    world.arrays.tally[1] += 1


BREACHES: dict[Callable[[TrafficWorld], None], str] = {
    push_into_the_leader: r"lane road_\d_\d_\d_\d: vehicle flow_\d+_\d+ overlaps vehicle flow_\d+_\d+ ahead by 4.00 m",
    lose_the_last: r"lane road_\d_\d_\d_\d: vehicle flow_\d+_\d+ is lost",
    make_a_copy: "is also somewhere else",
    free_a_slot: "its slot is free",
    leave_one_outside: r"lane road_\d_\d_\d_\d: vehicle flow_\d+_\d+ is in a slot of no row",
    overrun: "reaches into another one",
    pass_the_end: "is beyond the end",
    race: "too fast",
    reverse: "backwards",
    jump: "has jumped",
    leave_the_route: "is not on its route",
    miscount: "waiting, running and finished, but there are",
}


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: breach.__name__)
def test_a_broken_law_is_told_with_time_place_and_vehicle(breach: Callable[[TrafficWorld], None]) -> None:
    """A check that never fails would let any mistake of the kernels pass."""
    world, laws = watched()
    breach(world)
    with pytest.raises(BrokenWorldError, match=BREACHES[breach]) as caught:
        laws.check()
    assert str(caught.value).startswith("after 100 s, ")


def test_a_vehicle_has_one_name_in_all_hours() -> None:
    """Names are those of the flow file, whenever the vehicle came to be known."""
    network = grid_network(1, 1, 150.0)
    demand = PoissonDemand(network, 300.0, seed=1)
    world = TrafficWorld(network, demand)
    world.advance(3700)
    departures = PoissonDemand(network, 300.0, seed=1)
    blocks = [departures.block(0, 3600), departures.block(3600, 7200)]
    names = [f"flow_{f}_{n}" for each in blocks for f, n in zip(each.flow, each.number, strict=True)]
    assert [world.vehicle_id(number) for number in range(world.created)] == names[: world.created]
