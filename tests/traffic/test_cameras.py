"""Lane cameras: what they see, how it is written down, and how they fail."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.core.observations import ObservationBatch
from touyan.fusion.state import CurrentState
from touyan.kernels.traffic.staging import Seen
from touyan.packs.traffic.cameras import CameraView, columns_of, in_order, look_at
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.plant import SimulatedCity
from touyan.packs.traffic.poisson import PoissonDemand
from touyan.packs.traffic.sources import LaneCameras
from touyan.packs.traffic.traffic_world import TrafficWorld
from touyan.packs.traffic.vocabulary import LANE_CAMERA, SEEN, lane_cameras

NETWORK = grid_network(2, 2)


def busy_world(seconds: int = 200, lane_change: bool = False) -> TrafficWorld:
    """A small city at work."""
    world = TrafficWorld(NETWORK, PoissonDemand(NETWORK, 600.0, seed=3), lane_change=lane_change)
    world.advance(seconds)
    return world


def city(**cameras: Any) -> SimulatedCity:
    """The same city with cameras."""
    return SimulatedCity(busy_world(), [LaneCameras(**cameras)], 0.0)


def told(city: SimulatedCity, seconds: int = 5) -> list[ObservationBatch]:
    """What its cameras said."""
    return [batch for batch in city.advance(seconds) if batch.entity_type == LANE_CAMERA]


def state_of(batch: ObservationBatch) -> CurrentState:
    """A state that heard one report."""
    state = CurrentState(float(batch.observed_at[0]))
    state.register(LANE_CAMERA, lane_cameras(NETWORK))
    state.update(batch)
    return state


@pytest.mark.parametrize("lane_change", [False, True])
def test_every_vehicle_is_seen_once_and_where_it_is(lane_change: bool) -> None:
    """A vehicle seen twice, or not at all, would be one more or less in every roll-out."""
    world = busy_world(lane_change=lane_change)
    seen = look_at(world.arrays)
    assert len(seen.lane) == world.running
    assert sorted(seen.speed) == sorted(world.speeds())
    on_lane = seen.distance >= 0
    assert (seen.distance <= NETWORK.lane_length[seen.lane]).all()
    assert 0 < np.count_nonzero(~on_lane) < len(on_lane)


lists = st.lists(st.tuples(st.integers(0, NETWORK.lane_count - 1), st.floats(-30, 300), st.floats(0, 15)), max_size=60)


@settings(max_examples=50, deadline=None)
@given(lists)
def test_what_is_written_down_is_read_again(vehicles: list[tuple[int, float, float]]) -> None:
    """Lists of any length become columns and come back the same, by lane and from the stop line on."""
    columns = [np.array([each[place] for each in vehicles]) for place in range(3)]
    seen = in_order(Seen(columns[0].astype(np.int32), columns[1].astype(float), columns[2].astype(float)))
    ids = lane_cameras(NETWORK)
    batch = ObservationBatch(LANE_CAMERA, "test", ids, np.zeros(len(ids)), columns_of(seen, len(ids)))
    read = CameraView(NETWORK).seen(state_of(batch), np.ones(len(ids), np.bool_))
    for one, other in zip(seen, read, strict=True):
        assert np.array_equal(np.asarray(one), np.asarray(other))


def test_a_shorter_list_replaces_a_longer_one() -> None:
    """Vehicles that have gone must not stay behind in columns that no report fills any more."""
    ids = lane_cameras(NETWORK)
    state = state_of(told(city())[0])
    nobody = Seen(np.empty(0, np.int32), np.empty(0), np.empty(0))
    state.update(ObservationBatch(LANE_CAMERA, "test", ids, np.full(len(ids), 900.0), columns_of(nobody, len(ids))))
    assert len(CameraView(NETWORK).seen(state, np.ones(len(ids), np.bool_)).lane) == 0


def test_dead_cameras_say_nothing_and_their_neighbours_all() -> None:
    """A silent camera must be known for silent, not for an empty lane."""
    name = NETWORK.lane_ids[5]
    batch = told(city(silent=name))[0]
    assert np.flatnonzero(np.isnan(batch.values[SEEN])).tolist() == [5]


def test_missed_vehicles_are_about_as_many_as_asked() -> None:
    """The test of model error rests on the share."""
    whole = sum(batch.values[SEEN].sum() for batch in told(city(), 100))
    part = sum(batch.values[SEEN].sum() for batch in told(city(unseen=0.25), 100))
    assert part / whole == pytest.approx(0.75, abs=0.04)


def test_noise_leaves_the_order_from_the_stop_line() -> None:
    """A model that gets vehicles out of order would have them drive through one another."""
    batch = told(city(noise=0.5))[0]
    seen = CameraView(NETWORK).seen(state_of(batch), np.ones(NETWORK.lane_count, np.bool_))
    for lane in np.unique(seen.lane):
        assert (np.diff(seen.distance[seen.lane == lane]) >= 0).all()


def test_late_reports_say_when_they_were_read() -> None:
    """Who reads them must be able to tell how old they are."""
    batches = told(city(delay_s=5), 20)
    assert [batch.observed_at[0] for batch in batches] == [205.0, 210.0, 215.0]


def test_a_branch_of_a_city_sees_what_the_city_sees() -> None:
    """Possible futures of a whole city must have the same chance."""
    one = city(noise=0.3, loss=0.2)
    other = one.branch()
    for first, second in zip(told(one, 20), told(other, 20), strict=True):
        assert all(np.array_equal(first.values[name], second.values[name], equal_nan=True) for name in first.values)
