"""Networks with something taken out or timed anew: the rest is as it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.packs.traffic.changed_network import with_programme, without_lanes
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.network import RoadNetwork
from touyan.packs.traffic.poisson import PoissonDemand
from touyan.packs.traffic.traffic_world import TrafficWorld

NETWORK = grid_network(2, 2)
CROSSING = NETWORK.crossing("intersection_1_1")


def cross_pairs(network: RoadNetwork) -> set[tuple[int, int, int, int, float]]:
    """Every cross by the lanes of its two links and the distance along the first."""
    link = np.repeat(np.arange(network.link_count), np.diff(network.cross_first))
    own, foe = link, link[network.cross_foe]
    columns = (network.link_from_lane[own], network.link_to_lane[own], network.link_from_lane[foe])
    rows = zip(*columns, network.link_to_lane[foe], network.cross_distance, strict=True)
    return {(int(a), int(b), int(c), int(d), float(e)) for a, b, c, d, e in rows}


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, NETWORK.lane_count - 1), max_size=12))
def test_what_is_left_has_the_crosses_that_it_had(lanes: set[int]) -> None:
    """Right of way is decided there: a wrong partner would let vehicles drive through one another."""
    less = without_lanes(NETWORK, lanes)
    touched = {*less.link_from_lane.tolist(), *less.link_to_lane.tolist()}
    assert touched.isdisjoint(lanes)
    assert cross_pairs(less) == {pair for pair in cross_pairs(NETWORK) if lanes.isdisjoint(pair[:4])}
    assert np.array_equal(less.cross_foe[less.cross_foe], np.arange(len(less.cross_foe)))
    assert less.link_count + sum(
        1
        for ends in zip(NETWORK.link_from_lane.tolist(), NETWORK.link_to_lane.tolist(), strict=True)
        if not lanes.isdisjoint(ends)
    ) == (NETWORK.link_count)


def test_links_keep_their_shape_and_movement() -> None:
    """A link that moved to another crossing would be seen on the map, and driven."""
    lane = NETWORK.lane("road_1_1_0_1")
    less = without_lanes(NETWORK, [lane])
    kept = np.flatnonzero((NETWORK.link_from_lane != lane) & (NETWORK.link_to_lane != lane))
    for new, old in enumerate(kept.tolist()):
        assert np.array_equal(less.link_shape.of(new), NETWORK.link_shape.of(old))
        assert less.link_movement[new] == NETWORK.link_movement[old]
        assert less.link_length[new] == NETWORK.link_length[old]


def test_taking_nothing_out_changes_nothing() -> None:
    """Then the run must be the same to the last digit."""
    worlds = [
        TrafficWorld(network, PoissonDemand(NETWORK, 500.0, seed=1), 1)
        for network in (NETWORK, without_lanes(NETWORK, []))
    ]
    running = [world.advance(600) for world in worlds]
    assert np.array_equal(running[0], running[1])
    assert worlds[0].vehicle_seconds == worlds[1].vehicle_seconds


def shown(network: RoadNetwork, crossing: int, seconds: int) -> list[int]:
    """The phase of a crossing in each of the next seconds of an empty city."""
    world = TrafficWorld(network, PoissonDemand(NETWORK, 0.0))
    phases = []
    for _ in range(seconds):
        phases.append(int(world.phases()[crossing]))
        world.advance(1)
    return phases


def test_a_programme_shows_its_phases_for_their_time() -> None:
    """The order names the phases of before; from now on they are called by their new places."""
    other = with_programme(NETWORK, CROSSING, [2, 0, 1], [3.0, 1.0, 2.0])
    assert shown(other, CROSSING, 8) == [0, 0, 0, 1, 2, 2, 0, 0]
    before = NETWORK.phase_green[NETWORK.phases_of(CROSSING)]
    assert np.array_equal(other.phase_green[other.phases_of(CROSSING)], before[[2, 0, 1]])


@pytest.mark.parametrize("order", [[0], [1, 1, 2], list(range(9)) * 2])
def test_other_crossings_keep_their_programme(order: list[int]) -> None:
    """A crossing may have fewer phases or more than before; its neighbours must not slip."""
    other = with_programme(NETWORK, CROSSING, order, [7.0] * len(order))
    assert len(other.phases_of(CROSSING)) == len(order)
    for crossing in set(NETWORK.signalised.tolist()) - {CROSSING}:
        now, before = other.phases_of(crossing), NETWORK.phases_of(crossing)
        assert np.array_equal(other.phase_duration[now], NETWORK.phase_duration[before])
        assert np.array_equal(other.phase_green[now], NETWORK.phase_green[before])
    assert other.phase_first[-1] == len(other.phase_duration) == len(other.phase_green)
