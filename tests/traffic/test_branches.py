"""A branch of a traffic world goes on as the original would have."""

from __future__ import annotations

import numpy as np

from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.poisson import PoissonDemand
from touyan.packs.traffic.traffic_world import TrafficWorld


def busy_world() -> TrafficWorld:
    """A small city after three minutes of heavy traffic."""
    network = grid_network(2, 3)
    world = TrafficWorld(network, PoissonDemand(network, 900.0, seed=5), 5)
    world.advance(180)
    return world


def test_a_branch_repeats_what_the_original_does() -> None:
    """Foresight is worthless unless a branch is the same city, to the last digit."""
    world = busy_world()
    branch = world.branch()
    assert np.array_equal(world.advance(240), branch.advance(240))
    assert np.array_equal(world.speeds(), branch.speeds())
    assert world.vehicle_seconds == branch.vehicle_seconds


def test_what_happens_in_a_branch_leaves_the_original_alone() -> None:
    """A plan is tried in a branch while the city goes on."""
    world, untouched = busy_world(), busy_world()
    branch = world.branch()
    branch.command(int(world.network.signalised[0]), 3)
    branch.advance(4000)  # past the hour for which departures are known
    assert np.array_equal(world.advance(300), untouched.advance(300))
    assert np.array_equal(world.speeds(), untouched.speeds())
