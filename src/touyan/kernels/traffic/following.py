"""Car following: the speed that is safe behind the leader.

Source: the model of CityFlow (Zhang et al., WWW 2019, arXiv:1905.05217), a Krauss-type rule with a gap to keep.
"""

from __future__ import annotations

import math

from touyan.kernels.compiled import inlined

from .layout import NONE, Types, Vehicles

INTERVAL_S = 1.0
EMERGENCY_SPEED = -100.0  # no speed is safe any more: brake as hard as possible


@inlined
def no_collision_speed(
    leader_speed: float, leader_braking: float, speed: float, braking: float, gap: float, distance: float
) -> float:
    """Highest next speed that stays `distance` behind a leader who brakes.

    The first term lets the follower stop behind the leader's stopping point, the second forbids an
    overlap after one step. m, m/s, m/s².
    """
    a = 0.5 / braking
    b = 0.5 * INTERVAL_S
    c = speed * INTERVAL_S / 2 + distance - leader_speed * leader_speed / 2 / leader_braking - gap
    if b * b < 4 * a * c:
        return EMERGENCY_SPEED
    stopping = 0.5 / a * (math.sqrt(b * b - 4 * a * c) - b)
    touching = 2 * leader_speed - leader_braking * INTERVAL_S + 2 * (gap - distance) / INTERVAL_S
    return min(stopping, touching)


@inlined
def following_speed(vehicle: int, vehicles: Vehicles, types: Types) -> float:
    """Next speed allowed by the leader alone, in m/s."""
    kind = vehicles.kind[vehicle]
    leader = vehicles.leader[vehicle]
    if leader == NONE:
        return types.max_speed[kind]
    ahead = vehicles.kind[leader]
    speed, ahead_speed, gap = vehicles.speed[vehicle], vehicles.speed[leader], vehicles.gap[vehicle]
    hard = no_collision_speed(ahead_speed, types.max_neg_acc[ahead], speed, types.max_neg_acc[kind], gap, 0.0)
    gentle = no_collision_speed(
        ahead_speed, types.usual_neg_acc[ahead], speed, types.usual_neg_acc[kind], gap, types.min_gap[kind]
    )
    ground = gap + (ahead_speed + max(0.0, speed - ahead_speed) / 2) * INTERVAL_S - speed * INTERVAL_S / 2
    timed = ground / (types.headway_time[kind] + INTERVAL_S / 2)
    return min(hard, min(gentle, timed))


@inlined
def stopping_distance(vehicle: int, vehicles: Vehicles, types: Types) -> float:
    """Metres to stop at maximum braking."""
    return 0.5 * vehicles.speed[vehicle] * vehicles.speed[vehicle] / types.max_neg_acc[vehicles.kind[vehicle]]


@inlined
def speed_to_stop(distance: float, vehicle: int, vehicles: Vehicles, types: Types) -> float:
    """Next speed that comes to rest within `distance` m; may be negative, the caller clips it."""
    kind = vehicles.kind[vehicle]
    speed = vehicles.speed[vehicle]
    faster = speed + types.usual_pos_acc[kind] * INTERVAL_S
    if (speed + faster) * INTERVAL_S / 2 + faster * faster / types.usual_neg_acc[kind] / 2 < distance:
        return faster
    if distance <= 0:
        return min(0.0, -speed)
    steps = 2 * distance / (speed + 1e-8) / INTERVAL_S  # 1e-8: a vehicle at rest divides by it
    return speed - speed / math.floor(steps) if steps >= 1 else speed - speed / steps
