"""Laws of car following: safe behind whoever brakes, able to stop, never backwards."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from touyan.kernels.traffic import following, layout
from touyan.kernels.traffic.following import EMERGENCY_SPEED
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.poisson import CAR
from touyan.packs.traffic.state import empty_world, new_slots

SPEEDS = st.floats(0.0, 33.0)
BRAKING = st.floats(1.0, 9.0)
# Parts of kernels are compiled into their callers only; here they run as plain Python.
no_collision_speed = getattr(following.no_collision_speed, "py_func", following.no_collision_speed)
speed_to_stop = getattr(following.speed_to_stop, "py_func", following.speed_to_stop)


def moved(speed: float, wanted: float, braking: float) -> tuple[float, float]:
    """Metres and speed after one second towards a wanted speed, as the world moves vehicles."""
    wanted = max(wanted, speed - braking)
    return (speed * speed / braking / 2, 0.0) if wanted < 0 else ((speed + wanted) / 2, wanted)


@given(leader=SPEEDS, speed=SPEEDS, braking=BRAKING, gap=st.floats(0.0, 200.0))
def test_a_safe_speed_leaves_room_to_stop_behind_a_braking_leader(
    leader: float, speed: float, braking: float, gap: float
) -> None:
    """If the leader brakes as hard as it can, the follower who took the speed still stops in time."""
    wanted = no_collision_speed(leader, braking, speed, braking, gap, 0.0, 1.0)
    if wanted < max(0.0, speed - braking):
        return  # no safe speed within reach: the follower brakes as hard as it can, which is all there is
    way, after = moved(speed, wanted, braking)
    assert way + after * after / braking / 2 <= gap + leader * leader / braking / 2 + 1e-6


@given(leader=SPEEDS, speed=SPEEDS, gap=st.floats(0.0, 200.0), more=st.floats(0.0, 50.0))
def test_more_room_never_means_a_lower_speed(leader: float, speed: float, gap: float, more: float) -> None:
    """The rule is monotone, or a queue would start in waves out of nothing."""
    near = no_collision_speed(leader, 4.5, speed, 4.5, gap, 0.0, 1.0)
    far = no_collision_speed(leader, 4.5, speed, 4.5, gap + more, 0.0, 1.0)
    assert far >= near - 1e-9


def test_without_any_room_the_answer_is_emergency_braking() -> None:
    """A vehicle that overlaps a standing one has no safe speed."""
    assert no_collision_speed(0.0, 4.5, 10.0, 4.5, -5.0, 0.0, 1.0) == EMERGENCY_SPEED


NETWORK = grid_network(1, 1)
_NONE = np.empty(0, np.int32)
NOBODY = layout.Incidents(lane=_NONE, x=np.empty(0), start=_NONE, end=_NONE, vehicle=_NONE)


def world_with(speed: float) -> layout.World:
    """A world whose first slot holds a vehicle that drives so fast."""
    world = empty_world(NETWORK, CAR, NOBODY, interval_s=1.0, lane_change=False)
    world.vehicles[0].kind, world.vehicles[0].speed = 0, speed
    return world


@given(speed=st.floats(0.0, 11.111), spare=st.floats(1.0, 200.0))
def test_a_vehicle_that_can_stop_before_a_line_does(speed: float, spare: float) -> None:
    """Second by second, nobody who could stop at usual braking passes the stop line."""
    usual = float(CAR.usual_neg_acc[0])
    line, x, steps = speed * speed / usual / 2 + speed + spare, 0.0, 0
    while speed > 0 and steps < 200:
        wanted = min(speed_to_stop(line - x, 0, world_with(speed)), 11.111)
        way, speed = moved(speed, wanted, float(CAR.max_neg_acc[0]))
        x, steps = x + way, steps + 1
        assert x <= line + 1e-6


def test_free_slots_hold_nobody() -> None:
    """A slot without a vehicle must not be taken for one."""
    vehicles = new_slots(layout.VEHICLE, 3)
    assert np.all(vehicles.number == layout.NONE)
    assert not vehicles.speed.any()
