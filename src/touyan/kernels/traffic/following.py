"""Car following: the speed that is safe behind the leader.

Source: the model of CityFlow (Zhang et al., WWW 2019, arXiv:1905.05217), a Krauss-type rule with a gap to keep.
"""

from __future__ import annotations

import math

from touyan.kernels.compiled import inlined

from .layout import NONE, World

EMERGENCY_SPEED = -100.0  # no speed is safe any more: brake as hard as possible


@inlined
def no_collision_speed(
    leader_speed: float,
    leader_braking: float,
    speed: float,
    braking: float,
    gap: float,
    distance: float,
    interval: float,
) -> float:
    """Highest next speed that stays `distance` behind a leader who brakes.

    The first term lets the follower stop behind the leader's stopping point, the second forbids an
    overlap after one step. m, m/s, m/s², s.
    """
    a = 0.5 / braking
    b = 0.5 * interval
    c = speed * interval / 2 + distance - leader_speed * leader_speed / 2 / leader_braking - gap
    if b * b < 4 * a * c:
        return EMERGENCY_SPEED
    stopping = 0.5 / a * (math.sqrt(b * b - 4 * a * c) - b)
    closing = 2 * (gap - distance)
    if interval != 1.0:  # a division less in the usual case
        closing /= interval
    return min(stopping, 2 * leader_speed - leader_braking * interval + closing)


@inlined
def stands_close(gap: float, braking: float, distance: float, interval: float) -> bool:
    """Whether `no_collision_speed` of a vehicle at rest behind another at rest is nought or less."""
    a = 0.5 / braking
    b = 0.5 * interval
    return b * b - 4 * a * (distance - gap) <= b * b


@inlined
def following_speed(slot: int, leader_speed: float, leader_kind: int, world: World) -> float:
    """Next speed of a vehicle behind a leader of some speed (m/s) and type; NONE for no leader."""
    types, interval = world.types, world.interval
    kind = world.vehicles[slot].kind
    speed, gap = world.vehicles[slot].speed, world.vehicles[slot].gap
    if leader_kind == NONE or gap > types.clear_gap[kind]:
        return types.max_speed[kind]
    if speed == 0 and leader_speed == 0 and stands_close(gap, types.usual_neg_acc[kind], types.min_gap[kind], interval):
        return 0.0  # most of a queue: nobody moves
    gentle = no_collision_speed(
        leader_speed,
        types.usual_neg_acc[leader_kind],
        speed,
        types.usual_neg_acc[kind],
        gap,
        types.min_gap[kind],
        interval,
    )
    ground = gap + (leader_speed + max(0.0, speed - leader_speed) / 2) * interval - speed * interval / 2
    wanted = min(gentle, ground / (types.headway_time[kind] + interval / 2))
    if types.gentle_only[kind] and types.gentle_only[leader_kind]:
        return wanted
    hard = no_collision_speed(
        leader_speed, types.max_neg_acc[leader_kind], speed, types.max_neg_acc[kind], gap, 0.0, interval
    )
    return min(hard, wanted)


@inlined
def stopping_distance(slot: int, world: World) -> float:
    """Metres to stop at maximum braking."""
    speed = world.vehicles[slot].speed
    return 0.5 * speed * speed / world.types.max_neg_acc[world.vehicles[slot].kind]


@inlined
def speed_to_stop(distance: float, slot: int, world: World) -> float:
    """Next speed that comes to rest within `distance` m; may be negative, the caller clips it."""
    types, interval = world.types, world.interval
    kind = world.vehicles[slot].kind
    speed = world.vehicles[slot].speed
    faster = speed + types.usual_pos_acc[kind] * interval
    if (speed + faster) * interval / 2 + faster * faster / types.usual_neg_acc[kind] / 2 < distance:
        return faster
    if distance <= 0:
        return min(0.0, -speed)
    steps = 2 * distance / (speed + 1e-8) / interval  # 1e-8: a vehicle at rest divides by it
    return speed - speed / math.floor(steps) if steps >= 1 else speed - speed / steps
